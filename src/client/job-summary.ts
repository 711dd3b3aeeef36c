import type { WorkflowExecutionInfo } from '@temporalio/client';
import { isTerminal, JOB_STATUSES, type JobStatus } from '../jobs/status.ts';
import { jobAttributes, jobIdOfWorkflow, type JobMemo } from '../workflows/contract.ts';

/** A job as Temporal's visibility knows it, without asking the job. Times are epoch milliseconds. */
export interface JobSummary {
  readonly jobId: string;
  readonly status: JobStatus;
  /** 0-9999, higher first. */
  readonly priority: number;
  readonly user?: string;
  readonly queue?: string;
  readonly share?: string;
  /** Of the current or last placement. */
  readonly instanceType?: string;
  readonly submittedAt: number;
  readonly endedAt?: number;
}

/** Visibility and describe give the same facts about an execution. */
export type ExecutionFacts = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'status' | 'startTime' | 'closeTime' | 'memo' | 'typedSearchAttributes'
>;

/** Undefined for workflows that are no jobs. */
export function summaryOf(facts: ExecutionFacts): JobSummary | undefined {
  const jobId = jobIdOfWorkflow(facts.workflowId);
  if (jobId === undefined) return undefined;
  const attributes = facts.typedSearchAttributes;
  const user = attributes.get(jobAttributes.user);
  const queue = attributes.get(jobAttributes.queue);
  const share = attributes.get(jobAttributes.share);
  const instanceType = attributes.get(jobAttributes.instanceType);
  return {
    jobId,
    status: statusOf(facts),
    priority: attributes.get(jobAttributes.priority) ?? 0,
    ...(user === undefined ? {} : { user }),
    ...(queue === undefined ? {} : { queue }),
    ...(share === undefined ? {} : { share }),
    ...(instanceType === undefined ? {} : { instanceType }),
    submittedAt: memoOf(facts).submittedAt ?? facts.startTime.getTime(),
    ...(facts.closeTime === undefined ? {} : { endedAt: facts.closeTime.getTime() }),
  };
}

export function memoOf(facts: Pick<ExecutionFacts, 'memo'>): Partial<JobMemo> {
  const { specHash, submittedAt } = facts.memo ?? {};
  return {
    ...(typeof specHash === 'string' ? { specHash } : {}),
    ...(typeof submittedAt === 'number' ? { submittedAt } : {}),
  };
}

/**
 * The status that the job itself published last. A workflow that closed without publishing a terminal one (terminated,
 * timed out) can no longer do it, so its close status decides.
 */
function statusOf(facts: ExecutionFacts): JobStatus {
  const published = facts.typedSearchAttributes.get(jobAttributes.status);
  const known = JOB_STATUSES.find((status) => status === published);
  if (known !== undefined && isTerminal(known)) return known;
  switch (facts.status.name) {
    case 'COMPLETED':
      return 'SUCCEEDED';
    case 'FAILED':
    case 'TIMED_OUT':
      return 'FAILED';
    case 'CANCELLED':
    case 'TERMINATED':
      return 'STOPPED';
    case 'RUNNING':
    case 'PAUSED':
    case 'CONTINUED_AS_NEW':
    case 'UNSPECIFIED':
    case 'UNKNOWN':
      return known ?? 'SUBMITTED';
  }
}
