import { type Client, WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { CannotTell, type JobDirectory, type JobWorkflow } from '../ports/job-directory.ts';
import { jobAttributes, jobIdOfWorkflow, jobWorkflowId, TRAINING_JOB } from '../workflows/contract.ts';

const PAGE_SIZE = 1_000;

/** Asks the namespace of the client. */
export function temporalJobDirectory(client: () => Client): JobDirectory {
  let namespaceId: string | undefined;
  return {
    async stateOf(jobId) {
      try {
        return stateIn(await client().workflow.getHandle(jobWorkflowId(jobId)).describe());
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { kind: 'absent' };
        return { kind: 'unknown', why: messageOf(error) };
      }
    },

    async hadRun(jobId, runId) {
      try {
        await client().workflow.getHandle(jobWorkflowId(jobId), runId).describe();
        return 'yes';
      } catch {
        return 'unknown';
      }
    },

    async *openJobs({ queue }) {
      const clauses = [`WorkflowType = '${TRAINING_JOB}'`, `ExecutionStatus = 'Running'`];
      if (queue !== undefined) clauses.push(`${jobAttributes.queue.name} = '${queue.replace(/['\\]/g, '')}'`);
      try {
        const found = client().workflow.list({ query: clauses.join(' AND '), pageSize: PAGE_SIZE });
        for await (const { workflowId, startTime } of found) {
          const jobId = jobIdOfWorkflow(workflowId);
          if (jobId !== undefined) yield { jobId, startedAt: startTime.getTime() };
        }
      } catch (cause) {
        throw new CannotTell(`Temporal does not list the open jobs: ${messageOf(cause)}`, { cause });
      }
    },

    async namespaceId() {
      if (namespaceId !== undefined) return namespaceId;
      try {
        const { options, workflowService } = client();
        const { namespaceInfo } = await workflowService.describeNamespace({ namespace: options.namespace });
        namespaceId = namespaceInfo?.id ?? '';
      } catch (cause) {
        throw new CannotTell(`Temporal does not tell its namespace: ${messageOf(cause)}`, { cause });
      }
      if (namespaceId === '') throw new CannotTell('Temporal names no id of its namespace.');
      return namespaceId;
    },
  };
}

function stateIn({ status, closeTime, raw }: WorkflowExecutionDescription): JobWorkflow {
  const firstRunId = raw.workflowExecutionInfo?.firstRunId ?? '';
  const run = firstRunId === '' ? {} : { runId: firstRunId };
  switch (status.name) {
    case 'RUNNING':
    case 'PAUSED':
    // The next run is about to start.
    case 'CONTINUED_AS_NEW':
      return { kind: 'open', ...run };
    case 'COMPLETED':
    case 'FAILED':
    case 'CANCELLED':
    case 'TERMINATED':
    case 'TIMED_OUT':
      if (closeTime === undefined)
        return { kind: 'unknown', why: 'it is closed, but nobody knows since when' };
      return { kind: 'closed', ...run, closedAt: closeTime.getTime() };
    case 'UNSPECIFIED':
    case 'UNKNOWN':
      return { kind: 'unknown', why: `its status is ${status.name}` };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
