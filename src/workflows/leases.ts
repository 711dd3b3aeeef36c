import type { JobSpec } from '../jobs/spec.ts';
import type { Lease } from './contract.ts';
import type { JobStory } from './job-story.ts';
import { until } from './until.ts';

/**
 * Where a job gets its placements from. A job without a queue grants them to itself (below); a job in a queue asks its
 * queue. The job holds at most one lease, launches at most one attempt on it, and gives it back when SageMaker has said
 * that the instances are gone.
 */
export interface LeaseSource {
  /** Waits for a lease. Undefined when `interrupted()` became true, or `deadline` (epoch ms) passed, before it came. */
  acquire(interrupted: () => boolean, deadline: number | undefined): Promise<Lease | undefined>;
  /** Gives a lease back. Idempotent: a number that is not held changes nothing. */
  release(number: number): Promise<void>;
}

/** Grants each attempt what the job's own retry state asks for, once the backoff is over. */
export function ownLeases(job: JobSpec, story: JobStory): LeaseSource {
  return {
    async acquire(interrupted, deadline) {
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
    release: () => Promise.resolve(),
  };
}
