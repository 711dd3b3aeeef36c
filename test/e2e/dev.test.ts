import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import {
  devStateOf,
  isRunning,
  localEnvironment,
  startTrainyard,
  trainyard,
  type TrainyardProcess,
} from '../support/trainyard.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/jobs/success.yaml', import.meta.url));
const SHORT = "training.HyperParameters.epochs='1'";
const SOON = { timeout: 30_000, interval: 100 };
const FREE_PORTS = ['--port', '0', '--ui-port', '0', '--aws-port', '0'];

let cwd: string;
const started: TrainyardProcess[] = [];

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'trainyard-dev-'));
});
afterAll(async () => {
  for (const { child, ended } of started) {
    child.kill('SIGTERM');
    await ended;
  }
  await rm(cwd, { recursive: true, force: true });
});

const env = (): NodeJS.ProcessEnv => ({
  ...localEnvironment(),
  TRAINYARD_TEMPORAL_CLI: inject('temporalCli'),
});
const start = (...args: string[]): TrainyardProcess => {
  const process = startTrainyard(args, { cwd, env: env() });
  started.push(process);
  return process;
};
const run = (...args: string[]): ReturnType<typeof trainyard> => trainyard(args, { cwd, env: env() });

/** A `trainyard dev` that is up. */
async function startDev(...args: string[]): Promise<TrainyardProcess> {
  const dev = start('dev', ...FREE_PORTS, ...args);
  const up = vi.waitFor(() => expect(dev.stderr()).toContain('Ctrl-C stops everything'), SOON);
  const failed = dev.ended.then((code) => {
    throw new Error(`trainyard dev ended with ${String(code)}: ${dev.stderr()}`);
  });
  await Promise.race([up, failed]);
  return dev;
}

async function interrupt(dev: TrainyardProcess): Promise<void> {
  dev.child.kill('SIGINT');
  expect(await dev.ended).toBe(0);
}

async function trainingProcesses(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'args']);
  return stdout.split('\n').filter((line) => line.includes(`${cwd}/.trainyard/aws/jobs`));
}

async function workersOf(): Promise<string> {
  const { stdout } = await run('doctor', '--output', 'json');
  const findings = JSON.parse(stdout) as { check: string; found: string }[];
  return findings.find(({ check }) => check === 'worker')?.found ?? '';
}

describe('trainyard dev', () => {
  let dev: TrainyardProcess;
  let worker: TrainyardProcess;

  test('brings up Temporal, the local AWS endpoint and a worker, and prints where they are', async () => {
    dev = await startDev();
    const { temporal, aws, processes } = devStateOf(cwd);
    expect(dev.stdout()).toContain(`${temporal.uiUrl ?? ''}/namespaces/default/workflows`);
    expect(dev.stdout()).toContain(temporal.address);
    expect(dev.stdout()).toContain(aws.endpointUrl);
    expect(Object.keys(processes)).toEqual(['temporal', 'local-aws', 'worker']);
  });

  test('other commands in the folder find it: the doctor has nothing to complain about', async () => {
    const { code, stdout } = await run('doctor');
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(devStateOf(cwd).temporal.address);
    expect(stdout).not.toContain('fail');
  });

  test('a second one in the folder is refused', async () => {
    const { code, stderr } = await run('dev');
    expect(code).toBe(5);
    expect(stderr).toContain(`trainyard dev already runs in ${cwd} (pid ${String(dev.child.pid)})`);
  });

  test('a worker that is killed is missed, and one started by hand takes over', async () => {
    process.kill(devStateOf(cwd).processes['worker']!, 'SIGKILL');
    await vi.waitFor(() => expect(dev.stderr()).toContain('To have it back: npx trainyard worker'), SOON);
    worker = start('worker');
    await vi.waitFor(async () => expect(await workersOf()).toContain(`${String(worker.child.pid)}@`), SOON);

    const { code, stderr } = await run(
      'submit',
      '--file',
      EXAMPLE,
      '--set',
      'jobId=by-hand',
      '--set',
      SHORT,
      '--wait',
    );
    expect(code, stderr).toBe(0);
  });

  test('Ctrl-C ends it with 0 and leaves no process behind, training included', async () => {
    await run(
      'submit',
      '--file',
      EXAMPLE,
      '--set',
      'jobId=long',
      '--set',
      "training.HyperParameters.epochs='4000'",
    );
    await vi.waitFor(async () => expect(await trainingProcesses()).not.toEqual([]), SOON);
    const { processes } = devStateOf(cwd);
    await interrupt(dev);
    expect(await trainingProcesses()).toEqual([]);
    for (const pid of Object.values(processes)) expect(isRunning(pid)).toBe(false);
    worker.child.kill('SIGTERM');
    await worker.ended;
    expect(existsSync(join(cwd, '.trainyard/dev.json'))).toBe(false);
  });

  test('started again, it still knows its jobs', async () => {
    dev = await startDev();
    const { stdout } = await run('list', '--all', '--output', 'json');
    const jobs = JSON.parse(stdout) as { jobId: string; status: string }[];
    expect(jobs.find(({ jobId }) => jobId === 'by-hand')?.status).toBe('SUCCEEDED');
    expect(jobs.find(({ jobId }) => jobId === 'long')?.status).not.toMatch(/SUCCEEDED|FAILED|STOPPED/);
    expect((await run('cancel', 'long', '--yes')).code).toBe(0);
  });

  test('killed itself, it is no obstacle: the next one ends what it left and starts', async () => {
    const { processes } = devStateOf(cwd);
    dev.child.kill('SIGKILL');
    await dev.ended;
    const next = await startDev();
    expect(next.stderr()).toContain(
      'An earlier trainyard dev was killed; ended what it left: temporal, local-aws, worker.',
    );
    for (const pid of Object.values(processes)) expect(isRunning(pid)).toBe(false);
    await interrupt(next);
  });
});

test('a port that was asked for and is taken is an error with exit code 2', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { code, stderr } = await run('dev', '--port', String(port));
  expect(code).toBe(2);
  expect(stderr).toContain(`Port ${port} for Temporal is in use on 127.0.0.1.`);
  taken.close();
});
