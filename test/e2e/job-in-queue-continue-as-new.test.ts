/**
 * Continue-as-new of a job in a queue, on a real server: the one that skips time hangs in updates and children around it.
 * The test plays the queue. Ten changes of priority are more than the 30 events after which a run ends here.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { jobWorkflowId } from '../../src/workflows/contract.ts';
import { queries, signals, updates } from '../../src/workflows/messages.ts';
import type { DevServer } from '../../src/servers/dev-server.ts';
import { P4D } from '../support/a-job.ts';
import { devServer } from '../support/dev-server.ts';
import { QueueStage, type Scene } from '../workflow/queue-stage/index.ts';
import { completes, lookingEvery, ScriptedSageMaker, trainsOn } from '../workflow/scripted-sagemaker.ts';

const SOON = { continueAsNewAfterEvents: 30 };
const EVENTUALLY = { timeout: 30_000 };
const ORDER = { by: 'big', sentence: 'ProdExp2 takes back what it had lent, for job big.' };
const lease = (number: number) => ({ number, placement: P4D });

/** Looks often, because this time cannot be skipped. */
const training = lookingEvery(200, trainsOn());
const finishing = lookingEvery(200, completes());

let server: DevServer;
let environment: TestWorkflowEnvironment;
let stage: QueueStage;

beforeAll(async () => {
  server = await devServer();
  environment = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
  stage = new QueueStage(environment);
});
afterAll(async () => {
  await environment.teardown();
  await server.stop();
});

describe('a job that continues as new while it waits', () => {
  it('keeps its place: nothing is said twice, and a lease finds it', async () => {
    await stage.with(new ScriptedSageMaker(finishing), async (scene) => {
      await scene.start(SOON);
      await scene.hears(1);
      const job = environment.client.workflow.getHandle(jobWorkflowId(scene.job.jobId));
      await rolls(job);
      await scene.lease(lease(7));
      await expect(job.result()).resolves.toMatchObject({ job: { status: 'SUCCEEDED', priority: 10 } });
      const said = (await scene.hears(3)).map(({ signal }) => signal);
      expect(said.filter((signal) => signal === 'enqueue')).toHaveLength(1);
      expect(said.at(-1)).toBe('release');
    });
  });
});

describe('a job that continues as new while it holds a lease', () => {
  it('is preempted in its next run, gives the lease back once, and goes on with the next one', async () => {
    const sagemaker = new ScriptedSageMaker(training, finishing);
    await stage.with(sagemaker, async (scene) => {
      const job = await started(scene);
      await rolls(job);
      await scene.preempt({ ...ORDER, lease: 7 });
      await expect.poll(() => releases(scene), EVENTUALLY).toEqual([[7, 'preempted']]);
      await scene.lease(lease(12));
      await expect(job.result()).resolves.toMatchObject({
        job: { status: 'SUCCEEDED', attemptCount: 2, preemptions: 1, priority: 10 },
      });
      expect(await releases(scene)).toEqual([
        [7, 'preempted'],
        [12, 'SUCCEEDED'],
      ]);
      expect(sagemaker.launches).toHaveLength(2);
      expect(new Set(sagemaker.launches.map(({ runId }) => runId)).size).toBe(1);
      // A run that begins while the attempt is stopped asks for the stop once more.
      expect(new Set(sagemaker.stops)).toEqual(new Set([`ty-${scene.job.jobId}-1`]));
    });
  });

  it('goes on with a preemption that is under way', async () => {
    const sagemaker = new ScriptedSageMaker(training, finishing);
    const inTime = { ...sagemaker.activities };
    let throttled = true;
    sagemaker.activities.stopTraining = (input) =>
      throttled ? Promise.reject(new Error('Throttled')) : inTime.stopTraining(input);
    await stage.with(sagemaker, async (scene) => {
      const job = await started(scene);
      await scene.preempt({ ...ORDER, lease: 7 });
      await expect
        .poll(() => job.query(queries.job), EVENTUALLY)
        .toMatchObject({ reason: { code: 'PREEMPTING' } });
      await rolls(job);
      expect(await job.query(queries.job)).toMatchObject({ lease: 7, reason: { code: 'PREEMPTING' } });
      // Only the next run can ask: the server forgets the activities of the one before.
      throttled = false;
      await expect.poll(() => releases(scene), EVENTUALLY).toEqual([[7, 'preempted']]);
      await scene.lease(lease(12));
      await expect(job.result()).resolves.toMatchObject({ job: { status: 'SUCCEEDED', preemptions: 1 } });
    });
  });

  it('loses no message, neither its own nor its queue’s, however often it does so', async () => {
    const rounds = 6;
    const last = rounds * 100;
    const scenes = Array.from({ length: rounds - 1 }, () => training);
    await stage.with(new ScriptedSageMaker(training, ...scenes, finishing), async (scene) => {
      const job = await started(scene);
      const runs = new Set<string>();
      for (let round = 1; round <= rounds; round += 1) {
        const steered = storm(job, round);
        await scene.preempt({ ...ORDER, lease: round + 6 });
        await expect.poll(async () => (await releases(scene)).length, EVENTUALLY).toBe(round);
        await scene.lease(lease(round + 7));
        await steered;
        runs.add((await job.describe()).runId);
      }
      await expect(job.result()).resolves.toMatchObject({
        job: { status: 'SUCCEEDED', attemptCount: rounds + 1, preemptions: rounds, priority: last },
      });
      expect(runs.size).toBeGreaterThan(2);
      const preempted = Array.from({ length: rounds }, (_, n) => [n + 7, 'preempted']);
      expect(await releases(scene)).toEqual([...preempted, [rounds + 7, 'SUCCEEDED']]);
      const told = (await scene.hears(0)).filter(({ signal }) => signal === 'jobChanged');
      expect(told.at(-1)).toMatchObject({ message: { priority: last, held: false } });
    });
  });
});

/** The job on lease 7, its attempt launched; a handle of whichever run there is. */
async function started({ job, start }: Scene): Promise<WorkflowHandle> {
  await start({ lease: lease(7), ...SOON });
  const handle = environment.client.workflow.getHandle(jobWorkflowId(job.jobId));
  await expect
    .poll(() => handle.query(queries.job), EVENTUALLY)
    .toMatchObject({ lease: 7, reason: { code: 'WAITING_FOR_INSTANCES' } });
  return handle;
}

/** Ten changes of priority, and the run that comes of them. */
async function rolls(job: WorkflowHandle): Promise<void> {
  const { runId } = await job.describe();
  for (let n = 1; n <= 10; n += 1) await job.executeUpdate(updates.setPriority, { args: [{ priority: n }] });
  await expect.poll(async () => (await job.describe()).runId, EVENTUALLY).not.toBe(runId);
}

/** Changes of priority as fast as they go; the last of them is a hundred times the round. */
async function storm(job: WorkflowHandle, round: number): Promise<void> {
  for (let n = 1; n <= 25; n += 1) {
    await job.signal(signals.setPriority, { priority: 100 * (round - 1) + 4 * n });
  }
}

/** Number of each lease that the queue was given back, and what came of it. */
async function releases({ hears }: Scene): Promise<unknown[][]> {
  const said = await hears(0);
  return said
    .filter(({ signal }) => signal === 'release')
    .map(({ message: { lease: number, outcome } }) => {
      const { kind, why, status } = outcome as Readonly<Record<string, unknown>>;
      return [number, kind === 'again' ? why : status];
    });
}
