import type { NotifyEvent } from '../../jobs/spec.ts';
import type { JobView } from '../../jobs/view.ts';

/** One training job as SageMaker describes it. Times are epoch milliseconds. */
export interface TrainingEvidence {
  readonly name: string;
  /** Completed, Failed, Stopped, ... */
  readonly status: string;
  /** SecondaryStatusTransitions, oldest first. */
  readonly transitions: readonly string[];
  readonly failureReason?: string;
  readonly instanceType?: string;
  readonly instanceCount?: number;
  readonly spot: boolean;
  /** FinalMetricDataList. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly createdAt: number;
  readonly endedAt?: number;
  readonly modelUri?: string;
}

/** A CreateTrainingJob that the endpoint received, and the error that it answered with, if any. */
export interface CreateEvidence {
  readonly name: string;
  readonly error?: string;
}

/** The job's workflow as Temporal's server describes it. */
export interface WorkflowEvidence {
  /** COMPLETED, FAILED, RUNNING, ... */
  readonly status: string;
  /** Cancel requests in the history, as signals or as accepted updates. */
  readonly cancelRequests: number;
}

/** A message about the job that arrived in the mailbox. */
export interface NoticeEvidence {
  readonly messageId: string;
  readonly event: NotifyEvent;
}

/** What SageMaker, Temporal, the job itself and the mailbox say about one job. Nothing in here is an expectation. */
export interface Evidence {
  readonly job: JobView;
  /** All training jobs whose name is one of the job's, oldest first. */
  readonly trainings: readonly TrainingEvidence[];
  /** What SageMaker was asked to create for the job, oldest first. */
  readonly creates: readonly CreateEvidence[];
  readonly workflow: WorkflowEvidence;
  readonly notices: readonly NoticeEvidence[];
}

/** Whether the evidence bears a claim out: the words that do, or what is missing. */
export type Verdict =
  { readonly holds: true; readonly because: string } | { readonly holds: false; readonly missing: string };

export const holds = (because: string): Verdict => ({ holds: true, because });
export const fails = (missing: string): Verdict => ({ holds: false, missing });
