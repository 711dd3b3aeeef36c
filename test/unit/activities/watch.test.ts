import { describe, expect, it } from 'vitest';
import { ActivityWorld, launchInput } from './activity-world.ts';

const watch = { jobId: 'rank', attempt: 1, name: 'ty-rank-1', stopRequested: false };

async function launched(world: ActivityWorld): Promise<ActivityWorld> {
  await world.run('launchTraining', launchInput());
  world.openJobs.set('rank', 'SCHEDULED');
  return world;
}

describe('the safety check', () => {
  it('asks nothing on its first try: the monitor is faster', async () => {
    const world = await launched(new ActivityWorld());
    const before = world.training.calls.length;
    await expect(world.run('watchTraining', watch)).rejects.toMatchObject({
      type: 'NothingNew',
      category: 'BENIGN',
      nextRetryDelay: 120_000,
    });
    expect(world.training.calls).toHaveLength(before);
  });

  it('says nothing while the job knows the status', async () => {
    const world = await launched(new ActivityWorld());
    await expect(world.run('watchTraining', watch, 2)).rejects.toMatchObject({ type: 'NothingNew' });
  });

  it('tells a status that the job does not know', async () => {
    const world = await launched(new ActivityWorld());
    world.pass(30);
    expect(await world.run('watchTraining', watch, 2)).toEqual({
      attempt: 1,
      status: 'InProgress',
      secondaryStatus: 'Training',
    });
  });

  it('tells the end, classified and with its cost', async () => {
    const world = await launched(
      new ActivityWorld({ plan: () => ({ failureReason: 'AlgorithmError: boom' }) }),
    );
    world.pass(3_600);
    expect(await world.run('watchTraining', watch, 2)).toMatchObject({
      end: {
        description: { status: 'Failed' },
        failure: { class: 'algorithm', message: 'boom' },
        costUsd: 0.4279,
      },
    });
  });

  it.each([
    ['throttled', 'ThrottlingException', 400],
    ['denied', 'AccessDeniedException', 400],
    ['cut off', 'ECONNRESET', undefined],
  ])('that is %s is tried again: missing information ends no healthy job', async (_, errorName, status) => {
    const world = await launched(new ActivityWorld());
    world.training.failNext('describe', errorName, 'no', status);
    await expect(world.run('watchTraining', watch, 2)).rejects.toMatchObject({ nonRetryable: false });
  });

  it('of a training job that somebody deleted ends the attempt as unknown', async () => {
    const world = await launched(new ActivityWorld());
    world.training.remove('ty-rank-1');
    expect(await world.run('watchTraining', watch, 2)).toMatchObject({
      end: { failure: { class: 'unknown' } },
    });
  });
});
