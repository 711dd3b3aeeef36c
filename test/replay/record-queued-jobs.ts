import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import {
  jobWorkflowId,
  TRAINING_JOB,
  type Lease,
  type TrainingJobInput,
} from '../../src/workflows/contract.ts';
import { signals, signalsFromQueue, updates } from '../../src/workflows/messages.ts';
import { queueWorkflowId } from '../../src/workflows/queue-contract.ts';
import { aJob, P4D } from '../support/a-job.ts';
import { close, heard, type listeningQueue } from '../workflow/queue-stage/workflows.ts';
import {
  completes,
  lookingEvery,
  outOfCapacity,
  ScriptedSageMaker,
  trainsOn,
  type Scene,
} from '../workflow/scripted-sagemaker.ts';
import type { Recorder } from './recorder.ts';

const workflows = new URL('../workflow/queue-stage/workflows.ts', import.meta.url);
const lease = (number: number): Lease => ({ number, placement: P4D });
const preempt = { lease: 7, by: 'big', sentence: 'red takes back what it had lent, for job big.' };

/** Looking often enough to wait for. */
const quick = (first: Scene, ...rest: Scene[]): ScriptedSageMaker =>
  new ScriptedSageMaker(lookingEvery(300, first), ...rest.map((scene) => lookingEvery(300, scene)));

interface Stage {
  readonly job: WorkflowHandle;
  /** Waits until the queue has heard so many messages. */
  readonly hears: (count: number) => Promise<unknown>;
}

/** Jobs whose queue is played by this script. */
export async function recordQueuedJobs(recorder: Recorder): Promise<void> {
  const play = async (
    what: string,
    sagemaker: ScriptedSageMaker,
    input: Omit<TrainingJobInput, 'job'>,
    act: (stage: Stage) => Promise<unknown>,
    { queueOpen = true, runs = 1 } = {},
  ): Promise<void> => {
    const name = `job-in-queue-${what}`;
    const { workflow } = recorder.client;
    await recorder.record(
      name,
      sagemaker.activities,
      async (taskQueue) => {
        const workflowId = jobWorkflowId(what);
        const queue = workflow.getHandle<typeof listeningQueue>(queueWorkflowId(what));
        if (queueOpen)
          await workflow.start('listeningQueue', { taskQueue, workflowId: queue.workflowId, args: [] });
        const training = { CheckpointConfig: { S3Uri: 's3://checkpoints/recorded' } };
        const spec = aJob({ jobId: what, queue: what, share: 'red', notifyOn: ['SUCCEEDED'], training });
        const first = await workflow.start(TRAINING_JOB, {
          taskQueue,
          workflowId,
          args: [{ job: spec, ...input }],
        });
        const job = workflow.getHandle(workflowId);
        await act({ job, hears: (count) => queue.executeUpdate(heard, { args: [count] }) });
        await job.result().catch(() => undefined);
        if (queueOpen) await queue.signal(close);
        const last = { file: name, workflowId };
        return runs === 1
          ? [last]
          : [{ file: `${name}-first-run`, workflowId, runId: first.firstExecutionRunId }, last];
      },
      workflows,
    );
  };

  await play('starts-with-a-lease', quick(completes()), { lease: lease(7) }, () => Promise.resolve());
  await play('enrols-itself', quick(completes()), {}, async ({ job, hears }) => {
    await hears(1);
    await job.signal(signalsFromQueue.lease, lease(7));
  });
  await play(
    'probes-and-finds-no-capacity',
    quick(outOfCapacity(), completes()),
    { queued: true },
    async ({ job, hears }) => {
      await job.signal(signalsFromQueue.lease, { ...lease(7), probe: true });
      await hears(1);
      await job.signal(signalsFromQueue.lease, { ...lease(8), probe: true });
    },
  );
  await play('is-preempted', quick(trainsOn(), completes()), { lease: lease(7) }, async ({ job, hears }) => {
    await sleep(1_000);
    await job.signal(signalsFromQueue.preempt, preempt);
    await hears(1);
    await job.signal(signalsFromQueue.lease, lease(12));
  });
  await play('is-steered', quick(completes()), { queued: true }, async ({ job, hears }) => {
    await job.executeUpdate(updates.setPriority, { args: [{ priority: 90 }] });
    await job.executeUpdate(updates.hold);
    await job.signal(signalsFromQueue.lease, lease(7));
    await hears(3);
    await job.executeUpdate(updates.release);
    await job.signal(signalsFromQueue.lease, lease(9));
  });
  await play('withdraws', quick(completes()), { queued: true }, async ({ job }) => {
    await sleep(300);
    await job.signal(signals.cancel, { reason: 'wrong data' });
  });
  await play('is-turned-away', quick(completes()), { queued: true }, async ({ job }) => {
    const sentence = 'It needs 8 instances of P4, and the environment has 6.';
    await job.signal(signalsFromQueue.turnedAway, { code: 'NEVER_FITS', sentence });
  });
  await play('is-asked-to-enrol', quick(trainsOn()), { lease: lease(7) }, async ({ job, hears }) => {
    await sleep(500);
    await job.signal(signalsFromQueue.enrol);
    await hears(1);
    await job.signal(signals.cancel);
  });
  const missing = { queueOpen: false };
  await play(
    'finds-no-queue',
    quick(completes()),
    {},
    async ({ job }) => {
      await sleep(1_000);
      await job.signal(signals.cancel);
    },
    missing,
  );
  await play(
    'continues-as-new',
    quick(trainsOn(), completes()),
    { lease: lease(7), continueAsNewAfterEvents: 30 },
    async ({ job, hears }) => {
      const { runId } = await job.describe();
      for (let n = 1; n <= 10; n += 1) await job.signal(signals.setPriority, { priority: n });
      while ((await job.describe()).runId === runId) await sleep(100);
      await job.signal(signalsFromQueue.preempt, preempt);
      while (!JSON.stringify(await hears(0)).includes('"preempted"')) await sleep(100);
      await job.signal(signalsFromQueue.lease, lease(12));
    },
    { runs: 2 },
  );
}
