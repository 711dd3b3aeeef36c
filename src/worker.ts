import { Client } from '@temporalio/client';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type LogLevel,
  type WorkerOptions,
} from '@temporalio/worker';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createActivities } from './activities/index.ts';
import { awsClients, callerIdentity } from './aws/clients.ts';
import { sageMakerConsoleUrl } from './aws/console-url.ts';
import { sageMakerTrainingService } from './aws/sagemaker-training-service.ts';
import { snsNotifier } from './aws/sns-notifier.ts';
import type { WorkerConfig } from './config.ts';
import { TrainyardError } from './jobs/error-catalogue.ts';
import { temporalJobDirectory } from './temporal/job-directory.ts';
import { temporalJobMessenger } from './temporal/job-messenger.ts';
import { keepMonitorRunning } from './temporal/monitor-keeper.ts';
import { versioning } from './temporal/worker-version.ts';
import { workflowCode } from './workflow-code.ts';
import { monitorWorkflowId } from './workflows/contract.ts';

export interface WorkerHooks {
  /** Ends the worker gracefully: running activities finish first. SIGINT and SIGTERM do the same. */
  readonly signal?: AbortSignal;
  /** Called once the worker takes work. */
  readonly onReady?: () => void;
  /** What is worth knowing, one line each. */
  readonly log?: (line: string) => void;
}

/** Beyond this, a worker that was asked to end drops what still runs; Temporal gives it to another one. */
const SHUTDOWN_GRACE = '20 seconds';

/** How a worker takes workflow tasks. */
export const WORKFLOW_TASKS = {
  /** They share one thread: more of them would only wait there for each other, with their time running. */
  maxConcurrentWorkflowTaskExecutions: 3,
  /** A task, or a question, for a worker that is gone is given to another one then: half as long as people wait for an answer. */
  stickyQueueScheduleToStartTimeout: '5 seconds',
} as const;

/** Composes a worker from its settings and runs it until it is told to end. */
export async function runWorker(config: WorkerConfig, hooks: WorkerHooks = {}): Promise<void> {
  const log = hooks.log ?? ((): void => undefined);
  const { connection: settings, aws: awsSettings, watch, version } = config;
  const { address, namespace, taskQueue } = settings;
  const connection = await connect(settings);
  const aws = awsClients(awsSettings);
  const ending = new AbortController();
  try {
    const client = new Client({ connection, namespace });
    const whereAmI = onceFound(() => callerIdentity(aws));
    const worker: Worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      ...bundleOrSources(),
      ...versioning(version),
      shutdownGraceTime: SHUTDOWN_GRACE,
      // A heartbeat that is held back longer than this would let the heartbeat timeout strike.
      maxHeartbeatThrottleInterval: '5 seconds',
      ...WORKFLOW_TASKS,
      activities: createActivities({
        training: sageMakerTrainingService(aws.sageMaker),
        notifier: snsNotifier(aws),
        jobs: temporalJobMessenger(() => client),
        directory: temporalJobDirectory(() => client),
        monitorId: () =>
          whereAmI()
            .then(({ account, region }) => monitorWorkflowId(account, region))
            .catch(() => undefined),
        consoleUrl: awsSettings.isLocal ? () => undefined : sageMakerConsoleUrl,
        watch,
        isStopping: () => worker.getState() !== 'RUNNING',
        now: Date.now,
      }),
    });
    hooks.signal?.addEventListener('abort', () => worker.shutdown(), { once: true });
    const monitor = keepMonitorRunning(
      {
        client,
        taskQueue,
        whereAmI,
        onFailure: (error) =>
          log(`The monitor is not started yet: ${messageOf(error)}. Jobs go on without it.`),
      },
      ending.signal,
    );
    const running = worker.run();
    const as = version === undefined ? '' : `, as ${version.deployment} ${version.buildId}`;
    log(`Working on task queue ${taskQueue} of ${address}, namespace ${namespace}${as}.`);
    hooks.onReady?.();
    await running;
    ending.abort();
    await monitor;
  } finally {
    ending.abort();
    aws.destroy();
    await connection.close();
  }
}

/** Sets up this process for workers: log level, and logs on stderr. Once per process, before the first worker. */
export function installRuntime(level: LogLevel): void {
  Runtime.install({
    logger: new DefaultLogger(level),
    telemetryOptions: {
      logging: { filter: level === 'TRACE' || level === 'DEBUG' ? level : 'WARN', forward: {} },
    },
  });
}

async function connect({
  address,
  apiKey,
  tls,
  metadata,
}: WorkerConfig['connection']): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({
      address,
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(tls === undefined ? {} : { tls }),
      ...(metadata === undefined ? {} : { metadata }),
    });
  } catch (cause) {
    throw new TrainyardError(
      'TEMPORAL_UNREACHABLE',
      `Temporal does not answer at ${address}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

/** The bundle that the build made; in a checkout that runs from its sources, the sources. */
function bundleOrSources(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'bundlerOptions'> {
  const codePath = fileURLToPath(new URL('./workflow-bundle.cjs', import.meta.url));
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  const { workflowsPath, ...bundlerOptions } = workflowCode();
  return { workflowsPath, bundlerOptions };
}

/** Asks until there is an answer, and then never again: a worker stays in its account. */
function onceFound<T>(ask: () => Promise<T>): () => Promise<T> {
  let found: T | undefined;
  return async () => (found ??= await ask());
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
