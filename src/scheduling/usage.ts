import type { WaitReason } from './decision.ts';
import type { EnvironmentState } from './job.ts';

/** A share, or a group of shares, in one environment. Counted in instances unless it says otherwise. */
export interface ShareUsage {
  /** Name of the node of the tree. */
  readonly share: string;
  readonly parent?: string;
  readonly environment: string;
  readonly guaranteed: number;
  readonly used: number;
  /** Above its guarantee, taken from others. */
  readonly borrowed: number;
  /** Of its guarantee, in use by others right now. */
  readonly lent: number;
  readonly borrowLimit?: number;
  /** Jobs and instances of the share itself that wait with this environment as their first choice. */
  readonly waitingJobs: number;
  readonly waitingInstances: number;
}

export interface EnvironmentUsage {
  readonly name: string;
  readonly limit: number;
  readonly used: number;
  /** Never negative: after a cut of the limit more may be in use than there is room for. */
  readonly free: number;
  readonly state: EnvironmentState;
  /** Why nobody may start there. Absent: somebody may, if there is room. */
  readonly blocked?: WaitReason;
}
