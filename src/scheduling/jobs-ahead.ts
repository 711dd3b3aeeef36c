import type { WaitReason } from './decision.ts';
import type { JobAhead, RunningTimes } from './explanation.ts';
import type { RunningJob, WaitingJob } from './job.ts';
import { byCodeUnits } from './order.ts';
import type { Earlier } from './queue-order.ts';
import { held } from './running-index.ts';
import { expectedEnd } from './running-time.ts';
import type { Scheduler } from './scheduler.ts';
import { type AheadCause, aheadSentence } from './wording/explanations.ts';

const MOST_AHEAD = 10;
/** Places among those ahead that go to running jobs, when there are more waiting ones than fit. */
const RUNNING_AHEAD = 5;

export interface Holder {
  readonly other: RunningJob;
  readonly until: number;
}

/** Running jobs that hold what the job needs, soonest over first; of `scheduler`, which may be ahead of what really runs. */
export function holdersOf(
  scheduler: Scheduler,
  job: WaitingJob,
  why: WaitReason,
  now: number,
  times: RunningTimes | undefined,
  stopSeconds: number,
): Holder[] {
  const blocks = blocker(scheduler, why);
  if (blocks === undefined) return [];
  return [...scheduler.runningJobs()]
    .filter((other) => other.id !== job.id && blocks(other))
    .map((other) => ({ other, until: expectedEnd(other, now, times, stopSeconds) }))
    .sort((a, b) => a.until - b.until || byCodeUnits(a.other.id, b.other.id));
}

function holdsCause(job: RunningJob, until: number): AheadCause {
  const { environment, instances } = held(job);
  return job.evictedFor === undefined
    ? { code: 'HOLDS', environment, instances, until }
    : { code: 'STOPPING', environment, instances, for: job.evictedFor };
}

/** Which running jobs the constraint is about; undefined when it is about none. */
function blocker(scheduler: Scheduler, why: WaitReason): ((job: RunningJob) => boolean) | undefined {
  switch (why.code) {
    case 'ENVIRONMENT_FULL':
    case 'NOT_LENT':
    case 'RESERVED':
    case 'COMPUTE_RESERVATION':
      return (job) => held(job).environment === why.environment;
    case 'SHARE_LIMIT': {
      const shares = sharesBelow(scheduler, why.node);
      return (job) => held(job).environment === why.environment && shares.has(job.share);
    }
    case 'PREEMPTING':
      return (job) => why.victims.includes(job.id);
    case 'RELEASE_EXPECTED':
      return (job) => why.from.includes(job.id);
    case 'PROBING':
      return (job) => job.id === why.job;
    case 'DRAINING':
    case 'COOLING':
    case 'BEHIND':
    case 'NEVER_FITS':
      return undefined;
  }
}

function sharesBelow(scheduler: Scheduler, node: string): ReadonlySet<string> {
  const { policy } = scheduler.setup;
  const below = new Set([node]);
  if (policy.kind !== 'quotaShare') return below;
  for (let size = 0; size !== below.size;) {
    size = below.size;
    for (const { name, parent } of [...policy.groups, ...policy.shares])
      if (parent !== undefined && below.has(parent)) below.add(name);
  }
  return below;
}

/** At most ten. `before`: how many waiting jobs come before it in all. */
export function nearestOf(
  earlier: readonly Earlier[],
  before: number,
  holders: readonly Holder[],
): JobAhead[] {
  const running = Math.min(holders.length, Math.max(RUNNING_AHEAD, MOST_AHEAD - earlier.length));
  const waiting = earlier
    .slice(0, MOST_AHEAD - running)
    .map(({ job, why }, index) => ({
      ...aheadOf(job, 'waiting', turnCause(job, why)),
      position: before - index,
    }))
    .reverse();
  const holding = holders
    .slice(0, running)
    .map(({ other, until }) => aheadOf(other, 'running', holdsCause(other, until)));
  return [...waiting, ...holding];
}

function turnCause(job: WaitingJob, why: Earlier['why']): AheadCause {
  switch (why) {
    case 'priority':
      return { code: 'PRIORITY', priority: job.priority };
    case 'earlier':
      return { code: 'EARLIER' };
    case 'shareTurn':
      return { code: 'SHARE_TURN' };
    case 'withinQuota':
      return { code: 'WITHIN_QUOTA', share: job.share };
    case 'nearerQuota':
      return { code: 'NEARER_QUOTA', share: job.share };
    case 'atLimit':
      return { code: 'AT_LIMIT' };
  }
}

function aheadOf(job: WaitingJob | RunningJob, state: JobAhead['state'], cause: AheadCause): JobAhead {
  const choice = 'option' in job ? held(job) : job.options[0];
  return {
    id: job.id,
    ...(job.user === undefined ? {} : { user: job.user }),
    share: job.share,
    priority: job.priority,
    instances: choice?.instances ?? 0,
    environment: choice?.environment ?? '',
    state,
    why: aheadSentence(cause),
  };
}
