import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities, DEFAULT_WATCH_SETTINGS, type WatchSettings } from '../src/activities/index.ts';
import { awsClients, type AwsClients } from '../src/aws/clients.ts';
import { sageMakerTrainingService } from '../src/aws/sagemaker-training-service.ts';
import { snsNotifier } from '../src/aws/sns-notifier.ts';
import { startLocalAws } from '../src/local-aws/index.ts';
import { temporalJobDirectory } from '../src/temporal/job-directory.ts';
import { temporalJobMessenger } from '../src/temporal/job-messenger.ts';
import { monitorWorkflowId, TRAINING_MONITOR } from '../src/workflows/contract.ts';
import type { Bench } from './harness.ts';

const REGION = 'us-east-1';
const ACCOUNT = '111122223333';

export interface LocalWorld {
  readonly aws: AwsClients;
  /** The endpoint's own account of what it received. */
  readonly requests: (
    query: string,
  ) => Promise<{ readonly count: number; readonly times: readonly number[] }>;
}

/**
 * The real activities against a real endpoint on this machine, whose training jobs take `trainingSeconds` without a
 * process of their own; a monitor runs. Settings are those for AWS unless changed.
 */
export async function withLocalWorld<T>(
  bench: Bench,
  options: {
    readonly trainingSeconds: number;
    readonly watch?: Partial<WatchSettings>;
    readonly taskQueue: string;
  },
  act: (world: LocalWorld) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
  const endpoint = await startLocalAws({
    port: 0,
    dataDir,
    config: {
      images: [{ image: '*', simulate: { seconds: options.trainingSeconds } }],
      timing: { startingSeconds: 0 },
    },
  });
  const aws = awsClients({
    region: REGION,
    endpoint: endpoint.url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const connection = await NativeConnection.connect({ address: bench.address });
  const worker: Worker = await Worker.create({
    connection,
    taskQueue: options.taskQueue,
    workflowBundle: bench.workflowBundle,
    activities: createActivities({
      training: sageMakerTrainingService(aws.sageMaker),
      notifier: snsNotifier(aws),
      jobs: temporalJobMessenger(() => bench.client),
      directory: temporalJobDirectory(() => bench.client),
      monitorId: () => Promise.resolve(monitorWorkflowId(ACCOUNT, REGION)),
      consoleUrl: () => undefined,
      watch: { ...DEFAULT_WATCH_SETTINGS, ...options.watch },
      isStopping: () => worker.getState() !== 'RUNNING',
      now: Date.now,
    }),
  });
  const world: LocalWorld = {
    aws,
    requests: async (query) => {
      const answer = await fetch(`${endpoint.url}/_local/requests?${query}`);
      return (await answer.json()) as { count: number; times: number[] };
    },
  };
  try {
    return await worker.runUntil(async () => {
      const monitor = await bench.client.workflow.start(TRAINING_MONITOR, {
        taskQueue: options.taskQueue,
        workflowId: monitorWorkflowId(ACCOUNT, REGION),
        args: [{ account: ACCOUNT, region: REGION }],
      });
      try {
        return await act(world);
      } finally {
        await monitor.terminate();
      }
    });
  } finally {
    await connection.close();
    aws.destroy();
    await endpoint.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
