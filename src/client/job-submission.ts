import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { staticDetails, staticSummary } from '../jobs/job-metadata.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobResult } from '../jobs/view.ts';
import {
  jobWorkflowId,
  searchAttributesAtStart,
  TRAINING_JOB,
  type JobMemo,
  type TrainingJobInput,
} from '../workflows/contract.ts';
import { describeJob, findJob } from './job-report.ts';
import { memoOf } from './job-summary.ts';

/** What a submission came to. */
export interface Submission {
  readonly jobId: string;
  readonly workflowId: string;
  /** The same job was submitted before under this id; nothing new was started. */
  readonly alreadySubmitted: boolean;
}

type TrainingJobWorkflow = (input: TrainingJobInput) => Promise<JobResult>;

/**
 * Starts the workflow of a job without a queue. Submitting the same specification under the same id again finds the first
 * submission.
 * @throws TrainyardError JOB_EXISTS when the id belongs to another specification
 */
export async function submitJob(
  client: Client,
  job: JobSpec,
  taskQueue: string,
  now: number,
): Promise<Submission> {
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
      typedSearchAttributes: new TypedSearchAttributes(searchAttributesAtStart(job)),
      memo: { ...memo },
    });
    return { jobId: job.jobId, workflowId, alreadySubmitted: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const earlier = memoOf(await describeJob(client, job.jobId));
    if (earlier.specHash === memo.specHash) return { jobId: job.jobId, workflowId, alreadySubmitted: true };
    throw idTaken(job.jobId, error);
  }
}

/** What was submitted under the job's id before: the very same job, which may be submitted again without harm, or another one. */
export async function submittedBefore(client: Client, job: JobSpec): Promise<'same' | 'another' | undefined> {
  const earlier = await findJob(client, job.jobId);
  if (earlier === undefined) return undefined;
  return memoOf(earlier).specHash === specHash(job) ? 'same' : 'another';
}

export function idTaken(jobId: string, cause?: unknown): TrainyardError {
  return new TrainyardError('JOB_EXISTS', `The id ${jobId} belongs to another job.`, {
    hint: `See it with \`trainyard show ${jobId}\`; choose another jobId, or leave it out to get a fresh one.`,
    cause,
  });
}

/** SHA-256 over the specification with its keys in one order, so that the order in a file does not matter. */
export function specHash(job: JobSpec): string {
  return createHash('sha256').update(JSON.stringify(job, inKeyOrder)).digest('hex');
}

function inKeyOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
