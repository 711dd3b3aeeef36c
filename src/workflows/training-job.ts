/**
 * The workflow of one job.
 *
 *   SUBMITTED -> RUNNABLE -> SCHEDULED -> STARTING -> RUNNING -> SUCCEEDED | FAILED | STOPPED
 *                    ^___________________________________|   no capacity, retryable failure, (preempted)
 *
 * One turn: wait until the job may launch (not held, backoff over, lease granted), launch, watch, judge how the attempt
 * ended, give the lease back, then end or go round again.
 *
 *   waiting   cancel, time limit -> end                     hold -> RUNNABLE until released
 *   launching refused -> judge      name taken -> FAILED    cancel, time limit -> was it launched? then stop it
 *   watching  news -> status        over -> judge           cancel, time limit -> StopTrainingJob, go on watching
 *   judging   completed -> SUCCEEDED; we stopped it -> what we stopped it for; else jobs/next-step.ts decides
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
import type { LaunchResult } from '../activities/types.ts';
import { INITIAL_RETRY_STATE, nextStep, type FailedAttempt } from '../jobs/next-step.ts';
import { reason, type Reason } from '../jobs/reason.ts';
import type { TerminalStatus } from '../jobs/status.ts';
import type { AttemptEnd } from '../jobs/training-change.ts';
import type { JobResult } from '../jobs/view.ts';
import { launchAttempt, noteLaunched } from './attempt-launch.ts';
import { endWatch, watchAttempt } from './attempt-watch.ts';
import type { Lease, TrainingJobInput } from './contract.ts';
import { jobDisplay } from './job-display.ts';
import { handleMessages } from './job-handlers.ts';
import { admitInput, runUnderItsOwnId } from './job-input.ts';
import { notify } from './job-notifications.ts';
import type { JobRun } from './job-run.ts';
import {
  amendAttempt,
  enter,
  newStory,
  receiveNews,
  record,
  settleTimes,
  viewOf,
  type LiveAttempt,
  type StopOrder,
} from './job-story.ts';
import { ownLeases } from './leases.ts';
import { nextDeadline, stopOrder } from './time-limits.ts';
import { until } from './until.ts';

const CONTINUE_AS_NEW_AFTER_EVENTS = 2_000;

interface End {
  readonly status: TerminalStatus;
  readonly why: Reason;
}

/**
 * Runs one job to its end. Returns its result when it SUCCEEDED or was STOPPED; fails with an ApplicationFailure whose
 * type is the reason's code and whose details are the result when it FAILED; is cancelled when Temporal's own cancel
 * stopped it.
 */
export async function trainingJob(input: TrainingJobInput): Promise<JobResult> {
  const job = admitInput(input);
  const elsewhere = runUnderItsOwnId(job, input);
  if (elsewhere !== undefined) return elsewhere;

  const story = input.story ?? newStory(job, INITIAL_RETRY_STATE, workflowInfo().startTime.getTime());
  const show = jobDisplay(job, story, { continued: input.story !== undefined });
  const run: JobRun = {
    job,
    story,
    leases: ownLeases(job, story),
    sending: new Set(),
    watch: undefined,
    enter: (status, why) => {
      enter(story, status, why, Date.now());
      show();
    },
    mustContinueAsNew: () =>
      run.sending.size === 0 &&
      (workflowInfo().continueAsNewSuggested ||
        workflowInfo().historyLength > (input.continueAsNewAfterEvents ?? CONTINUE_AS_NEW_AFTER_EVENTS)),
  };
  handleMessages(job, story, {
    steered: (what) => {
      record(story, what, Date.now());
      show();
    },
    news: (news) => receiveNews(story, news),
  });
  // The server carries no details over continue-as-new.
  if (input.story !== undefined) show();

  // Temporal's own cancel is a cancel like any other: the attempt is stopped and people are told. The steps run
  // shielded from it, because they must go on after it.
  const temporal = { cancelled: false };
  CancellationScope.current().cancelRequested.catch(() => {
    temporal.cancelled = true;
    story.cancel ??= {};
  });
  const end = await CancellationScope.nonCancellable(async () => {
    const ending = await turns(run, input.lease);
    if (ending !== undefined) {
      run.enter(ending.status, ending.why);
      await Promise.all([notify(run, ending.status), ...run.sending]);
      show();
    }
    await condition(allHandlersFinished);
    endWatch(run);
    return ending;
  });
  if (end === undefined) {
    const { lease: _, ...rest } = input;
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
async function turns(run: JobRun, granted: Lease | undefined): Promise<End | undefined> {
  const { job, story } = run;
  let lease = granted;
  for (;;) {
    if (story.live !== undefined) {
      const end = await watchAttempt(run, story.live);
      if (end === undefined) return undefined;
      const ending = await judge(run, story.live, end);
      if (ending !== undefined) return ending;
      endWatch(run);
    }
    if (lease === undefined && run.mustContinueAsNew()) return undefined;

    lease ??= await waitForLease(run);
    if (lease === undefined) return endOf(stopOrder(job, story, Date.now()));
    const result = await launchAttempt(run, lease, workflowInfo().firstExecutionRunId);
    lease = undefined;
    const ending = await judgeLaunch(run, result);
    if (ending !== undefined) return ending;
  }
}

/** A lease, or undefined when the job must end (or continue as new) instead. */
async function waitForLease(run: JobRun): Promise<Lease | undefined> {
  const { job, story, leases } = run;
  for (;;) {
    const now = Date.now();
    if (stopOrder(job, story, now) !== undefined || run.mustContinueAsNew()) return undefined;
    const deadline = nextDeadline(job, story, now);
    if (story.held) {
      run.enter('RUNNABLE', reason('HELD'));
      const released = (): boolean => !story.held;
      const interrupted = (): boolean => released() || story.cancel !== undefined || run.mustContinueAsNew();
      await until(interrupted, deadline, 'time limit');
      if (released()) run.enter('RUNNABLE', reason('READY'));
      continue;
    }
    const interrupted = (): boolean => story.held || story.cancel !== undefined || run.mustContinueAsNew();
    const lease = await leases.acquire(interrupted, deadline);
    if (lease !== undefined) return lease;
  }
}

async function judgeLaunch(run: JobRun, result: LaunchResult): Promise<End | undefined> {
  const { story } = run;
  switch (result.kind) {
    case 'launched':
      noteLaunched(run, result);
      return undefined;
    case 'absent':
      await closeAttempt(run, { trainingStatus: 'NotLaunched', endedAt: Date.now() });
      return undefined;
    case 'nameTaken':
      await closeAttempt(run, { trainingStatus: 'Refused', endedAt: Date.now() });
      return { status: 'FAILED', why: reason('NAME_TAKEN', result) };
    case 'refused': {
      const { failure } = result;
      const trainingJobName = story.live?.name ?? '';
      await closeAttempt(run, { trainingStatus: 'Refused', failure, endedAt: Date.now() });
      return goOn(run, { failure, trainingJobName, hadInstances: false });
    }
  }
}

/** What follows from the end of an attempt: the job's end, or undefined for another turn. */
async function judge(run: JobRun, live: LiveAttempt, end: AttemptEnd): Promise<End | undefined> {
  const { story } = run;
  const { description, failure, costUsd } = end;
  if (description.metrics.length > 0) story.metrics = description.metrics;
  if (costUsd !== undefined) story.costUsd = (story.costUsd ?? 0) + costUsd;
  settleTimes(story, live, description, Date.now());
  await closeAttempt(run, {
    trainingStatus: description.status,
    endedAt: description.trainingEndedAt ?? Date.now(),
    interruptions: description.interruptions,
    ...(description.secondaryStatus === undefined ? {} : { secondaryStatus: description.secondaryStatus }),
    ...(description.trainingStartedAt === undefined
      ? {}
      : { trainingStartedAt: description.trainingStartedAt }),
    ...(description.billableSeconds === undefined ? {} : { billableSeconds: description.billableSeconds }),
    ...(failure === undefined ? {} : { failure }),
    ...(costUsd === undefined ? {} : { costUsd }),
  });
  if (failure === undefined) {
    if (description.modelUri !== undefined) story.modelUri = description.modelUri;
    return { status: 'SUCCEEDED', why: reason('COMPLETED', { placement: live.placement }) };
  }
  const hadInstances = description.trainingStartedAt !== undefined;
  return endOf(live.stop) ?? goOn(run, { failure, trainingJobName: live.name, hadInstances });
}

/** Retries, falls back or ends, as the job's retry policy says. */
function goOn(run: JobRun, failed: FailedAttempt): End | undefined {
  const { job, story } = run;
  const step = nextStep(failed, story.retry, job, Date.now(), Math.random());
  story.retry = step.state;
  switch (step.kind) {
    case 'end':
      return { status: step.status, why: step.reason };
    case 'wait':
      story.nextTryAt = step.untilMs;
      run.enter('RUNNABLE', step.reason);
      return undefined;
    case 'launch':
      run.enter('RUNNABLE', step.reason);
      return undefined;
  }
}

/** The attempt holds no instances any more: its lease goes back. */
async function closeAttempt(run: JobRun, change: Parameters<typeof amendAttempt>[1]): Promise<void> {
  const { story } = run;
  if (story.live === undefined) return;
  const { lease } = story.live;
  delete story.live;
  amendAttempt(story, change);
  await run.leases.release(lease);
}

function endOf(order: StopOrder | undefined): End | undefined {
  switch (order?.cause) {
    case undefined:
      return undefined;
    case 'cancel':
      return {
        status: 'STOPPED',
        why: reason('CANCELLED', order.reason === undefined ? {} : { reason: order.reason }),
      };
    case 'timeLimit':
      return { status: 'FAILED', why: reason('TIME_LIMIT', order) };
  }
}
