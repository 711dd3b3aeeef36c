import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// Several processes train for real, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const EXAMPLES = join(import.meta.dirname, '../../../examples');
const NAMES = join(EXAMPLES, 'data/names');

/** A stand-in for /opt/ml, as the variables of SageMaker's training toolkit describe it. */
interface Container {
  readonly script: string;
  readonly hyperparameters: Readonly<Record<string, string | number>>;
  readonly train?: string;
  readonly directory?: string;
  readonly hosts?: readonly string[];
  readonly host?: string;
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'trainyard-examples-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

const path = (...parts: string[]): string => join(home, ...parts);

function start({
  script,
  hyperparameters,
  train = join(NAMES, 'train'),
  directory = '.',
  hosts,
  host,
}: Container): ChildProcess {
  const names = hosts ?? ['algo-1'];
  return spawn(process.execPath, [join(EXAMPLES, 'training', script)], {
    env: {
      PATH: process.env['PATH'],
      SM_HPS: JSON.stringify(hyperparameters),
      SM_CHANNEL_TRAIN: train,
      SM_CHANNEL_VALIDATION: join(NAMES, 'validation'),
      SM_MODEL_DIR: path(directory, 'model'),
      SM_CHECKPOINT_DIR: path(directory, 'checkpoints'),
      SM_OUTPUT_DIR: path(directory, 'output'),
      SM_HOSTS: JSON.stringify(names),
      SM_CURRENT_HOST: host ?? 'algo-1',
      TRAINYARD_HOST_ADDRS: JSON.stringify(Object.fromEntries(names.map((name) => [name, '127.0.0.1']))),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess): Promise<Ended> {
  let output = '';
  child.stdout?.on('data', (chunk) => (output += String(chunk)));
  child.stderr?.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

async function says(child: ChildProcess, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk) => {
      if (String(chunk).includes(text)) resolve();
    });
  });
}

const run = async (container: Container): Promise<Ended> => ended(start(container));

function metric(output: string, name: string): number[] {
  return [...output.matchAll(new RegExp(`${name}=([0-9.]+)`, 'g'))].map((match) => Number(match[1]));
}

const failure = (): string => readFileSync(path('output/failure'), 'utf8');
const model = (directory = '.'): unknown =>
  JSON.parse(readFileSync(path(directory, 'model/model.json'), 'utf8'));

describe('every training script', () => {
  it.each([
    ['softmax.mjs', { epochs: 4, 'learning-rate': 0.03 }],
    ['network.mjs', { epochs: 6, 'learning-rate': 0.1 }],
    ['data-parallel.mjs', { epochs: 4, 'learning-rate': 1 }],
  ])('%s learns far more than a guess and saves its model', async (script, hyperparameters) => {
    const { code, output } = await run({ script, hyperparameters });
    expect(output).not.toContain('Error');
    expect(code).toBe(0);
    expect(metric(output, 'train:epoch')).toHaveLength(hyperparameters.epochs);
    expect(metric(output, 'validation:accuracy').at(-1)).toBeGreaterThan(0.8);
    const losses = metric(output, 'train:loss');
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 3);
    expect(model()).toMatchObject({ languages: expect.arrayContaining(['de', 'tr']) as unknown });
  });

  it.each(['softmax.mjs', 'network.mjs', 'data-parallel.mjs'])(
    '%s goes on from the newest checkpoint, to the same model as in one go',
    async (script) => {
      const inOneGo = await run({ script, hyperparameters: { epochs: 3 }, directory: 'whole' });
      const first = await run({ script, hyperparameters: { epochs: 2 } });
      const second = await run({ script, hyperparameters: { epochs: 3 } });
      expect([inOneGo.code, first.code, second.code]).toEqual([0, 0, 0]);
      expect(metric(first.output, 'train:first-epoch')).toEqual([1]);
      expect(metric(second.output, 'train:first-epoch')).toEqual([3]);
      expect(metric(second.output, 'train:epoch')).toEqual([3]);
      expect(model()).toEqual(model('whole'));
    },
  );

  it('keeps the two newest checkpoints only', async () => {
    await run({ script: 'softmax.mjs', hyperparameters: { epochs: 4 } });
    expect(readdirSync(path('checkpoints'))).toEqual(['epoch-000003.json', 'epoch-000004.json']);
  });

  it('on SIGTERM ends after the epoch with its checkpoint saved, and the next run goes on from there', async () => {
    const child = start({ script: 'network.mjs', hyperparameters: { epochs: 100_000 } });
    const end = ended(child);
    await says(child, 'train:epoch=2 ');
    child.kill('SIGTERM');
    const { code, output } = await end;
    const last = metric(output, 'train:epoch').at(-1)!;
    expect(code).toBe(143);
    expect(existsSync(path('model'))).toBe(false);
    const next = await run({ script: 'network.mjs', hyperparameters: { epochs: last + 1 } });
    expect(metric(next.output, 'train:epoch')).toEqual([last + 1]);
  });

  it('fails with its own words in the failure file when the loss is no number', async () => {
    const { code } = await run({ script: 'network.mjs', hyperparameters: { 'learning-rate': 1000 } });
    expect(code).toBe(1);
    expect(failure()).toMatch(/^loss is (NaN|Infinity) at epoch \d+: learning-rate 1000 is too high$/);
  });

  it('fails with the name of a hyperparameter that is no number', async () => {
    const { code } = await run({ script: 'softmax.mjs', hyperparameters: { epochs: 'many' } });
    expect(code).toBe(1);
    expect(failure()).toBe('hyperparameter epochs must be a number, got "many"');
  });

  it('fails when a channel holds no rows', async () => {
    mkdirSync(path('empty'));
    const { code } = await run({ script: 'softmax.mjs', hyperparameters: {}, train: path('empty') });
    expect(code).toBe(1);
    expect(failure()).toBe(`no .tsv files with rows in ${path('empty')}`);
  });
});

describe('the bug of fail-at-epoch', () => {
  it('breaks off a run that started from nothing, and not the one that resumes', async () => {
    const container = { script: 'network.mjs', hyperparameters: { epochs: 4, 'fail-at-epoch': 3 } };
    const first = await run(container);
    expect(first.code).toBe(1);
    expect(metric(first.output, 'train:epoch')).toEqual([1, 2]);
    expect(failure()).toBe('fail-at-epoch: this run breaks off in epoch 3');
    const second = await run(container);
    expect(second.code).toBe(0);
    expect(metric(second.output, 'train:epoch')).toEqual([3, 4]);
  });
});

describe('data-parallel.mjs on two instances', () => {
  it('averages the gradients of both shards, so that the leader has learned from all rows', async () => {
    const hosts = ['algo-1', 'algo-2'];
    for (const [index, host] of hosts.entries()) {
      mkdirSync(path(host, 'train'), { recursive: true });
      for (const part of [1, 3].map((first) => `part-${first + index}.tsv`)) {
        cpSync(join(NAMES, 'train', part), path(host, 'train', part));
      }
    }
    const [leader, follower] = await Promise.all(
      hosts.map((host) =>
        run({
          script: 'data-parallel.mjs',
          hyperparameters: { epochs: 4 },
          train: path(host, 'train'),
          directory: host,
          hosts,
          host,
        }),
      ),
    );
    expect([leader!.code, follower!.code]).toEqual([0, 0]);
    expect(leader!.output).toContain('rows=2445 of 4890');
    expect(metric(leader!.output, 'cluster:instances')).toEqual([2]);
    expect(metric(leader!.output, 'validation:accuracy').at(-1)).toBeGreaterThan(0.8);
    expect(model('algo-1')).toMatchObject({ kind: 'softmax' });
    expect(existsSync(path('algo-2', 'model'))).toBe(false);
  });
});
