import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import {
  TypedSearchAttributes,
  WorkflowExecutionAlreadyStartedError,
  type SearchAttributePair,
} from '@temporalio/common';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobResult } from '../jobs/view.ts';
import { jobAttributes, jobWorkflowId, TRAINING_JOB, type TrainingJobInput } from '../workflows/contract.ts';
import { staticDetails, staticSummary } from './job-metadata.ts';
import { describeJob } from './job-report.ts';
import { memoOf, type JobMemo } from './job-summary.ts';

/** What a submission came to. */
export interface Submission {
  readonly jobId: string;
  readonly workflowId: string;
  /** The same job was submitted before under this id; nothing new was started. */
  readonly alreadySubmitted: boolean;
}

type TrainingJobWorkflow = (input: TrainingJobInput) => Promise<JobResult>;

/**
 * Starts the job's workflow. Submitting the same specification under the same id again finds the first submission.
 * @throws TrainyardError JOB_EXISTS when the id belongs to another specification, QUEUE_NOT_FOUND
 */
export async function submitJob(
  client: Client,
  job: JobSpec,
  taskQueue: string,
  now: number,
): Promise<Submission> {
  if (job.queue !== undefined) {
    throw new TrainyardError(
      'QUEUE_NOT_FOUND',
      `Job ${job.jobId} names the queue ${job.queue}; there is no such queue.`,
      {
        hint: 'Leave `queue` out: the job then launches at once. Queues arrive with a later release.',
      },
    );
  }
  const workflowId = jobWorkflowId(job.jobId);
  const memo: JobMemo = { specHash: specHash(job), submittedAt: now };
  try {
    await client.workflow.start<TrainingJobWorkflow>(TRAINING_JOB, {
      workflowId,
      taskQueue,
      args: [{ job }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: staticSummary(job),
      staticDetails: staticDetails(job),
      typedSearchAttributes: new TypedSearchAttributes(searchAttributes(job)),
      memo: { ...memo },
    });
    return { jobId: job.jobId, workflowId, alreadySubmitted: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const earlier = memoOf(await describeJob(client, job.jobId));
    if (earlier.specHash === memo.specHash) return { jobId: job.jobId, workflowId, alreadySubmitted: true };
    throw new TrainyardError('JOB_EXISTS', `The id ${job.jobId} belongs to another job.`, {
      hint: `See it with \`trainyard show ${job.jobId}\`; choose another jobId, or leave it out to get a fresh one.`,
      cause: error,
    });
  }
}

function searchAttributes(job: JobSpec): SearchAttributePair[] {
  const [first] = job.placements;
  const instanceType = first.kind === 'instances' ? first.instanceType : undefined;
  return [
    { key: jobAttributes.status, value: 'SUBMITTED' },
    { key: jobAttributes.priority, value: job.priority },
    ...(job.user === undefined ? [] : [{ key: jobAttributes.user, value: job.user }]),
    ...(job.share === undefined ? [] : [{ key: jobAttributes.share, value: job.share }]),
    ...(instanceType === undefined ? [] : [{ key: jobAttributes.instanceType, value: instanceType }]),
  ];
}

/** SHA-256 over the specification with its keys in one order, so that the order in a file does not matter. */
export function specHash(job: JobSpec): string {
  return createHash('sha256').update(JSON.stringify(job, inKeyOrder)).digest('hex');
}

function inKeyOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
