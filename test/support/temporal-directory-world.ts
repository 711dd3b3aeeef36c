import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { vi } from 'vitest';
import { temporalJobDirectory } from '../../src/temporal/job-directory.ts';
import { jobAttributes, jobWorkflowId, TRAINING_JOB } from '../../src/workflows/contract.ts';
import type { JobDirectoryWorld } from '../conformance/job-directory.suite.ts';
import { goOn } from '../fixtures/continuing-job.ts';

/** The directory of a Temporal server, with a worker for jobs that only continue as new. */
export async function temporalDirectoryWorld(
  client: Client,
  connection: NativeConnection,
  around: {
    /** Ends the server, or the way to it. */
    readonly cutOff: () => Promise<void>;
    readonly close: () => Promise<void>;
  },
): Promise<JobDirectoryWorld> {
  const taskQueue = `directory-${process.pid}`;
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../fixtures/continuing-job.ts', import.meta.url)),
  });
  const stop = new AbortController();
  const running = worker.runUntil(
    new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve())),
  );
  const idle = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  const handleOf = (jobId: string) => client.workflow.getHandle(jobWorkflowId(jobId));
  return {
    directory: temporalJobDirectory(() => client),
    async open(jobId, queue) {
      const { firstExecutionRunId } = await client.workflow.start(TRAINING_JOB, {
        taskQueue,
        workflowId: jobWorkflowId(jobId),
        typedSearchAttributes: new TypedSearchAttributes(
          queue === undefined ? [] : [{ key: jobAttributes.queue, value: queue }],
        ),
      });
      return firstExecutionRunId;
    },
    async terminate(jobId) {
      await handleOf(jobId).terminate();
    },
    async continueAsNew(jobId) {
      const { runId } = await handleOf(jobId).describe();
      await handleOf(jobId).signal(goOn);
      await vi.waitFor(async () => {
        const now = await handleOf(jobId).describe();
        if (now.runId === runId) throw new Error(`${jobId} has not continued as new`);
      }, 10_000);
    },
    async settled(holds) {
      await vi.waitFor(
        async () => {
          if (!(await holds())) throw new Error('the list does not show what was done');
        },
        { timeout: 20_000, interval: 200 },
      );
    },
    async cutOff() {
      await idle();
      await around.cutOff();
    },
    async close() {
      await idle();
      await around.close();
    },
  };
}
