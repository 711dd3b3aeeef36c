import type { Decision } from '../scheduling/decision.ts';
import type { EnvironmentState } from '../scheduling/job.ts';
import type { ShareUsage } from '../scheduling/usage.ts';
import type { QueueSpec } from './queue-spec.ts';

/** A node of the tree of shares in one environment, in instances. */
export type ShareUsageView = Omit<ShareUsage, 'waitingInstances'>;

export interface EnvironmentView {
  readonly name: string;
  readonly instanceTypes: readonly string[];
  /** As configured, and as far as it can be used now (a learned quota may be lower). */
  readonly limit: number;
  readonly usableLimit: number;
  readonly used: number;
  readonly state: EnvironmentState;
  /** One sentence when it is not simply open. */
  readonly blocked?: string;
}

export interface QueuedJobView {
  readonly jobId: string;
  readonly share: string;
  readonly priority: number;
  readonly user?: string;
  readonly queuedAt: number;
  /** `unplaced`: no environment of the queue offers what it asks for any more. */
  readonly state: 'waiting' | 'held' | 'resting' | 'unplaced' | 'running' | 'stopping';
  /** What it holds, or its first choice. */
  readonly environment: string;
  readonly instances: number;
  /** Waiting: position in the queue, or, when only one share was asked for, in that; 1 is next. */
  readonly position?: number;
  /** Running: since when; resting: until when. */
  readonly startedAt?: number;
  readonly notBefore?: number;
  readonly lease?: number;
  readonly preemptions: number;
  /** One sentence: why it waits, or what it runs on. Only for the first of each list. */
  readonly reason?: string;
}

/** The answer of the query `snapshot`. Lists are pages. */
export interface QueueSnapshot {
  readonly name: string;
  readonly at: number;
  readonly paused: boolean;
  readonly policy: QueueSpec['policy']['kind'];
  readonly spec: QueueSpec;
  readonly environments: readonly EnvironmentView[];
  readonly shares: readonly ShareUsageView[];
  readonly counts: {
    readonly waiting: number;
    readonly held: number;
    readonly running: number;
    readonly stopping: number;
  };
  /** In the order of their turns (of all shares, or of the one asked for), from `offset`, at most `limit`. */
  readonly front: readonly QueuedJobView[];
  readonly running: readonly QueuedJobView[];
  /** Newest last, at most 20. */
  readonly lastDecisions: readonly {
    readonly at: number;
    readonly sentence: string;
    readonly decision: Decision;
  }[];
}

export interface SnapshotRequest {
  /** Of `front` and `running`. (Defaults: 0; 20, at most 1,000) */
  readonly offset?: number;
  readonly limit?: number;
  readonly share?: string;
  /** The asker's clock (epoch ms): a workflow's own stands still while nothing happens. (Default: when something last happened) */
  readonly at?: number;
}
