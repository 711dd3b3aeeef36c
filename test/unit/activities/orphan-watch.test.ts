import { describe, expect, it } from 'vitest';
import type { OrphanNotes, SweepReport } from '../../../src/activities/types.ts';
import { TRAINING } from '../../support/a-job.ts';
import { ActivityWorld, launchInput } from './activity-world.ts';

/** Half of the period of reconciliation, and a second. */
const HALF = 151;
/** A quarter, and a second. */
const QUARTER = 76;

const forEver = { plan: () => ({ trainingSeconds: Infinity }) };

/** Sessions of the monitor, each of one sweep and one turn of the search; what they know goes from one to the next. */
class Monitor {
  readonly world: ActivityWorld;
  orphans: OrphanNotes | undefined;
  #watermark: number;

  constructor(world: ActivityWorld) {
    this.world = world;
    this.#watermark = world.time;
  }

  async session(): Promise<SweepReport> {
    const report = await this.world.run('sweepTrainings', {
      account: '111122223333',
      region: 'us-east-1',
      watermark: this.#watermark,
      ...(this.orphans === undefined ? {} : { orphans: this.orphans }),
    });
    this.#watermark = report.watermark;
    this.orphans = report.orphans;
    return report;
  }

  async after(seconds: number): Promise<SweepReport> {
    this.world.pass(seconds);
    return this.session();
  }
}

async function scene(...jobIds: string[]): Promise<Monitor> {
  const world = new ActivityWorld(forEver);
  const monitor = new Monitor(world);
  await monitor.session();
  for (const jobId of jobIds) {
    world.directory.open(jobId, { at: world.time });
    world.openJobs.set(jobId, 'RUNNING');
    await world.run('launchTraining', launchInput({ jobId }));
  }
  await monitor.after(10);
  return monitor;
}

const isAlive = async ({ world }: Monitor, name: string): Promise<boolean> =>
  (await world.training.describe(name))?.status === 'InProgress';

describe('a training job whose workflow was terminated', () => {
  it('is stopped when two passes have seen it, within the period of reconciliation', async () => {
    const monitor = await scene('rank', 'other');
    monitor.world.directory.close('rank', monitor.world.time);
    expect(await monitor.after(HALF)).toMatchObject({ withoutWorkflow: ['ty-rank-1'], orphansStopped: [] });
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(true);
    expect(await monitor.after(QUARTER)).toMatchObject({ orphansStopped: ['ty-rank-1'] });
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(false);
    expect(await isAlive(monitor, 'ty-other-1')).toBe(true);
  });

  it('is stopped when the workflow was deleted besides', async () => {
    const monitor = await scene('rank');
    monitor.world.directory.forget('rank');
    await monitor.after(HALF);
    expect(await monitor.after(QUARTER)).toMatchObject({ orphansStopped: ['ty-rank-1'] });
  });

  it('is found by a monitor that starts only later', async () => {
    const old = await scene('rank');
    old.world.directory.close('rank', old.world.time);
    old.world.pass(86_400);
    const monitor = new Monitor(old.world);
    await monitor.session();
    await monitor.after(HALF);
    expect(await monitor.after(QUARTER)).toMatchObject({ orphansStopped: ['ty-rank-1'] });
  });

  it('is stopped although another job runs under the same id', async () => {
    const monitor = await scene('rank');
    const { world } = monitor;
    world.directory.close('rank', world.time);
    world.pass(5);
    world.directory.open('rank', { runId: 'run-2', at: world.time });
    await monitor.after(HALF);
    expect(await monitor.after(QUARTER)).toMatchObject({ orphansStopped: ['ty-rank-1'] });
  });
});

describe('never touched is a training job', () => {
  const passes = async (monitor: Monitor): Promise<void> => {
    for (let pass = 0; pass < 4; pass += 1) {
      expect(await monitor.after(HALF)).toMatchObject({ orphansStopped: [] });
    }
  };

  it('whose workflow is open', async () => {
    const monitor = await scene('rank');
    await passes(monitor);
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(true);
  });

  it('whose workflow has continued as new, and it is asked about once', async () => {
    const monitor = await scene('rank');
    const { world } = monitor;
    world.directory.continueAsNew('rank', world.time);
    await passes(monitor);
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(true);
  });

  it('that is only named like an attempt', async () => {
    const monitor = await scene();
    await monitor.world.training.create('ty-rank-1', TRAINING);
    await passes(monitor);
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(true);
  });

  it('that another Temporal namespace launched in the same account', async () => {
    const monitor = await scene();
    const { world } = monitor;
    world.directory.namespace = 'namespace-2';
    await world.run('launchTraining', launchInput());
    world.directory.namespace = 'namespace-1';
    await passes(monitor);
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(true);
  });

  it('of which nobody knows any more who launched it', async () => {
    const monitor = await scene();
    const { world } = monitor;
    world.directory.broken.add('namespaceId');
    await world.run('launchTraining', launchInput({ runId: 'forgotten' }));
    world.directory.broken.clear();
    await passes(monitor);
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(true);
  });

  it('while Temporal does not answer', async () => {
    const monitor = await scene('rank');
    const { world } = monitor;
    world.directory.close('rank', world.time);
    world.directory.broken.add('openJobs').add('stateOf');
    await passes(monitor);
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(true);
  });

  it('that the list of open jobs does not show yet', async () => {
    const monitor = await scene('rank');
    monitor.world.directory.notListed.add('rank');
    await passes(monitor);
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(true);
  });
});

describe('the search for training jobs without a workflow', () => {
  it('finds them where Temporal cannot list its open jobs', async () => {
    const monitor = await scene('rank', 'other');
    monitor.world.directory.broken.add('openJobs');
    monitor.world.directory.close('rank', monitor.world.time);
    await monitor.after(HALF);
    expect(await monitor.after(QUARTER)).toMatchObject({ orphansStopped: ['ty-rank-1'] });
    expect(await isAlive(monitor, 'ty-other-1')).toBe(true);
  });

  it.each(['describe', 'tags', 'stop'] as const)('tries again when a %s fails', async (operation) => {
    const monitor = await scene('rank');
    const { world } = monitor;
    world.directory.close('rank', world.time);
    await monitor.after(HALF);
    world.training.failNext(operation, 'ThrottlingException', 'Rate exceeded', 400);
    expect(await monitor.after(QUARTER)).toMatchObject({ orphansStopped: [] });
    await monitor.after(HALF);
    expect(await isAlive(monitor, 'ty-rank-1')).toBe(false);
  });

  it('of a thousand running jobs costs no call of SageMaker, and one list of Temporal', async () => {
    const monitor = await scene();
    const { world } = monitor;
    for (let n = 0; n < 1_000; n += 1) {
      world.directory.open(`job${n}`, { at: world.time });
      await world.training.create(`ty-job${n}-1`, TRAINING);
    }
    await monitor.after(10);
    world.training.calls.length = 0;
    world.directory.asked.openJobs = 0;
    const report = await monitor.after(HALF);
    expect(report.orphans?.live).toHaveLength(1_000);
    expect(world.training.calls.map(({ operation }) => operation)).not.toContain('listNamed');
    expect(world.training.calls.map(({ operation }) => operation)).not.toContain('describe');
    expect(world.directory.asked).toMatchObject({ openJobs: 1, stateOf: 0 });
  });

  it('counts the training jobs of before in pages, from session to session', async () => {
    const world = new ActivityWorld(forEver);
    for (let n = 0; n < 250; n += 1) {
      await world.training.create(`ty-job${n}-1`, TRAINING);
      world.pass(1);
    }
    world.pass(3_600);
    const monitor = new Monitor(world);
    const live: (number | undefined)[] = [];
    for (let session = 0; session < 4; session += 1)
      live.push((await monitor.session()).orphans?.live.length);
    expect(live.at(-1)).toBe(250);
    expect(live[0]).toBe(100);
    expect(monitor.orphans).not.toHaveProperty('uncountedBefore');
  });

  it('forgets training jobs that are over', async () => {
    const monitor = await scene('rank');
    expect(monitor.orphans?.live.map(([name]) => name)).toEqual(['ty-rank-1']);
    await monitor.world.training.stop('ty-rank-1');
    await monitor.after(10);
    expect(monitor.orphans?.live).toEqual([]);
  });
});
