/**
 * What follows from the end of an attempt, and of a launch that came to nothing.
 *
 *   completed                SUCCEEDED, even if a stop was on its way
 *   stopped by Trainyard     what it was stopped for: STOPPED, FAILED; preempted: another turn
 *   else                     jobs/next-step.ts decides: the job's end, or another turn
 *
 * Before anything else becomes known, the lease goes back with what came of it.
 */
import { nextStep, type FailedAttempt } from '../jobs/next-step.ts';
import { reason, type Reason } from '../jobs/reason.ts';
import type { TerminalStatus } from '../jobs/status.ts';
import type { AttemptEnd } from '../jobs/training-change.ts';
import { noteLaunched, type Launch } from './attempt-launch.ts';
import type { JobRun } from './job-run.ts';
import { amendAttempt, ranMs, settleTimes, type LiveAttempt, type StopOrder } from './job-story.ts';
import type { LeaseOutcome, PreemptOrder } from './queue-contract.ts';
import { endOrder, stopOrder, type EndOrder } from './time-limits.ts';

export interface End {
  readonly status: TerminalStatus;
  readonly why: Reason;
}

type Again = Extract<LeaseOutcome, { kind: 'again' }>;

type Verdict =
  | { readonly kind: 'end'; readonly end: End }
  | {
      readonly kind: 'again';
      /** RUNNABLE for this reason. */
      readonly why: Reason;
      readonly lease: Omit<Again, 'kind' | 'removed'>;
    };

/** The job's end, or undefined: it has a training job, or goes round again. */
export function judgeLaunch(run: JobRun, result: Launch): End | undefined {
  const { job, story } = run;
  const { live } = story;
  if (result.kind === 'launched' || live === undefined) {
    if (result.kind === 'launched') noteLaunched(run, result);
    return undefined;
  }
  const endedAt = Date.now();
  switch (result.kind) {
    case 'absent': {
      // It was called off; time limits of the attempt count as long as it is the live one.
      const verdict = verdictOf(run, stopOrder(job, story, endedAt));
      amendAttempt(story, { trainingStatus: 'NotLaunched', endedAt });
      return carryOut(run, live, verdict ?? unused(run));
    }
    case 'nameTaken':
      amendAttempt(story, { trainingStatus: 'Refused', endedAt });
      return carryOut(run, live, ending('FAILED', reason('NAME_TAKEN', result)));
    case 'refused': {
      const { failure } = result;
      amendAttempt(story, { trainingStatus: 'Refused', failure, endedAt });
      const failed = { failure, trainingJobName: live.name, hadInstances: false };
      return carryOut(run, live, verdictOnFailure(run, failed));
    }
    case 'gaveUp': {
      const failed = {
        status: 'FAILED',
        why: reason('LAUNCH_FAILED', { ...result, name: live.name }),
      } as const;
      if (result.launched === 'no') {
        amendAttempt(story, { trainingStatus: 'NotLaunched', endedAt });
        return carryOut(run, live, ending(failed.status, failed.why));
      }
      // It may hold instances: the queue hears that the job is over, and finds out by its survey when the lease is free.
      amendAttempt(story, { trainingStatus: 'Unknown', endedAt });
      delete story.live;
      return failed;
    }
  }
}

/** The job's end, or undefined: it goes round again. */
export function judge(run: JobRun, live: LiveAttempt, end: AttemptEnd): End | undefined {
  const { job, story } = run;
  const { description, failure, costUsd } = end;
  const now = Date.now();
  const order = live.stop?.cause === 'preempted' ? (endOrder(job, story, now) ?? live.stop) : live.stop;
  if (description.metrics.length > 0) story.metrics = description.metrics;
  if (costUsd !== undefined) story.costUsd = (story.costUsd ?? 0) + costUsd;
  settleTimes(story, live, description, now);
  amendAttempt(story, {
    trainingStatus: description.status,
    endedAt: description.trainingEndedAt ?? now,
    interruptions: description.interruptions,
    ...(description.secondaryStatus === undefined ? {} : { secondaryStatus: description.secondaryStatus }),
    ...(description.trainingStartedAt === undefined
      ? {}
      : { trainingStartedAt: description.trainingStartedAt }),
    ...(description.billableSeconds === undefined ? {} : { billableSeconds: description.billableSeconds }),
    ...(failure === undefined ? {} : { failure }),
    ...(costUsd === undefined ? {} : { costUsd }),
  });
  const hadInstances = description.trainingStartedAt !== undefined;
  if (hadInstances) run.queue?.acquired(live);
  if (failure === undefined) {
    if (description.modelUri !== undefined) story.modelUri = description.modelUri;
    return carryOut(run, live, ending('SUCCEEDED', reason('COMPLETED', { placement: live.placement })));
  }
  const failed = { failure, trainingJobName: live.name, hadInstances };
  return carryOut(run, live, verdictOf(run, order) ?? verdictOnFailure(run, failed));
}

/** The attempt holds no instances any more: its lease goes back. */
function carryOut(run: JobRun, live: LiveAttempt, verdict: Verdict): End | undefined {
  const { story, leases } = run;
  delete story.live;
  switch (verdict.kind) {
    case 'end': {
      const { status } = verdict.end;
      const ranSeconds = Math.max(0, Math.round((ranMs(story, Date.now()) - live.ranMsBefore) / 1000));
      leases.release(live.lease, { kind: 'ended', status, ranSeconds });
      return verdict.end;
    }
    case 'again': {
      const { notBefore } = verdict.lease;
      if (notBefore !== undefined) story.nextTryAt = notBefore;
      leases.release(live.lease, { kind: 'again', ...verdict.lease, removed: story.retry.removed });
      run.enter('RUNNABLE', verdict.why);
      return undefined;
    }
  }
}

function verdictOf(run: JobRun, order: StopOrder | undefined): Verdict | undefined {
  return order?.cause === 'preempted' ? preempted(run, order) : asVerdict(endOf(order));
}

function preempted({ job, story }: JobRun, { sentence }: PreemptOrder): Verdict {
  if (story.membership !== undefined) story.membership.preemptions += 1;
  const checkpoints = job.training.CheckpointConfig !== undefined;
  return { kind: 'again', why: reason('PREEMPTED', { sentence, checkpoints }), lease: { why: 'preempted' } };
}

function verdictOnFailure({ job, story }: JobRun, failed: FailedAttempt): Verdict {
  const step = nextStep(failed, story.retry, job, Date.now(), Math.random());
  story.retry = step.state;
  switch (step.kind) {
    case 'end':
      return ending(step.status, step.reason);
    case 'wait':
      return { kind: 'again', why: step.reason, lease: { why: 'failed', notBefore: step.untilMs } };
    case 'launch':
      return { kind: 'again', why: step.reason, lease: { why: 'capacity' } };
    case 'giveBack': {
      const { why, learnedLimit } = step;
      const learned = learnedLimit === undefined ? {} : { learnedLimit };
      return { kind: 'again', why: step.reason, lease: { why, ...learned } };
    }
  }
}

const unused = ({ leases }: JobRun): Verdict => ({
  kind: 'again',
  why: leases.ready(),
  lease: { why: 'unused' },
});

const ending = (status: TerminalStatus, why: Reason): Verdict => ({ kind: 'end', end: { status, why } });

const asVerdict = (end: End | undefined): Verdict | undefined =>
  end === undefined ? undefined : { kind: 'end', end };

/** The end that an order means. */
export function endOf(order: EndOrder | undefined): End | undefined {
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
