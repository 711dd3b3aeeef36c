import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { describe, expect, it, vi, type TestContext } from 'vitest';
import { loadWorkerConfig } from '../../src/config.ts';
import type { JobSpec } from '../../src/jobs/spec.ts';
import { pollersOf } from '../../src/servers/pollers.ts';
import { versioning } from '../../src/temporal/worker-version.ts';
import { jobWorkflowId } from '../../src/workflows/contract.ts';
import { queries, queueQueries, queueUpdates } from '../../src/workflows/messages.ts';
import {
  queueWorkflowId,
  TRAINING_QUEUE,
  type TrainingQueueInput,
} from '../../src/workflows/queue-contract.ts';
import type { trainingQueue } from '../../src/workflows/training-queue.ts';
import { runWorker } from '../../src/worker.ts';
import { aJob } from '../support/a-job.ts';
import { aQueue } from '../support/a-queue.ts';
import { completes, lookingEvery, ScriptedSageMaker } from '../workflow/scripted-sagemaker.ts';
import { Meter } from './meter.ts';
import { serverOfThisFile } from './server-of-this-file.ts';

/*
 * Versions change under load, on a real server: the time-skipping one has no Worker Deployments. The two workers run the same code, as
 * versions do that differ in nothing that a workflow notices. Thresholds: a run ends after 4 children instead of 1,000.
 */

const { address, connection, client, workerConnection, workflowBundle } = await serverOfThisFile();

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

const LIMIT = 3;
/** The server's name for workers without Worker Versioning. */
const NONE = '';
const EVENTUALLY = { timeout: 90_000, interval: 250 };

/** A queue, its workers, and what they ask of SageMaker. */
class Yard {
  readonly name: string;
  readonly sagemaker = new ScriptedSageMaker(lookingEvery(300, completes()));
  readonly jobs: JobSpec[] = [];
  readonly meter = new Meter(this.sagemaker);
  readonly #workers = new Map<string, () => Promise<void>>();

  constructor(name: string) {
    this.name = name;
  }

  get deployment(): string {
    return `yard-${this.name}`;
  }

  get queue(): WorkflowHandle<typeof trainingQueue> {
    return client.workflow.getHandle<typeof trainingQueue>(queueWorkflowId(this.name));
  }

  async startWorker(buildId: string): Promise<void> {
    const worker = await Worker.create({
      connection: workerConnection,
      taskQueue: this.name,
      workflowBundle,
      activities: this.meter.activities,
      ...versioning(buildId === NONE ? undefined : { deployment: this.deployment, buildId }),
    });
    const running = worker.run();
    this.#workers.set(buildId, async () => {
      worker.shutdown();
      await running;
    });
  }

  async endWorker(buildId: string): Promise<void> {
    const end = this.#workers.get(buildId);
    this.#workers.delete(buildId);
    await end?.();
  }

  async close(): Promise<void> {
    await this.queue.terminate('the test is over');
    for (const buildId of [...this.#workers.keys()]) await this.endWorker(buildId);
  }

  /** A version can become the current one once its workers have made it known. */
  async makeCurrent(buildId: string): Promise<void> {
    const request = { namespace: 'default', deploymentName: this.deployment, buildId };
    await vi.waitFor(() => client.workflowService.setWorkerDeploymentCurrentVersion(request), EVENTUALLY);
  }

  async start(): Promise<void> {
    const input: TrainingQueueInput = {
      queue: aQueue(this.name, { limit: LIMIT }),
      limits: { continueAsNewAfterChildren: 4, reconcileSeconds: 3_600 },
    };
    await client.workflow.start<typeof trainingQueue>(TRAINING_QUEUE, {
      workflowId: queueWorkflowId(this.name),
      taskQueue: this.name,
      args: [input],
    });
  }

  /** A queue that ends its run refuses submissions for a moment, or loses the answer: nothing is accepted twice. */
  async submit(count: number): Promise<void> {
    const jobs = Array.from({ length: count }, () => aJob({ queue: this.name }));
    this.jobs.push(...jobs);
    const submission = { jobs, submittedAt: Date.now() };
    await vi.waitFor(
      () => this.queue.executeUpdate(queueUpdates.submitJobs, { args: [submission] }),
      EVENTUALLY,
    );
  }

  async open(): Promise<number> {
    const { counts } = await this.queue.query(queueQueries.snapshot, {});
    return counts.waiting + counts.running;
  }

  /** Histories of the queue's runs, oldest first. */
  async histories(): Promise<History[]> {
    const found: History[] = [];
    let runId = (await this.queue.describe()).raw.workflowExecutionInfo?.firstRunId;
    while (runId) {
      const history = await client.workflow.getHandle(queueWorkflowId(this.name), runId).fetchHistory();
      found.push(history);
      runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    }
    return found;
  }
}

/** The version that completed a workflow's last task. */
async function versionOf(workflowId: string): Promise<string> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? NONE;
}

/** The versions that completed the workflow tasks of a run, in the order of their first one and of each change. */
function versionsOf(history: History): string[] {
  const all = (history.events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: completed }) =>
    completed ? [completed.deploymentVersion?.buildId ?? NONE] : [],
  );
  return changesOf(all);
}

const changesOf = (all: readonly string[]): string[] =>
  all.filter((value, index) => value !== all[index - 1]);

const CHANGES: readonly (readonly [what: string, name: string, from: string, to: string])[] = [
  ['from one version to the next', 'upgrade', '1.0.0', '2.0.0'],
  ['from workers without versions to workers with one', 'introduction', NONE, '1.0.0'],
  ['back to workers without versions', 'abolition', '1.0.0', NONE],
];

describe.concurrent('a new version of the workers under load', () => {
  it.for(CHANGES)('%s: a queue continues as new and loses nothing', { timeout: 240_000 }, changeOver);
});

async function changeOver(
  [, name, from, to]: (typeof CHANGES)[number],
  { onTestFinished }: TestContext,
): Promise<void> {
  const yard = new Yard(name);
  onTestFinished(() => yard.close());
  await yard.startWorker(from);
  if (from !== NONE) await yard.makeCurrent(from);
  await yard.start();
  for (let batch = 0; batch < 3; batch += 1) await yard.submit(3);
  const firstRunId = (await yard.queue.describe()).raw.workflowExecutionInfo?.firstRunId;
  await vi.waitFor(async () => expect((await yard.queue.describe()).runId).not.toBe(firstRunId), EVENTUALLY);
  // What `doctor` and `trainyard dev` look at knows workers with a version as well.
  expect((await pollersOf(connection, 'default', name)).workflow).not.toEqual([]);

  await yard.startWorker(to);
  await yard.makeCurrent(to);
  for (let batch = 0; batch < 3; batch += 1) await yard.submit(3);
  await vi.waitFor(async () => expect(await versionOf(queueWorkflowId(name))).toBe(to), EVENTUALLY);
  expect(await yard.open()).toBeGreaterThan(0);
  await yard.endWorker(from);

  await vi.waitFor(async () => expect(await yard.open()).toBe(0), EVENTUALLY);
  const ids = yard.jobs.map(({ jobId }) => jobId);
  const ends = await Promise.all(
    ids.map((jobId) => client.workflow.getHandle(jobWorkflowId(jobId)).query(queries.job)),
  );
  expect(ends.map(({ status }) => status)).toEqual(ids.map(() => 'SUCCEEDED'));
  expect(yard.sagemaker.launches.map(({ jobId }) => jobId).sort()).toEqual([...ids].sort());
  expect(yard.meter.most).toBeLessThanOrEqual(LIMIT);
  expect(await versionOf(jobWorkflowId(ids.at(-1) ?? ''))).toBe(to);

  const histories = await yard.histories();
  const versions = histories.map(versionsOf);
  expect(versions[0]).toEqual([from]);
  expect(versions.at(-1)).toEqual([to]);
  // Once over, never back.
  expect(changesOf(versions.flat())).toEqual([from, to]);
  for (const history of histories) {
    await Worker.runReplayHistory({ workflowBundle }, history, queueWorkflowId(name));
  }
}

it('a worker takes its version from its settings, and work once that is current', async ({
  onTestFinished,
}) => {
  const env = {
    TEMPORAL_ADDRESS: address,
    TRAINYARD_TASK_QUEUE: 'settings',
    TRAINYARD_DEPLOYMENT: 'yard-settings',
    TRAINYARD_BUILD_ID: '0.2.0+177b963',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  };
  const yard = new Yard('settings');
  const ending = new AbortController();
  const worker = runWorker(loadWorkerConfig({}, { env, cwd: '/' }), { signal: ending.signal });
  onTestFinished(async () => {
    ending.abort();
    await worker;
  });
  // Known to `doctor` before it is current.
  const workers = async (): Promise<readonly string[]> =>
    (await pollersOf(connection, 'default', 'settings')).workflow;
  await vi.waitFor(async () => expect(await workers()).toHaveLength(1), EVENTUALLY);
  await yard.makeCurrent(env.TRAINYARD_BUILD_ID);
  await yard.start();
  const queue = queueWorkflowId('settings');
  await vi.waitFor(async () => expect(await versionOf(queue)).toBe(env.TRAINYARD_BUILD_ID), EVENTUALLY);
  await yard.close();
});
