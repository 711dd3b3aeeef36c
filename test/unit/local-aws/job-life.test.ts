import { describe, expect, it } from 'vitest';
import { aSpotRequest } from '../../support/local-aws/a-training-request.ts';
import { TrainingJobWorld } from '../../support/local-aws/training-job-world.ts';

const CAPACITY_ERROR =
  'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.';
const INTERNAL_ERROR = 'InternalServerError: We encountered an internal error. Please try again.';
const gpu = { InstanceType: 'ml.p4d.24xlarge', InstanceCount: 1 };

describe('a training job that finds instances', () => {
  it('goes through the statuses and messages of the documentation', async () => {
    const world = new TrainingJobWorld();
    await world.create();
    expect([world.status(), world.lastMessage()]).toEqual([
      'InProgress/Starting',
      'Launching requested ML instances.',
    ]);
    await world.advance(1);
    expect(world.lastMessage()).toBe('Preparing the instances for training.');
    await world.advance(1);
    expect(world.lastMessage()).toBe('Training image download completed. Training in progress.');
    await world.finish();
    expect(world.status()).toBe('Completed/Completed');
    expect(world.history()).toBe('Starting > Downloading > Training > Uploading > Completed');
    expect(world.host.calls).toEqual(['prepare job-1#1', 'start job-1#1', 'wait job-1#1', 'upload job-1#1']);
  });

  it('counts training and billable time from the download to the end of the upload', async () => {
    const world = new TrainingJobWorld({ timing: { startingSeconds: 2, downloadingSeconds: 3 } });
    await world.create();
    await world.advance(2);
    expect(world.status()).toBe('InProgress/Downloading');
    await world.advance(3 + 7);
    await world.finish();
    expect(world.describe()).toMatchObject({ TrainingTimeInSeconds: 10, BillableTimeInSeconds: 10 });
  });

  it('shows the end of each status as the start of the next', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining();
    await world.finish();
    const transitions = world.jobs.find('job-1').state.transitions;
    for (const [index, { endedAt }] of transitions.slice(0, -1).entries()) {
      expect(endedAt).toBe(transitions[index + 1]?.startedAt);
    }
    expect(transitions.at(-1)?.endedAt).toBe(transitions.at(-1)?.startedAt);
  });

  it('has its model and final metrics', async () => {
    const world = new TrainingJobWorld();
    world.host.finalMetrics = [{ MetricName: 'loss', Value: 0.25, Timestamp: 1_767_225_600 }];
    await world.createTraining({
      AlgorithmSpecification: {
        TrainingImage: 'trainer:1',
        TrainingInputMode: 'File',
        MetricDefinitions: [{ Name: 'loss', Regex: 'loss=(.*)' }],
      },
    });
    await world.finish();
    expect(world.describe()).toMatchObject({
      ModelArtifacts: { S3ModelArtifacts: 's3://bucket/job-1/output/model.tar.gz' },
      FinalMetricDataList: [{ MetricName: 'loss', Value: 0.25 }],
    });
  });
});

describe('a training job that fails', () => {
  const failures = {
    'with the reason of its run, after its output is uploaded': {
      make: (world: TrainingJobWorld) =>
        world.finish('job-1#1', { kind: 'failed', reason: 'AlgorithmError: exit 1' }),
      wantReason: 'AlgorithmError: exit 1',
      wantHistory: 'Starting > Downloading > Training > Uploading > Failed',
    },
    'with InternalServerError when its processes are lost': {
      make: (world: TrainingJobWorld) => world.finish('job-1#1', { kind: 'lost' }),
      wantReason: INTERNAL_ERROR,
      wantHistory: 'Starting > Downloading > Training > Failed',
    },
    'with the reason of the upload when only that fails': {
      make: (world: TrainingJobWorld) => {
        world.host.uploaded = () => Promise.resolve({ failure: 'ClientError: Artifact upload failed' });
        return world.finish();
      },
      wantReason: 'ClientError: Artifact upload failed',
      wantHistory: 'Starting > Downloading > Training > Uploading > Failed',
    },
    'with InternalServerError when the host cannot do its work': {
      make: (world: TrainingJobWorld) => {
        world.host.uploaded = () => Promise.reject(new Error('disk full'));
        return world.finish();
      },
      wantReason: INTERNAL_ERROR,
      wantHistory: 'Starting > Downloading > Training > Uploading > Failed',
    },
    'with InternalServerError when its instances die': {
      make: async (world: TrainingJobWorld) => {
        expect(world.jobs.crash('job-*')).toEqual(['job-1']);
        await world.advance(0);
      },
      wantReason: INTERNAL_ERROR,
      wantHistory: 'Starting > Downloading > Training > Failed',
    },
  };
  it.each(Object.entries(failures))('%s', async (_name, { make, wantReason, wantHistory }) => {
    const world = new TrainingJobWorld();
    await world.createTraining();
    await make(world);
    expect(world.describe()).toMatchObject({ TrainingJobStatus: 'Failed', FailureReason: wantReason });
    expect(world.history()).toBe(wantHistory);
  });

  it('before it trains, when the host cannot prepare it', async () => {
    const world = new TrainingJobWorld();
    world.host.prepared = () =>
      Promise.resolve({ kind: 'failed', reason: 'ClientError: Data download failed' });
    await world.createTraining();
    expect(world.describe()).toMatchObject({ FailureReason: 'ClientError: Data download failed' });
    expect(world.history()).toBe('Starting > Downloading > Failed');
  });

  it('with at most 1,024 characters of reason', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining();
    await world.finish('job-1#1', { kind: 'failed', reason: 'x'.repeat(2_000) });
    expect(world.describe()['FailureReason']).toHaveLength(1_024);
  });
});

describe('capacity', () => {
  it('makes a job wait as Pending, then fail with CapacityError when patience is over', async () => {
    const world = new TrainingJobWorld({
      instances: { 'ml.m5.large': { capacity: 0 } },
      timing: { capacityPatienceSeconds: 30 },
    });
    await world.create();
    expect([world.status(), world.lastMessage()]).toEqual([
      'InProgress/Pending',
      'Insufficient capacity error from EC2 while launching instances, retrying!',
    ]);
    await world.advance(29);
    expect(world.status()).toBe('InProgress/Pending');
    await world.advance(1);
    expect(world.describe()).toMatchObject({ TrainingJobStatus: 'Failed', FailureReason: CAPACITY_ERROR });
    expect(world.describe()).not.toHaveProperty('TrainingStartTime');
  });

  it('goes to the job that waits longest, as soon as it is there', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.m5.large': { capacity: 1 } } });
    for (const name of ['job-1', 'job-2', 'job-3']) await world.create({ TrainingJobName: name });
    await world.advance(2);
    expect(['job-1', 'job-2', 'job-3'].map((name) => world.status(name))).toEqual([
      'InProgress/Training',
      'InProgress/Pending',
      'InProgress/Pending',
    ]);
    await world.finish('job-1#1');
    await world.advance(2);
    expect(['job-2', 'job-3'].map((name) => world.status(name))).toEqual([
      'InProgress/Training',
      'InProgress/Pending',
    ]);
    expect(world.history('job-2')).toBe('Starting > Pending > Downloading > Training');
  });

  it('is given to gangs whole or not at all, and a small job passes a big one that does not fit', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.m5.large': { capacity: 2 } } });
    await world.create({ TrainingJobName: 'first' });
    await world.create({
      TrainingJobName: 'big',
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 2 },
    });
    await world.create({ TrainingJobName: 'small' });
    expect(world.status('big')).toBe('InProgress/Pending');
    expect(world.status('small')).toBe('InProgress/Starting');
  });

  it('can be raised while a job waits', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.m5.*': { capacity: 0 } } });
    await world.create();
    await world.configure({ instances: { 'ml.m5.*': { capacity: 1 } } });
    await world.advance(2);
    expect(world.status()).toBe('InProgress/Training');
  });

  it('takes nothing from running jobs when it is lowered', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining();
    await world.configure({ instances: { 'ml.m5.large': { capacity: 0 } } });
    expect(world.status()).toBe('InProgress/Training');
  });

  it('is asked of every group of a heterogeneous cluster', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.g5.xlarge': { capacity: 1 } } });
    const groups = (count: number) => ({
      InstanceGroups: [
        { InstanceType: 'ml.m5.large', InstanceCount: 1, InstanceGroupName: 'data' },
        { InstanceType: 'ml.g5.xlarge', InstanceCount: count, InstanceGroupName: 'train' },
      ],
    });
    await world.create({ TrainingJobName: 'too-big', ResourceConfig: groups(2) });
    await world.create({ TrainingJobName: 'fits', ResourceConfig: groups(1) });
    expect([world.status('too-big'), world.status('fits')]).toEqual([
      'InProgress/Pending',
      'InProgress/Starting',
    ]);
  });

  it('fails a job by a fault, whatever the capacity is', async () => {
    const world = new TrainingJobWorld();
    world.addFault({ kind: 'capacityError', job: 'job-*', afterSeconds: 5, times: 1 });
    await world.create();
    expect(world.status()).toBe('InProgress/Pending');
    await world.advance(5);
    expect(world.describe()).toMatchObject({ FailureReason: CAPACITY_ERROR });
    await world.createTraining({ TrainingJobName: 'job-2' });
    expect(world.status('job-2')).toBe('InProgress/Training');
  });
});

describe('InstancePreferences', () => {
  const preferences = (...types: string[]) => ({
    ResourceConfig: {
      InstancePreferences: types.map((InstanceType) => ({ InstanceType, InstanceCount: 1 })),
    },
  });

  it('launch the first type with capacity, and say which', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.p5.48xlarge': { capacity: 0 } } });
    await world.create(preferences('ml.p5.48xlarge', 'ml.p4d.24xlarge', 'ml.g5.xlarge'));
    expect(world.describe()['ResourceConfig']).toMatchObject({
      SelectedInstanceType: 'ml.p4d.24xlarge',
      SelectedInstanceCount: 1,
    });
    expect(world.describe()['ResourceConfig']).not.toHaveProperty('InstanceType');
  });

  it('wait when no type has capacity, with nothing selected', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.*': { capacity: 0 } } });
    await world.create(preferences('ml.p5.48xlarge', 'ml.p4d.24xlarge'));
    expect(world.status()).toBe('InProgress/Pending');
    expect(world.describe()['ResourceConfig']).not.toHaveProperty('SelectedInstanceType');
  });

  it('of CPU types only are evaluated once', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.*': { capacity: 0 } } });
    await world.create(preferences('ml.m5.large', 'ml.c5.xlarge'));
    expect(world.describe()).toMatchObject({ FailureReason: CAPACITY_ERROR });
  });

  it('need quota for every listed type', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.p4d.24xlarge': { quota: 0 } } });
    await expect(world.create(preferences('ml.g5.xlarge', 'ml.p4d.24xlarge'))).rejects.toThrow(
      "The account-level service limit 'ml.p4d.24xlarge for training job usage' is 0 Instances",
    );
  });

  it('count against the quota of the selected type only, once one is selected', async () => {
    const world = new TrainingJobWorld({
      instances: { 'ml.p4d.24xlarge': { quota: 1 }, 'ml.g5.xlarge': { quota: 1 } },
    });
    await world.create(preferences('ml.g5.xlarge', 'ml.p4d.24xlarge'));
    await world.create({ TrainingJobName: 'job-2', ResourceConfig: gpu });
    expect(world.status('job-2')).toBe('InProgress/Starting');
  });
});

describe('service quota', () => {
  it('is counted from creation to end, apart from capacity', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.p4d.24xlarge': { capacity: 0, quota: 1 } } });
    await world.create({ ResourceConfig: gpu });
    await expect(world.create({ TrainingJobName: 'job-2', ResourceConfig: gpu })).rejects.toMatchObject({
      code: 'ResourceLimitExceeded',
      message:
        "The account-level service limit 'ml.p4d.24xlarge for training job usage' is 1 Instances, with current " +
        'utilization of 1 Instances and a request delta of 1 Instances. Please contact AWS support to request an ' +
        'increase for this limit.',
    });
    await world.stop();
    await world.create({ TrainingJobName: 'job-2', ResourceConfig: gpu });
    expect(world.status('job-2')).toBe('InProgress/Pending');
  });

  it('of spot is another one', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.m5.large': { quota: 0, spotQuota: 0 } } });
    await expect(world.create(aSpotRequest())).rejects.toThrow(
      "'ml.m5.large for spot training job usage' is 0 Instances",
    );
  });

  it('does not matter for a type that the region does not have', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.p4d.24xlarge': { available: false } } });
    await expect(world.create({ ResourceConfig: gpu })).rejects.toMatchObject({
      code: 'ResourceLimitExceeded',
      message: 'The requested resource training-job/ml.p4d.24xlarge is not available in this region',
    });
  });
});

describe('a spot training job', () => {
  it('is interrupted and starts again under the same name', async () => {
    const world = new TrainingJobWorld({
      timing: { startingSeconds: 2, spotRestartSeconds: 10, spotNoticeSeconds: 5 },
    });
    await world.createTraining(aSpotRequest());
    expect(world.jobs.interruptSpot('*')).toEqual(['job-1']);
    await world.advance(9);
    expect(world.status()).toBe('InProgress/Interrupted');
    await world.advance(3);
    expect(world.history()).toBe(
      'Starting > Downloading > Training > Interrupted > Starting > Downloading > Training',
    );
    await world.finish('job-1#2');
    expect(world.status()).toBe('Completed/Completed');
    expect(world.host.calls).toContain('interrupt job-1#1 notice 5');
    expect(world.host.calls).toContain('start job-1#2');
  });

  it('is billed less than it trained', async () => {
    const world = new TrainingJobWorld({
      spotDiscount: 0.5,
      timing: { startingSeconds: 2, spotRestartSeconds: 8 },
    });
    await world.createTraining(aSpotRequest());
    await world.advance(10);
    world.jobs.interruptSpot('*');
    await world.advance(10 + 10);
    await world.finish('job-1#2');
    expect(world.describe()).toMatchObject({ TrainingTimeInSeconds: 30, BillableTimeInSeconds: 10 });
  });

  it('is interrupted by a fault, as often as the fault says', async () => {
    const world = new TrainingJobWorld();
    world.addFault({ kind: 'spotInterruption', afterSeconds: 4, times: 2 });
    await world.createTraining(aSpotRequest());
    await world.advance(3);
    expect(world.status()).toBe('InProgress/Training');
    await world.advance(60);
    expect(world.history().match(/Interrupted/g)).toHaveLength(2);
    expect(world.status()).toBe('InProgress/Training');
  });

  it('loses its instances when spot capacity is lowered, the newest first', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.m5.large': { spotCapacity: 2 } } });
    await world.createTraining(aSpotRequest({ TrainingJobName: 'old' }));
    await world.createTraining(aSpotRequest({ TrainingJobName: 'new' }));
    await world.configure({ instances: { 'ml.m5.large': { spotCapacity: 1 } } });
    expect([world.status('old'), world.status('new')]).toEqual([
      'InProgress/Training',
      'InProgress/Interrupted',
    ]);
    await world.advance(60);
    expect(world.status('new')).toBe('InProgress/Pending');
  });

  it('waits for capacity until MaxWaitTimeInSeconds, even if it never ran', async () => {
    const world = new TrainingJobWorld({
      instances: { 'ml.m5.large': { capacity: 0 } },
      timing: { capacityPatienceSeconds: 1 },
    });
    await world.create(aSpotRequest());
    await world.advance(7_199);
    expect(world.status()).toBe('InProgress/Pending');
    await world.advance(1);
    expect(world.status()).toBe('Stopped/MaxWaitTimeExceeded');
    expect(world.history()).toBe('Starting > Pending > Stopping > MaxWaitTimeExceeded');
  });

  it('that is not spot is never interrupted', async () => {
    const world = new TrainingJobWorld();
    world.addFault({ kind: 'spotInterruption' });
    await world.createTraining();
    expect(world.jobs.interruptSpot('*')).toEqual([]);
    expect(world.status()).toBe('InProgress/Training');
  });
});

describe('time limits', () => {
  it('MaxRuntimeInSeconds stops a job with SIGTERM and grace, and keeps its model', async () => {
    const world = new TrainingJobWorld({ timing: { startingSeconds: 2, stopGraceSeconds: 120 } });
    await world.createTraining({ StoppingCondition: { MaxRuntimeInSeconds: 60 } });
    await world.advance(59);
    expect(world.status()).toBe('InProgress/Training');
    await world.advance(1);
    expect(world.status()).toBe('Stopped/MaxRuntimeExceeded');
    expect(world.history()).toBe('Starting > Downloading > Training > Stopping > MaxRuntimeExceeded');
    expect(world.host.calls).toContain('stop job-1#1 grace 120');
    expect(world.describe()).toHaveProperty('ModelArtifacts');
  });

  it('MaxRuntimeInSeconds covers all runs together, without the waits between', async () => {
    const world = new TrainingJobWorld({ timing: { startingSeconds: 2, spotRestartSeconds: 100 } });
    await world.createTraining(
      aSpotRequest({ StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 3_600 } }),
    );
    await world.advance(40);
    world.jobs.interruptSpot('*');
    await world.advance(102 + 19);
    expect(world.status()).toBe('InProgress/Training');
    await world.advance(1);
    expect(world.status()).toBe('Stopped/MaxRuntimeExceeded');
  });

  it('are scaled by timeScale', async () => {
    const world = new TrainingJobWorld({ timeScale: 0.01 });
    await world.createTraining({ StoppingCondition: { MaxRuntimeInSeconds: 3_600 } });
    await world.advance(36);
    expect(world.status()).toBe('Stopped/MaxRuntimeExceeded');
  });

  it('are 1 day when the request has none', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining({ StoppingCondition: {} });
    await world.advance(86_399);
    expect(world.status()).toBe('InProgress/Training');
    await world.advance(1);
    expect(world.status()).toBe('Stopped/MaxRuntimeExceeded');
  });

  const pending = { StoppingCondition: { MaxPendingTimeInSeconds: 1_800 } };
  it('MaxPendingTimeInSeconds stops an accelerated job that waits, and the last message says so', async () => {
    const world = new TrainingJobWorld({
      instances: { 'ml.*': { capacity: 0 } },
      timing: { capacityPatienceSeconds: 100_000 },
    });
    await world.create({ ResourceConfig: gpu, ...pending });
    await world.advance(1_799);
    expect(world.status()).toBe('InProgress/Pending');
    await world.advance(1);
    expect(world.status()).toBe('Stopped/Stopped');
    expect(world.lastMessage()).toContain('timed out in pending');
  });

  it('MaxPendingTimeInSeconds has no effect on CPU types', async () => {
    const world = new TrainingJobWorld({
      instances: { 'ml.*': { capacity: 0 } },
      timing: { capacityPatienceSeconds: 100_000 },
    });
    await world.create(pending);
    await world.advance(1_801);
    expect(world.status()).toBe('InProgress/Pending');
  });
});

describe('StopTrainingJob', () => {
  it('ends a job that waits, without a model', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.m5.large': { capacity: 0 } } });
    await world.create();
    await world.stop();
    expect(world.history()).toBe('Starting > Pending > Stopping > Stopped');
    expect(world.host.calls).toEqual([]);
  });

  it('ends a job that trains, which keeps its instances until it has stopped', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.m5.large': { capacity: 1 } } });
    let uploaded: (result: object) => void = () => undefined;
    world.host.uploaded = () => new Promise((resolve) => (uploaded = resolve));
    await world.createTraining();
    await world.create({ TrainingJobName: 'next' });
    await world.stop();
    expect(world.status()).toBe('Stopping/Stopping');
    expect(world.lastMessage('next')).toContain('Insufficient capacity');
    uploaded({});
    await world.advance(0);
    expect(world.status()).toBe('Stopped/Stopped');
    expect(world.lastMessage('next')).toBe('Launching requested ML instances.');
  });

  it('waits for a download that is under way, and starts nothing', async () => {
    const world = new TrainingJobWorld();
    let ready: (result: { kind: 'ready' }) => void = () => undefined;
    world.host.prepared = () => new Promise((resolve) => (ready = resolve));
    await world.createTraining();
    await world.stop();
    expect(world.status()).toBe('Stopping/Stopping');
    ready({ kind: 'ready' });
    await world.advance(0);
    expect(world.status()).toBe('Stopped/Stopped');
    expect(world.host.calls).toEqual(['prepare job-1#1']);
  });

  it('wins over an upload that is under way', async () => {
    const world = new TrainingJobWorld();
    let uploaded: (result: object) => void = () => undefined;
    world.host.uploaded = () => new Promise((resolve) => (uploaded = resolve));
    await world.createTraining();
    await world.finish();
    await world.stop();
    world.host.uploaded = () => Promise.resolve({});
    uploaded({});
    await world.advance(0);
    expect(world.status()).toBe('Stopped/Stopped');
  });

  it('is refused for a job that is stopping or has ended', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining();
    await world.stop();
    expect(() => world.jobs.stop('job-1')).toThrow(
      'The request was rejected because the training job is in status Stopped.',
    );
  });
});

describe('RetryStrategy', () => {
  const retries = { RetryStrategy: { MaximumRetryAttempts: 2 } };

  it('starts again after an internal error, until the attempts are used up', async () => {
    const world = new TrainingJobWorld();
    world.addFault({ kind: 'internalError', afterSeconds: 5 });
    await world.createTraining(retries);
    await world.advance(60);
    expect(world.history()).toBe(
      'Starting > Downloading > Training > Starting > Downloading > Training > Starting > Downloading > Training > Failed',
    );
    expect(world.describe()).toMatchObject({ FailureReason: INTERNAL_ERROR });
    expect(world.host.calls).toContain('stop job-1#3 grace 0');
  });

  it('does not retry algorithm errors', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining(retries);
    await world.finish('job-1#1', { kind: 'failed', reason: 'AlgorithmError: exit 1' });
    expect(world.status()).toBe('Failed/Failed');
  });
});

describe('a job that an earlier endpoint process left', () => {
  it('in training is waited for, and not started again', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining();
    await world.restart();
    expect(world.host.calls).toEqual(['wait job-1#1']);
    await world.finish();
    expect(world.status()).toBe('Completed/Completed');
  });

  it('in training fails with InternalServerError when its processes are gone', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining();
    await world.restart();
    await world.finish('job-1#1', { kind: 'lost' });
    expect(world.describe()).toMatchObject({ FailureReason: INTERNAL_ERROR });
  });

  it('keeps its instances and its quota', async () => {
    const world = new TrainingJobWorld({ instances: { 'ml.m5.large': { capacity: 1, quota: 2 } } });
    await world.createTraining();
    await world.restart();
    await world.create({ TrainingJobName: 'job-2' });
    expect(world.status('job-2')).toBe('InProgress/Pending');
    await expect(world.create({ TrainingJobName: 'job-3' })).rejects.toThrow(
      'current utilization of 2 Instances',
    );
  });

  it('in stopping is stopped with what is left of the grace', async () => {
    const world = new TrainingJobWorld({ timing: { startingSeconds: 2, stopGraceSeconds: 120 } });
    await world.createTraining();
    world.host.stop = () => new Promise(() => undefined);
    await world.stop();
    await world.advance(100);
    Reflect.deleteProperty(world.host, 'stop');
    await world.restart();
    expect(world.host.calls).toContain('stop job-1#1 grace 20');
    expect(world.status()).toBe('Stopped/Stopped');
  });

  it('in pending keeps its place and its deadline', async () => {
    const world = new TrainingJobWorld({
      instances: { 'ml.m5.large': { capacity: 0 } },
      timing: { capacityPatienceSeconds: 30 },
    });
    await world.create();
    await world.advance(20);
    await world.restart();
    await world.advance(10);
    expect(world.describe()).toMatchObject({ FailureReason: CAPACITY_ERROR });
  });
});

describe('names', () => {
  it('stay taken after the end, until the job is deleted', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining();
    await world.finish();
    await expect(world.create()).rejects.toMatchObject({
      code: 'ResourceInUse',
      message:
        'Training job names must be unique within an AWS account and region, and a training job with this name already ' +
        'exists (arn:aws:sagemaker:us-east-1:111122223333:training-job/job-1)',
    });
    await world.jobs.delete('job-1');
    await world.create();
    expect(world.status()).toBe('InProgress/Starting');
  });

  it('of running jobs cannot be freed', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining();
    await expect(world.jobs.delete('job-1')).rejects.toMatchObject({ code: 'ResourceInUse' });
  });

  it('of jobs that keep a warm pool are free when it is over', async () => {
    const world = new TrainingJobWorld();
    await world.createTraining({
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, KeepAlivePeriodInSeconds: 600 },
    });
    await world.finish();
    expect(world.describe()).toMatchObject({ WarmPoolStatus: { Status: 'Available' } });
    await expect(world.jobs.delete('job-1')).rejects.toThrow('warm pool');
    await world.advance(600);
    expect(world.describe()).toMatchObject({ WarmPoolStatus: { Status: 'Terminated' } });
    await world.jobs.delete('job-1');
  });
});
