import { log, setHandler } from '@temporalio/workflow';
import type { z } from 'zod';
import { afterInstances } from '../queues/environment-health.ts';
import { hear, learn } from './queue-capacity.ts';
import type { EnvironmentRequest, JobChange, SubmitJobsRequest } from './queue-contract.ts';
import { enrol } from './queue-enrolment.ts';
import * as shapes from './queue-message-shapes.ts';
import { queueQueries, queueUpdates, signalsToQueue } from './messages.ts';
import { configure, drain, pause, refuseChange, refuseEnvironment } from './queue-operations.ts';
import { release, withdraw } from './queue-releases.ts';
import type { QueueRun } from './queue-run.ts';
import { refuseSubmission, submit } from './queue-submission.ts';
import { explainJob, explainNewJob } from './queue-explanations.ts';
import { shareViews, snapshot } from './queue-views.ts';

/**
 * Registers every message of a queue, before anything else happens. Handlers change the story at once and wait for nothing;
 * the main function sees that something happened and takes a turn, once for all the messages of a workflow task.
 */
export function receiveMessages(run: QueueRun): void {
  handleSignals(run);
  handleUpdates(run);
  handleQueries(run);
}

function handleSignals(run: QueueRun): void {
  // A signal has nobody to answer: one that makes no sense, or comes too late, changes nothing.
  const checked =
    <T>(name: string, shape: z.ZodType<T>, receive: (message: T, now: number) => void) =>
    (message: unknown): void => {
      run.signals += 1;
      const read = shape.safeParse(message);
      if (!read.success) {
        log.warn(`${name} ignored: it has not the form of one`, { message });
        return;
      }
      receive(read.data, Date.now());
      run.dirty = true;
    };
  setHandler(
    signalsToQueue.enqueue,
    checked('enqueue', shapes.enqueueRequest(), (request, now) => enrol(run, request, now)),
    { description: 'Sent by a job that enrols itself.' },
  );
  setHandler(
    signalsToQueue.release,
    checked('release', shapes.releaseRequest(), (request, now) => release(run, request, now)),
    { description: 'Sent by a job: the instances of its lease are back.' },
  );
  setHandler(
    signalsToQueue.jobChanged,
    checked('jobChanged', shapes.jobChange(), (change, now) => steer(run, change, now)),
    { description: 'Sent by a job: its priority or hold was changed, or it got its instances.' },
  );
  setHandler(
    signalsToQueue.withdraw,
    checked('withdraw', shapes.withdrawRequest(), (request, now) => withdraw(run, request, now)),
    { description: 'Sent by a job that is over without running (any more).' },
  );
  setHandler(
    signalsToQueue.capacityNews,
    checked('capacityNews', shapes.capacityNews(), (news, now) => hear(run, news, now)),
    {
      description:
        "Sent by the account's training monitor: what is out of stock, and which quotas are known.",
    },
  );
}

/** Priority and hold of a job, and the word that a probe has succeeded. */
function steer(run: QueueRun, change: JobChange, now: number): void {
  const { story } = run;
  const entry = story.get(change.jobId);
  if (entry === undefined) return;
  const { priority, held, instancesAcquired } = change;
  if (priority !== undefined && priority !== entry.priority) story.setPriority(entry, priority);
  if (held !== undefined && held !== entry.held) story.amend(entry, { held }, now);
  const { grant } = entry;
  if (grant === undefined || instancesAcquired?.lease !== grant.lease) return;
  const { environment } = grant.option;
  const health = story.healthOf(environment);
  if (health.probe === entry.id) learn(run, environment, afterInstances(health), now);
}

function handleUpdates(run: QueueRun): void {
  const changing = <T>(change: (now: number) => T): T => {
    run.updates += 1;
    const answer = change(Date.now());
    run.dirty = true;
    return answer;
  };
  setHandler(
    queueUpdates.submitJobs,
    (request: SubmitJobsRequest) => changing((now) => submit(run, request, now)),
    {
      description:
        'Submit jobs: {"jobs": [...], "submittedAt": milliseconds}, at most 100. Answers at once, for each job; the same id again is known.',
      validator: (request: SubmitJobsRequest) => refuseSubmission(run, request),
    },
  );
  setHandler(queueUpdates.configure, (spec) => changing(() => configure(run, spec)), {
    description: 'Change limits, shares and policy. Input: a whole queue file. Jobs that no longer fit stay.',
    validator: (spec) => refuseChange(run, spec),
  });
  setHandler(queueUpdates.pause, () => changing((now) => pause(run, true, now)), {
    description: 'Start no more jobs. What runs goes on.',
  });
  setHandler(queueUpdates.resume, () => changing((now) => pause(run, false, now)), {
    description: 'Start jobs again.',
  });
  const validator = (request: EnvironmentRequest): void => refuseEnvironment(run, request);
  setHandler(queueUpdates.drain, (request) => changing((now) => drain(run, request, true, now)), {
    description: 'Start no more jobs in an environment: {"environment": "..."}. What runs there goes on.',
    validator,
  });
  setHandler(queueUpdates.undrain, (request) => changing((now) => drain(run, request, false, now)), {
    description: 'Start jobs in a drained environment again: {"environment": "..."}.',
    validator,
  });
}

/** Questions change nothing: they are answered from the story as it is. */
function handleQueries(run: QueueRun): void {
  setHandler(queueQueries.snapshot, (request) => snapshot(run.story, request, clockOf(request)), {
    description:
      'The queue as it is: environments, shares, who is next, who runs. Input: {"offset", "limit", "share"} or nothing.',
  });
  setHandler(queueQueries.shares, () => shareViews(run.story), {
    description: 'What each share is guaranteed, uses, borrows and lends, by environment.',
  });
  setHandler(queueQueries.explain, (request) => explainJob(run.story, request, clockOf(request)), {
    description: 'Why a job waits and what would help: {"jobId": "...", "whatIf": {"priority": 90}}.',
  });
  setHandler(queueQueries.explainNew, (request) => explainNewJob(run.story, request, clockOf(request)), {
    description: 'The same for a job as if it had just been submitted: {"job": {...}}. Nothing is kept.',
  });
}

/** A workflow's clock stands still while nothing happens, so that whoever asks says what time it is. It never goes back. */
function clockOf(request: { readonly at?: number } | undefined): number {
  const { at } = request ?? {};
  const now = Date.now();
  return typeof at === 'number' && Number.isSafeInteger(at) ? Math.max(now, at) : now;
}
