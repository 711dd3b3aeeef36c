import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { ensureTemporalCli } from '../src/servers/temporal-cli.ts';
import { progressOn } from '../src/servers/progress.ts';
import { startDevServer } from '../src/servers/dev-server.ts';
import { jobAttributes } from '../src/workflows/contract.ts';
import { workflowCode } from '../src/workflow-code.ts';
import { WORKFLOW_TASKS } from '../src/worker.ts';
import type { TrainyardActivities } from '../src/activities/types.ts';

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR' } },
  workerHeartbeatInterval: 0,
});

export interface Bench {
  readonly client: Client;
  readonly connection: NativeConnection;
  readonly address: string;
  readonly workflowBundle: { readonly code: string };
}

/** Runs `measure` against a fresh in-memory dev server. */
export async function withServer<T>(measure: (bench: Bench) => Promise<T>): Promise<T> {
  const executable = await ensureTemporalCli(progressOn(process.stderr));
  const server = await startDevServer({
    executable,
    port: 0,
    uiPort: false,
    searchAttributes: Object.values(jobAttributes),
  });
  const connection = await NativeConnection.connect({ address: server.address });
  const own = await Connection.connect({ address: server.address });
  try {
    const workflowBundle = await bundleWorkflowCode({
      ...workflowCode(),
      workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    });
    return await measure({
      client: new Client({ connection: own }),
      connection,
      address: server.address,
      workflowBundle,
    });
  } finally {
    await own.close();
    await connection.close();
    await server.stop();
  }
}

export type BenchActivities = TrainyardActivities & { noop(): Promise<void> };

/** Runs `act` while a worker serves `taskQueue`. */
export async function withWorker<T>(
  { connection, workflowBundle }: Bench,
  taskQueue: string,
  activities: Partial<BenchActivities>,
  act: () => Promise<T>,
): Promise<T> {
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle,
    activities,
    ...WORKFLOW_TASKS,
  });
  return worker.runUntil(act);
}

/** Runs `count` tasks, `width` at a time; answers the seconds it took. */
export async function timed(
  count: number,
  width: number,
  task: (index: number) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return (performance.now() - started) / 1000;
}
