import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { isTerminal, JOB_STATUSES, type JobStatus } from '../jobs/status.ts';
import type { JobView } from '../jobs/view.ts';
import type { CancelRequest, JOB_MESSAGES, SetPriorityRequest } from '../workflows/contract.ts';
import { jobHandle, readJob } from './job-report.ts';
import { isUnanswered } from './rpc-error.ts';

/** A request to a job, under the name that signal and update share. */
export type SteeringMessage =
  | { readonly name: typeof JOB_MESSAGES.cancel; readonly request: CancelRequest }
  | { readonly name: typeof JOB_MESSAGES.setPriority; readonly request: SetPriorityRequest }
  | { readonly name: typeof JOB_MESSAGES.hold | typeof JOB_MESSAGES.release; readonly request?: never };

/** What came of it: the job answered with its new state, or, with no worker at hand, will read the request later. */
export type SteeringAnswer =
  | {
      readonly jobId: string;
      readonly answered: true;
      readonly job: JobView;
      /** The request was not for this status, which the job had when it was asked: nothing was done. */
      readonly spared?: JobStatus;
    }
  | { readonly jobId: string; readonly answered: false };

/** How long a job has to answer an update before the request is left for it as a signal. */
const UPDATE_MS = 5_000;

/**
 * Sends the request as an update, which is validated and answered. Without an answer it is sent again as a signal,
 * which Temporal keeps until a worker comes; all requests mean the same when they arrive twice.
 * @throws TrainyardError JOB_NOT_FOUND, JOB_ENDED, JOB_REFUSED_MESSAGE
 */
export async function steerJob(
  client: Client,
  jobId: string,
  message: SteeringMessage,
): Promise<SteeringAnswer> {
  const handle = jobHandle(client, jobId);
  const { name, request } = message;
  try {
    try {
      const job = await client.withDeadline(Date.now() + UPDATE_MS, () =>
        request === undefined
          ? handle.executeUpdate<JobView, []>(name)
          : handle.executeUpdate<JobView, [typeof request]>(name, { args: [request] }),
      );
      return { jobId, answered: true, job: await thereafter(client, job) };
    } catch (error) {
      if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) && !isUnanswered(error)) throw error;
      await handle.signal(name, ...(request === undefined ? [] : [request]));
      return { jobId, answered: false };
    }
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return await refused(client, jobId, error);
    if (error instanceof WorkflowNotFoundError) return await ended(client, jobId);
    throw error;
  }
}

/** The job as it is now: what it says of itself follows the answer, as soon as it has acted on it. */
async function thereafter(client: Client, answer: JobView): Promise<JobView> {
  try {
    const job = await readJob(client, answer.jobId);
    return job.incomplete === undefined ? job : answer;
  } catch {
    return answer;
  }
}

async function refused(
  client: Client,
  jobId: string,
  error: WorkflowUpdateFailedError,
): Promise<SteeringAnswer> {
  const { cause } = error;
  if (cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow') {
    // The job took the request and ended before it could answer.
    return { jobId, answered: true, job: await readJob(client, jobId) };
  }
  if (cause instanceof ApplicationFailure && cause.type === 'OTHER_STATUS') {
    const job = await readJob(client, jobId);
    return { jobId, answered: true, job, spared: statusIn(cause) ?? job.status };
  }
  if (cause instanceof ApplicationFailure && cause.type === 'JOB_ENDED') return await ended(client, jobId);
  throw new TrainyardError(
    'JOB_REFUSED_MESSAGE',
    `Job ${jobId} refused: ${cause?.message ?? error.message}`,
    {
      cause: error,
    },
  );
}

function statusIn({ details }: ApplicationFailure): JobStatus | undefined {
  const said: unknown = details?.[0];
  if (typeof said !== 'object' || said === null || !('status' in said)) return undefined;
  return JOB_STATUSES.find((status) => status === said.status);
}

async function ended(client: Client, jobId: string): Promise<never> {
  const job = await readJob(client, jobId);
  const how = isTerminal(job.status) ? `is ${job.status}` : 'has ended';
  throw new TrainyardError('JOB_ENDED', `Job ${jobId} ${how}, so it can no longer be steered.`, {
    hint: job.reason.sentence,
  });
}
