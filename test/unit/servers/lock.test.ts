import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../../src/servers/lock.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trainyard-lock-'));
  path = join(directory, 'lock');
});
afterEach(() => rm(directory, { recursive: true }));

const heldBy = (pid: number): Promise<void> => writeFile(path, JSON.stringify({ pid, host: hostname() }));
const NOBODY = 2 ** 22 + 1;

test('one at a time', async () => {
  let inside = 0;
  const work = async (): Promise<number> => {
    inside++;
    await new Promise((resolve) => setImmediate(resolve));
    return inside--;
  };
  expect(await Promise.all([1, 2, 3].map(() => withLock(path, work)))).toEqual([1, 1, 1]);
});

test('the lock is given back, also after an error', async () => {
  await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await readdir(directory)).toEqual([]);
});

test('the lock of a process that is gone is taken over at once', async () => {
  await heldBy(NOBODY);
  expect(await withLock(path, () => Promise.resolve('mine'))).toBe('mine');
});

test('a lock that nobody has touched for long is taken over, although its pid is in use', async () => {
  await heldBy(process.pid);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(path, longAgo, longAgo);
  expect(await withLock(path, () => Promise.resolve('mine'))).toBe('mine');
});

test('whoever waits is told for whom, once, and may give up', async () => {
  await heldBy(process.pid);
  const told: string[] = [];
  const giveUp = new AbortController();
  const waiting = withLock(path, () => Promise.resolve(), {
    onWait: (owner) => {
      told.push(owner);
      setTimeout(() => giveUp.abort(new Error('enough')), 500);
    },
    signal: giveUp.signal,
  });
  await expect(waiting).rejects.toThrow();
  expect(told).toEqual([`process ${process.pid} on ${hostname()}`]);
});
