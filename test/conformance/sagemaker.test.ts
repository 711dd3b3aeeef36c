import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AddTagsCommand,
  CreateTrainingJobCommand,
  DeleteTagsCommand,
  DeleteTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListTagsCommand,
  ListTrainingJobsCommand,
  paginateListTrainingJobs,
  ResourceInUse,
  ResourceLimitExceeded,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  anSdkRequest,
  hasEnded,
  image,
  shell,
  startTestEndpoint,
  type TestEndpoint,
} from '../support/local-aws/endpoint.ts';

/** The texts are those of AWS, as collected with sources in aws-semantics. */

let aws: TestEndpoint;
beforeAll(async () => {
  aws = await startTestEndpoint({
    instances: {
      'ml.p4d.24xlarge': { capacity: 1, quota: 2 },
      'ml.p3.2xlarge': { quota: 0 },
      'ml.p2.xlarge': { available: false },
    },
  });
});
afterAll(() => aws.close());

const create = (name: string, changes = {}) =>
  aws.client.send(new CreateTrainingJobCommand(anSdkRequest(name, changes)));
const describeJob = (name: string) =>
  aws.client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
const stop = (name: string) => aws.client.send(new StopTrainingJobCommand({ TrainingJobName: name }));
const remove = (name: string) => aws.client.send(new DeleteTrainingJobCommand({ TrainingJobName: name }));
const instances = (InstanceType: string, InstanceCount = 1) => ({
  ResourceConfig: { InstanceType, InstanceCount },
});

describe('CreateTrainingJob and DescribeTrainingJob', () => {
  it('run a job of real processes to its end', async () => {
    const { TrainingJobArn } = await create('real', {
      ...shell(
        'echo "loss=0.5; loss=0.25;"; echo model > /opt/ml/model/weights 2>/dev/null || echo model > "$SM_MODEL_DIR/weights"',
      ),
      ...instances('ml.m5.large', 2),
    });
    expect(TrainingJobArn).toBe('arn:aws:sagemaker:us-east-1:111122223333:training-job/real');
    const job = await aws.describeUntil('real', hasEnded);
    expect(job).toMatchObject({
      TrainingJobName: 'real',
      TrainingJobStatus: 'Completed',
      SecondaryStatus: 'Completed',
      ModelArtifacts: { S3ModelArtifacts: 's3://bucket/output/real/output/model.tar.gz' },
    });
    expect(job.SecondaryStatusTransitions?.map(({ Status }) => Status)).toEqual([
      'Starting',
      'Downloading',
      'Training',
      'Uploading',
      'Completed',
    ]);
    for (const time of [job.CreationTime, job.TrainingStartTime, job.TrainingEndTime, job.LastModifiedTime]) {
      expect(time).toBeInstanceOf(Date);
    }
    expect(job.BillableTimeInSeconds).toBeGreaterThan(0);
  });

  it('show the request as it was, with the defaults of SageMaker', async () => {
    await create('shown', {
      HyperParameters: { lr: '0.1' },
      Environment: { A: 'b' },
      StoppingCondition: undefined,
    });
    expect(await describeJob('shown')).toMatchObject({
      RoleArn: 'arn:aws:iam::111122223333:role/training',
      HyperParameters: { lr: '0.1' },
      Environment: { A: 'b' },
      AlgorithmSpecification: { TrainingImage: 'instant', TrainingInputMode: 'File' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 10 },
      StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
      EnableManagedSpotTraining: false,
      EnableNetworkIsolation: false,
      EnableInterContainerTrafficEncryption: false,
    });
  });

  it('report final metrics of the logs', async () => {
    const script = shell('echo "loss=0.5;"; echo "loss=0.25;"');
    await create('metrics', {
      AlgorithmSpecification: {
        ...script.AlgorithmSpecification,
        MetricDefinitions: [{ Name: 'train:loss', Regex: 'loss=([0-9.]+)' }],
      },
    });
    const job = await aws.describeUntil('metrics', hasEnded);
    expect(job.FinalMetricDataList).toMatchObject([{ MetricName: 'train:loss', Value: 0.25 }]);
    expect(job.FinalMetricDataList?.[0]?.Timestamp).toBeInstanceOf(Date);
  });

  it('fail a job with the text of its failure', async () => {
    await create('failing', shell('echo boom >&2; exit 3'));
    const job = await aws.describeUntil('failing', hasEnded);
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toMatch(/^AlgorithmError: /);
    expect(job.FailureReason).toContain('3');
  });

  it('refuse a name that exists, also of a job that has ended', async () => {
    await create('taken');
    await aws.describeUntil('taken', hasEnded);
    const error = await create('taken').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ResourceInUse);
    expect(error).toMatchObject({
      message:
        'Training job names must be unique within an AWS account and region, and a training job with this name already ' +
        'exists (arn:aws:sagemaker:us-east-1:111122223333:training-job/taken)',
    });
  });

  it('let one of two that come at once win', async () => {
    const results = await Promise.allSettled([create('race'), create('race'), create('race')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('do not know other jobs', async () => {
    await expect(describeJob('nobody')).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Requested resource not found.',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('refuse what is over quota, and types that do not exist here', async () => {
    const error = await create('no-quota', instances('ml.p3.2xlarge')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ResourceLimitExceeded);
    expect(error).toMatchObject({
      message:
        "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with current utilization " +
        'of 0 Instances and a request delta of 1 Instances. Please contact AWS support to request an increase for this limit.',
    });
    await expect(create('no-type', instances('ml.p2.xlarge'))).rejects.toMatchObject({
      name: 'ResourceLimitExceeded',
      message: 'The requested resource training-job/ml.p2.xlarge is not available in this region',
    });
    await expect(describeJob('no-quota')).rejects.toThrow('Requested resource not found.');
  });

  it('refuse inputs that hold no object', async () => {
    const input = (uri: string) => ({
      InputDataConfig: [
        {
          ChannelName: 'train',
          DataSource: { S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri: uri } },
        },
      ],
    });
    await aws.putObject('bucket/data/train.csv');
    await expect(create('no-input', input('s3://bucket/test'))).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        'No S3 objects found under S3 URL "s3://bucket/test" given in input data source. Please ensure that the bucket ' +
        'exists in the selected region (us-east-1), that objects exist under that S3 prefix, and that the role ' +
        '"arn:aws:iam::111122223333:role/training" has "s3:ListBucket" permissions on bucket "bucket".',
    });
    for (const uri of ['s3://bucket/../../../etc', 's3://bucket/data/../data', 's3://other/data']) {
      await expect(create('no-input', input(uri))).rejects.toThrow('No S3 objects found under S3 URL');
    }
    await create('input', input('s3://bucket/data/tr'));
  });

  it('refuse what the model does not allow, in the form of AWS', async () => {
    await expect(create('bad_name')).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        "1 validation error detected: Value 'bad_name' at 'trainingJobName' failed to satisfy constraint: Member must " +
        'satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}',
    });
  });

  it('wait for capacity as Pending, and get it when it is there', async () => {
    await create('gpu-1', { ...image('forever'), ...instances('ml.p4d.24xlarge') });
    await create('gpu-2', { ...image('forever'), ...instances('ml.p4d.24xlarge') });
    const waiting = await aws.describeUntil('gpu-2', (job) => job.SecondaryStatus === 'Pending');
    expect(waiting.SecondaryStatusTransitions?.at(-1)?.StatusMessage).toBe(
      'Insufficient capacity error from EC2 while launching instances, retrying!',
    );
    await expect(create('gpu-3', instances('ml.p4d.24xlarge'))).rejects.toThrow(
      'current utilization of 2 Instances',
    );
    await aws.control('PATCH', '/instances', { 'ml.p4d.24xlarge': { capacity: 2 } });
    await aws.describeUntil('gpu-2', (job) => job.SecondaryStatus === 'Training');
  });

  it('fail a job with CapacityError when patience is over', async () => {
    await aws.control('PATCH', '/config', {
      instances: { 'ml.g5.xlarge': { capacity: 0 } },
      timing: { capacityPatienceSeconds: 0.2 },
    });
    await create('impatient', instances('ml.g5.xlarge'));
    expect((await aws.describeUntil('impatient', hasEnded)).FailureReason).toBe(
      'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.',
    );
  });

  it('choose among instance preferences', async () => {
    await aws.control('PATCH', '/instances', { 'ml.g5.xlarge': { capacity: 0 } });
    await create('preferring', {
      ...image('forever'),
      ResourceConfig: {
        InstancePreferences: [{ InstanceType: 'ml.g5.xlarge' }, { InstanceType: 'ml.g6.xlarge' }],
        InstanceCount: 2,
      },
    });
    const job = await aws.describeUntil('preferring', (one) => one.SecondaryStatus === 'Training');
    expect(job.ResourceConfig).toMatchObject({
      SelectedInstanceType: 'ml.g6.xlarge',
      SelectedInstanceCount: 2,
    });
    expect(job.ResourceConfig?.InstanceType).toBeUndefined();
  });
});

describe('StopTrainingJob', () => {
  it('sends SIGTERM, and keeps what the job saves then', async () => {
    const ready = join(aws.dataDir, 'saving-ready');
    const trap = `trap 'echo saved > "$SM_MODEL_DIR/weights"; exit 0' TERM`;
    await create('saving', shell(`${trap}; touch ${ready}; while :; do sleep 0.05; done`));
    await vi.waitFor(() => access(ready), { timeout: 10_000 });
    expect(Object.keys(await stop('saving'))).toEqual(['$metadata']);
    const job = await aws.describeUntil('saving', hasEnded);
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
    expect(job.ModelArtifacts?.S3ModelArtifacts).toBe('s3://bucket/output/saving/output/model.tar.gz');
    expect(job.SecondaryStatusTransitions?.map(({ Status }) => Status)).toContain('Stopping');
  });

  it('is refused for a job that has ended, and for one that does not exist', async () => {
    await create('over');
    await aws.describeUntil('over', hasEnded);
    await expect(stop('over')).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The request was rejected because the training job is in status Completed.',
    });
    await expect(stop('nobody')).rejects.toThrow('Requested resource not found.');
  });
});

describe('DeleteTrainingJob', () => {
  it('frees the name of a job that has ended', async () => {
    await create('again');
    await aws.describeUntil('again', hasEnded);
    await remove('again');
    await expect(describeJob('again')).rejects.toThrow('Requested resource not found.');
    await create('again');
    await aws.describeUntil('again', hasEnded);
  });

  it('is refused while the job runs', async () => {
    await create('running', image('forever'));
    await expect(remove('running')).rejects.toMatchObject({ name: 'ResourceInUse' });
    await expect(remove('nobody')).rejects.toThrow('Requested resource not found.');
  });
});

describe('ListTrainingJobs', () => {
  it('pages through jobs that a name filter selects', async () => {
    for (let i = 0; i < 23; i++) await create(`page-${String(i).padStart(2, '0')}`);
    const first = await aws.client.send(new ListTrainingJobsCommand({ NameContains: 'page-' }));
    expect(first.TrainingJobSummaries).toHaveLength(10);
    const names: (string | undefined)[] = [];
    for await (const page of paginateListTrainingJobs(
      { client: aws.client, pageSize: 7 },
      { NameContains: 'page-' },
    )) {
      names.push(...(page.TrainingJobSummaries ?? []).map((summary) => summary.TrainingJobName));
    }
    expect(names).toEqual(Array.from({ length: 23 }, (_, i) => `page-${String(i).padStart(2, '0')}`));
  });

  it('has what a summary has, and nothing else', async () => {
    await create('summary');
    await aws.describeUntil('summary', hasEnded);
    const { TrainingJobSummaries = [] } = await aws.client.send(
      new ListTrainingJobsCommand({ NameContains: 'summary' }),
    );
    expect(Object.keys(TrainingJobSummaries[0] ?? {}).sort()).toEqual([
      'CreationTime',
      'LastModifiedTime',
      'SecondaryStatus',
      'TrainingEndTime',
      'TrainingJobArn',
      'TrainingJobName',
      'TrainingJobStatus',
    ]);
  });

  it('finds what changed since a time', async () => {
    await create('changed', image('forever'));
    const { LastModifiedTime } = await aws.describeUntil(
      'changed',
      (job) => job.SecondaryStatus === 'Training',
    );
    await stop('changed');
    const { TrainingJobSummaries } = await aws.client.send(
      new ListTrainingJobsCommand({ LastModifiedTimeAfter: LastModifiedTime, NameContains: 'changed' }),
    );
    expect(TrainingJobSummaries).toMatchObject([{ TrainingJobName: 'changed' }]);
  });
});

describe('tags', () => {
  const arn = 'arn:aws:sagemaker:us-east-1:111122223333:training-job/tagged';
  const tagsOf = async () => (await aws.client.send(new ListTagsCommand({ ResourceArn: arn }))).Tags;

  it('come with the job, are added, replaced and deleted', async () => {
    await create('tagged', {
      Tags: [
        { Key: 'team', Value: 'search' },
        { Key: 'cost', Value: '1' },
      ],
    });
    expect(await describeJob('tagged')).not.toHaveProperty('Tags');
    const added = await aws.client.send(
      new AddTagsCommand({
        ResourceArn: arn,
        Tags: [
          { Key: 'cost', Value: '2' },
          { Key: 'new', Value: '' },
        ],
      }),
    );
    expect(added.Tags).toHaveLength(3);
    await aws.client.send(new DeleteTagsCommand({ ResourceArn: arn, TagKeys: ['team', 'unknown'] }));
    expect(await tagsOf()).toEqual([
      { Key: 'cost', Value: '2' },
      { Key: 'new', Value: '' },
    ]);
  });

  it('are refused beyond 50, with a reserved prefix, and for unknown resources', async () => {
    const add = (ResourceArn: string, Tags: { Key: string; Value: string }[]) =>
      aws.client.send(new AddTagsCommand({ ResourceArn, Tags }));
    const many = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: '' }));
    await expect(add(arn, many)).rejects.toThrow('at most 50 tags');
    await expect(add(arn, [{ Key: 'aws:x', Value: '' }])).rejects.toThrow('aws:x');
    await expect(add(arn.replace('tagged', 'nobody'), many)).rejects.toThrow('Requested resource not found.');
    await expect(add(arn.replace('us-east-1', 'eu-west-1'), many)).rejects.toThrow(
      'Requested resource not found.',
    );
  });
});

describe('a spot training job', () => {
  it('is interrupted and runs again under its name, with its checkpoints', async () => {
    const ready = join(aws.dataDir, 'spot-ready');
    const script =
      'cd "$SM_CHECKPOINT_DIR" 2>/dev/null || cd /opt/ml/checkpoints; ' +
      `if [ -f step ]; then exit 0; fi; echo 1 > step; touch ${ready}; while :; do sleep 0.05; done`;
    await create('spot', {
      ...shell(script),
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 3_600, MaxWaitTimeInSeconds: 3_600 },
      CheckpointConfig: { S3Uri: 's3://bucket/checkpoints/spot' },
    });
    await vi.waitFor(() => access(ready), { timeout: 10_000 });
    const interrupted = await aws.control('POST', '/jobs/spot/interrupt');
    expect(interrupted.json).toEqual({ jobs: ['spot'] });
    const job = await aws.describeUntil('spot', hasEnded);
    expect(job.TrainingJobStatus).toBe('Completed');
    expect(job.SecondaryStatusTransitions?.map(({ Status }) => Status)).toEqual([
      'Starting',
      'Downloading',
      'Training',
      'Interrupted',
      'Starting',
      'Downloading',
      'Training',
      'Uploading',
      'Completed',
    ]);
  });
});
