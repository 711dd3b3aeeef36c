import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunSpec } from '../../src/local-aws/container/host.ts';
import { createContainerHost, type LocalContainerHost } from '../../src/local-aws/container/index.ts';
import { aTrainingGround, type TrainingGround } from '../support/a-training-run.ts';
import { type CompiledContainerHost, compileContainerHost } from '../support/compiled-container-host.ts';

let compiled: CompiledContainerHost;
let ground: TrainingGround;
let second: LocalContainerHost;
beforeAll(async () => {
  compiled = await compileContainerHost();
});
afterAll(() => compiled.remove());
beforeEach(async () => {
  ground = await aTrainingGround();
  second = createContainerHost({ checkpointIntervalMs: 100, pollMs: 50 });
});
afterEach(async () => {
  second.close();
  await ground.remove();
});

/** A first host in a process of its own starts the run and is killed with SIGKILL once the log says `until`. */
async function killedDuring(run: RunSpec, until: string): Promise<void> {
  const first = compiled.spawn(
    'const host = createContainerHost(); await host.prepare(input); await host.start(input); await host.wait(input);',
    run,
  );
  await expect.poll(() => ground.logOf(run).catch(() => ''), { timeout: 15_000 }).toContain(until);
  first.kill('SIGKILL');
  await once(first, 'exit');
}

const recordOf = async (run: RunSpec, name: 'main' | 'supervisor'): Promise<number> => {
  const record = JSON.parse(await readFile(join(run.jobDir, 'run-1/algo-1', `${name}.json`), 'utf8')) as {
    pid: number;
  };
  return record.pid;
};

const untilGo = 'echo up; until [ -e "$SM_CHECKPOINT_DIR/go" ]; do sleep 0.05; done';
const withCheckpoints = { CheckpointConfig: { S3Uri: 's3://bucket/ck' } };
const go = (run: RunSpec, host = 'algo-1'): Promise<void> =>
  writeFile(join(run.jobDir, 'run-1', host, 'ml/checkpoints/go'), '');

describe('after kill -9 of the endpoint', () => {
  it('training goes on, and the next endpoint sees it end', async () => {
    const run = ground.run(`${untilGo}; echo m >"$SM_MODEL_DIR/m"; echo end`, { request: withCheckpoints });
    await killedDuring(run, 'up');
    const end = second.wait(run);
    await go(run);
    expect(await end).toEqual({ kind: 'completed' });
    expect(await ground.logOf(run)).toBe('up\nend\n');
    expect(await second.upload(run)).toHaveProperty('modelUri');
  });

  it('training that ended meanwhile has its exit code', async () => {
    const run = ground.run(`${untilGo}; exit 5`, { request: withCheckpoints });
    await killedDuring(run, 'up');
    const pid = await recordOf(run, 'supervisor');
    await go(run);
    await expect.poll(() => isRunning(pid)).toBe(false);
    expect(await second.wait(run)).toMatchObject({ kind: 'failed', exitCode: 5 });
  });

  it('starting and preparing again does not run it twice', async () => {
    const run = ground.run(`echo run; ${untilGo}`, { request: withCheckpoints });
    await killedDuring(run, 'up');
    expect(await second.prepare(run)).toEqual({ kind: 'ready' });
    await second.start(run);
    const end = second.wait(run);
    await go(run);
    expect(await end).toEqual({ kind: 'completed' });
    expect(await ground.logOf(run)).toBe('run\nup\n');
  });

  it('a stop reaches it, and checkpoints written meanwhile are saved', async () => {
    const run = ground.run(
      `echo late >"$SM_CHECKPOINT_DIR/step"; trap 'exit 0' TERM; echo up; sleep 600 & wait`,
      {
        request: withCheckpoints,
      },
    );
    await killedDuring(run, 'up');
    const end = second.wait(run);
    await second.stop(run, 30);
    expect(await end).toEqual({ kind: 'completed' });
    expect(await ground.get('s3://bucket/ck/step')).toBe('late\n');
  });

  it.each([
    ['all its processes are', ['supervisor', 'main']],
    ['its supervisor is', ['supervisor']],
    ['its training process is', ['main']],
  ] as const)('the run is lost if %s gone', async (_, victims) => {
    const run = ground.run('echo up; sleep 600', {});
    await killedDuring(run, 'up');
    const main = await recordOf(run, 'main');
    const pids = await Promise.all(victims.map((name) => recordOf(run, name)));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await expect.poll(() => pids.some(isRunning)).toBe(false);
    expect(await second.wait(run)).toEqual({ kind: 'lost' });
    expect(isRunning(main)).toBe(false);
  });

  it('a run that was prepared and never started is lost, or may still be started', async () => {
    const never = ground.run('echo run');
    await compiled.run('const host = createContainerHost(); return host.prepare(input)', never);
    expect(await second.wait(never)).toEqual({ kind: 'lost' });
    const late = ground.run('echo run');
    await compiled.run('const host = createContainerHost(); return host.prepare(input)', late);
    await second.start(late);
    expect(await second.wait(late)).toEqual({ kind: 'completed' });
  });

  it('a process that got the number of a dead one is not taken for it', async () => {
    const run = ground.run('echo up; sleep 600', {});
    await killedDuring(run, 'up');
    const pids = [await recordOf(run, 'supervisor'), await recordOf(run, 'main')];
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    for (const name of ['supervisor', 'main']) {
      const record = JSON.stringify({ pid: process.pid, identity: 'another boot:1' });
      await writeFile(join(run.jobDir, 'run-1/algo-1', `${name}.json`), record);
    }
    expect(await second.wait(run)).toEqual({ kind: 'lost' });
  });
});

it.each([0, 20, 40, 60, 80, 100, 120, 140])(
  'killed %d ms after it began to prepare, an endpoint leaves a run that the next one runs exactly once',
  async (milliseconds) => {
    const run = ground.run('echo run', { instances: 2, request: withCheckpoints });
    const first = compiled.spawn(
      `const host = createContainerHost({ mountNamespaces: 'never' });
       setTimeout(() => process.kill(process.pid, 'SIGKILL'), input.milliseconds);
       await host.prepare(input.run); await host.start(input.run); await host.wait(input.run);`,
      { run, milliseconds },
    );
    await once(first, 'exit');
    expect(await second.prepare(run)).toEqual({ kind: 'ready' });
    await second.start(run);
    expect(await second.wait(run)).toEqual({ kind: 'completed' });
    expect(await ground.logOf(run, 'algo-1')).toBe('run\n');
    expect(await ground.logOf(run, 'algo-2')).toBe('run\n');
  },
);

it('a supervisor that dies under the endpoint makes the run lost, and nothing of it goes on', async () => {
  const run = ground.run('echo up; sleep 600', {});
  await second.prepare(run);
  await second.start(run);
  const end = second.wait(run);
  await expect.poll(() => ground.logOf(run)).toContain('up');
  const main = await recordOf(run, 'main');
  process.kill(await recordOf(run, 'supervisor'), 'SIGKILL');
  expect(await end).toEqual({ kind: 'lost' });
  expect(isRunning(main)).toBe(false);
});

/** A zombie has ended, whether or not its parent has looked yet. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}
