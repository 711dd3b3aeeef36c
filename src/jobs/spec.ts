import type { Placement } from './placement.ts';
import type { TrainingRequest } from './training-request.ts';

/** When a notification is wanted: at the end of the job, by how it ended, or once when training first runs. */
export const NOTIFY_EVENTS = ['STARTED', 'SUCCEEDED', 'FAILED', 'STOPPED'] as const;
export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];

/** Exponential backoff with full jitter, in seconds: attempt n waits a random part of min(max, initial × factor^(n-1)). */
export interface BackoffPolicy {
  readonly initialSeconds: number;
  readonly maxSeconds: number;
  readonly factor: number;
}

export interface RetryPolicy {
  /** Runs in total, the first included (AWS Batch's meaning), that may end in an algorithm error. (Default: 1) */
  readonly attempts: number;
  /** Runs in total that may end in SageMaker's internal error or in one that nobody knows. (Default: 5) */
  readonly internalAttempts: number;
  /** Wait before a run that follows an algorithm or internal error. (Default: 10 s, doubling, at most 10 min) */
  readonly backoff: BackoffPolicy;
  /** Wait after every placement was out of capacity or quota. (Default: 60 s, doubling, at most 30 min) */
  readonly capacityBackoff: BackoffPolicy;
}

/** All in seconds; absent means unlimited. SageMaker's own StoppingCondition applies besides. */
export interface TimeLimits {
  /** One attempt, from its launch until it is stopped and the job FAILED. */
  readonly attemptSeconds?: number;
  /** Time without a training job (SUBMITTED, RUNNABLE) and time waiting for instances (SCHEDULED), added up. */
  readonly waitingSeconds?: number;
  /** From submission to the end. */
  readonly totalSeconds?: number;
}

export interface NotifyPolicy {
  readonly topicArn: string;
  readonly on: readonly NotifyEvent[];
}

/** A job as the workflows know it: validated, defaults filled in, placements resolved. */
export interface JobSpec {
  /** The mark of a normalised job, and the version of its form: what workflows of a later release may meet. */
  readonly specVersion: 1;
  readonly jobId: string;
  readonly queue?: string;
  readonly share?: string;
  /** Scheduling priority, 0-9999, higher first. (Default: 0) */
  readonly priority: number;
  readonly user?: string;
  readonly training: TrainingRequest;
  /** In order of preference, at least one. */
  readonly placements: readonly [Placement, ...Placement[]];
  readonly retry: RetryPolicy;
  readonly timeLimits: TimeLimits;
  /** Seconds between two checkpoints of the training. (Default: see ticket-facts.ts) */
  readonly checkpointSeconds?: number;
  readonly notify?: NotifyPolicy;
}
