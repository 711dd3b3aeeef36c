import { setImmediate } from 'node:timers/promises';
import type { ConnectOptions } from '../../../src/client/index.ts';
import { runCli } from '../../../src/cli/run.ts';
import type { OutputStream, Terminal, Trainyard } from '../../../src/cli/terminal.ts';

/** 2026-11-21 12:00:00 UTC: "now" in these tests. */
export const NOON = Date.UTC(2026, 10, 21, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

interface World {
  readonly client?: Partial<Trainyard>;
  /** Cells of stdout and stderr; undefined is a pipe. */
  readonly columns?: number;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** What is typed when a question is asked; undefined is no terminal. */
  readonly answer?: string | Error;
  /** Hands over the Ctrl-C key. */
  readonly onKeyboard?: (ctrlC: () => void) => void;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly connectedWith: ConnectOptions | undefined;
}

/** Runs a command line against a fake terminal and a fake client. */
export async function trainyard(args: readonly string[], world: World = {}): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  let connectedWith: ConnectOptions | undefined;
  const stream = (name: 'stdout' | 'stderr'): OutputStream => ({
    write: (text) => {
      written[name] += text;
    },
    isTTY: world.columns !== undefined,
    columns: world.columns,
  });
  const terminal: Terminal = {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    stdin: {
      isTTY: world.answer !== undefined,
      read: () => Promise.resolve(world.stdin ?? ''),
      ask: (question) => {
        written.stderr += question;
        const { answer = '' } = world;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
    env: world.env ?? {},
    cwd: world.cwd ?? '/nowhere',
    now: () => NOON,
    // Time flies; the event loop still turns, so that what is awaited can happen.
    sleep: (_, signal) => setImmediate(undefined, signal === undefined ? {} : { signal }),
    onInterrupt: (callback) => {
      world.onKeyboard?.(callback);
      return () => undefined;
    },
    connect: (options) => {
      connectedWith = options;
      return Promise.resolve(fakeClient(world.client ?? {}));
    },
  };
  const code = await runCli(args, terminal);
  return { code, ...written, connectedWith };
}

function fakeClient(own: Partial<Trainyard>): Trainyard {
  const unexpected = (method: string) => (): never => {
    throw new Error(`the command called ${method}, which this test does not expect`);
  };
  return {
    address: 'fake:7233',
    namespace: 'default',
    submit: unexpected('submit'),
    submitAll: unexpected('submitAll'),
    explain: unexpected('explain'),
    explainNew: unexpected('explainNew'),
    submittedBefore: () => Promise.resolve(undefined),
    get: unexpected('get'),
    events: unexpected('events'),
    list: unexpected('list'),
    count: unexpected('count'),
    wait: unexpected('wait'),
    cancel: unexpected('cancel'),
    hold: unexpected('hold'),
    release: unexpected('release'),
    setPriority: unexpected('setPriority'),
    resolve: (text) => Promise.resolve(text),
    webUiUrl: () => undefined,
    applyQueue: unexpected('applyQueue'),
    listQueues: unexpected('listQueues'),
    queueNames: unexpected('queueNames'),
    queue: unexpected('queue'),
    pauseQueue: unexpected('pauseQueue'),
    resumeQueue: unexpected('resumeQueue'),
    drainEnvironment: unexpected('drainEnvironment'),
    undrainEnvironment: unexpected('undrainEnvironment'),
    deleteQueue: unexpected('deleteQueue'),
    queueUrl: () => undefined,
    close: () => Promise.resolve(),
    ...own,
  };
}

export async function* listing<T>(...items: readonly T[]): AsyncGenerator<T, void, undefined> {
  for (const item of items) yield await Promise.resolve(item);
}
