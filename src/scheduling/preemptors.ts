import type { Decision, Preemption } from './decision.ts';
import type { Explanation } from './explanation.ts';
import type { RunningJob, WaitingJob } from './job.ts';
import { held } from './running-index.ts';
import type { Scheduler } from './scheduler.ts';
import type { QuotaShareQueueSetup, QuotaShareSetup } from './setup.ts';
import { Trials } from './trial.ts';
import { type PreemptorKind, preemptorSentence, type SafeCause } from './wording/explanations.ts';

type Preemptors = Explanation['preemptibleBy'];

const HIGHEST_PRIORITY = 9_999;
/** Of the core, in trials. */
const MOST_DECISIONS = 300;
/** Jobs that stop others, one after the other, that are looked at. */
const LONGEST_CHAIN = 8;
/** No job id may begin so. */
const PROBE = '\u0000probe';

/**
 * Who could take a running job's instances away: waiting jobs that would at once, or when the job's minimum runtime is over; else the
 * kinds of jobs that could if they were submitted, each tried on a copy of the queue with such a job. When there are none, `safe` says
 * why.
 */
export function preemptorsOf(
  scheduler: Scheduler,
  job: RunningJob,
  now: number,
): { readonly preemptors: Preemptors; readonly safe?: SafeCause } {
  const { policy, preemptionLimits } = scheduler.setup;
  if (job.evictedFor !== undefined) return { preemptors: [], safe: { code: 'STOPPING' } };
  if (policy.kind !== 'quotaShare') return { preemptors: [], safe: { code: 'POLICY', policy: policy.kind } };
  if (preemptionLimits.perJob !== undefined && job.preemptions >= preemptionLimits.perJob)
    return { preemptors: [], safe: { code: 'PREEMPTION_LIMIT', preemptions: job.preemptions } };

  const trials = new Trials(scheduler, now);
  trials.allow(MOST_DECISIONS);
  const freeFrom = job.startedAt + preemptionLimits.minimumRuntimeSeconds * 1000;
  const from = freeFrom > now ? freeFrom : undefined;
  const when = from === undefined ? {} : { from };
  for (const at of from === undefined ? [now] : [now, from]) {
    const by = trials.decisions(() => undefined, at).find(isPreemptionOf(job));
    if (by !== undefined) {
      const kind: PreemptorKind = {
        code: 'JOB',
        job: by.for,
        cause: by.cause,
        ...(at === now ? {} : { from: at }),
      };
      return { preemptors: [{ cause: by.cause, job: by.for, sentence: preemptorSentence(kind) }] };
    }
  }
  let first: readonly string[] = [];
  const preemptors = probes(scheduler, policy, job).flatMap(({ share, priority, instances, kind }) => {
    const { environment } = held(job);
    const probe = aProbe(share, priority, environment, instances);
    const at = from ?? now;
    const by = trials.find(isPreemptionOf(job, probe.id), (copy) => copy.enqueue(probe), at);
    if (by === undefined && first.length === 0 && !trials.spent) first = goBefore(scheduler, job, probe, at);
    return by === undefined ? [] : [{ cause: by.cause, sentence: preemptorSentence({ ...kind, ...when }) }];
  });
  const distinct = preemptors.filter(
    ({ sentence }, index) => preemptors.findIndex((other) => other.sentence === sentence) === index,
  );
  if (distinct.length > 0) return { preemptors: distinct };
  return {
    preemptors: [],
    safe:
      first.length > 0 ? { code: 'OTHERS_FIRST', jobs: first } : { code: 'WITHIN_QUOTA', share: job.share },
  };
}

/** Whom jobs like this one, each submitted when the one before it runs, would stop before the asked one; nobody if they never come to it. */
function goBefore(scheduler: Scheduler, job: RunningJob, probe: WaitingJob, at: number): readonly string[] {
  const copy = scheduler.clone();
  const stopped: string[] = [];
  for (let round = 0; round < LONGEST_CHAIN; round++) {
    const next = { ...probe, id: `${PROBE}${round}` };
    copy.enqueue(next);
    const victims = copy
      .settle(at)
      .decisions.flatMap((decision) =>
        decision.kind === 'preempt' && decision.for === next.id ? [decision.victim] : [],
      );
    if (victims.includes(job.id)) return stopped;
    if (victims.length === 0) return [];
    for (const victim of victims) copy.release(victim, at);
    copy.settle(at);
    stopped.push(...victims);
  }
  return [];
}

interface Probe {
  readonly share: string;
  readonly priority: number;
  readonly instances: number;
  readonly kind: PreemptorKind;
}

/** Jobs that might preempt this one by the shares' rules, the likeliest first. */
function probes(scheduler: Scheduler, policy: QuotaShareQueueSetup, job: RunningJob): Probe[] {
  const { environment, instances } = held(job);
  const found: Probe[] = [];
  const own = policy.shares.find(({ name }) => name === job.share);
  if (own !== undefined && own.preemption.inShare !== 'never' && job.priority < HIGHEST_PRIORITY) {
    // As much as all jobs hold that would go before this one.
    const lower = [...scheduler.runningJobs()].filter(
      (other) =>
        other.share === job.share &&
        other.priority <= job.priority &&
        held(other).environment === environment,
    );
    const most = lower.reduce((sum, other) => sum + held(other).instances, 0);
    const kind: PreemptorKind = { code: 'SAME_SHARE', share: job.share, above: job.priority };
    // Kueue lets a job that is larger than its share's guarantee preempt only under conditions: one that is not may go further.
    const guaranteed = own.quota[environment]?.guaranteed ?? 0;
    const sizes = [most, instances, Math.min(guaranteed, most), Math.min(guaranteed, instances)];
    for (const size of new Set(sizes.filter((n) => n > 0)))
      found.push({ share: job.share, priority: job.priority + 1, instances: size, kind });
  }
  for (const share of policy.shares) {
    if (share.name !== job.share) found.push(...probesOf(share, policy, scheduler, job));
  }
  return found;
}

function probesOf(
  { name: share, quota, preemption: { reclaim, whileBorrowing } }: QuotaShareSetup,
  policy: QuotaShareQueueSetup,
  scheduler: Scheduler,
  job: RunningJob,
): Probe[] {
  if (reclaim === 'never' && whileBorrowing === undefined) return [];
  const { environment, instances } = held(job);
  const guaranteed = quota[environment]?.guaranteed ?? 0;
  const used = usedBy(scheduler, share, environment);
  const found: Probe[] = [];
  const unused = guaranteed - used;
  if (unused > 0 && reclaim !== 'never') {
    const above = reclaim === 'lower' ? { above: job.priority } : {};
    const kind: PreemptorKind = { code: 'GUARANTEE', share, guaranteed, ...above };
    found.push({ share, priority: HIGHEST_PRIORITY, instances: unused, kind });
  }
  const borrowing = Math.max(0, unused) + instances;
  if (policy.order === 'fairShare' && reclaim !== 'never') {
    found.push({ share, priority: HIGHEST_PRIORITY, instances: borrowing, kind: { code: 'FAIR', share } });
  } else if (
    whileBorrowing !== undefined &&
    job.priority <= (whileBorrowing.maxPriority ?? HIGHEST_PRIORITY)
  ) {
    const kind: PreemptorKind = { code: 'BORROWER', share, above: job.priority };
    found.push({ share, priority: HIGHEST_PRIORITY, instances: borrowing, kind });
  }
  return found;
}

function usedBy(scheduler: Scheduler, share: string, environment: string): number {
  let used = 0;
  for (const other of scheduler.runningJobs())
    if (other.share === share && held(other).environment === environment) used += held(other).instances;
  return used;
}

/** First of its share, whoever waits there. */
function aProbe(share: string, priority: number, environment: string, instances: number): WaitingJob {
  return {
    id: PROBE,
    share,
    priority,
    options: [{ environment, instances }],
    queuedAt: 0,
    sequence: -1,
    preemptions: 0,
  };
}

function isPreemptionOf({ id }: RunningJob, by?: string): (decision: Decision) => decision is Preemption {
  return (decision): decision is Preemption =>
    decision.kind === 'preempt' && decision.victim === id && (by === undefined || decision.for === by);
}
