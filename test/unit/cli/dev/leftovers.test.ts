import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { endLeftovers } from '../../../../src/cli/dev/leftovers.ts';

const started: ChildProcess[] = [];
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

/** A process whose command line ends with the given words. */
function running(...words: string[]): ChildProcess & { pid: number } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', ...words], {
    stdio: 'ignore',
  });
  started.push(child);
  if (child.pid === undefined) throw new Error('not started');
  return Object.assign(child, { pid: child.pid });
}

const state = (processes: Record<string, number>): Parameters<typeof endLeftovers>[0] => ({
  pid: 1,
  temporal: { address: '127.0.0.1:7233', namespace: 'default' },
  aws: { endpointUrl: 'http://127.0.0.1:4590', region: 'us-east-1' },
  dataDir: '/tmp',
  taskQueue: 'trainyard',
  processes,
});

test('a worker that a killed dev left running is ended', async () => {
  const worker = running('dist/cli/main.js worker');
  const gone = once(worker, 'exit');
  expect(await endLeftovers(state({ worker: worker.pid }))).toEqual(['worker']);
  await gone;
});

test('a process that got the pid of a former part is left alone', async () => {
  const other = running('something else');
  expect(await endLeftovers(state({ worker: other.pid }))).toEqual([]);
  expect(other.exitCode).toBeNull();
  expect(other.signalCode).toBeNull();
});

test('processes that are gone are no problem', async () => {
  expect(await endLeftovers(state({ worker: 2 ** 22 + 1 }))).toEqual([]);
});
