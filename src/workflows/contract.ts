/**
 * What clients and workflows agree on: names, message shapes, search attributes. No workflow code, so that a client
 * can import it.
 */
import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType } from '@temporalio/common';
import type { Placement } from '../jobs/placement.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobStatus } from '../jobs/status.ts';
import type { JobStory } from './job-story.ts';

export const DEFAULT_TASK_QUEUE = 'trainyard';

export const TRAINING_JOB = 'trainingJob';
export const TRAINING_MONITOR = 'trainingMonitor';

/**
 * Priorities of tasks (Temporal's task queue priority; the server's default is the middle, 3). A queue and the monitor are few and serve
 * thousands of jobs: behind the first tasks of a thousand new jobs they would answer nobody for half a minute. A server that knows no
 * priorities takes no notice. Children inherit their parent's, so jobs are given theirs.
 */
export const TASK_PRIORITY = {
  few: { priorityKey: 1 },
  jobs: { priorityKey: 3 },
} as const;

const JOB_WORKFLOW_PREFIX = 'job/';
export const jobWorkflowId = (jobId: string): string => `${JOB_WORKFLOW_PREFIX}${jobId}`;
export const jobIdOfWorkflow = (workflowId: string): string | undefined =>
  workflowId.startsWith(JOB_WORKFLOW_PREFIX) ? workflowId.slice(JOB_WORKFLOW_PREFIX.length) : undefined;
export const monitorWorkflowId = (account: string, region: string): string => `monitor/${account}/${region}`;

/** Typed search attributes of a job. */
export const jobAttributes = {
  status: defineSearchAttributeKey('JobStatus', SearchAttributeType.KEYWORD),
  user: defineSearchAttributeKey('JobUser', SearchAttributeType.KEYWORD),
  share: defineSearchAttributeKey('JobShare', SearchAttributeType.KEYWORD),
  queue: defineSearchAttributeKey('JobQueue', SearchAttributeType.KEYWORD),
  instanceType: defineSearchAttributeKey('JobInstanceType', SearchAttributeType.KEYWORD),
  priority: defineSearchAttributeKey('JobPriority', SearchAttributeType.INT),
} as const;

/** The search attributes that a job's workflow is started with, by the client or by its queue. */
export function searchAttributesAtStart(job: JobSpec): SearchAttributePair[] {
  const [first] = job.placements;
  const instanceType = first.kind === 'instances' ? first.instanceType : undefined;
  return [
    { key: jobAttributes.status, value: 'SUBMITTED' },
    { key: jobAttributes.priority, value: job.priority },
    ...(job.user === undefined ? [] : [{ key: jobAttributes.user, value: job.user }]),
    ...(job.share === undefined ? [] : [{ key: jobAttributes.share, value: job.share }]),
    ...(job.queue === undefined ? [] : [{ key: jobAttributes.queue, value: job.queue }]),
    ...(instanceType === undefined ? [] : [{ key: jobAttributes.instanceType, value: instanceType }]),
  ];
}

/** What the starter of a job's workflow writes into its memo. */
export interface JobMemo {
  /** SHA-256 of the job's specification, so that submitting it again is recognised. Absent: whoever started it had none. */
  readonly specHash?: string;
  /** Epoch milliseconds; a workflow that continued as new no longer knows when it first started. */
  readonly submittedAt: number;
}

/** Messages to a job. Each steering verb is a signal and, under the same name, an update that returns the new view. */
export const JOB_MESSAGES = {
  cancel: 'cancel',
  hold: 'hold',
  release: 'release',
  setPriority: 'setPriority',
  /** Signal only: the monitor saw that the training job changed. */
  trainingChanged: 'trainingChanged',
} as const;
export const JOB_QUERIES = { job: 'job', events: 'events' } as const;

export interface CancelRequest {
  /** Shown to the job's owner. At most 500 characters. */
  readonly reason?: string;
  /**
   * Only while the job has one of these statuses. Otherwise an update is refused with a failure of type OTHER_STATUS (with
   * OtherStatusDetails), and a signal changes nothing. (Default: whatever its status)
   */
  readonly statuses?: readonly JobStatus[];
}
/** Details of the failure OTHER_STATUS. */
export interface OtherStatusDetails {
  readonly status: JobStatus;
}
export interface SetPriorityRequest {
  /** 0-9999. */
  readonly priority: number;
}

/** The grant of a placement to one attempt; its number makes late messages recognisable. */
export interface Lease {
  readonly number: number;
  readonly placement: Placement;
  /** Tries whether there is capacity again: the queue wants to hear at once when the attempt has instances. */
  readonly probe?: true;
}

export interface TrainingJobInput {
  readonly job: JobSpec;
  /** Granted with the start, so that an admitted job needs no second message. */
  readonly lease?: Lease;
  /** The queue knows the job, so that it need not enrol; a lease says the same. */
  readonly queued?: true;
  /** Only set by continue-as-new. */
  readonly story?: JobStory;
  /** Continue as new at this many history events. (Default: 2,000, or what the server suggests if that is earlier) */
  readonly continueAsNewAfterEvents?: number;
}

export interface TrainingMonitorInput {
  readonly account: string;
  readonly region: string;
  /** Sweeps see what changed after this time (epoch ms). (Default: when the monitor started) */
  readonly watermark?: number;
}
