/**
 * The workflow of one job.
 *
 *   SUBMITTED -> RUNNABLE -> SCHEDULED -> STARTING -> RUNNING -> SUCCEEDED | FAILED | STOPPED
 *                    ^___________________________________|   no capacity, retryable failure, preempted
 *
 * One turn: wait until the job may launch (not held, backoff over, lease granted), launch, watch, judge how the attempt
 * ended, give the lease back, then end or go round again.
 *
 *   waiting   cancel, time limit, turned away -> end        hold -> RUNNABLE until released
 *   launching refused -> judge      name taken -> FAILED    stop order -> was it launched? then stop it
 *   watching  news -> status        over -> judge           stop order -> StopTrainingJob, go on watching
 *   judging   attempt-judgement.ts: the job's end, or another turn
 *
 * A stop order is a cancel, a time limit, or a preemption by the job's queue, which the others outdo.
 *
 * News of the training job comes from the monitor's signal (fast) or from the watch activity (sure). Continue-as-new
 * happens between turns and while watching; the story carries everything over.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  makeContinueAsNewFunc,
  workflowInfo,
} from '@temporalio/workflow';
import { INITIAL_RETRY_STATE } from '../jobs/next-step.ts';
import { reason } from '../jobs/reason.ts';
import type { JobResult } from '../jobs/view.ts';
import { endOf, judge, judgeLaunch, type End } from './attempt-judgement.ts';
import { launchAttempt } from './attempt-launch.ts';
import { endWatch, watchAttempt } from './attempt-watch.ts';
import type { Lease, TrainingJobInput } from './contract.ts';
import { jobDisplay } from './job-display.ts';
import { handleMessages } from './job-handlers.ts';
import { admitInput, runUnderItsOwnId } from './job-input.ts';
import { notify } from './job-notifications.ts';
import type { JobRun } from './job-run.ts';
import { enter, newStory, receiveNews, record, viewOf } from './job-story.ts';
import { ownLeases } from './leases.ts';
import { newMembership } from './membership.ts';
import { handleQueue } from './queue-handlers.ts';
import { queueLeases } from './queue-leases.ts';
import { endOrder, nextDeadline } from './time-limits.ts';
import { until } from './until.ts';

const CONTINUE_AS_NEW_AFTER_EVENTS = 2_000;

/**
 * Runs one job to its end. Returns its result when it SUCCEEDED or was STOPPED; fails with an ApplicationFailure whose
 * type is the reason's code and whose details are the result when it FAILED; is cancelled when Temporal's own cancel
 * stopped it.
 */
export async function trainingJob(input: TrainingJobInput): Promise<JobResult> {
  const job = admitInput(input);
  const elsewhere = runUnderItsOwnId(job, input);
  if (elsewhere !== undefined) return elsewhere;

  const startedAt = workflowInfo().startTime.getTime();
  const story = input.story ?? newStory(job, INITIAL_RETRY_STATE, startedAt, newMembership(job, input));
  const show = jobDisplay(job, story, { continued: input.story !== undefined });
  const enterStatus: JobRun['enter'] = (status, why) => {
    enter(story, status, why, Date.now());
    show();
  };
  // Only the run that Temporal's own cancel was asked of can end as Canceled: it does not continue as new any more.
  const temporal = { cancelled: false };
  const { membership } = story;
  const queue =
    job.queue === undefined || membership === undefined
      ? undefined
      : queueLeases({ ...job, queue: job.queue }, story, membership, (why) => enterStatus('RUNNABLE', why));
  const run: JobRun = {
    job,
    story,
    leases: queue ?? ownLeases(job, story, input.lease),
    queue,
    sending: new Set(),
    watch: undefined,
    enter: enterStatus,
    mustContinueAsNew: () =>
      !temporal.cancelled &&
      run.sending.size === 0 &&
      (workflowInfo().continueAsNewSuggested ||
        workflowInfo().historyLength > (input.continueAsNewAfterEvents ?? CONTINUE_AS_NEW_AFTER_EVENTS)),
  };
  handleMessages(job, story, {
    steered: (what) => {
      record(story, what, Date.now());
      queue?.steered();
      show();
    },
    news: (news) => receiveNews(story, news),
  });
  if (queue !== undefined && membership !== undefined) handleQueue(story, membership, queue);
  // The server carries no details over continue-as-new.
  if (input.story !== undefined) show();

  // Temporal's own cancel is a cancel like any other: the attempt is stopped and people are told. The steps run
  // shielded from it, because they must go on after it.
  CancellationScope.current().cancelRequested.catch(() => {
    temporal.cancelled = true;
    story.cancel ??= {};
  });
  const end = await CancellationScope.nonCancellable(async () => {
    const ending = await turns(run);
    if (ending !== undefined) {
      run.enter(ending.status, ending.why);
      await Promise.all([queue?.leave(), notify(run, ending.status), ...run.sending]);
      show();
    } else {
      await queue?.rest();
    }
    await condition(allHandlersFinished);
    endWatch(run);
    return ending;
  });
  if (end === undefined) {
    const { lease: _, queued: __, ...rest } = input;
    return makeContinueAsNewFunc<typeof trainingJob>()({ ...rest, job, story });
  }
  const result: JobResult = { job: viewOf(job, story), events: story.events };
  switch (end.status) {
    case 'SUCCEEDED':
      return result;
    case 'STOPPED':
      if (temporal.cancelled) throw new CancelledFailure(end.why.sentence, [result]);
      return result;
    case 'FAILED':
      throw ApplicationFailure.create({
        type: end.why.code,
        message: end.why.sentence,
        nonRetryable: true,
        details: [result],
      });
  }
}

/** Turn after turn until the job ends, or until the workflow should continue as new (undefined). */
async function turns(run: JobRun): Promise<End | undefined> {
  for (;;) {
    const { live } = run.story;
    if (live !== undefined) {
      const end = await watchAttempt(run, live);
      if (end === undefined) return undefined;
      const ending = judge(run, live, end);
      if (ending !== undefined) return ending;
      endWatch(run);
    }
    const lease = await waitForLease(run);
    if (lease === undefined) return endWhileWaiting(run);
    const result = await launchAttempt(run, lease, workflowInfo().firstExecutionRunId);
    const ending = judgeLaunch(run, result);
    if (ending !== undefined) return ending;
  }
}

/** What ends a job that waits: a cancel, its queue, a time limit. */
function endWhileWaiting({ job, story }: JobRun): End | undefined {
  const away = story.membership?.turnedAway;
  if (away !== undefined && story.cancel === undefined)
    return { status: 'FAILED', why: reason(away.code, away) };
  return endOf(endOrder(job, story, Date.now()));
}

/** A lease, or undefined when the job must end (or continue as new) instead. */
async function waitForLease(run: JobRun): Promise<Lease | undefined> {
  const { job, story, leases } = run;
  for (;;) {
    const now = Date.now();
    if (endWhileWaiting(run) !== undefined || run.mustContinueAsNew()) return undefined;
    const deadline = nextDeadline(job, story, now);
    const called = (): boolean =>
      story.cancel !== undefined || story.membership?.turnedAway !== undefined || run.mustContinueAsNew();
    if (story.held) {
      run.enter('RUNNABLE', reason('HELD'));
      const released = (): boolean => !story.held;
      await until(() => released() || called(), deadline, 'time limit');
      if (released()) run.enter('RUNNABLE', leases.ready());
      continue;
    }
    const interrupted = (): boolean => story.held || called();
    const lease = await leases.acquire(interrupted, deadline);
    if (lease !== undefined) return lease;
  }
}
