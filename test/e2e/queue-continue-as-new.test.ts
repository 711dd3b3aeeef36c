import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueSpec } from '../../src/queues/queue-spec.ts';
import type { QueueSnapshot } from '../../src/queues/queue-view.ts';
import { jobWorkflowId } from '../../src/workflows/contract.ts';
import { queries, queueQueries, queueUpdates } from '../../src/workflows/messages.ts';
import {
  queueWorkflowId,
  TRAINING_QUEUE,
  type TrainingQueueInput,
} from '../../src/workflows/queue-contract.ts';
import type { trainingQueue } from '../../src/workflows/training-queue.ts';
import { aJob } from '../support/a-job.ts';
import { aQueue } from '../support/a-queue.ts';
import { completes, lookingEvery, ScriptedSageMaker } from '../workflow/scripted-sagemaker.ts';
import { Meter } from './meter.ts';
import { serverOfThisFile } from './server-of-this-file.ts';

/*
 * On a real server, because the time-skipping one neither enforces what becomes of children when their parent's run ends nor gets
 * over children that close after it. Thresholds: a run ends after 6 children instead of 1,000.
 */

const { client, workerConnection, workflowBundle } = await serverOfThisFile();

describe('continue-as-new of a queue with open jobs', () => {
  it('ends no job, loses no lease, and never grants more than there is', { timeout: 180_000 }, async () => {
    const name = 'rolls';
    const taskQueue = 'queue-continue-as-new';
    const sagemaker = new ScriptedSageMaker(lookingEvery(300, completes()));
    const meter = new Meter(sagemaker);
    const worker = await Worker.create({
      connection: workerConnection,
      taskQueue,
      workflowBundle,
      activities: meter.activities,
    });
    await worker.runUntil(async () => {
      const input: TrainingQueueInput = {
        queue: aQueue(name, { limit: 3 } satisfies Partial<QueueSpec> & { limit: number }),
        limits: { continueAsNewAfterChildren: 6, reconcileSeconds: 3_600 },
      };
      const handle = await client.workflow.start<typeof trainingQueue>(TRAINING_QUEUE, {
        workflowId: queueWorkflowId(name),
        taskQueue,
        args: [input],
      });
      const jobs = Array.from({ length: 24 }, () => ({ ...aJob(), queue: name }));
      for (let from = 0; from < jobs.length; from += 4) {
        const batch = jobs.slice(from, from + 4);
        await submitted(() =>
          client.workflow
            .getHandle<typeof trainingQueue>(queueWorkflowId(name))
            .executeUpdate(queueUpdates.submitJobs, { args: [{ jobs: batch, submittedAt: Date.now() }] }),
        );
      }
      const queue = client.workflow.getHandle<typeof trainingQueue>(queueWorkflowId(name));
      const look = (): Promise<QueueSnapshot> => queue.query(queueQueries.snapshot, {});
      await until(async () => {
        const { counts } = await look();
        return counts.waiting + counts.running === 0;
      });
      const ends = await Promise.all(
        jobs.map(({ jobId }) => client.workflow.getHandle(jobWorkflowId(jobId)).query(queries.job)),
      );
      expect(ends.map(({ status }) => status)).toEqual(jobs.map(() => 'SUCCEEDED'));
      expect(ends.map(({ attemptCount }) => attemptCount)).toEqual(jobs.map(() => 1));
      expect(meter.most).toBeLessThanOrEqual(3);
      expect((await queue.describe()).runId).not.toBe(handle.firstExecutionRunId);
      for (const runId of [handle.firstExecutionRunId, (await queue.describe()).runId]) {
        const history = await client.workflow.getHandle(queueWorkflowId(name), runId).fetchHistory();
        await Worker.runReplayHistory({ workflowBundle }, history, queueWorkflowId(name));
      }
      await queue.terminate('the test is over');
    });
  });
});

/** A queue that ends its run refuses submissions for a moment, or loses the answer: nothing is accepted twice. */
async function submitted(submit: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await submit();
      return;
    } catch (error) {
      if (tries === 40) throw error;
      await sleep(250);
    }
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await holds().catch(() => false)) return;
    await sleep(250);
  }
  throw new Error('It never came to this.');
}
