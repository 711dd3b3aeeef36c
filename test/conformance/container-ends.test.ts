import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEnd, RunSpec } from '../../src/local-aws/container/host.ts';
import { createContainerHost, type LocalContainerHost } from '../../src/local-aws/container/index.ts';
import { aTrainingGround, type TrainingGround } from '../support/a-training-run.ts';

let ground: TrainingGround;
let host: LocalContainerHost;
beforeEach(async () => {
  ground = await aTrainingGround();
  host = createContainerHost({ checkpointIntervalMs: 100 });
});
afterEach(async () => {
  host.close();
  await ground.remove();
});

async function started(run: RunSpec): Promise<Promise<RunEnd>> {
  expect(await host.prepare(run)).toEqual({ kind: 'ready' });
  await host.start(run);
  return host.wait(run);
}

/** Starts, and waits until the log says so. */
async function running(
  run: RunSpec,
  until: string,
  hosts: readonly string[] = ['algo-1'],
): Promise<{ end: Promise<RunEnd> }> {
  await host.prepare(run);
  await host.start(run);
  const end = host.wait(run);
  for (const name of hosts) await expect.poll(() => ground.logOf(run, name).catch(() => '')).toContain(until);
  return { end };
}

const containing = (text: string): unknown => expect.stringContaining(text);
const lacking = (text: string): unknown => expect.not.stringContaining(text);

/** A word that only the processes of one test have in their command line. */
const aMark = (): string => `mark-${process.hrtime.bigint()}`;
const processesWith = (mark: string): readonly string[] =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(mark));

describe('an instance that ends', () => {
  it('with 0 has completed', async () => {
    expect(await started(ground.run('exit 0'))).toEqual({ kind: 'completed' });
  });

  it('with another code and a failure file failed for the reason in it', async () => {
    expect(await started(ground.run('echo "no column price" >"$SM_OUTPUT_DIR/failure"; exit 3'))).toEqual({
      kind: 'failed',
      exitCode: 3,
      reason: 'AlgorithmError: no column price, exit code: 3',
    });
  });

  it('with another code and no file failed with its last error line', async () => {
    const run = ground.run('', {
      command: ['node', '-e', 'console.log("epoch 1"); throw new TypeError("bad shape")'],
    });
    expect(await started(run)).toEqual({
      kind: 'failed',
      exitCode: 1,
      reason:
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "TypeError: bad shape"\n' +
        'Command "node -e console.log("epoch 1"); throw new TypeError("bad shape")", exit code: 1',
    });
  });

  it('with a failure file but 0 has completed', async () => {
    expect(await started(ground.run('echo x >"$SM_OUTPUT_DIR/failure"'))).toEqual({ kind: 'completed' });
  });

  it('by SIGKILL failed with 137', async () => {
    expect(await started(ground.run('kill -9 $$'))).toMatchObject({
      kind: 'failed',
      exitCode: 137,
      reason: containing('OutOfMemory: Process killed by SIGKILL (signal 9)'),
    });
  });

  it('because its program does not exist failed with 127', async () => {
    expect(await started(ground.run('', { command: ['no-such-program', 'x'] }))).toMatchObject({
      kind: 'failed',
      exitCode: 127,
      reason: containing('no-such-program'),
    });
  });

  it('has its reason from its own incarnation, not from an earlier one', async () => {
    await started(ground.run('echo "Error: the first"; exit 1', { name: 'again' }));
    const end = await started(ground.run('exit 1', { name: 'again', incarnation: 2 }));
    expect(end).toMatchObject({ reason: lacking('the first') });
  });

  it('takes everything with it that it left behind', async () => {
    const mark = aMark();
    const leaver = `setsid sh -c 'sleep 600; : ${mark}' & env -i setsid sh -c 'sleep 600; : ${mark}' & sleep 600 & :`;
    expect(await started(ground.run(`${leaver}; exit 0`))).toEqual({ kind: 'completed' });
    expect(processesWith(mark)).toEqual([]);
  });
});

describe('of several instances', () => {
  it('all must end with 0', async () => {
    expect(
      await started(ground.run('[ "$SM_CURRENT_HOST" = algo-1 ] || sleep 0.3', { instances: 3 })),
    ).toEqual({
      kind: 'completed',
    });
  });

  it('the first that fails gives the reason and ends the others', async () => {
    const mark = aMark();
    const script = `if [ "$SM_CURRENT_HOST" = algo-2 ]; then echo "bad shard" >"$SM_OUTPUT_DIR/failure"; exit 4; fi; sleep 600; : ${mark}`;
    expect(await started(ground.run(script, { instances: 3 }))).toEqual({
      kind: 'failed',
      exitCode: 4,
      reason: 'AlgorithmError: bad shard, exit code: 4',
    });
    expect(processesWith(mark)).toEqual([]);
  });
});

describe('a stop', () => {
  it('is a SIGTERM that training may use to save its work', async () => {
    const script = `trap 'echo saved >"$SM_CHECKPOINT_DIR/step"; echo m >"$SM_MODEL_DIR/m"; exit 0' TERM; echo up; sleep 600 & wait`;
    const run = ground.run(script, {
      name: 'stopped',
      request: { CheckpointConfig: { S3Uri: 's3://bucket/ck' } },
    });
    const { end } = await running(run, 'up');
    await host.stop(run, 60);
    expect(await end).toEqual({ kind: 'completed' });
    expect(await ground.get('s3://bucket/ck/step')).toBe('saved\n');
    expect(await host.upload(run)).toEqual({ modelUri: 's3://bucket/out/stopped/output/model.tar.gz' });
  });

  it('waits for a program whose shell has already gone', async () => {
    const program = `process.on('SIGTERM', () => setTimeout(() => { require('fs').writeFileSync(process.env.SM_CHECKPOINT_DIR + '/late', 'x'); process.exit(0); }, 500)); console.log('up'); setInterval(() => {}, 1000);`;
    await ground.put({ 's3://bucket/code/train.cjs': program });
    const run = ground.run('node "$SM_CHANNEL_CODE/train.cjs" && echo done', {
      request: {
        CheckpointConfig: { S3Uri: 's3://bucket/ck' },
        InputDataConfig: [
          {
            ChannelName: 'code',
            DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/code/' } },
          },
        ],
      },
    });
    await running(run, 'up');
    await host.stop(run, 60);
    expect(await ground.get('s3://bucket/ck/late')).toBe('x');
  });

  it('becomes a SIGKILL for everything once the grace is over', async () => {
    const mark = aMark();
    const stubborn = `trap '' TERM; setsid sh -c 'trap "" TERM; sleep 600; : ${mark}' & echo up; while :; do sleep 1; done; : ${mark}`;
    const run = ground.run(stubborn, { instances: 2 });
    const { end } = await running(run, 'up', ['algo-1', 'algo-2']);
    expect(processesWith(mark)).not.toEqual([]);
    await host.stop(run, 0.2);
    expect(processesWith(mark)).toEqual([]);
    expect(await end).toMatchObject({ kind: 'failed', exitCode: 137 });
  });

  it('before anything was started keeps it from starting', async () => {
    const run = ground.run('echo started');
    await host.prepare(run);
    await host.stop(run, 1);
    await host.start(run);
    // SIGTERM before the first instruction, or no process at all: which of the two is a matter of microseconds.
    expect((await host.wait(run)).kind).toMatch(/^(failed|lost)$/);
    expect(await ground.logOf(run)).toBe('');
  });

  it('of a run that has ended changes nothing', async () => {
    const run = ground.run('exit 0');
    await started(run);
    await host.stop(run, 1);
    expect(await host.wait(run)).toEqual({ kind: 'completed' });
  });
});

describe('a spot interruption', () => {
  it('saves the last checkpoint, and the next incarnation goes on from it', async () => {
    const script = `
      step=$(cat "$SM_CHECKPOINT_DIR/step" 2>/dev/null || echo 0)
      echo "from $step"
      trap 'echo 7 >"$SM_CHECKPOINT_DIR/step"; exit 143' TERM
      [ "$step" = 7 ] && exit 0
      sleep 600 & wait`;
    const request = { CheckpointConfig: { S3Uri: 's3://bucket/ck' } };
    const first = ground.run(script, { name: 'spot', request });
    const { end } = await running(first, 'from 0');
    await host.interrupt(first, 2);
    expect(await end).toMatchObject({ kind: 'failed', exitCode: 143 });
    expect(await started(ground.run(script, { name: 'spot', incarnation: 2, request }))).toEqual({
      kind: 'completed',
    });
    expect(await ground.logOf(first)).toBe('from 0\nfrom 7\n');
  });
});

it('a stop leaves nothing under way that could mistake a removed run for deleted checkpoints', async () => {
  const names = Array.from({ length: 200 }, (_, index) => `ck/step-${index}`).sort();
  const script = `cd "$SM_CHECKPOINT_DIR"; for n in $(seq 0 199); do echo $n >step-$n; done; echo up; sleep 600`;
  const run = ground.run(script, { request: { CheckpointConfig: { S3Uri: 's3://bucket/ck' } } });
  const { end } = await running(run, 'up');
  await host.interrupt(run, 1);
  await rm(join(run.jobDir, 'run-1'), { recursive: true });
  await end;
  expect(await ground.keys('bucket')).toEqual(names);
});

describe('checkpoints while training runs', () => {
  it('reach S3, and deletions too', async () => {
    const script = `
      cd "$SM_CHECKPOINT_DIR"
      echo 1 >step-1; until [ -e go-1 ]; do sleep 0.05; done
      rm step-1; echo 2 >step-2; until [ -e go-2 ]; do sleep 0.05; done`;
    const run = ground.run(script, { request: { CheckpointConfig: { S3Uri: 's3://bucket/ck' } } });
    await host.prepare(run);
    await host.start(run);
    const end = host.wait(run);
    const go = (name: string): Promise<void> =>
      writeFile(join(run.jobDir, 'run-1/algo-1/ml/checkpoints', name), '');
    await expect.poll(() => ground.keys('bucket')).toEqual(['ck/step-1']);
    await go('go-1');
    await expect.poll(() => ground.keys('bucket'), { timeout: 5000 }).toEqual(['ck/go-1', 'ck/step-2']);
    await go('go-2');
    expect(await end).toEqual({ kind: 'completed' });
  });

  it('never appear half written', async () => {
    const size = 3_000_000;
    const script = `
      for round in 1 2 3 4 5 6; do
        for part in 1 2 3; do head -c 1000000 /dev/zero | tr '\\0' "$round" >>"$SM_CHECKPOINT_DIR/new"; sleep 0.03; done
        mv "$SM_CHECKPOINT_DIR/new" "$SM_CHECKPOINT_DIR/model"
      done`;
    const run = ground.run(script, { request: { CheckpointConfig: { S3Uri: 's3://bucket/ck' } } });
    const training = { over: false };
    const end = started(run).finally(() => (training.over = true));
    const broken: string[] = [];
    while (!training.over) {
      const content = await readFile(join(ground.s3Dir, 'bucket/ck/model'), 'utf8').catch(() => undefined);
      if (content === undefined) continue;
      if (content.length !== size || content !== content.charAt(0).repeat(size))
        broken.push(content.slice(0, 9));
    }
    expect(await end).toEqual({ kind: 'completed' });
    expect(broken).toEqual([]);
    expect(await ground.get('s3://bucket/ck/model')).toHaveLength(size);
  });
});
