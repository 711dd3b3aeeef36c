/** What clients, jobs and queues agree on: names and message shapes, no workflow code. */
import type { JobSpec } from '../jobs/spec.ts';
import type { TerminalStatus } from '../jobs/status.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import type { Explanation, WhatIf } from '../scheduling/explanation.ts';
import type { Lease } from './contract.ts';
import type { QueueCarried } from './queue-story.ts';

export const TRAINING_QUEUE = 'trainingQueue';

const QUEUE_WORKFLOW_PREFIX = 'queue/';
export const queueWorkflowId = (name: string): string => `${QUEUE_WORKFLOW_PREFIX}${name}`;
export const queueNameOfWorkflow = (workflowId: string): string | undefined =>
  workflowId.startsWith(QUEUE_WORKFLOW_PREFIX) ? workflowId.slice(QUEUE_WORKFLOW_PREFIX.length) : undefined;

/**
 * Updates of a queue. All answer at once. One that is refused fails with an ApplicationFailure whose type is a code of the
 * error catalogue: QUEUE_FULL (with QueueFullDetails), QUEUE_BUSY (submitJobs), QUEUE_CHANGE_REFUSED, QUEUE_INVALID (configure),
 * ENVIRONMENT_NOT_FOUND (drain, undrain).
 */
export const QUEUE_UPDATES = {
  /** SubmitJobsRequest -> SubmitJobsAnswer */
  submitJobs: 'submitJobs',
  /** QueueSpec -> OperatorAnswer */
  configure: 'configure',
  /** -> OperatorAnswer */
  pause: 'pause',
  /** -> OperatorAnswer */
  resume: 'resume',
  /** EnvironmentRequest -> OperatorAnswer */
  drain: 'drain',
  /** EnvironmentRequest -> OperatorAnswer; undoes `drain` */
  undrain: 'undrain',
} as const;

export interface EnvironmentRequest {
  readonly environment: string;
}

export interface OperatorAnswer {
  /** False: the queue was like this already. */
  readonly changed: boolean;
}

/** Signals to a queue: from its jobs, from the account's monitor. */
export const QUEUE_SIGNALS = {
  /** EnqueueRequest: a job enrols itself, or once more after the queue lost it. */
  enqueue: 'enqueue',
  /** ReleaseRequest: the instances of a lease are back. */
  release: 'release',
  /** JobChange: priority or hold of one of its jobs. */
  jobChanged: 'jobChanged',
  /** WithdrawRequest: a waiting job is over. */
  withdraw: 'withdraw',
  /** CapacityNews from the monitor. */
  capacityNews: 'capacityNews',
} as const;

export const QUEUE_QUERIES = {
  /** SnapshotRequest -> QueueSnapshot */
  snapshot: 'snapshot',
  /** -> ShareUsageView[] */
  shares: 'shares',
  /** ExplainRequest -> Explanation | undefined (job unknown here) */
  explain: 'explain',
  /** ExplainNewRequest -> ExplainNewAnswer; nothing is kept */
  explainNew: 'explainNew',
} as const;

/** Signals from a queue to the account's monitor. */
export const MONITOR_SIGNALS = {
  /** CapacityReport */
  capacityReport: 'capacityReport',
} as const;

/** Signals from a queue to its jobs. */
export const JOB_QUEUE_SIGNALS = {
  /** Lease: launch on this placement. */
  lease: 'lease',
  /** PreemptOrder */
  preempt: 'preempt',
  /** TurnedAway: the queue will never run it, or it waited too long; the job FAILS with this reason. */
  turnedAway: 'turnedAway',
  /** Nothing: the queue does not know the job (it was started anew) and asks it to enrol. */
  enrol: 'enrol',
  /** Nothing: the queue is full and has not taken the job in, which enrols again some time later. */
  full: 'full',
} as const;

export interface SubmitJobsRequest {
  /** At most 100. Resolved; validated once more by the queue against itself (share, environments, size). */
  readonly jobs: readonly JobSpec[];
  /** SHA-256 of each job's specification, for the memo of its workflow (JobMemo.specHash). */
  readonly specHashes?: readonly string[];
  readonly submittedAt: number;
}

/** Details of the failure QUEUE_FULL of `submitJobs`. */
export interface QueueFullDetails {
  /** So many jobs that the queue does not have would have been taken in. */
  readonly room: number;
}

export interface SubmitJobsAnswer {
  readonly results: readonly SubmittedJob[];
}

export type SubmittedJob =
  | { readonly jobId: string; readonly outcome: 'accepted' }
  /** In the queue already (waiting or running). */
  | { readonly jobId: string; readonly outcome: 'known' }
  /** Code of the error catalogue; nothing was kept of it. */
  | { readonly jobId: string; readonly outcome: 'refused'; readonly code: string; readonly message: string };

export interface EnqueueRequest {
  readonly job: Pick<JobSpec, 'jobId' | 'share' | 'user' | 'placements' | 'priority'>;
  readonly queuedAt: number;
  readonly held: boolean;
  readonly preemptions: number;
  readonly limitSeconds?: number;
  readonly checkpointSeconds?: number;
  /** Indices in `placements` that can never run. */
  readonly removed: readonly number[];
  /** Not before this time (epoch ms). */
  readonly notBefore?: number;
  /** What the job holds, when the queue that granted it was lost, and since when it has launched on it (epoch ms). */
  readonly holds?: Lease;
  readonly heldSince?: number;
  /** The newest lease that ever reached the job: it takes only leases with higher numbers, whoever granted the others. */
  readonly newestLease?: number;
}

export interface ReleaseRequest {
  readonly jobId: string;
  readonly lease: number;
  readonly outcome: LeaseOutcome;
}

/** How an attempt ended, as far as the queue has to know. */
export type LeaseOutcome =
  | { readonly kind: 'ended'; readonly status: TerminalStatus; readonly ranSeconds: number }
  /** The job goes round again and keeps its place. */
  | {
      readonly kind: 'again';
      readonly why: 'capacity' | 'quota' | 'failed' | 'preempted' | 'unused';
      readonly notBefore?: number;
      /** Indices in its placements that can never run. */
      readonly removed: readonly number[];
      /** quota: what SageMaker said that the account may use. */
      readonly learnedLimit?: {
        readonly instanceType: string;
        readonly limit: number;
        readonly inUse: number;
      };
    };

export interface JobChange {
  readonly jobId: string;
  readonly priority?: number;
  readonly held?: boolean;
  /** The job's training runs: its instances are there, so that a probe has succeeded. */
  readonly instancesAcquired?: { readonly lease: number };
}

export interface WithdrawRequest {
  readonly jobId: string;
  /** The newest lease that the job used (and gave back): a newer one was never used and is void, even if it arrived. */
  readonly lease?: number;
}

export interface CapacityNews {
  readonly instanceType: string;
  /** Out of stock until then (epoch ms); absent: there is some. */
  readonly outUntil?: number;
  readonly learnedLimit?: number;
}

/** What a queue tells the monitor, which passes it on to the other queues and keeps it for queues to come. */
export interface CapacityReport {
  /** Name of the queue that reports, which need not be told its own news. */
  readonly queue: string;
  /** What the queue wants to hear of. Its latest report counts. */
  readonly instanceTypes: readonly string[];
  readonly news: readonly CapacityNews[];
}

export interface PreemptOrder {
  readonly lease: number;
  /** The job that the instances are for, and one sentence why. */
  readonly by: string;
  readonly sentence: string;
}

export interface TurnedAway {
  readonly code: 'NEVER_FITS' | 'RUNNABLE_TIME_LIMIT' | 'NOT_IN_QUEUE';
  readonly sentence: string;
}

export interface ExplainRequest {
  readonly jobId: string;
  readonly whatIf?: WhatIf;
  /** Simulate forward for an estimated start. (Default: true) */
  readonly estimate?: boolean;
  /** The asker's clock (epoch ms): a workflow's own stands still while nothing happens. (Default: when something last happened) */
  readonly at?: number;
}

export interface ExplainNewRequest {
  readonly job: JobSpec;
  /** Simulate forward for an estimated start. (Default: true) */
  readonly estimate?: boolean;
  /** As in ExplainRequest. */
  readonly at?: number;
}

/** What would become of a job that is submitted now. */
export type ExplainNewAnswer =
  | { readonly outcome: 'accepted'; readonly explanation: Explanation }
  /** Code of the error catalogue. */
  | { readonly outcome: 'refused'; readonly code: string; readonly message: string };

export interface TrainingQueueInput {
  readonly queue: QueueSpec;
  /** Only set by continue-as-new. */
  readonly carried?: QueueCarried;
  /** Thresholds, for tests. (Defaults in training-queue.ts) */
  readonly limits?: {
    readonly continueAsNewAfterEvents?: number;
    readonly continueAsNewAfterChildren?: number;
    readonly continueAsNewAfterSignals?: number;
    readonly continueAsNewAfterUpdates?: number;
    readonly reconcileSeconds?: number;
  };
}
