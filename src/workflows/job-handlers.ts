import { ApplicationFailure, log, patched, setHandler } from '@temporalio/workflow';
import type { JobSpec } from '../jobs/spec.ts';
import { reason, type Reason } from '../jobs/reason.ts';
import { isTerminal, type JobStatus } from '../jobs/status.ts';
import { isTrainingChanged, type TrainingChanged } from '../jobs/training-change.ts';
import type { JobView } from '../jobs/view.ts';
import type { CancelRequest, OtherStatusDetails, SetPriorityRequest } from './contract.ts';
import { viewOf, type JobStory } from './job-story.ts';
import { queries, signals, updates } from './messages.ts';

const MAX_PRIORITY = 9999;
const MAX_REASON = 500;

/** Messages come from anybody, the Web UI's free-form input included: shapes are checked, not believed. */
function priorityOf(request: unknown): number | undefined {
  const value =
    typeof request === 'object' && request !== null && 'priority' in request ? request.priority : request;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_PRIORITY
    ? value
    : undefined;
}

function reasonOf(request: unknown): { readonly reason?: string } {
  const value =
    typeof request === 'object' && request !== null && 'reason' in request ? request.reason : request;
  return typeof value === 'string' && value.trim() !== ''
    ? { reason: value.trim().slice(0, MAX_REASON) }
    : {};
}

/** The statuses that a request is only for. What makes no sense is for none: nobody's work is stopped by a slip. */
function statusesOf(request: unknown): readonly unknown[] | undefined {
  if (typeof request !== 'object' || request === null || !('statuses' in request)) return undefined;
  const { statuses } = request;
  if (statuses === undefined) return undefined;
  return Array.isArray(statuses) ? (statuses as readonly unknown[]) : [];
}

const isFor = (request: unknown, status: JobStatus): boolean => statusesOf(request)?.includes(status) ?? true;

function refuseOtherStatus(job: JobSpec, { status }: JobStory, request: unknown): void {
  if (isFor(request, status)) return;
  const wanted = JSON.stringify(statusesOf(request));
  const details: OtherStatusDetails = { status };
  throw ApplicationFailure.nonRetryable(
    `Job ${job.jobId} is ${status}, and the request is only for the statuses ${wanted}.`,
    'OTHER_STATUS',
    details,
  );
}

function refuseWhenEnded(job: JobSpec, story: JobStory): void {
  if (isTerminal(story.status)) {
    throw ApplicationFailure.nonRetryable(`Job ${job.jobId} has ended: it is ${story.status}.`, 'JOB_ENDED');
  }
}

/**
 * Registers every message of a job. Handlers only change the story; the main function waits on it and acts.
 * `steered` is called after each change so that people see it at once.
 */
export function handleMessages(
  job: JobSpec,
  story: JobStory,
  on: { steered(what: Reason): void; news(change: TrainingChanged): void },
): void {
  const cancel = (request: unknown): void => {
    if (story.cancel !== undefined) return;
    story.cancel = reasonOf(request);
    on.steered(reason('CANCEL_ASKED', story.cancel));
  };
  const hold = (held: boolean): void => {
    if (story.held === held) return;
    story.held = held;
    on.steered(reason(held ? 'HOLD_ASKED' : 'RELEASE_ASKED'));
  };
  const setPriority = (priority: number): void => {
    if (story.priority === priority) return;
    const from = story.priority;
    story.priority = priority;
    on.steered(reason('PRIORITY_SET', { from, to: priority }));
  };

  const describe = {
    cancel:
      'Stop the job for good; an attempt that runs is stopped first. Input: {"reason": "..."} or nothing; ' +
      '{"statuses": ["RUNNABLE"]} stops it only if it has one of these.',
    hold: 'Launch nothing more until released. An attempt that runs goes on.',
    release: 'Let a held job launch again.',
    setPriority: 'Set the scheduling priority. Input: {"priority": 0-9999}, higher first.',
  };

  // A signal has nobody to answer: one that comes too late or makes no sense changes nothing.
  const ifAlive = (change: () => void): void => {
    if (!isTerminal(story.status)) change();
  };
  setHandler(
    signals.cancel,
    (request?: CancelRequest) => {
      // An earlier release knew no `statuses` and cancelled whatever the status was.
      if (isFor(request, story.status) || !patched('cancel-statuses')) ifAlive(() => cancel(request));
    },
    { description: describe.cancel },
  );
  setHandler(signals.hold, () => ifAlive(() => hold(true)), { description: describe.hold });
  setHandler(signals.release, () => ifAlive(() => hold(false)), { description: describe.release });
  setHandler(
    signals.setPriority,
    (request: SetPriorityRequest) => {
      const priority = priorityOf(request);
      if (priority === undefined) log.warn('setPriority ignored: not an integer from 0 to 9999', { request });
      else ifAlive(() => setPriority(priority));
    },
    { description: describe.setPriority },
  );
  const news = (change: unknown): void => {
    if (isTrainingChanged(change)) on.news(change);
    else log.warn('trainingChanged ignored: it has not the form of news', { change });
  };
  setHandler(signals.trainingChanged, news, {
    description: "News of the job's training job, sent by the training monitor.",
  });

  const answer = (): JobView => viewOf(job, story);
  const after = (change: () => void): JobView => {
    change();
    return answer();
  };
  const validator = (): void => refuseWhenEnded(job, story);
  setHandler(updates.cancel, (request: CancelRequest | undefined) => after(() => cancel(request)), {
    description: describe.cancel,
    validator: (request: CancelRequest | undefined) => {
      refuseWhenEnded(job, story);
      refuseOtherStatus(job, story, request);
    },
  });
  setHandler(updates.hold, () => after(() => hold(true)), { description: describe.hold, validator });
  setHandler(updates.release, () => after(() => hold(false)), { description: describe.release, validator });
  setHandler(
    updates.setPriority,
    (request: SetPriorityRequest) => after(() => setPriority(priorityOf(request) ?? story.priority)),
    {
      description: describe.setPriority,
      validator: (request: SetPriorityRequest) => {
        refuseWhenEnded(job, story);
        if (priorityOf(request) !== undefined) return;
        throw ApplicationFailure.nonRetryable(
          `priority must be an integer from 0 to ${MAX_PRIORITY}, got ${JSON.stringify(request)}.`,
          'INVALID_PRIORITY',
        );
      },
    },
  );

  setHandler(queries.job, answer, {
    description: 'Everything about the job: status, reason, attempts, placement.',
  });
  setHandler(queries.events, () => story.events, {
    description: "The job's story, oldest first, repetitions counted.",
  });
}
