import type { Failure } from '../jobs/failure.ts';
import type { Placement } from '../jobs/placement.ts';
import type { NotifyEvent } from '../jobs/spec.ts';
import type { TrainingChanged } from '../jobs/training-change.ts';
import type { TrainingRequest } from '../jobs/training-request.ts';
import type { JobView } from '../jobs/view.ts';

export interface LaunchInput {
  readonly jobId: string;
  readonly attempt: number;
  /** First run id of the job's workflow: tells this job from an earlier one of the same id. */
  readonly runId: string;
  readonly placement: Placement;
  /** Absent: create nothing, only find out whether an earlier, interrupted launch did. */
  readonly training?: TrainingRequest;
}

export type LaunchResult =
  | {
      readonly kind: 'launched';
      readonly arn: string;
      readonly adopted: boolean;
      readonly consoleUrl?: string;
    }
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** A training job of that name exists, and its tags say that it is not this attempt. */
  | { readonly kind: 'nameTaken'; readonly wanted: string; readonly owner: string }
  /** Without `training`: nothing was launched. */
  | { readonly kind: 'absent' };

export interface WatchInput {
  readonly jobId: string;
  readonly attempt: number;
  readonly name: string;
  /** Seconds until the first call, for an attempt that was just launched or asked to stop. (Default: the safety interval) */
  readonly firstCheckSeconds?: number;
  readonly stopRequested: boolean;
}

export interface NotifyInput {
  readonly event: NotifyEvent;
  readonly topicArn: string;
  /** Unique for the job run and event; receivers drop repetitions by it. */
  readonly notificationId: string;
  readonly job: JobView;
}

export interface SweepInput {
  readonly account: string;
  readonly region: string;
  /** Epoch ms: what changed after this is news. */
  readonly watermark: number;
}

/** Totals of one session of sweeps. */
export interface SweepReport {
  readonly watermark: number;
  readonly sweeps: number;
  readonly changesSeen: number;
  readonly signalsSent: number;
  /** Training jobs that carry an attempt's name but have no open workflow; newest few. */
  readonly withoutWorkflow: readonly string[];
}

/** The activities, as workflows see them. Implemented by createActivities(ports). */
export interface TrainyardActivities {
  /** Exactly-once: creates the training job, or adopts the one that an earlier try created. */
  launchTraining(input: LaunchInput): Promise<LaunchResult>;
  /**
   * The safety check: fails benignly while nothing is new, and returns when the training job's status is news to its
   * workflow or when it is over.
   */
  watchTraining(input: WatchInput): Promise<TrainingChanged>;
  /** Asks SageMaker to stop the training job. */
  stopTraining(input: { readonly name: string }): Promise<void>;
  sendNotification(input: NotifyInput): Promise<{ readonly messageId: string }>;
  /** Sweeps for a while, telling jobs what changed. */
  sweepTrainings(input: SweepInput): Promise<SweepReport>;
}
