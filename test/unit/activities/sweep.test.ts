import { describe, expect, it } from 'vitest';
import type { OrphanNotes } from '../../../src/activities/types.ts';
import { ActivityWorld, launchInput } from './activity-world.ts';

const sweep = (world: ActivityWorld, watermark: number, orphans?: OrphanNotes) =>
  world.run('sweepTrainings', {
    account: '111122223333',
    region: 'us-east-1',
    watermark,
    ...(orphans === undefined ? {} : { orphans }),
  });

describe('a sweep', () => {
  it('tells the jobs whose training job changed, and nobody else', async () => {
    const world = new ActivityWorld();
    const start = world.time;
    world.openJobs.set('rank', 'SCHEDULED').set('other', 'RUNNING');
    await world.run('launchTraining', launchInput());
    world.pass(5);
    await sweep(world, start - 1);
    expect(world.told).toEqual([
      { jobId: 'rank', change: { attempt: 1, status: 'InProgress', secondaryStatus: 'Training' } },
    ]);
  });

  it('tells the end with everything that is to be known about it', async () => {
    const world = new ActivityWorld();
    const start = world.time;
    world.openJobs.set('rank', 'RUNNING');
    await world.run('launchTraining', launchInput());
    world.pass(3_600);
    await sweep(world, start - 1);
    expect(world.told[0]?.change).toMatchObject({ end: { description: { status: 'Completed' } } });
    expect(world.told[0]?.change.end).not.toHaveProperty('failure');
  });

  it('of a thousand jobs costs one call for each hundred, and none once nothing changes', async () => {
    const world = new ActivityWorld({ plan: () => ({ trainingSeconds: Infinity }) });
    const start = world.time;
    for (let n = 0; n < 1_000; n += 1) await world.run('launchTraining', launchInput({ jobId: `job${n}` }));
    world.pass(60);
    world.training.calls.length = 0;
    const first = await sweep(world, start - 1);
    expect(world.training.calls.filter(({ operation }) => operation === 'listModified')).toHaveLength(10);
    world.pass(10);
    world.training.calls.length = 0;
    await sweep(world, first.watermark + 20_000, first.orphans);
    expect(world.training.calls.filter(({ operation }) => operation === 'listModified')).toHaveLength(1);
  });

  it('moves its watermark to the newest change it saw', async () => {
    const world = new ActivityWorld();
    await world.run('launchTraining', launchInput());
    world.pass(2);
    const report = await sweep(world, world.time - 60_000);
    expect(report.watermark).toBe(world.time);
  });

  it('keeps its watermark when SageMaker throttles it', async () => {
    const world = new ActivityWorld();
    world.training.failNext('listModified', 'ThrottlingException', 'Rate exceeded', 400);
    expect(await sweep(world, 42)).toMatchObject({ watermark: 42, sweeps: 0 });
  });

  it('of a training job that was deleted since tells what the list still said', async () => {
    const world = new ActivityWorld();
    const start = world.time;
    world.openJobs.set('rank', 'RUNNING');
    await world.run('launchTraining', launchInput());
    world.pass(3_600);
    const describe = world.training.describe.bind(world.training);
    world.training.describe = (name) => {
      world.training.remove(name);
      return describe(name);
    };
    await sweep(world, start - 1);
    expect(world.told[0]?.change).toMatchObject({ end: { description: { status: 'Completed' } } });
    expect(world.told[0]?.change.end).not.toHaveProperty('failure');
  });

  it('goes on to the others when one job cannot be told, and comes back to it', async () => {
    const world = new ActivityWorld();
    const start = world.time;
    world.openJobs.set('one', 'RUNNING').set('two', 'RUNNING');
    await world.run('launchTraining', launchInput({ jobId: 'one' }));
    await world.run('launchTraining', launchInput({ jobId: 'two' }));
    world.pass(3_600);
    world.training.failNext('describe', 'AccessDeniedException', 'no', 400);
    const report = await sweep(world, start - 1);
    expect(world.told.map(({ jobId }) => jobId)).toEqual(['two']);
    expect(report.watermark).toBe(start - 1);
    await sweep(world, report.watermark);
    expect(world.told.map(({ jobId }) => jobId)).toContain('one');
  });

  it('reports training jobs of attempts that have no workflow, and ignores everybody else', async () => {
    const world = new ActivityWorld();
    const start = world.time;
    await world.run('launchTraining', launchInput({ jobId: 'orphan' }));
    await world.training.create('somebody-elses-job', launchInput().training!);
    const report = await sweep(world, start - 1);
    expect(report.withoutWorkflow).toEqual(['ty-orphan-1']);
    expect(world.told).toEqual([]);
  });
});
