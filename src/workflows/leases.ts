import { reason, type Reason } from '../jobs/reason.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { Lease } from './contract.ts';
import type { JobStory } from './job-story.ts';
import type { LeaseOutcome } from './queue-contract.ts';
import { until } from './until.ts';

/**
 * Where a job gets its placements from. A job without a queue grants them to itself (below); a job in a queue gets them
 * from there (queue-leases.ts). The job holds at most one lease, launches at most one attempt on it, and gives it back when
 * SageMaker has said that the instances are gone.
 */
export interface LeaseSource {
  /** Waits for a lease. Undefined when `interrupted()` became true, or `deadline` (epoch ms) passed, before it came. */
  acquire(interrupted: () => boolean, deadline: number | undefined): Promise<Lease | undefined>;
  /** Gives a lease back, and says what came of it. */
  release(number: number, outcome: LeaseOutcome): void;
  /** Why a job that might launch is RUNNABLE. */
  ready(): Reason;
}

/** Grants each attempt what the job's own retry state asks for, once the backoff is over. */
export function ownLeases(job: JobSpec, story: JobStory, granted?: Lease): LeaseSource {
  let first = granted;
  return {
    async acquire(interrupted, deadline) {
      if (first !== undefined) {
        const lease = first;
        first = undefined;
        return lease;
      }
      if (story.nextTryAt !== undefined) {
        const backoffOver = story.nextTryAt;
        const stop = Math.min(backoffOver, deadline ?? backoffOver);
        if (await until(interrupted, stop, 'wait before the next attempt')) return undefined;
        if (Date.now() < backoffOver) return undefined;
        delete story.nextTryAt;
      }
      const placement = job.placements[story.retry.placementIndex] ?? job.placements[0];
      return { number: story.attemptCount + 1, placement };
    },
    release: () => undefined,
    ready: () => reason('READY'),
  };
}
