import type { Decision, PreemptionCause, WaitReason } from '../decision.ts';
import type { RunningJob, WaitingJob } from '../job.ts';
import type { QueueSetup } from '../setup.ts';
import type { Assignment } from './assignment.ts';
import type { QuotaLedger } from './ledger.ts';

/** The job that a share offers in this cycle. */
export interface QuotaHead {
  readonly job: WaitingJob;
  /** Index in `job.options` to try first: the scan goes on where the last cycle's stopped (`resumeAt` of its decision), else 0. */
  readonly resumeAt: number;
  /** Others were, or are being, stopped for it: it is decided before those who would borrow. Kueue knows no such thing. */
  readonly madeRoom?: boolean;
}

/** By job and `resumeAt`. */
export type RememberedAssignments = Map<string, Assignment>;

/** What a cycle looks at. Nothing of it is changed, but what is `remembered`. */
export interface QuotaWorld {
  /** Tree of shares, and what the running jobs use. */
  readonly ledger: QuotaLedger;
  /** Running jobs of a share, those that are being stopped among them. In any order. */
  readonly runningOf: (share: string) => readonly RunningJob[];
  /** Running jobs that are being stopped for a waiting one. In any order. Absent: not known; then it may name others. */
  readonly stoppingFor?: (job: string) => readonly RunningJob[];
  /**
   * Physical room for this job: limit - used - all that reservations want before it (in full, so that it may be negative: then
   * victims have to make up for it). -Infinity: the environment is closed to the job. Infinity: unlimited.
   */
  readonly free: (environment: string, job: WaitingJob) => number;
  /** Why there is no room, when it is not simply full: closed, or kept for another. Absent or undefined: ENVIRONMENT_FULL. */
  readonly whyNoRoom?: (environment: string, job: WaitingJob) => WaitReason | undefined;
  /** True: an environment that is being probed; at most one job may start there in this cycle. */
  readonly probing?: (environment: string) => boolean;
  readonly limits: QueueSetup['preemptionLimits'];
  /**
   * Whether a job may be stopped that would be within its share's guarantee again once all victims are gone: it would come back at
   * once and take what it was stopped for. Kueue does so. Absent: yes.
   */
  readonly mayReturn?: boolean;
  /** Running jobs that nobody may have stopped now, whatever the limits say. */
  readonly final?: ReadonlySet<string>;
  /** What earlier cycles assigned to heads, if nothing that they look at has changed since. The cycle adds to it. */
  readonly remembered?: RememberedAssignments;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * With `wait`, `resumeAt` is set when the next cycle should go on with a later option of the job, and `causes` when it waits for victims:
 * why it could stop each of them, if nobody else had.
 */
export type QuotaDecision = Decision & {
  readonly resumeAt?: number;
  readonly causes?: ReadonlyMap<string, PreemptionCause>;
};
