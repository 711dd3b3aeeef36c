import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { choosePort } from './free-port.ts';
import { tailOfLog } from './log-tail.ts';
import { manage, type ManagedProcess } from './managed-process.ts';
import { cliSearchAttribute, type SearchAttribute } from './search-attributes.ts';

export interface DevServerOptions {
  /** The `temporal` executable, from `ensureTemporalCli`. */
  readonly executable: string;
  /** gRPC port; 0 is any free one. (Default: 7233, or a free one if that is taken) */
  readonly port?: number | undefined;
  /** Port of the Web UI; false is no Web UI. (Default: 8233, or a free one if that is taken) */
  readonly uiPort?: number | false | undefined;
  /** SQLite file that keeps everything over restarts. (Default: in memory) */
  readonly dbFile?: string;
  /** Registered in the namespace `default` at start. */
  readonly searchAttributes: readonly SearchAttribute[];
  /** Takes what the server prints; appended to. (Default: discarded) */
  readonly logFile?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface DevServer extends ManagedProcess {
  /** `127.0.0.1:7233`, for TEMPORAL_ADDRESS. */
  readonly address: string;
  readonly port: number;
  /** Undefined without Web UI. */
  readonly uiUrl: string | undefined;
  /** What was started, for a person who wants to start it again. */
  readonly command: readonly string[];
}

/** Milliseconds. It takes one second; the rest is for machines that are busy with something else. */
const START_TIMEOUT = 60_000;

/**
 * Starts `temporal server start-dev` on 127.0.0.1 and resolves when it serves the namespace `default`. Throws
 * PORT_TAKEN or SERVER_START_FAILED. In a process group of its own, so that Ctrl-C reaches it only through `stop`.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const port = await choosePort('Temporal', { explicit: options.port, preferred: 7233 });
  const uiPort =
    options.uiPort === false
      ? undefined
      : await choosePort("Temporal's Web UI", { explicit: options.uiPort, preferred: 8233 });
  const args = argumentsOf(options, port, uiPort);
  const server = manage(spawnServer(options, args));
  const address = `127.0.0.1:${port}`;
  try {
    await untilServing(server, address, options);
  } catch (error) {
    await server.kill();
    throw error;
  }
  const uiUrl = uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`;
  return { ...server, address, port, uiUrl, command: [options.executable, ...args] };
}

function argumentsOf(options: DevServerOptions, port: number, uiPort: number | undefined): readonly string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(options.dbFile === undefined ? [] : ['--db-filename', options.dbFile]),
    // Task priorities (workflows/contract.ts) work only with the new matcher, which is off by default before server 1.31.
    ...['--dynamic-config-value', 'matching.useNewMatcher=true'],
    ...options.searchAttributes.flatMap((attribute) => ['--search-attribute', cliSearchAttribute(attribute)]),
  ];
}

function spawnServer(options: DevServerOptions, args: readonly string[]): ChildProcess {
  if (options.dbFile !== undefined) mkdirSync(dirname(options.dbFile), { recursive: true });
  if (options.logFile !== undefined) mkdirSync(dirname(options.logFile), { recursive: true });
  const log = options.logFile === undefined ? 'ignore' : openSync(options.logFile, 'a');
  try {
    return spawn(options.executable, args, { stdio: ['ignore', log, log], detached: true });
  } finally {
    if (typeof log === 'number') closeSync(log);
  }
}

async function untilServing(
  server: ManagedProcess,
  address: string,
  options: DevServerOptions,
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  // Asked in this order, since what answers on the port of a dead server is somebody else's.
  while (!(await isServing(address)) || !server.isRunning()) {
    options.signal?.throwIfAborted();
    if (!server.isRunning()) {
      const { exitCode } = await server.exited;
      throw await startFailed(
        options,
        `The Temporal dev server ended at once (exit code ${String(exitCode)}).`,
      );
    }
    if (Date.now() > deadline) {
      throw await startFailed(
        options,
        `The Temporal dev server did not answer on ${address} within ${START_TIMEOUT / 1000} s.`,
      );
    }
    await sleep(100);
  }
}

async function startFailed(options: DevServerOptions, what: string): Promise<TrainyardError> {
  const { logFile, dbFile } = options;
  const hint = `Another dev server may use ${dbFile ?? ''}; a damaged file can be deleted, which forgets all jobs.`;
  return new TrainyardError(
    'SERVER_START_FAILED',
    logFile === undefined ? what : `${what} ${await tailOfLog(logFile)}`,
    dbFile === undefined ? {} : { hint },
  );
}

/** Whether the namespace can be used: the frontend answers some time before that. */
async function isServing(address: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: '1s' });
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
