import { pauseEnds } from './claims.ts';
import type { Decision, Wait, WaitReason } from './decision.ts';
import type { Explanation, Remedy, RunningTimes, StartEstimate, WhatIf } from './explanation.ts';
import { DEFAULT_STOP_SECONDS, forecast } from './forecast.ts';
import type { RunningJob, WaitingJob } from './job.ts';
import { holdersOf, nearestOf } from './jobs-ahead.ts';
import { nearestReason } from './nearest-reason.ts';
import { preemptorsOf } from './preemptors.ts';
import { remediesFor } from './remedies.ts';
import { held } from './running-index.ts';
import type { Scheduler } from './scheduler.ts';
import { type ShareInWords, waitSentence } from './wording/decisions.ts';
import {
  aboveGuaranteeSentence,
  holdsSentence,
  NOTHING_BLOCKS,
  safeSentence,
  staysSentence,
  pauseSentence,
} from './wording/explanations.ts';

export interface ExplainOptions {
  /** Answers as if the job had this priority, or were in that share. The queue itself is not changed. */
  readonly whatIf?: WhatIf;
  /** Whether to estimate the start, which takes much longer than the rest. (Default: false) */
  readonly estimate?: boolean;
  /** Running times of ended jobs, for expected ends and the estimate. */
  readonly times?: RunningTimes;
  /** From the order to stop until SageMaker says Stopped. (Default: 120) */
  readonly stopSeconds?: number;
  /** Most events that the estimate plays. (Default: as forecast.ts) */
  readonly maxSteps?: number;
}

/** Most starts that are played to see what the queue would do next anyhow. */
const MOST_ADMISSIONS = 100;

/**
 * Why a job waits, who is before it, what would help and when it would start; or what a running job holds and who could take it.
 * All of it comes from the live queue and copies of it, so that it says what the core would do. `undefined`: the queue does not know the
 * job. Without the estimate it costs one look at each waiting job that is ahead, and a bounded number of trial runs.
 */
export function explain(
  scheduler: Scheduler,
  id: string,
  now: number,
  options: ExplainOptions = {},
): Explanation | undefined {
  const asked = changed(scheduler, id, now, options.whatIf);
  const waiting = asked.waiting(id);
  if (waiting !== undefined) return explainWaiting(asked, waiting, now, options);
  const running = asked.running(id);
  if (running === undefined) return undefined;
  const explanation = explainRunning(asked, running, now);
  const share = options.whatIf?.share;
  return share === undefined || share === running.share
    ? explanation
    : { ...explanation, sentence: `${staysSentence(running.share)} ${explanation.sentence}` };
}

/** The same for a job that was not submitted: what the queue would say right after its submission. Throws if it has the job's id. */
export function explainNew(
  scheduler: Scheduler,
  job: WaitingJob,
  now: number,
  options: ExplainOptions = {},
): Explanation {
  const asked = scheduler.clone();
  asked.enqueue(job);
  const explanation = explain(asked, job.id, now, options);
  if (explanation === undefined) throw new RangeError(`Job ${job.id} was not enqueued.`);
  return explanation;
}

function changed(scheduler: Scheduler, id: string, now: number, whatIf: WhatIf | undefined): Scheduler {
  const { priority, share } = whatIf ?? {};
  const waiting = scheduler.waiting(id);
  if (priority === undefined && (share === undefined || waiting === undefined)) return scheduler;
  const copy = scheduler.clone();
  if (waiting === undefined || share === undefined) {
    if (priority !== undefined) copy.setPriority(id, priority);
  } else {
    copy.withdraw(id);
    copy.enqueue({ ...waiting, share, priority: priority ?? waiting.priority });
  }
  return copy;
}

function explainWaiting(
  scheduler: Scheduler,
  job: WaitingJob,
  now: number,
  options: ExplainOptions,
): Explanation {
  const { times, stopSeconds = DEFAULT_STOP_SECONDS } = options;
  const settled = scheduler.clone();
  const outcome = settled.settle(now, MOST_ADMISSIONS);
  const starts = settled.running(job.id) !== undefined;
  const place = scheduler.placeOf(job.id, now);
  const block = starts ? undefined : blockOf(settled, job, now, outcome.decisions, place?.first ?? job.id);
  // While nothing is decided, because its queue is paused, say, others would start first; those are among the waiting ones.
  const startFirst = [...settled.runningJobs()].flatMap(({ id }) =>
    id === job.id || scheduler.running(id) !== undefined ? [] : [id],
  );
  const holders =
    block === undefined
      ? []
      : holdersOf(settled, job, block.why, now, times, stopSeconds).filter(
          ({ other }) => scheduler.running(other.id) !== undefined,
        );
  const earlier = place?.ahead ?? [];
  const before = (place?.inQueue ?? 1) - 1;
  const remedies =
    block === undefined || outcome.more === true
      ? []
      : remediesFor({
          settled,
          job,
          now,
          reasons: block.reasons,
          position: place?.inQueue ?? 1,
          ahead: earlier.map((each) => each.job),
          preempting: awaitsStops(block.why),
          stopSeconds,
          ...(outcome.wakeAt === undefined ? {} : { wakeAt: outcome.wakeAt }),
          ...(times === undefined ? {} : { times }),
        });
  const sentenceOf = (why: WaitReason): string =>
    waitSentence(why, {
      share: inWords(settled, job.share, why),
      supposed: stopping(why).some((id) => scheduler.running(id)?.evictedFor === undefined),
    });
  const estimate = options.estimate === true ? estimateOf(scheduler, job, now, options) : undefined;
  return {
    jobId: job.id,
    at: now,
    state: 'waiting',
    share: job.share,
    priority: job.priority,
    ...(place === undefined
      ? {}
      : {
          position: {
            inShare: place.inShare,
            waitingInShare: place.waitingInShare,
            inQueue: place.inQueue,
            waitingInQueue: place.waitingInQueue,
          },
        }),
    ...(block === undefined ? {} : { blockedBy: block.why }),
    blockedByOption: block?.reasons ?? [],
    sentence:
      block === undefined
        ? NOTHING_BLOCKS
        : [sentenceOf(block.why), ...whyNobodyStops(settled, job, block.why, remedies, now)].join(' '),
    ...(block === undefined || block.reasons.length < 2
      ? {}
      : { sentenceByOption: block.reasons.map(sentenceOf) }),
    ...(startFirst.length === 0 ? {} : { startFirst }),
    ahead: nearestOf(earlier, before, holders),
    aheadCount: before + holders.length,
    remedies,
    ...(estimate === undefined ? {} : { estimate }),
    preemptibleBy: [],
  };
}

/** Why a job that lacks instances preempts nobody for them, where the shares' rules would let others. */
function whyNobodyStops(
  settled: Scheduler,
  job: WaitingJob,
  why: WaitReason,
  remedies: readonly Remedy[],
  now: number,
): string[] {
  if (settled.setup.policy.kind !== 'quotaShare') return [];
  const end = pauseEnds(job, now);
  // That it is for this reason, and for no other, shows where a higher guarantee would change it.
  const helped = remedies.flatMap((remedy) =>
    remedy.kind === 'quota' && remedy.which === 'guaranteed' && remedy.then === 'preempts'
      ? [remedy.environment]
      : [],
  )[0];
  const option =
    'environment' in why && why.environment === helped
      ? job.options.find(({ environment }) => environment === helped)
      : undefined;
  const guaranteed = option === undefined ? undefined : settled.guaranteeBelow(job.share, option);
  return [
    ...(guaranteed === undefined || option === undefined
      ? []
      : [aboveGuaranteeSentence({ share: job.share, needed: option.instances, guaranteed })]),
    ...(end === undefined ? [] : [pauseSentence(job.claims?.times ?? 0, (end - now) / 1000)]),
  ];
}

interface Block {
  readonly why: WaitReason;
  readonly reasons: readonly WaitReason[];
}

/**
 * What the core says when it looks at the job again. It looks at the first of those that ask for the same, and what it says of that one
 * holds for all; but stops that are on their way for the first are not for those behind it.
 */
function blockOf(
  settled: Scheduler,
  job: WaitingJob,
  now: number,
  decisions: readonly Decision[],
  first: string,
): Block | undefined {
  if (first === job.id) return saidAgain(settled, first, now, decisions) ?? blockNow(settled, job, now);
  // Much cheaper than to offer all once more.
  const block = blockNow(settled, job, now);
  if (block === undefined || !awaitsStops(block.why)) return block;
  const again = saidAgain(settled, first, now, decisions);
  if (again !== undefined && !awaitsStops(again.why)) return again;
  const behind: WaitReason = { code: 'BEHIND', job: first };
  return { why: behind, reasons: [behind] };
}

function blockNow(settled: Scheduler, job: WaitingJob, now: number): Block | undefined {
  const [first, ...others] = settled.whyWaiting(job.id, now);
  return first === undefined ? undefined : { why: nearestReason(first, others), reasons: [first, ...others] };
}

/**
 * What a parked job is told depends on who is offered with it, so the core is made to offer all of them once more. If that makes it do
 * something, the queue has moved on, and what it said last counts.
 */
function saidAgain(
  settled: Scheduler,
  id: string,
  now: number,
  last: readonly Decision[],
): Block | undefined {
  const copy = settled.clone();
  for (const { name, state } of copy.environments()) copy.setEnvironment(name, state);
  const { decisions } = copy.settle(now, MOST_ADMISSIONS);
  const again = waitOf(decisions, id);
  const movedOn = decisions.some(({ kind }) => kind !== 'wait');
  return movedOn ? (waitOf(last, id) ?? again) : (again ?? waitOf(last, id));
}

function waitOf(decisions: readonly Decision[], id: string): Wait | undefined {
  return decisions.find((decision): decision is Wait => decision.kind === 'wait' && decision.job === id);
}

function awaitsStops({ code }: WaitReason): boolean {
  return code === 'PREEMPTING' || code === 'RELEASE_EXPECTED';
}

/** Whose stop the constraint is about. */
function stopping(why: WaitReason): readonly string[] {
  switch (why.code) {
    case 'PREEMPTING':
      return why.victims;
    case 'RELEASE_EXPECTED':
      return why.from;
    default:
      return [];
  }
}

function inWords(scheduler: Scheduler, share: string, why: WaitReason): ShareInWords | undefined {
  if (why.code !== 'ENVIRONMENT_FULL' && why.code !== 'NOT_LENT') return undefined;
  return scheduler.usage().find((usage) => usage.share === share && usage.environment === why.environment);
}

function estimateOf(
  scheduler: Scheduler,
  job: WaitingJob,
  now: number,
  { times, stopSeconds, maxSteps }: ExplainOptions,
): StartEstimate | undefined {
  return forecast(scheduler, [job.id], now, times, {
    ...(stopSeconds === undefined ? {} : { stopSeconds }),
    ...(maxSteps === undefined ? {} : { maxSteps }),
  }).get(job.id);
}

function explainRunning(scheduler: Scheduler, job: RunningJob, now: number): Explanation {
  const { environment, instances } = held(job);
  const { preemptors, safe } = preemptorsOf(scheduler, job, now);
  const holds = holdsSentence({
    instances,
    environment,
    startedAt: job.startedAt,
    ...(job.evictedFor === undefined ? {} : { stoppingFor: job.evictedFor }),
  });
  return {
    jobId: job.id,
    at: now,
    state: job.evictedFor === undefined ? 'running' : 'stopping',
    share: job.share,
    priority: job.priority,
    blockedByOption: [],
    sentence: safe === undefined || safe.code === 'STOPPING' ? holds : `${holds} ${safeSentence(safe)}`,
    ahead: [],
    aheadCount: 0,
    remedies: [],
    preemptibleBy: preemptors,
  };
}
