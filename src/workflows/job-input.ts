import {
  ApplicationFailure,
  executeChild,
  log,
  ParentClosePolicy,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { resolveJob } from '../jobs/job-schema.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobResult } from '../jobs/view.ts';
import { jobIdOfWorkflow, jobWorkflowId, type TrainingJobInput } from './contract.ts';
import type { trainingJob } from './training-job.ts';

const JOB_ID_LENGTH = 50;

/**
 * The job of an input. The client sends validated specs; a Temporal schedule, another workflow or a hand in the Web UI
 * may send a job as people write it, or nonsense. All of it is validated here, once: a job that continues as new was.
 */
export function admitInput(input: TrainingJobInput | undefined): JobSpec {
  if (input?.story !== undefined) return input.job;
  try {
    return resolveJob(input?.job, { generateJobId });
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.code);
  }
}

/** A job without an id takes the one of its workflow, as far as the alphabet of job ids allows. */
function generateJobId(): string {
  const { workflowId } = workflowInfo();
  const own = (jobIdOfWorkflow(workflowId) ?? workflowId)
    .replace(/[^a-zA-Z0-9]+/g, '-')
    .slice(-JOB_ID_LENGTH)
    .replace(/^-+|-+$/g, '');
  return own === '' ? uuid4() : own;
}

/**
 * Messages find a job by its workflow id, `job/<jobId>`. A trainingJob that was started under another id (by a schedule,
 * for example) runs the job as a child under the right one and passes its end on.
 */
export function runUnderItsOwnId(job: JobSpec, input: TrainingJobInput): Promise<JobResult> | undefined {
  const workflowId = jobWorkflowId(job.jobId);
  if (workflowInfo().workflowId === workflowId) return undefined;
  log.info('running the job under its own workflow id', { workflowId });
  return executeChild<typeof trainingJob>('trainingJob', {
    workflowId,
    args: [{ ...input, job }],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `job ${job.jobId}`,
  });
}
