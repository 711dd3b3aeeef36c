import { describe, expect, it } from 'vitest';
import { checkCrossFieldRules } from '../../../src/local-aws/sagemaker/cross-field-rules.ts';
import {
  type CreateTrainingJobRequest,
  type Operation,
  parseRequest,
} from '../../../src/local-aws/sagemaker/requests.ts';
import { aSpotRequest, aTrainingRequest } from '../../support/local-aws/a-training-request.ts';

function refusal(operation: Operation, request: unknown): { code: string; message: string } {
  try {
    const body = typeof request === 'string' ? request : JSON.stringify(request);
    const parsed = parseRequest(operation, body);
    if (operation === 'CreateTrainingJob') checkCrossFieldRules(parsed as CreateTrainingJobRequest);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('the request was accepted');
}

const algorithm = { TrainingImage: 'trainer:1', TrainingInputMode: 'File' };
const channel = (name: string, more: object = {}) => ({
  ChannelName: name,
  DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://bucket/${name}`, ...more } },
});

describe("the service model's constraints", () => {
  const cases: Record<string, { change: object; wantMessage: string }> = {
    'a name with an underscore': {
      change: { TrainingJobName: 'job_1' },
      wantMessage:
        "1 validation error detected: Value 'job_1' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
    },
    'a name that ends in a hyphen': {
      change: { TrainingJobName: 'job-' },
      wantMessage: "1 validation error detected: Value 'job-' at 'trainingJobName' failed",
    },
    'a name of 64 characters, which breaks pattern and length': {
      change: { TrainingJobName: 'x'.repeat(64) },
      wantMessage: `2 validation errors detected: Value '${'x'.repeat(64)}' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; Value '${'x'.repeat(64)}' at 'trainingJobName' failed to satisfy constraint: Member must have length less than or equal to 63`,
    },
    'a role that is only a name': {
      change: { RoleArn: 'AmazonSageMaker-ExecutionRole-20230901T123456' },
      wantMessage:
        "1 validation error detected: Value 'AmazonSageMaker-ExecutionRole-20230901T123456' at 'roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
    },
    'a missing role': {
      change: { RoleArn: undefined },
      wantMessage:
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
    },
    'two missing members': {
      change: { RoleArn: null, OutputDataConfig: undefined },
      wantMessage: '2 validation errors detected: ',
    },
    'a missing member of a member': {
      change: { OutputDataConfig: {} },
      wantMessage:
        "Value null at 'outputDataConfig.s3OutputPath' failed to satisfy constraint: Member must not be null",
    },
    'an unknown input mode': {
      change: { AlgorithmSpecification: { ...algorithm, TrainingInputMode: 'Folder' } },
      wantMessage:
        "1 validation error detected: Value 'Folder' at 'algorithmSpecification.trainingInputMode' failed to satisfy constraint: Member must satisfy enum value set: [Pipe, File, FastFile]",
    },
    'an unknown instance type': {
      change: { ResourceConfig: { InstanceType: 'ml.p99.large', InstanceCount: 1 } },
      wantMessage:
        "Value 'ml.p99.large' at 'resourceConfig.instanceType' failed to satisfy constraint: Member must satisfy enum value set: [ml.",
    },
    'a pending time below half an hour': {
      change: { StoppingCondition: { MaxPendingTimeInSeconds: 60 } },
      wantMessage:
        "1 validation error detected: Value '60' at 'stoppingCondition.maxPendingTimeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 1800",
    },
    'a runtime of 0': {
      change: { StoppingCondition: { MaxRuntimeInSeconds: 0 } },
      wantMessage:
        "Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 1",
    },
    'a runtime of more than 28 days': {
      change: { StoppingCondition: { MaxRuntimeInSeconds: 2_419_201 } },
      wantMessage:
        "Value '2419201' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member must have value less than or equal to 2419200",
    },
    'a hyperparameter of 2,501 characters': {
      change: { HyperParameters: { lr: 'x'.repeat(2_501) } },
      wantMessage:
        "' at 'hyperParameters' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 2500, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: .*]",
    },
    'a hyperparameter name of 257 characters': {
      change: { HyperParameters: { ['x'.repeat(257)]: '1' } },
      wantMessage: "' at 'hyperParameters' failed to satisfy constraint: Map keys must satisfy constraint: [",
    },
    '101 hyperparameters': {
      change: { HyperParameters: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`p${i}`, '1'])) },
      wantMessage:
        "' at 'hyperParameters' failed to satisfy constraint: Member must have length less than or equal to 100",
    },
    'an environment variable with a hyphen': {
      change: { Environment: { 'A-B': '1' } },
      wantMessage:
        "Value '{A-B=1}' at 'environment' failed to satisfy constraint: Map keys must satisfy constraint: [",
    },
    'no channels in a list of channels': {
      change: { InputDataConfig: [] },
      wantMessage:
        "Value '[]' at 'inputDataConfig' failed to satisfy constraint: Member must have length greater than or equal to 1",
    },
    'a bad name of the second channel': {
      change: { InputDataConfig: [channel('a'), channel('b/c')] },
      wantMessage:
        "Value 'b/c' at 'inputDataConfig.2.member.channelName' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9\\.\\-_]+",
    },
    'six instance preferences': {
      change: {
        ResourceConfig: {
          InstanceCount: 1,
          InstancePreferences: [
            'ml.g5.xlarge',
            'ml.g5.2xlarge',
            'ml.g5.4xlarge',
            'ml.g6.xlarge',
            'ml.g6.2xlarge',
            'ml.g6.4xlarge',
          ].map((InstanceType) => ({ InstanceType })),
        },
      },
      wantMessage:
        "at 'resourceConfig.instancePreferences' failed to satisfy constraint: Member must have length less than or equal to 5",
    },
    '51 tags': {
      change: { Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: 'v' })) },
      wantMessage:
        "' at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
    },
    'a tag without value': {
      change: { Tags: [{ Key: 'k' }] },
      wantMessage:
        "Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null",
    },
    '31 retries': {
      change: { RetryStrategy: { MaximumRetryAttempts: 31 } },
      wantMessage:
        "Value '31' at 'retryStrategy.maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 30",
    },
  };
  it.each(Object.entries(cases))('refuse %s', (_name, { change, wantMessage }) => {
    const error = refusal('CreateTrainingJob', { ...aTrainingRequest(), ...change });
    expect(error.code).toBe('ValidationException');
    expect(error.message).toContain(wantMessage);
  });

  it('hold for the other operations too', () => {
    expect(refusal('ListTrainingJobs', { MaxResults: 101 }).message).toContain("Value '101' at 'maxResults'");
    expect(refusal('ListTrainingJobs', { StatusEquals: 'Running' }).message).toContain(
      "Value 'Running' at 'statusEquals'",
    );
    expect(refusal('DescribeTrainingJob', {}).message).toContain("Value null at 'trainingJobName'");
    expect(
      refusal('DeleteTags', { ResourceArn: 'arn:aws:sagemaker:us-east-1:1:x', TagKeys: [] }).message,
    ).toMatch(
      /^2 validation errors detected: Value 'arn:aws:sagemaker:us-east-1:1:x' at 'resourceArn'.*; Value '\[\]' at 'tagKeys'/,
    );
  });

  it('let a request pass that keeps them all, and drop members that the model does not know', () => {
    const request = { ...aTrainingRequest(), NewFeature: { a: 1 }, HyperParameters: { __proto__x: '1' } };
    expect(parseRequest('CreateTrainingJob', JSON.stringify(request))).toEqual({
      ...aTrainingRequest(),
      HyperParameters: { __proto__x: '1' },
    });
  });

  it('count a key named __proto__ as any other', () => {
    const body = JSON.stringify(aTrainingRequest()).replace('{', '{"HyperParameters":{"__proto__":"1"},');
    expect(JSON.stringify(parseRequest('CreateTrainingJob', body))).toContain(
      '"HyperParameters":{"__proto__":"1"}',
    );
  });
});

describe('requests that cannot be read', () => {
  const cases: Record<string, { body: unknown; wantMessage: string }> = {
    'no JSON': { body: '{"TrainingJobName":', wantMessage: 'not valid JSON' },
    'a list instead of an object': { body: [], wantMessage: 'Start of list found where not expected' },
    'a text instead of an object': { body: '"x"', wantMessage: 'STRING_VALUE can not be converted' },
    'a number for a text': {
      body: { TrainingJobName: 1 },
      wantMessage: 'NUMBER_VALUE can not be converted to a String',
    },
    'a text for a number': {
      body: { ResourceConfig: { InstanceCount: '1' } },
      wantMessage: 'STRING_VALUE can not be converted to an Integer',
    },
    'a fraction for a number': {
      body: { ResourceConfig: { InstanceCount: 1.5 } },
      wantMessage: 'DECIMAL_VALUE can not be converted to an Integer',
    },
    'a number beyond 32 bits': {
      body: { ResourceConfig: { InstanceCount: 2 ** 31 } },
      wantMessage: 'NUMBER_VALUE can not be converted to an Integer',
    },
    'a text for a boolean': {
      body: { EnableManagedSpotTraining: 'true' },
      wantMessage: 'STRING_VALUE can not be converted to a Boolean',
    },
    'a map for a list': {
      body: { Tags: { k: 'v' } },
      wantMessage: 'Start of structure or map found where not expected.',
    },
    'a list for a map': {
      body: { HyperParameters: [] },
      wantMessage: 'Start of list found where not expected',
    },
    'a number among hyperparameters': {
      body: { HyperParameters: { lr: 0.1 } },
      wantMessage: 'DECIMAL_VALUE can not be converted to a String',
    },
  };
  it.each(Object.entries(cases))('%s', (_name, { body, wantMessage }) => {
    const error = refusal('CreateTrainingJob', body);
    expect(error.code).toBe('SerializationException');
    expect(error.message).toContain(wantMessage);
  });
});

describe('rules beyond the service model', () => {
  const group = { InstanceType: 'ml.g5.xlarge', InstanceCount: 1, InstanceGroupName: 'g' };
  const preference = { InstanceType: 'ml.g5.xlarge', InstanceCount: 1 };
  const resources = (ResourceConfig: object) => ({ ResourceConfig });
  const cases: Record<string, { change: object; spot?: true; wantMessage: string }> = {
    'neither image nor algorithm': {
      change: { AlgorithmSpecification: { TrainingInputMode: 'File' } },
      wantMessage: 'either TrainingImage or AlgorithmName',
    },
    'image and algorithm': {
      change: { AlgorithmSpecification: { ...algorithm, AlgorithmName: 'a' } },
      wantMessage: 'either TrainingImage or AlgorithmName',
    },
    'no resources': { change: { ResourceConfig: undefined }, wantMessage: 'ResourceConfig is required.' },
    'no instance type': { change: resources({ InstanceCount: 1 }), wantMessage: 'must specify InstanceType' },
    'no instance': {
      change: resources({ InstanceType: 'ml.m5.large', InstanceCount: 0 }),
      wantMessage: 'at least 1',
    },
    'spot without a wait': {
      change: { EnableManagedSpotTraining: true },
      wantMessage:
        'Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds',
    },
    'spot with a wait shorter than the runtime': {
      change: { StoppingCondition: { MaxRuntimeInSeconds: 100, MaxWaitTimeInSeconds: 99 } },
      spot: true,
      wantMessage:
        'Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds',
    },
    'spot with a wait shorter than the default runtime of a day': {
      change: { StoppingCondition: { MaxWaitTimeInSeconds: 86_399 } },
      spot: true,
      wantMessage: 'Invalid MaxWaitTimeInSeconds. It must be present',
    },
    'a wait without spot': {
      change: { StoppingCondition: { MaxWaitTimeInSeconds: 7_200 } },
      wantMessage:
        'Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true',
    },
    'groups and an instance type': {
      change: resources({ InstanceType: 'ml.m5.large', InstanceGroups: [group] }),
      wantMessage: 'InstanceType or InstanceCount cannot be specified with InstanceGroups',
    },
    'groups and an instance count': {
      change: resources({ InstanceCount: 1, InstanceGroups: [group] }),
      wantMessage: 'InstanceType or InstanceCount cannot be specified with InstanceGroups',
    },
    'two groups of one name': {
      change: resources({ InstanceGroups: [group, group] }),
      wantMessage: 'Found duplicate: g',
    },
    'preferences and an instance type': {
      change: resources({ InstanceType: 'ml.m5.large', InstancePreferences: [preference] }),
      wantMessage: 'InstancePreferences cannot be specified with InstanceType',
    },
    'preferences and groups': {
      change: resources({ InstanceGroups: [group], InstancePreferences: [preference] }),
      wantMessage: 'InstancePreferences cannot be specified with InstanceGroups',
    },
    'preferences and a placement': {
      change: resources({ InstancePlacementConfig: {}, InstancePreferences: [preference] }),
      wantMessage: 'InstancePreferences cannot be specified with InstancePlacementConfig',
    },
    'preferences and spot': {
      change: resources({ InstancePreferences: [preference] }),
      spot: true,
      wantMessage: 'InstancePreferences cannot be specified with EnableManagedSpotTraining',
    },
    'preferences with a type twice': {
      change: resources({ InstancePreferences: [preference, preference] }),
      wantMessage: 'Found duplicate: ml.g5.xlarge',
    },
    'preferences with a count on some only': {
      change: resources({ InstancePreferences: [preference, { InstanceType: 'ml.g6.xlarge' }] }),
      wantMessage: 'either in ResourceConfig or for every entry',
    },
    'preferences with counts in both places': {
      change: resources({ InstanceCount: 1, InstancePreferences: [preference] }),
      wantMessage: 'either in ResourceConfig or for every entry',
    },
    'preferences without any count': {
      change: resources({ InstancePreferences: [{ InstanceType: 'ml.g6.xlarge' }] }),
      wantMessage: 'either in ResourceConfig or for every entry',
    },
    'a selection, which is read-only': {
      change: resources({
        InstanceType: 'ml.m5.large',
        InstanceCount: 1,
        SelectedInstanceType: 'ml.m5.large',
      }),
      wantMessage: 'read-only',
    },
    'a warm pool and spot': {
      change: resources({ InstanceType: 'ml.m5.large', InstanceCount: 1, KeepAlivePeriodInSeconds: 60 }),
      spot: true,
      wantMessage: 'KeepAlivePeriodInSeconds cannot be specified with EnableManagedSpotTraining',
    },
    'two channels of one name': {
      change: { InputDataConfig: [channel('train'), channel('train')] },
      wantMessage: 'Found duplicate channel name: train',
    },
    'a channel without a source': {
      change: { InputDataConfig: [{ ChannelName: 'train', DataSource: {} }] },
      wantMessage: 'Exactly one of S3DataSource',
    },
    'instance groups on some channels only': {
      change: {
        ...resources({ InstanceGroups: [group] }),
        InputDataConfig: [
          channel('a', { InstanceGroupNames: ['g'] }),
          channel('sm_drivers'),
          channel('code'),
        ],
      },
      wantMessage: 'Some channels have assigned instance groups: [a] while others not: [sm_drivers, code]',
    },
    'an unknown instance group': {
      change: { InputDataConfig: [channel('a', { InstanceGroupNames: ['h'] })] },
      wantMessage: 'names the instance group h',
    },
    'an output path without a bucket': {
      change: { OutputDataConfig: { S3OutputPath: 's3://..' } },
      wantMessage: 'Invalid S3OutputPath. "s3://.." is not an S3 location; write s3://bucket/key.',
    },
    'an output path that leads out of its bucket': {
      change: { OutputDataConfig: { S3OutputPath: 's3://bucket/a/../../b' } },
      wantMessage: 'Invalid S3OutputPath. The key of "s3://bucket/a/../../b" has a part ".."',
    },
    'an output path that is no place in S3': {
      change: { OutputDataConfig: { S3OutputPath: 'https://example.com/models' } },
      wantMessage: 'Invalid S3OutputPath. "https://example.com/models" is not an S3 location',
    },
    'checkpoints that lead out of their bucket': {
      change: { CheckpointConfig: { S3Uri: 's3://bucket/../b' } },
      wantMessage: 'Invalid S3Uri of CheckpointConfig. The key of "s3://bucket/../b" has a part ".."',
    },
    'a reserved tag': {
      change: { Tags: [{ Key: 'AWS:x', Value: '1' }] },
      wantMessage: 'Invalid tag key: AWS:x',
    },
    'a tag twice': {
      change: {
        Tags: [
          { Key: 'k', Value: '1' },
          { Key: 'k', Value: '2' },
        ],
      },
      wantMessage: 'Found duplicate tag key: k',
    },
    'a serverless job': {
      change: {
        ServerlessJobConfig: {
          BaseModelArn: 'arn:aws:sagemaker:us-east-1:aws:hub-content/h/Model/m/1.0.0',
          JobType: 'FineTuning',
        },
      },
      wantMessage: 'not supported by the local AWS endpoint',
    },
  };
  it.each(Object.entries(cases))('refuse %s', (_name, { change, spot, wantMessage }) => {
    const request = spot === true ? aSpotRequest() : aTrainingRequest();
    const error = refusal('CreateTrainingJob', { ...request, ...change });
    expect([error.code, error.message]).toEqual([
      'ValidationException',
      expect.stringContaining(wantMessage),
    ]);
  });

  const accepted: Record<string, object> = {
    'a spot job whose wait equals its runtime': aSpotRequest({
      StoppingCondition: { MaxRuntimeInSeconds: 100, MaxWaitTimeInSeconds: 100 },
    }),
    'preferences with one count for all': aTrainingRequest({
      ResourceConfig: {
        InstanceCount: 2,
        InstancePreferences: [{ InstanceType: 'ml.g6.xlarge' }, { InstanceType: 'ml.g5.xlarge' }],
      },
    }),
    'groups alone': aTrainingRequest({ ResourceConfig: { InstanceGroups: [group] } }),
    'an output path of the https form': aTrainingRequest({
      OutputDataConfig: { S3OutputPath: 'https://s3.us-east-1.amazonaws.com/bucket/models' },
    }),
    'a bucket alone, for output and checkpoints': aTrainingRequest({
      OutputDataConfig: { S3OutputPath: 's3://bucket' },
      CheckpointConfig: { S3Uri: 's3://bucket/' },
    }),
    'a runtime of 28 days': aTrainingRequest({ StoppingCondition: { MaxRuntimeInSeconds: 2_419_200 } }),
    'an algorithm of the account': aTrainingRequest({
      AlgorithmSpecification: { AlgorithmName: 'my-algorithm', TrainingInputMode: 'File' },
    }),
  };
  it.each(Object.entries(accepted))('accept %s', (_name, request) => {
    const parsed = parseRequest('CreateTrainingJob', JSON.stringify(request));
    expect(() => checkCrossFieldRules(parsed)).not.toThrow();
  });
});
