import { describe, expect, it, test } from 'vitest';
import { TRAINING } from '../../support/a-job.ts';
import { ActivityWorld, launchInput } from './activity-world.ts';

const forEver = { plan: () => ({ trainingSeconds: Infinity }) };

const survey = (world: ActivityWorld, jobIds: readonly string[], full = false) =>
  world.run('surveyQueue', {
    queue: 'search',
    leases: jobIds.map((jobId, index) => ({ jobId, lease: index + 1 })),
    full,
  });

/** A job of the queue with a training job that trains until it is stopped. */
async function running(world: ActivityWorld, jobId: string, runId = 'run-1'): Promise<void> {
  world.directory.open(jobId, { runId, queue: 'search', at: world.time });
  await world.run('launchTraining', launchInput({ jobId, runId }));
  world.pass(10);
}

const statusOf = async (world: ActivityWorld, name: string) => (await world.training.describe(name))?.status;

describe('a survey of leases', () => {
  it('leaves the lease of an open job alone, and asks SageMaker nothing about it', async () => {
    const world = new ActivityWorld(forEver);
    await running(world, 'rank');
    world.training.calls.length = 0;
    expect(await survey(world, ['rank'])).toMatchObject({ gone: [], cannotTell: 0, stopped: [] });
    expect(world.training.calls).toEqual([]);
  });

  it('has the training job of a terminated workflow stopped, and calls the lease gone once it is Stopped', async () => {
    const world = new ActivityWorld(forEver);
    await running(world, 'rank');
    world.directory.close('rank', world.time);
    world.pass(3_600);
    expect(await survey(world, ['rank'])).toMatchObject({
      gone: [],
      cannotTell: 1,
      stopped: ['ty-rank-1'],
    });
    world.pass(60);
    expect(await statusOf(world, 'ty-rank-1')).toBe('Stopped');
    expect(await survey(world, ['rank'])).toMatchObject({
      gone: [{ jobId: 'rank', lease: 1 }],
      cannotTell: 0,
    });
  });

  it('waits after the end of a workflow, since a launch that was under way may still get through', async () => {
    const world = new ActivityWorld(forEver);
    world.directory.open('rank', { queue: 'search' });
    world.directory.close('rank', world.time);
    world.pass(5);
    expect(await survey(world, ['rank'])).toMatchObject({ gone: [], cannotTell: 1 });
    await world.run('launchTraining', launchInput({ jobId: 'rank' }));
    world.pass(60);
    expect(await survey(world, ['rank'])).toMatchObject({ gone: [], stopped: ['ty-rank-1'] });
  });

  it('calls the lease of a job gone that has no workflow at all', async () => {
    const world = new ActivityWorld();
    expect(await survey(world, ['rank'])).toMatchObject({ gone: [{ jobId: 'rank', lease: 1 }] });
  });

  it.each([
    ['Temporal does not answer', (world: ActivityWorld) => world.directory.broken.add('stateOf')],
    [
      'SageMaker does not list',
      (world: ActivityWorld) =>
        world.training.failNext('listNamed', 'ThrottlingException', 'Rate exceeded', 400),
    ],
    [
      'SageMaker does not describe',
      (world: ActivityWorld) => world.training.failNext('describe', 'ECONNRESET', 'socket hang up'),
    ],
    [
      'the tags cannot be read',
      (world: ActivityWorld) => world.training.failNext('tags', 'AccessDeniedException', 'no', 400),
    ],
    [
      'the stop does not get through',
      (world: ActivityWorld) => world.training.failNext('stop', 'InternalFailure', 'oops', 500),
    ],
  ])('changes nothing when %s', async (_, breaks) => {
    const world = new ActivityWorld(forEver);
    await running(world, 'rank');
    world.directory.close('rank', world.time);
    world.pass(3_600);
    breaks(world);
    expect(await survey(world, ['rank'])).toMatchObject({ gone: [], stopped: [], cannotTell: 1 });
    expect(await statusOf(world, 'ty-rank-1')).toBe('InProgress');
  });

  it('sees through names that only look like attempts of the job', async () => {
    const world = new ActivityWorld(forEver);
    await running(world, 'rank-1');
    await world.training.create('ty-rank-7', TRAINING);
    expect(await survey(world, ['rank'])).toMatchObject({ gone: [{ jobId: 'rank', lease: 1 }], stopped: [] });
    expect(await statusOf(world, 'ty-rank-1-1')).toBe('InProgress');
    expect(await statusOf(world, 'ty-rank-7')).toBe('InProgress');
  });

  it('touches nothing that another Temporal namespace launched in the same account', async () => {
    const world = new ActivityWorld(forEver);
    world.directory.namespace = 'namespace-2';
    await world.run('launchTraining', launchInput({ jobId: 'rank' }));
    world.directory.namespace = 'namespace-1';
    expect(await survey(world, ['rank'])).toMatchObject({ gone: [{ jobId: 'rank', lease: 1 }], stopped: [] });
    expect(await statusOf(world, 'ty-rank-1')).toBe('InProgress');
  });

  it('keeps the lease when nobody knows any more who launched what lives', async () => {
    const world = new ActivityWorld(forEver);
    world.directory.broken.add('namespaceId');
    await world.run('launchTraining', launchInput({ jobId: 'rank', runId: 'forgotten' }));
    world.directory.broken.clear();
    expect(await survey(world, ['rank'])).toMatchObject({ gone: [], cannotTell: 1, stopped: [] });
    expect(await statusOf(world, 'ty-rank-1')).toBe('InProgress');
  });

  it('of a thousand leases costs one list of open jobs, and a question for each job that is not in it', async () => {
    const world = new ActivityWorld(forEver);
    const jobIds = Array.from({ length: 1_000 }, (_, index) => `job${index}`);
    for (const jobId of jobIds) world.directory.open(jobId, { queue: 'search' });
    world.directory.close('job7', 0);
    world.directory.notListed.add('job8');
    expect(await survey(world, jobIds)).toMatchObject({ gone: [{ jobId: 'job7', lease: 8 }], cannotTell: 0 });
    expect(world.directory.asked).toMatchObject({ openJobs: 1, stateOf: 2 });
    expect(world.training.calls).toHaveLength(1);
  });

  it('asks for each lease where Temporal cannot list', async () => {
    const world = new ActivityWorld(forEver);
    const jobIds = Array.from({ length: 100 }, (_, index) => `job${index}`);
    for (const jobId of jobIds) world.directory.open(jobId, { queue: 'search' });
    world.directory.close('job7', 0);
    world.directory.broken.add('openJobs');
    expect(await survey(world, jobIds)).toMatchObject({ gone: [{ jobId: 'job7', lease: 8 }], cannotTell: 0 });
  });

  it('bounds what it asks SageMaker, and leaves the rest for the next one', async () => {
    const world = new ActivityWorld();
    const jobIds = Array.from({ length: 300 }, (_, index) => `job${index}`);
    const first = await survey(world, jobIds);
    expect(first.gone).toHaveLength(200);
    expect(first.cannotTell).toBe(100);
    expect(world.training.calls).toHaveLength(200);
  });
});

describe('a survey of waiting jobs', () => {
  const waits = (world: ActivityWorld, waiting: readonly string[]) =>
    world.run('surveyQueue', { queue: 'search', leases: [], waiting, full: false });

  it('finds those whose workflow is over or deleted, and asks SageMaker nothing', async () => {
    const world = new ActivityWorld();
    for (const jobId of ['open', 'terminated', 'deleted']) world.directory.open(jobId, { queue: 'search' });
    world.directory.close('terminated', world.time);
    world.directory.forget('deleted');
    const { closed, cannotTell } = await waits(world, ['open', 'terminated', 'deleted']);
    expect(closed).toEqual(['terminated', 'deleted']);
    expect(cannotTell).toBe(0);
    expect(world.training.calls).toEqual([]);
  });

  it('of a thousand costs one list, and a question for each job that is not in it', async () => {
    const world = new ActivityWorld();
    const jobIds = Array.from({ length: 1_000 }, (_, index) => `job${index}`);
    for (const jobId of jobIds) world.directory.open(jobId, { queue: 'search' });
    world.directory.close('job7', 0);
    world.directory.notListed.add('job8');
    expect((await waits(world, jobIds)).closed).toEqual(['job7']);
    expect(world.directory.asked).toMatchObject({ openJobs: 1, stateOf: 2 });
  });

  it('believes nothing when Temporal does not answer', async () => {
    const world = new ActivityWorld();
    world.directory.broken.add('stateOf').add('openJobs');
    expect((await waits(world, ['one', 'two'])).closed).toBeUndefined();
  });
});

describe('the list of the training jobs of a lease', () => {
  const HOUR = 3_600_000;
  const DAY = 24 * HOUR;
  const bounds = {
    'begins with the submission of the job, less what clocks may differ': { age: DAY, want: DAY + HOUR },
    'goes back no further than a training job can live': { age: 300 * DAY, want: 60 * DAY },
    'does so too where the submission is not known': { age: undefined, want: 60 * DAY },
  };
  test.each(Object.entries(bounds))('%s', async (_, { age, want }) => {
    const world = new ActivityWorld(forEver);
    await running(world, 'rank');
    world.directory.close('rank', world.time);
    const asked: (number | undefined)[] = [];
    const listNamed = world.training.listNamed.bind(world.training);
    world.training.listNamed = (query) => {
      asked.push(query.createdAfter);
      return listNamed(query);
    };
    const since = age === undefined ? {} : { since: world.time - age };
    const leases = [{ jobId: 'rank', lease: 1, ...since }];
    expect(await world.run('surveyQueue', { queue: 'search', leases, full: false })).toMatchObject({
      stopped: ['ty-rank-1'],
    });
    expect(asked).toEqual([world.time - want]);
  });
});

describe('a full survey', () => {
  it('finds the open jobs that name the queue and hold no lease', async () => {
    const world = new ActivityWorld();
    world.directory.open('one', { queue: 'search' });
    world.directory.open('two', { queue: 'search' });
    world.directory.open('over', { queue: 'search' });
    world.directory.close('over', world.time);
    world.directory.open('other', { queue: 'ads' });
    world.directory.open('alone');
    expect(await survey(world, ['two'], true)).toMatchObject({ enrol: ['one'], cannotTell: 0 });
  });

  it('says so when Temporal cannot list', async () => {
    const world = new ActivityWorld();
    world.directory.open('one', { queue: 'search' });
    world.directory.broken.add('openJobs');
    expect(await survey(world, [], true)).toMatchObject({ enrol: [], cannotTell: 1 });
  });
});

it('a survey names the monitor of the account', async () => {
  expect(await survey(new ActivityWorld(), [])).toMatchObject({ monitor: 'monitor/111122223333/us-east-1' });
});
