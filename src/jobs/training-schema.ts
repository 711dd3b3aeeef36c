import { z } from 'zod';
import { INSTANCE_TYPES } from './instance-types.ts';
import { flag, list, oneOf, open, refused, text, unfrozen, wholeNumber } from './schema-parts.ts';

/**
 * The `training` section: a CreateTrainingJob request. Bounds and patterns are botocore 1.43.107's; members that are not
 * named here pass through untouched, so that what SageMaker adds later can be used at once.
 */
const S3_URI = text('s3://bucket/prefix (or https://…), at most 1024 characters', {
  max: 1024,
  pattern: /^(https|s3):\/\/([^/]+)\/?(.*)$/,
});
const LONGEST_RUN = 28 * 86_400;

const type = z.enum(INSTANCE_TYPES, {
  error: 'an instance type that CreateTrainingJob takes, such as ml.p4d.24xlarge',
});
const count = wholeNumber(1, 1000);

export const instanceType = unfrozen(type);
export const instanceCount = unfrozen(count);

const algorithm = open({
  TrainingImage: text('an image URI of at most 255 characters', { max: 255 }).exactOptional(),
  AlgorithmName: text('the name or ARN of an algorithm, at most 170 characters', {
    max: 170,
  }).exactOptional(),
  TrainingInputMode: oneOf(['File', 'FastFile', 'Pipe']),
  MetricDefinitions: list(
    open({
      Name: text('1-255 characters', { max: 255 }),
      Regex: text('a regular expression of 1-500 characters', { max: 500 }),
    }),
    0,
    40,
  ).exactOptional(),
  ContainerEntrypoint: list(
    text('text of at most 256 characters', { min: 0, max: 256 }),
    1,
    100,
  ).exactOptional(),
  ContainerArguments: list(
    text('text of at most 256 characters', { min: 0, max: 256 }),
    1,
    100,
  ).exactOptional(),
});

const resources = open({
  InstanceType: type.exactOptional().describe('The preferred placement, together with InstanceCount.'),
  InstanceCount: count.exactOptional(),
  VolumeSizeInGB: wholeNumber(0, 65_536, 'GiB').exactOptional(),
  VolumeKmsKeyId: text('the id or ARN of a KMS key', {
    max: 2048,
    pattern: /^[a-zA-Z0-9:/_-]*$/,
  }).exactOptional(),
  KeepAlivePeriodInSeconds: wholeNumber(0, 21_600, 'seconds').exactOptional(),
  TrainingPlanArn: text('the ARN of a training plan', {
    max: 2048,
    pattern: /^arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:\d{12}:training-plan\/.*$/,
  }).exactOptional(),
  // Instance types in here are SageMaker's to judge: they are launched as written.
  InstanceGroups: list(
    open({
      InstanceType: text('an instance type', { max: 63 }),
      InstanceCount: count,
      InstanceGroupName: text('1-64 characters', { max: 64 }),
    }),
    1,
    5,
  ).exactOptional(),
  InstancePreferences: list(
    open({
      InstanceType: text('an instance type', { max: 63 }),
      InstanceCount: count.exactOptional(),
    }),
    1,
    5,
  ).exactOptional(),
});

const channel = open({
  ChannelName: text('1-64 of A-Z a-z 0-9 . - _', { max: 64, pattern: /^[A-Za-z0-9.\-_]+$/ }),
  DataSource: open({
    S3DataSource: open({
      S3DataType: oneOf(['S3Prefix', 'ManifestFile', 'AugmentedManifestFile', 'Converse']),
      S3Uri: S3_URI,
      S3DataDistributionType: oneOf(['FullyReplicated', 'ShardedByS3Key']).exactOptional(),
    }).exactOptional(),
    FileSystemDataSource: open({}).exactOptional(),
    DatasetSource: open({}).exactOptional(),
  }),
  InputMode: oneOf(['File', 'FastFile', 'Pipe']).exactOptional(),
});

const TAG = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*';

export const trainingSchema = unfrozen(
  open({
    TrainingJobName: refused(
      "nothing, because the name is Trainyard's: each attempt gets one made of the jobId and its number",
    ),
    ServerlessJobConfig: refused('nothing, because Trainyard places jobs on instances: use ResourceConfig'),
    RoleArn: text('the ARN of an IAM role, such as arn:aws:iam::111122223333:role/trainer', {
      min: 20,
      max: 2048,
      pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/,
    }),
    AlgorithmSpecification: algorithm,
    OutputDataConfig: open({
      S3OutputPath: S3_URI,
      KmsKeyId: text('the id or ARN of a KMS key', { min: 0, max: 2048 }).exactOptional(),
      CompressionType: oneOf(['GZIP', 'NONE']).exactOptional(),
    }),
    ResourceConfig: resources,
    StoppingCondition: open({
      MaxRuntimeInSeconds: wholeNumber(1, LONGEST_RUN, 'seconds').exactOptional(),
      MaxWaitTimeInSeconds: wholeNumber(1, 2 * LONGEST_RUN, 'seconds').exactOptional(),
      MaxPendingTimeInSeconds: wholeNumber(1800, LONGEST_RUN, 'seconds').exactOptional(),
    }).exactOptional(),
    InputDataConfig: list(channel, 1, 20).exactOptional(),
    HyperParameters: strings('at most 100 entries of text', 256, 2500).exactOptional(),
    Environment: strings('at most 100 entries of text', 512, 512, /^[a-zA-Z_][a-zA-Z0-9_]*$/).exactOptional(),
    CheckpointConfig: open({
      S3Uri: S3_URI,
      LocalPath: text('a path of at most 4096 characters', { max: 4096 }).exactOptional(),
    }).exactOptional(),
    EnableManagedSpotTraining: flag().exactOptional(),
    EnableNetworkIsolation: flag().exactOptional(),
    EnableInterContainerTrafficEncryption: flag().exactOptional(),
    RetryStrategy: open({ MaximumRetryAttempts: wholeNumber(1, 30) })
      .exactOptional()
      .describe("SageMaker's own retries of internal errors, inside one attempt."),
    VpcConfig: open({
      SecurityGroupIds: list(
        text('an id of a security group', { max: 32, pattern: /^[-0-9a-zA-Z]+$/ }),
        1,
        5,
      ),
      Subnets: list(text('an id of a subnet', { max: 32, pattern: /^[-0-9a-zA-Z]+$/ }), 1, 16),
    }).exactOptional(),
    // 50 are SageMaker's bound, five of them are Trainyard's own.
    Tags: list(
      open({
        Key: text('1-128 letters, digits, spaces and _.:/=+-@', {
          max: 128,
          pattern: new RegExp(`^${TAG}$`, 'u'),
        }),
        Value: text('at most 256 letters, digits, spaces and _.:/=+-@', {
          min: 0,
          max: 256,
          pattern: new RegExp(`^${TAG}$`, 'u'),
        }),
      }),
      0,
      45,
    ).exactOptional(),
  }),
);

function strings(
  allowed: string,
  keyLength: number,
  valueLength: number,
  keyPattern?: RegExp,
): z.ZodRecord<z.ZodString, z.ZodString> {
  const key = text(
    `a key of 1-${keyLength} characters${keyPattern === undefined ? '' : ' A-Z a-z 0-9 _, not beginning with a digit'}`,
    {
      max: keyLength,
      ...(keyPattern === undefined ? {} : { pattern: keyPattern }),
    },
  );
  const value = text(`text of at most ${valueLength} characters`, { min: 0, max: valueLength });
  return z
    .record(key, value, { error: `a mapping with ${allowed}` })
    .refine((entries) => Object.keys(entries).length <= 100, { error: `a mapping with ${allowed}` });
}

/** Members that CreateTrainingJob has besides those above; they pass through unchecked. */
export const OTHER_TRAINING_MEMBERS = [
  'DebugHookConfig',
  'DebugRuleConfigurations',
  'TensorBoardOutputConfig',
  'ExperimentConfig',
  'ProfilerConfig',
  'ProfilerRuleConfigurations',
  'RemoteDebugConfig',
  'InfraCheckConfig',
  'SessionChainingConfig',
  'MlflowConfig',
  'ModelPackageConfig',
] as const;
