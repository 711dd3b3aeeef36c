import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { TrainyardActivities } from '../../src/activities/types.ts';
import { startDevServer } from '../../src/servers/dev-server.ts';
import { progressOn } from '../../src/servers/progress.ts';
import { ensureTemporalCli } from '../../src/servers/temporal-cli.ts';
import { jobAttributes } from '../../src/workflows/contract.ts';

/** The history of a workflow's newest run, or of the run that is named, and the file that it goes to. */
export interface Recording {
  readonly file: string;
  readonly workflowId: string;
  readonly runId?: string;
}

/** Plays workflows on a real dev server and writes their histories into a folder. */
export class Recorder {
  readonly client: Client;
  readonly #folder: string;
  readonly #only: string;
  readonly #executable: string;
  readonly #address: string;
  readonly #connection: NativeConnection;
  readonly #stop: () => Promise<void>;
  #queues = 0;

  /** `only`: files whose names do not begin with it are left as they are. */
  static async start(folder: string, only = ''): Promise<Recorder> {
    Runtime.install({ logger: new DefaultLogger('WARN') });
    const executable = await ensureTemporalCli(progressOn(process.stderr));
    const searchAttributes = Object.values(jobAttributes);
    const server = await startDevServer({ executable, port: 0, uiPort: false, searchAttributes });
    const connection = await NativeConnection.connect({ address: server.address });
    await mkdir(folder, { recursive: true });
    const { address } = server;
    return new Recorder({ folder, only, executable, address, connection, stop: () => server.stop() });
  }

  private constructor(parts: {
    readonly folder: string;
    readonly only: string;
    readonly executable: string;
    readonly address: string;
    readonly connection: NativeConnection;
    readonly stop: () => Promise<void>;
  }) {
    this.#folder = parts.folder;
    this.#only = parts.only;
    this.#executable = parts.executable;
    this.#address = parts.address;
    this.#connection = parts.connection;
    this.#stop = parts.stop;
    this.client = new Client({ connection: parts.connection });
  }

  /** Lets `act` play with a worker of its own; what it returns is written down, unless `name` is not wanted. */
  async record(
    name: string,
    activities: TrainyardActivities,
    act: (taskQueue: string) => Promise<readonly Recording[]>,
    workflows = new URL('../../src/workflows/index.ts', import.meta.url),
  ): Promise<void> {
    if (!name.startsWith(this.#only)) return;
    const taskQueue = `record-${++this.#queues}`;
    const worker = await Worker.create({
      connection: this.#connection,
      taskQueue,
      workflowsPath: workflows.pathname,
      activities,
    });
    const recordings = await worker.runUntil(act(taskQueue));
    for (const { file, workflowId, runId } of recordings) {
      const which = ['--workflow-id', workflowId, ...(runId === undefined ? [] : ['--run-id', runId])];
      const { stdout } = await promisify(execFile)(
        this.#executable,
        ['workflow', 'show', '--address', this.#address, ...which, '--output', 'json'],
        { maxBuffer: 64 * 1024 * 1024 },
      );
      await writeFile(join(this.#folder, `${file}.json`), stdout);
      console.log(`${file}.json`);
    }
  }

  async stop(): Promise<void> {
    await this.#connection.close();
    await this.#stop();
  }
}
