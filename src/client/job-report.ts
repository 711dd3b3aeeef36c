import {
  WorkflowFailedError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, WorkflowNotFoundError } from '@temporalio/common';
import { TrainyardError, type ErrorCode } from '../jobs/error-catalogue.ts';
import { reason } from '../jobs/reason.ts';
import { isTerminal } from '../jobs/status.ts';
import type { JobEvent, JobResult, JobView } from '../jobs/view.ts';
import { JOB_QUERIES, jobWorkflowId } from '../workflows/contract.ts';
import { durationsAt } from './job-durations.ts';
import { summaryOf } from './job-summary.ts';
import { isUnanswered } from './rpc-error.ts';

/** A job as it is known right now. */
export interface JobReport extends JobView {
  /** Set when the job itself could not be asked: then only what Temporal's server knows is there. */
  readonly incomplete?: { readonly code: ErrorCode; readonly message: string };
}

/** How long a worker has to answer a query before we go on without it. */
const QUERY_MS = 5_000;

export type JobHandle = WorkflowHandle<() => Promise<JobResult>>;

export function jobHandle(client: Client, jobId: string): JobHandle {
  return client.workflow.getHandle<() => Promise<JobResult>>(jobWorkflowId(jobId));
}

/** @throws TrainyardError JOB_NOT_FOUND */
export async function describeJob(client: Client, jobId: string): Promise<WorkflowExecutionDescription> {
  const found = await findJob(client, jobId);
  if (found === undefined) throw jobNotFound(jobId);
  return found;
}

/** Undefined when there is no such job. */
export async function findJob(
  client: Client,
  jobId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await jobHandle(client, jobId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

export function jobNotFound(jobId: string): TrainyardError {
  return new TrainyardError('JOB_NOT_FOUND', `There is no job ${jobId}.`, {
    hint: 'See the jobs with `trainyard list -a`; ended jobs are kept for the retention period of the namespace.',
  });
}

/**
 * The job, from the best source that answers: an ended workflow's own report (which needs no worker), else a query to
 * the workflow, else what Temporal's server knows.
 */
export async function readJob(client: Client, jobId: string): Promise<JobReport> {
  const description = await describeJob(client, jobId);
  const ending = await endingOf(client, jobId, description);
  if (ending?.result !== undefined) return ending.result.job;
  const view = await ask<JobView>(client, jobId, JOB_QUERIES.job);
  if (ending === undefined) return view ?? unanswered(description);
  // Terminated or timed out: nobody could write the last status, so it is written here.
  const known: JobView = view ?? bare(description);
  const { status } = bare(description);
  const endedAt = description.closeTime?.getTime() ?? known.statusSince;
  const { how, message } = ending;
  const why = reason('WORKFLOW_ENDED', message === undefined ? { how } : { how, message });
  return { ...known, ...durationsAt(known, endedAt), status, reason: why, statusSince: endedAt, endedAt };
}

/** The job's story, oldest first. @throws TrainyardError JOB_NOT_FOUND, WORKER_NOT_ANSWERING */
export async function readEvents(client: Client, jobId: string): Promise<readonly JobEvent[]> {
  const description = await describeJob(client, jobId);
  const ending = await endingOf(client, jobId, description);
  if (ending?.result !== undefined) return ending.result.events;
  const events = await ask<readonly JobEvent[]>(client, jobId, JOB_QUERIES.events);
  if (events === undefined) {
    throw new TrainyardError(
      'WORKER_NOT_ANSWERING',
      `No worker answers for job ${jobId}, so its events are not known.`,
      {
        hint: `Start one with \`trainyard worker\`; its task queue is ${description.taskQueue}.`,
      },
    );
  }
  return events;
}

type HowEnded = Parameters<typeof reason<'WORKFLOW_ENDED'>>[1]['how'];

interface Ending {
  readonly how: HowEnded;
  readonly message?: string;
  /** Absent when the workflow could not report. */
  readonly result?: JobResult;
}

/** How the job's workflow ended; undefined while it is open. */
async function endingOf(
  client: Client,
  jobId: string,
  { status }: Pick<WorkflowExecutionDescription, 'status'>,
): Promise<Ending | undefined> {
  switch (status.name) {
    case 'COMPLETED':
      return await reportOf(client, jobId, 'completed');
    case 'FAILED':
      return await reportOf(client, jobId, 'failed');
    case 'CANCELLED':
      return await reportOf(client, jobId, 'was cancelled');
    case 'TERMINATED':
      return await reportOf(client, jobId, 'was terminated');
    case 'TIMED_OUT':
      return await reportOf(client, jobId, 'timed out');
    case 'RUNNING':
    case 'PAUSED':
    case 'CONTINUED_AS_NEW':
    case 'UNSPECIFIED':
    case 'UNKNOWN':
      return undefined;
  }
}

/** A job reports as the workflow's result, or in the details of the failure that the workflow ends with. */
async function reportOf(client: Client, jobId: string, how: HowEnded): Promise<Ending> {
  try {
    return ending(how, await jobHandle(client, jobId).result());
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const details =
      cause instanceof ApplicationFailure || cause instanceof CancelledFailure
        ? cause.details?.[0]
        : undefined;
    return ending(how, details, cause?.message);
  }
}

function ending(how: HowEnded, report: unknown, message?: string): Ending {
  if (isJobResult(report)) return { how, result: report };
  return message === undefined ? { how } : { how, message };
}

function isJobResult(value: unknown): value is JobResult {
  return (
    typeof value === 'object' &&
    value !== null &&
    'job' in value &&
    typeof value.job === 'object' &&
    value.job !== null &&
    'status' in value.job &&
    'events' in value &&
    Array.isArray(value.events)
  );
}

/** Undefined when no worker answers in time. */
async function ask<T>(client: Client, jobId: string, query: string): Promise<T | undefined> {
  try {
    return await client.withDeadline(Date.now() + QUERY_MS, () => jobHandle(client, jobId).query<T>(query));
  } catch (error) {
    if (isUnanswered(error)) return undefined;
    throw error;
  }
}

function unanswered(description: WorkflowExecutionDescription): JobReport {
  return {
    ...bare(description),
    incomplete: {
      code: 'WORKER_NOT_ANSWERING',
      message: `No worker answers on task queue ${description.taskQueue}; only what Temporal's server knows is shown.`,
    },
  };
}

/** What the server alone knows of a job. */
function bare(description: WorkflowExecutionDescription): JobView {
  const summary = summaryOf(description);
  if (summary === undefined) throw new TypeError(`${description.workflowId} is no job`);
  const { jobId, status, priority, user, queue, share, submittedAt, endedAt } = summary;
  return {
    jobId,
    status,
    priority,
    ...(user === undefined ? {} : { user }),
    ...(queue === undefined ? {} : { queue }),
    ...(share === undefined ? {} : { share }),
    submittedAt,
    reason: reason('NOT_ANSWERED'),
    held: false,
    statusSince: endedAt ?? submittedAt,
    ...(isTerminal(status) && endedAt !== undefined ? { endedAt } : {}),
    placements: [],
    attemptCount: 0,
    attempts: [],
    waitingSeconds: 0,
    runningSeconds: 0,
    metrics: [],
    notifications: [],
  };
}
