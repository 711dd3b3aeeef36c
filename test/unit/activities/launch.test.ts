import { describe, expect, it } from 'vitest';
import { P5, TRAINING } from '../../support/a-job.ts';
import { ActivityWorld, launchInput } from './activity-world.ts';

const ARN = 'arn:aws:sagemaker:us-east-1:111122223333:training-job/ty-rank-1';

describe('launching an attempt', () => {
  it('creates the training job under the name of the attempt, on the placement, tagged', async () => {
    const world = new ActivityWorld();
    const result = await world.run('launchTraining', launchInput({ placement: P5 }));
    expect(result).toEqual({
      kind: 'launched',
      arn: ARN,
      adopted: false,
      consoleUrl: 'https://console/ty-rank-1',
    });
    expect(await world.training.describe('ty-rank-1')).toMatchObject({ instanceType: 'ml.p5.48xlarge' });
    expect(await world.training.tags(ARN)).toEqual({
      'trainyard:job-id': 'rank',
      'trainyard:attempt': '1',
      'trainyard:run-id': 'run-1',
      'trainyard:namespace-id': 'namespace-1',
    });
  });

  it('adopts its own training job after the answer of the create was lost', async () => {
    const world = new ActivityWorld();
    world.training.loseNextAnswer('create');
    await expect(world.run('launchTraining', launchInput())).rejects.toMatchObject({ type: 'transient' });
    const again = await world.run('launchTraining', launchInput(), 2);
    expect(again).toMatchObject({ kind: 'launched', arn: ARN, adopted: true });
    const creates = world.training.calls.filter(({ operation }) => operation === 'create');
    expect(creates).toHaveLength(2);
  });

  it('adopts nothing that belongs to an earlier job of the same id', async () => {
    const world = new ActivityWorld();
    await world.run('launchTraining', launchInput({ runId: 'run-0' }));
    const result = await world.run('launchTraining', launchInput());
    expect(result).toMatchObject({ kind: 'nameTaken', wanted: 'ty-rank-1' });
    expect(result).toHaveProperty('owner', expect.stringContaining('run run-0'));
  });

  it('adopts nothing that is not tagged at all', async () => {
    const world = new ActivityWorld();
    await world.training.create('ty-rank-1', TRAINING);
    const result = await world.run('launchTraining', launchInput());
    expect(result).toHaveProperty('owner', expect.stringContaining("not Trainyard's"));
  });

  it('tries again when the name is in use and the training job is not to be seen', async () => {
    const world = new ActivityWorld();
    world.training.failNext('create', 'ResourceInUse', 'Training job names must be unique', 400);
    await expect(world.run('launchTraining', launchInput())).rejects.toMatchObject({ nonRetryable: false });
  });

  it('believes no refusal of a later try: the first may have used up the quota', async () => {
    const world = new ActivityWorld({ instances: { 'ml.p4d.24xlarge': { quota: 1 } } });
    world.training.loseNextAnswer('create');
    await expect(world.run('launchTraining', launchInput())).rejects.toMatchObject({ type: 'transient' });
    const refusal = `The account-level service limit 'ml.p4d.24xlarge for training job usage' is 1 Instances`;
    world.training.failNext('create', 'ResourceLimitExceeded', refusal, 400);
    expect(await world.run('launchTraining', launchInput(), 2)).toMatchObject({
      kind: 'launched',
      adopted: true,
    });
  });

  it('reports a quota that has no room, with what was learned', async () => {
    const world = new ActivityWorld({ instances: { 'ml.p4d.24xlarge': { quota: 0 } } });
    expect(await world.run('launchTraining', launchInput())).toMatchObject({
      kind: 'refused',
      failure: { class: 'quota', learnedLimit: { instanceType: 'ml.p4d.24xlarge', limit: 0, inUse: 0 } },
    });
  });

  it.each([
    ['ThrottlingException', 'Rate exceeded', 400],
    ['InternalFailure', 'internal', 500],
    ['ECONNRESET', 'socket hang up', undefined],
  ])('tries again after %s, for as long as it takes', async (errorName, message, status) => {
    const world = new ActivityWorld();
    world.training.failNext('create', errorName, message, status);
    await expect(world.run('launchTraining', launchInput())).rejects.toMatchObject({
      type: 'transient',
      nonRetryable: false,
    });
  });

  it('without a request only asks whether it was launched', async () => {
    const world = new ActivityWorld();
    const { training: _, ...question } = launchInput();
    expect(await world.run('launchTraining', question)).toEqual({ kind: 'absent' });
    await world.run('launchTraining', launchInput());
    expect(await world.run('launchTraining', question)).toMatchObject({ kind: 'launched', adopted: true });
    expect(world.training.calls.filter(({ operation }) => operation === 'create')).toHaveLength(1);
  });
});
