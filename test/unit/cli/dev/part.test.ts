import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { obituary, type Part } from '../../../../src/cli/dev/part.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trainyard-part-'));
});
afterEach(() => rm(directory, { recursive: true }));

const part = (logFile: string): Part => ({
  name: 'worker',
  pid: 4242,
  logFile,
  restart: 'npx trainyard worker',
  exited: new Promise(() => undefined),
  isRunning: () => false,
  stop: () => Promise.resolve(),
  kill: () => Promise.resolve(),
});

test('a killed part is named with its pid, its signal and how to have it back', async () => {
  expect(await obituary(part(join(directory, 'worker.log')), { exitCode: null, signal: 'SIGKILL' })).toBe(
    'The worker (pid 4242) was killed by SIGKILL.\nEverything else goes on. To have it back: npx trainyard worker\n',
  );
});

test('a crashed part is shown with the end of its log', async () => {
  const logFile = join(directory, 'worker.log');
  await writeFile(logFile, `${Array.from({ length: 20 }, (_, line) => `line ${line}`).join('\n')}\n`);
  const text = await obituary(part(logFile), { exitCode: 1, signal: null });
  expect(text).toContain(
    `The worker (pid 4242) ended with exit code 1. Its log ${logFile} ends with:\n    line 12\n`,
  );
  expect(text).toContain('    line 19\nEverything else goes on.');
});

test('a part without a log is no reason to fail', async () => {
  const text = await obituary(part(join(directory, 'none.log')), { exitCode: 1, signal: null });
  expect(text).toContain(`Its log is ${join(directory, 'none.log')}.`);
});
