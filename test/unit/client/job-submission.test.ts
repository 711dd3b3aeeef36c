import { beforeEach, describe, expect, test } from 'vitest';
import { TrainyardClient } from '../../../src/client/index.ts';
import { staticDetails, staticSummary } from '../../../src/jobs/job-metadata.ts';
import { specHash } from '../../../src/client/job-submission.ts';
import { aJob, P5 } from '../../support/a-job.ts';
import { FakeTemporal } from './fake-temporal.ts';

let temporal: FakeTemporal;
let client: TrainyardClient;
beforeEach(() => {
  temporal = new FakeTemporal();
  client = TrainyardClient.on(temporal.client, { taskQueue: 'ours' });
});

describe('submitting a job', () => {
  test('starts its workflow, with everything that the Web UI and visibility show from the first moment', async () => {
    const job = aJob({ jobId: 'rank-1', user: 'ana', priority: 7 });
    expect(await client.submit(job)).toEqual({
      jobId: 'rank-1',
      workflowId: 'job/rank-1',
      alreadySubmitted: false,
    });
    const [[type, options]] = temporal.started as [(typeof temporal.started)[0]];
    expect(type).toBe('trainingJob');
    expect(options).toMatchObject({
      workflowId: 'job/rank-1',
      taskQueue: 'ours',
      args: [{ job }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: 'train examples:1 on 1 × ml.p4d.24xlarge · ana',
      memo: { specHash: specHash(job) },
    });
    expect(
      Object.fromEntries(
        (options.typedSearchAttributes as { getAll(): { key: { name: string }; value: unknown }[] })
          .getAll()
          .map(({ key, value }) => [key.name, value]),
      ),
    ).toEqual({
      JobStatus: 'SUBMITTED',
      JobPriority: 7,
      JobUser: 'ana',
      JobInstanceType: 'ml.p4d.24xlarge',
    });
  });

  test('gives it an id when it has none', async () => {
    const { jobId } = await client.submit({
      training: {
        AlgorithmSpecification: { TrainingImage: 'x', TrainingInputMode: 'File' },
        RoleArn: 'arn:aws:iam::111122223333:role/train',
        OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
        ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 5 },
        StoppingCondition: { MaxRuntimeInSeconds: 60 },
      },
    });
    expect(jobId).toMatch(/^job-[a-z2-9]{12}$/);
  });

  test('again, with its keys in another order, finds the first one', async () => {
    const job = aJob({ jobId: 'rank-1' });
    await client.submit(job);
    const shuffled = Object.fromEntries(Object.entries(job).reverse()) as unknown as typeof job;
    expect(await client.submit(shuffled)).toMatchObject({ alreadySubmitted: true });
    expect(temporal.started).toHaveLength(1);
  });

  test('of another content under the same id is a conflict', async () => {
    await client.submit(aJob({ jobId: 'rank-1' }));
    await expect(client.submit(aJob({ jobId: 'rank-1', priority: 1 }))).rejects.toMatchObject({
      code: 'JOB_EXISTS',
    });
  });

  test('that is not valid, or that names a queue, sends nothing', async () => {
    await expect(client.submit(aJob({ priority: 10_000 }))).rejects.toMatchObject({ code: 'JOB_INVALID' });
    await expect(client.submit({ ...aJob(), queue: 'prod' })).rejects.toMatchObject({
      code: 'QUEUE_NOT_FOUND',
    });
    expect(temporal.started).toEqual([]);
  });
});

describe('the summary of a job', () => {
  const withAlgorithm = (algorithm: object): ReturnType<typeof aJob> =>
    aJob({ training: { AlgorithmSpecification: { TrainingInputMode: 'File', ...algorithm } } });

  test.each([
    [
      'the image without its registry',
      withAlgorithm({ TrainingImage: '111122223333.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.3' }),
      'train pytorch-training:2.3 on 1 × ml.p4d.24xlarge',
    ],
    [
      'the script of the training toolkit',
      aJob({ training: { HyperParameters: { sagemaker_program: '"train.py"' } } }),
      'train train.py on 1 × ml.p4d.24xlarge',
    ],
    [
      "the script in the container's command",
      withAlgorithm({
        TrainingImage: 'x',
        ContainerEntrypoint: ['python', '/opt/ml/code/fit.py', '--lr=0.1'],
      }),
      'train fit.py on 1 × ml.p4d.24xlarge',
    ],
    [
      'the algorithm of the Marketplace',
      withAlgorithm({ AlgorithmName: 'xgb' }),
      'train xgb on 1 × ml.p4d.24xlarge',
    ],
  ])('names %s', (_, job, want) => {
    expect(staticSummary(job)).toBe(want);
  });

  test('fits the limit of the Web UI, cut between characters', () => {
    const summary = staticSummary(aJob({ user: 'ü'.repeat(128) }));
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(200);
    expect(summary).toMatch(/ü…$/);
  });
});

test('the details of a job say what was asked for, and let no Markdown of users through', () => {
  const details = staticDetails(
    aJob({
      jobId: 'rank-1',
      user: '<b>*ana*',
      placements: [P5],
      retry: { attempts: 3 },
      notifyOn: ['FAILED'],
    }),
  );
  expect(details).toContain('Job **rank-1** of \\<b\\>\\*ana\\*');
  expect(details).toContain('- placements, in order: 1 × ml.p5.48xlarge');
  expect(details).toContain('3 attempts allowed');
  expect(details).toContain('on FAILED');
});
