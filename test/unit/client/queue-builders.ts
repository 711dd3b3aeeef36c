import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { QueueSnapshot } from '../../../src/client/index.ts';
import type {
  SubmitJobsAnswer,
  SubmitJobsRequest,
  SubmittedJob,
} from '../../../src/workflows/queue-contract.ts';
import { aQueue } from '../../support/a-queue.ts';
import type { FakeTemporal, FakeWorkflow } from './fake-temporal.ts';

export function snapshot(over: Partial<QueueSnapshot> = {}): QueueSnapshot {
  return {
    name: 'search',
    at: 0,
    paused: false,
    policy: 'fifo',
    spec: aQueue('search'),
    environments: [],
    shares: [],
    counts: { waiting: 0, held: 0, running: 0, stopping: 0 },
    front: [],
    running: [],
    lastDecisions: [],
    ...over,
  };
}

/** What an update that a queue refuses looks like to a client. */
export function refusal(code: string, message: string, ...details: object[]): Error {
  return new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable(message, code, ...details));
}

/** A queue whose submissions are answered job by job, and which starts what it accepts. Returns what it was sent. */
export function givenQueue(
  temporal: FakeTemporal,
  answer: (jobId: string, batch: number, size: number) => Omit<SubmittedJob, 'jobId'> | Error,
  name = 'search',
): SubmitJobsRequest[] {
  const sent: SubmitJobsRequest[] = [];
  const workflow: FakeWorkflow = {
    status: 'RUNNING',
    queries: { snapshot: snapshot() },
    update: (_, [request]) => {
      sent.push(request as SubmitJobsRequest);
      const { jobs } = request as SubmitJobsRequest;
      const results = jobs.map(({ jobId }) => {
        const said = answer(jobId, sent.length, jobs.length);
        if (said instanceof Error) throw said;
        if (said.outcome === 'accepted') temporal.workflows.set(`job/${jobId}`, { status: 'RUNNING' });
        return { jobId, ...said } as SubmittedJob;
      });
      return { results } satisfies SubmitJobsAnswer;
    },
  };
  temporal.workflows.set(`queue/${name}`, workflow);
  return sent;
}
