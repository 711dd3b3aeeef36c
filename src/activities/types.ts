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
  /** From the session before. Absent: nothing is known yet. */
  readonly orphans?: OrphanNotes;
}

/** What the search for training jobs without a workflow carries from session to session. Times are epoch milliseconds. */
export interface OrphanNotes {
  /** Names and times of creation of the attempts that are alive. */
  readonly live: readonly (readonly [name: string, createdAt: number])[];
  /** Seen without a workflow by the last pass. */
  readonly suspects: readonly string[];
  readonly lastPassAt: number;
  /** When all training jobs were looked at last. */
  readonly countedAt: number;
  /** Those created before this have still to be looked at. Absent: all have been. */
  readonly uncountedBefore?: number;
}

/** Totals of one session of sweeps. */
export interface SweepReport {
  readonly watermark: number;
  readonly sweeps: number;
  readonly changesSeen: number;
  readonly signalsSent: number;
  /** Training jobs that carry an attempt's name but have no open workflow; newest few. */
  readonly withoutWorkflow: readonly string[];
  /** Those of them that SageMaker was asked to stop; newest few. */
  readonly orphansStopped?: readonly string[];
  readonly orphans?: OrphanNotes;
}

/** A grant that a queue believes to be in use. */
export interface HeldLease {
  readonly jobId: string;
  readonly lease: number;
}

/** `since`: when its job was submitted (epoch ms); none of its training jobs is older. Absent: nobody knows. */
export type SurveyedLease = HeldLease & { readonly since?: number };

export interface SurveyInput {
  readonly queue: string;
  /** Those whose job has been started: a job without any workflow is taken for gone. */
  readonly leases: readonly SurveyedLease[];
  /** Some of the jobs that wait without a lease, started likewise. (Default: none) */
  readonly waiting?: readonly string[];
  /** Also find the open jobs that name the queue: for a queue that has lost what it knew. */
  readonly full: boolean;
}

export interface SurveyResult {
  /** The job's workflow is over and SageMaker holds no instances for it. */
  readonly gone: readonly HeldLease[];
  /** Of `waiting`: those whose workflow is over. (Default: none) */
  readonly closed?: readonly string[];
  /** `full`: open jobs that name the queue and hold none of `leases`. */
  readonly enrol: readonly string[];
  /** `full`: whether `enrol` is all of them. (Default: whether everything could be told) */
  readonly listed?: boolean;
  /** Questions without a certain answer yet. They change nothing; a survey soon may tell. */
  readonly cannotTell: number;
  /** Training jobs without a workflow that SageMaker was asked to stop. */
  readonly stopped: readonly string[];
  /** Workflow id of the account's monitor, if it could be found out. */
  readonly monitor?: string;
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
  /** Compares what a queue believes with what Temporal and SageMaker know. */
  surveyQueue(input: SurveyInput): Promise<SurveyResult>;
}
