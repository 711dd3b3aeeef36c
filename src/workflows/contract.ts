/**
 * What clients and workflows agree on: names, message shapes, search attributes. No workflow code, so that a client
 * can import it.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Placement } from '../jobs/placement.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobStory } from './job-story.ts';

export const DEFAULT_TASK_QUEUE = 'trainyard';

export const TRAINING_JOB = 'trainingJob';
export const TRAINING_MONITOR = 'trainingMonitor';

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
}
export interface SetPriorityRequest {
  /** 0-9999. */
  readonly priority: number;
}

/** The grant of a placement to one attempt; its number makes late messages recognisable. */
export interface Lease {
  readonly number: number;
  readonly placement: Placement;
}

export interface TrainingJobInput {
  readonly job: JobSpec;
  /** Granted with the start, so that an admitted job needs no second message. */
  readonly lease?: Lease;
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
