import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { JOB_STATUSES, type JobStatus } from '../jobs/status.ts';
import type { JobMessenger } from '../ports/job-messenger.ts';
import { JOB_MESSAGES, jobAttributes, jobWorkflowId } from '../workflows/contract.ts';

/** Reaches job workflows by their workflow id, never by run id, so that continue-as-new loses nothing. */
export function temporalJobMessenger(client: () => Client): JobMessenger {
  return {
    async trainingChanged(jobId, change) {
      const handle = client().workflow.getHandle(jobWorkflowId(jobId));
      const signalled = await orUndefined(
        handle.signal(JOB_MESSAGES.trainingChanged, change).then(() => true),
      );
      return signalled === true ? 'delivered' : 'noJob';
    },
    async knownStatus(jobId) {
      const handle = client().workflow.getHandle(jobWorkflowId(jobId));
      const description = await orUndefined(handle.describe());
      const status = description?.typedSearchAttributes.get(jobAttributes.status);
      return JOB_STATUSES.find((known): known is JobStatus => known === status);
    },
  };
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
