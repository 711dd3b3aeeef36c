import { describe, expect, it } from 'vitest';
import { sageMakerTrainingService } from '../../../src/aws/sagemaker-training-service.ts';
import type { TrainingRequest } from '../../../src/jobs/training-request.ts';
import { TrainingServiceError, type TrainingService } from '../../../src/ports/training-service.ts';
import { type CannedAnswer, CannedAnswers, json } from './canned-answers.ts';

const ARN = 'arn:aws:sagemaker:us-east-1:111122223333:training-job/ty-rank-lr-1';

const refusal = (name: string, message: string, status = 400): CannedAnswer =>
  json({ __type: name, message }, status);
const serviceOn = (
  ...answers: (CannedAnswer | Error)[]
): { canned: CannedAnswers; service: TrainingService } => {
  const canned = new CannedAnswers(...answers);
  return { canned, service: sageMakerTrainingService(canned.sageMaker()) };
};

describe('the SageMaker training service', () => {
  it('passes every member of the request on, under the name of the attempt', async () => {
    const request: TrainingRequest = {
      RoleArn: 'arn:aws:iam::111122223333:role/trainer',
      OutputDataConfig: { S3OutputPath: 's3://models/out', CompressionType: 'NONE' },
      ResourceConfig: { InstanceType: 'ml.p4d.24xlarge', InstanceCount: 2, VolumeSizeInGB: 30 },
      AlgorithmSpecification: { TrainingImage: 'image:1', TrainingInputMode: 'File' },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
      HyperParameters: { lr: '0.1' },
      EnableManagedSpotTraining: true,
      Tags: [{ Key: 'trainyard:job-id', Value: 'rank-lr' }],
    };
    const { canned, service } = serviceOn(json({ TrainingJobArn: ARN }));
    expect(await service.create('ty-rank-lr-1', request)).toEqual({ arn: ARN });
    expect(canned.sent[0]?.target).toBe('SageMaker.CreateTrainingJob');
    expect(JSON.parse(canned.sent[0]?.body ?? '')).toEqual({ TrainingJobName: 'ty-rank-lr-1', ...request });
  });

  it('reads everything that a description can say', async () => {
    const { service } = serviceOn(
      json({
        TrainingJobName: 'ty-rank-lr-1',
        TrainingJobArn: ARN,
        TrainingJobStatus: 'Completed',
        SecondaryStatus: 'Completed',
        CreationTime: 1_700_000_000.5,
        LastModifiedTime: 1_700_000_400,
        TrainingStartTime: 1_700_000_100,
        TrainingEndTime: 1_700_000_300,
        TrainingTimeInSeconds: 200,
        BillableTimeInSeconds: 60,
        ResourceConfig: {
          InstanceCount: 1,
          SelectedInstanceType: 'ml.g6.48xlarge',
          SelectedInstanceCount: 2,
        },
        StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxPendingTimeInSeconds: 7200 },
        ModelArtifacts: { S3ModelArtifacts: 's3://models/out/model.tar.gz' },
        FinalMetricDataList: [{ MetricName: 'accuracy', Value: 0.5, Timestamp: 1_700_000_300 }],
        SecondaryStatusTransitions: [
          { Status: 'Completed', StartTime: 1_700_000_300, StatusMessage: 'Training job completed' },
          { Status: 'Interrupted', StartTime: 1_700_000_200, StatusMessage: 'Interrupted' },
          { Status: 'Starting', StartTime: 1_700_000_000, StatusMessage: 'Starting the training job.' },
        ],
        SomethingNew: true,
      }),
    );
    expect(await service.describe('ty-rank-lr-1')).toEqual({
      name: 'ty-rank-lr-1',
      arn: ARN,
      status: 'Completed',
      secondaryStatus: 'Completed',
      statusMessage: 'Training job completed',
      createdAt: 1_700_000_000_500,
      lastModifiedAt: 1_700_000_400_000,
      trainingStartedAt: 1_700_000_100_000,
      trainingEndedAt: 1_700_000_300_000,
      trainingSeconds: 200,
      billableSeconds: 60,
      instanceType: 'ml.g6.48xlarge',
      instanceCount: 2,
      maxPendingSeconds: 7200,
      modelUri: 's3://models/out/model.tar.gz',
      metrics: [{ name: 'accuracy', value: 0.5 }],
      interruptions: 1,
    });
  });

  it('leaves out what a description leaves out', async () => {
    const { service } = serviceOn(
      json({
        TrainingJobName: 'ty-rank-lr-1',
        TrainingJobArn: ARN,
        TrainingJobStatus: 'Failed',
        FailureReason: 'CapacityError: none',
        CreationTime: 1_700_000_000,
      }),
    );
    expect(await service.describe('ty-rank-lr-1')).toEqual({
      name: 'ty-rank-lr-1',
      arn: ARN,
      status: 'Failed',
      failureReason: 'CapacityError: none',
      createdAt: 1_700_000_000_000,
      metrics: [],
      interruptions: 0,
    });
  });

  it('gathers the tags of all pages', async () => {
    const { service } = serviceOn(
      json({ Tags: [{ Key: 'a', Value: '1' }], NextToken: 'more' }),
      json({ Tags: [{ Key: 'b', Value: '' }] }),
    );
    expect(await service.tags(ARN)).toEqual({ a: '1', b: '' });
  });

  it('asks for large pages of what was modified, with the same question on each page', async () => {
    const { canned, service } = serviceOn(
      json({
        TrainingJobSummaries: [
          {
            TrainingJobName: 'a',
            TrainingJobStatus: 'InProgress',
            SecondaryStatus: 'Training',
            CreationTime: 1_700_000_000,
            LastModifiedTime: 1_700_000_100.25,
          },
          { TrainingJobName: 'b', TrainingJobStatus: 'Stopped', CreationTime: 1_700_000_050 },
        ],
        NextToken: 'more',
      }),
      json({ TrainingJobSummaries: [] }),
    );
    expect(await service.listModified({ after: 1_700_000_000_000 })).toEqual({
      summaries: [
        {
          name: 'a',
          status: 'InProgress',
          secondaryStatus: 'Training',
          createdAt: 1_700_000_000_000,
          lastModifiedAt: 1_700_000_100_250,
        },
        { name: 'b', status: 'Stopped', createdAt: 1_700_000_050_000, lastModifiedAt: 1_700_000_050_000 },
      ],
      nextToken: 'more',
    });
    expect(await service.listModified({ after: 1_700_000_000_000, nextToken: 'more' })).toEqual({
      summaries: [],
    });
    const [first, second] = canned.sent.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(first).toEqual({
      LastModifiedTimeAfter: 1_700_000_000,
      MaxResults: 100,
      SortBy: 'CreationTime',
      SortOrder: 'Descending',
    });
    expect(second).toEqual({ ...first, NextToken: 'more' });
  });

  it.each([
    ['ValidationException', 'Requested resource not found.'],
    ['ResourceNotFound', 'Requested resource not found'],
  ])('knows no training job where SageMaker says %s', async (name, message) => {
    expect(await serviceOn(refusal(name, message)).service.describe('x')).toBeUndefined();
    await expect(serviceOn(refusal(name, message)).service.stop('x')).resolves.toBeUndefined();
  });

  it('takes a stop of what is no longer running for done', async () => {
    const rejected = 'The request was rejected because the training job is in status Stopped.';
    await expect(
      serviceOn(refusal('ValidationException', rejected)).service.stop('x'),
    ).resolves.toBeUndefined();
  });

  it.each(['describe', 'stop'] as const)('passes other validation errors of %s on', async (operation) => {
    const { service } = serviceOn(refusal('ValidationException', 'No.'));
    await expect(service[operation]('x')).rejects.toMatchObject({
      errorName: 'ValidationException',
      message: 'No.',
    });
  });

  const errors: Record<string, { answer: CannedAnswer | Error; want: Partial<TrainingServiceError> }> = {
    'names a modelled error': {
      answer: refusal('ResourceLimitExceeded', 'too many'),
      want: { errorName: 'ResourceLimitExceeded', message: 'too many', httpStatus: 400 },
    },
    'names an error with a namespace': {
      answer: refusal('com.amazonaws.sagemaker#ResourceInUse', 'taken'),
      want: { errorName: 'ResourceInUse', message: 'taken', httpStatus: 400 },
    },
    'names an error that is not in the model': {
      answer: refusal('ThrottlingException', 'Rate exceeded'),
      want: { errorName: 'ThrottlingException', message: 'Rate exceeded', httpStatus: 400 },
    },
    'keeps the status of an answer that cannot be read': {
      answer: { status: 502, body: '<html>Bad Gateway</html>' },
      want: { httpStatus: 502 },
    },
    'names a transport error by its code': {
      answer: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
      want: { errorName: 'ECONNRESET', message: 'read ECONNRESET', httpStatus: undefined },
    },
    'names what a host with several addresses refuses': {
      answer: Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:1')], ''), {
        code: 'ECONNREFUSED',
      }),
      want: { errorName: 'ECONNREFUSED', message: 'connect ECONNREFUSED ::1:1' },
    },
    "names the SDK's own errors by their name": {
      answer: Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' }),
      want: {
        errorName: 'CredentialsProviderError',
        message: 'Could not load credentials',
        httpStatus: undefined,
      },
    },
  };
  for (const [name, { answer, want }] of Object.entries(errors)) {
    it(name, async () => {
      const error: unknown = await serviceOn(answer)
        .service.describe('x')
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(TrainingServiceError);
      expect(error).toMatchObject(want);
    });
  }
});
