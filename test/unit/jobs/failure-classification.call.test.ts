import { describe, expect, test } from 'vitest';
import type { Failure, FailureClass } from '../../../src/jobs/failure.ts';
import { type CallError, classifyCallError } from '../../../src/jobs/failure-classification.ts';

interface Case {
  readonly error: CallError;
  readonly wantClass: FailureClass;
  /** Nothing is learned unless it is given here. */
  readonly wantLimit?: Failure['learnedLimit'];
  readonly wantMessage?: string;
  readonly wantAdvice?: RegExp;
}

const quota = (what: string, limit: number, used: number, delta: number): string =>
  `The account-level service limit ${what} is ${limit} Instances, with current utilization of ${used} Instances and a ` +
  `request delta of ${delta} Instances. Please contact AWS support to request an increase for this limit.`;

// Texts as they were reported in public issues (facts/aws-semantics.md §1.6); `…` of the reports filled in.
const cases: Record<string, Case> = {
  'a quota of the instance type is used up': {
    error: {
      errorName: 'ResourceLimitExceeded',
      message: quota("'ml.p4d.24xlarge for training job usage'", 8, 6, 4),
      httpStatus: 400,
    },
    wantClass: 'quota',
    wantLimit: { instanceType: 'ml.p4d.24xlarge', limit: 8, inUse: 6 },
    wantAdvice: /waits until others release/,
  },
  'a new account has a quota of 0': {
    error: {
      errorName: 'ResourceLimitExceeded',
      message: quota("'ml.p3.2xlarge for training job usage'", 0, 0, 1),
      httpStatus: 400,
    },
    wantClass: 'quota',
    wantLimit: { instanceType: 'ml.p3.2xlarge', limit: 0, inUse: 0 },
    wantAdvice: /only run after the quota "ml\.p3\.2xlarge for training job usage" is raised to at least 1/,
  },
  'utilisation may exceed the limit': {
    error: {
      errorName: 'ResourceLimitExceeded',
      message: quota("'ml.p3.2xlarge for training job usage'", 2, 3, 1),
    },
    wantClass: 'quota',
    wantLimit: { instanceType: 'ml.p3.2xlarge', limit: 2, inUse: 3 },
  },
  'the older form of the quota message teaches the limit too': {
    error: { errorName: 'ResourceLimitExceeded', message: quota('for training-job/ml.p2.xlarge', 1, 1, 1) },
    wantClass: 'quota',
    wantLimit: { instanceType: 'ml.p2.xlarge', limit: 1, inUse: 1 },
  },
  'line breaks and double spaces in the message change nothing': {
    error: {
      errorName: 'ResourceLimitExceeded',
      message: quota("'ml.g5.xlarge for training job usage'", 1_000, 998, 4)
        .replaceAll(' is ', '\n  is  ')
        .replace('1000', '1,000'),
    },
    wantClass: 'quota',
    wantLimit: { instanceType: 'ml.g5.xlarge', limit: 1000, inUse: 998 },
  },
  'a spot quota is a quota but says nothing about the on-demand limit of the type': {
    error: {
      errorName: 'ResourceLimitExceeded',
      message: quota("'ml.p4d.24xlarge for spot training job usage'", 0, 0, 1),
    },
    wantClass: 'quota',
  },
  'a quota over all instance types has no type to learn about': {
    error: {
      errorName: 'ResourceLimitExceeded',
      message: quota("'Number of instances across all processing jobs'", 4, 0, 11),
    },
    wantClass: 'quota',
    wantAdvice: /raised to at least 11/,
  },
  'an instance type that the region does not offer can never run here': {
    error: {
      errorName: 'ResourceLimitExceeded',
      message: 'The requested resource training-job/ml.p2.xlarge is not available in this region',
    },
    wantClass: 'quota',
  },
  'an error name may carry the namespace of the service': {
    error: { errorName: 'com.amazonaws.sagemaker#ResourceLimitExceeded', message: 'some new wording' },
    wantClass: 'quota',
  },
  'a throttled call': {
    error: { errorName: 'ThrottlingException', message: 'Rate exceeded', httpStatus: 400 },
    wantClass: 'transient',
  },
  'throttling in the words of another service': {
    error: { errorName: 'TooManyRequestsException', message: 'Too Many Requests', httpStatus: 429 },
    wantClass: 'transient',
  },
  'an unknown error with status 429': {
    error: { errorName: 'Whoa', message: '', httpStatus: 429 },
    wantClass: 'transient',
  },
  'an internal failure of the API': {
    error: { errorName: 'InternalFailure', message: 'The request processing has failed.', httpStatus: 500 },
    wantClass: 'transient',
  },
  'a proxy that answers 502 with HTML reaches us as a syntax error': {
    error: { errorName: 'SyntaxError', message: 'Unexpected token < in JSON at position 0', httpStatus: 502 },
    wantClass: 'transient',
  },
  'a reset connection': {
    error: { errorName: 'ECONNRESET', message: 'socket hang up' },
    wantClass: 'transient',
  },
  'a name server that does not answer': {
    error: { errorName: 'EAI_AGAIN', message: 'getaddrinfo EAI_AGAIN api.sagemaker.us-east-1.amazonaws.com' },
    wantClass: 'transient',
  },
  'a request that timed out': {
    error: { errorName: 'TimeoutError', message: 'Connection timed out after 10000 ms' },
    wantClass: 'transient',
  },
  'expired credentials of the worker are not the fault of the job': {
    error: {
      errorName: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
      httpStatus: 403,
    },
    wantClass: 'transient',
    wantAdvice: /Renew the AWS credentials/,
  },
  'a worker without credentials is not the fault of the job': {
    error: {
      errorName: 'CredentialsProviderError',
      message: 'Could not load credentials from any providers',
    },
    wantClass: 'transient',
    wantAdvice: /Renew the AWS credentials/,
  },
  'a clock that is off is not the fault of the job': {
    error: {
      errorName: 'InvalidSignatureException',
      message: 'Signature expired: 20261120T000000Z is now earlier than 20261120T001500Z',
      httpStatus: 403,
    },
    wantClass: 'transient',
    wantAdvice: /clock/,
  },
  'someone changes the same experiment': {
    error: {
      errorName: 'ConflictException',
      message: 'There was a conflict when you attempted to modify it',
    },
    wantClass: 'transient',
  },
  'credentials of nobody': {
    error: {
      errorName: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
      httpStatus: 403,
    },
    wantClass: 'request',
    wantAdvice: /credentials that are valid/,
  },
  'a missing permission is named': {
    error: {
      errorName: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::111122223333:assumed-role/worker/i-1 is not authorized to perform: ' +
        'sagemaker:CreateTrainingJob on resource: arn:aws:sagemaker:us-east-1:111122223333:training-job/ty-a-1',
      httpStatus: 400,
    },
    wantClass: 'request',
    wantAdvice: /Allow the Trainyard worker sagemaker:CreateTrainingJob in its IAM policy/,
  },
  'the permission to pass the role is named with the role': {
    error: {
      errorName: 'AccessDenied',
      message:
        'User: arn:aws:iam::111122223333:user/w is not authorized to perform: iam:PassRole on resource: r',
    },
    wantClass: 'request',
    wantAdvice: /iam:PassRole on the job's training\.RoleArn/,
  },
  'a value that breaks a constraint is named as the job file names it': {
    error: {
      errorName: 'ValidationException',
      message:
        "1 validation error detected: Value 'ml.nope' at 'resourceConfig.instanceType' failed to satisfy constraint: " +
        'Member must satisfy enum value set: [ml.r5.12xlarge]',
      httpStatus: 400,
    },
    wantClass: 'request',
    wantAdvice: /Correct training\.ResourceConfig\.InstanceType/,
  },
  'a member inside a list is named without the protocol words': {
    error: {
      errorName: 'ValidationException',
      message:
        "1 validation error detected: Value 'a b' at 'inputDataConfig.1.member.channelName' failed to satisfy " +
        'constraint: Member must satisfy regular expression pattern: [A-Za-z0-9\\.\\-_]+',
    },
    wantClass: 'request',
    wantAdvice: /Correct training\.InputDataConfig\.1\.ChannelName/,
  },
  'input data that is not there': {
    error: {
      errorName: 'ValidationException',
      message:
        'No S3 objects found under S3 URL "s3://bucket/train" given in input data source. Please ensure that the ' +
        'bucket exists in the selected region',
      httpStatus: 400,
    },
    wantClass: 'request',
    wantAdvice: /S3Uri of training\.InputDataConfig/,
  },
  'a role that SageMaker may not assume': {
    error: {
      errorName: 'ValidationException',
      message: 'Could not assume role arn:aws:iam::111122223333:role/x. Please ensure that the role exists',
    },
    wantClass: 'request',
    wantAdvice: /trusts sagemaker\.amazonaws\.com/,
  },
  'a name that is taken': {
    error: {
      errorName: 'ResourceInUse',
      message:
        'Training job names must be unique within an AWS account and region, and a training job with this name ' +
        'already exists (arn:aws:sagemaker:us-west-2:111122223333:training-job/ty-a-1)',
    },
    wantClass: 'request',
    wantAdvice: /another jobId/,
  },
  'an error that nobody has seen before': {
    error: { errorName: 'BrandNewException', message: 'Surprise', httpStatus: 400 },
    wantClass: 'unknown',
    wantMessage: 'Surprise',
  },
  'an answer that makes no sense is no refusal': {
    error: { errorName: 'SyntaxError', message: 'Unexpected token < in JSON', httpStatus: 200 },
    wantClass: 'transient',
  },
  'a line that broke in a new way is no refusal': {
    error: { errorName: 'EPROTO', message: 'write EPROTO' },
    wantClass: 'transient',
  },
  'an error without a message is told by its name': {
    error: { errorName: 'BrandNewException', message: ' ', httpStatus: 400 },
    wantClass: 'unknown',
    wantMessage: 'BrandNewException',
  },
};

describe('an error of a call', () => {
  test.each(Object.entries(cases))('%s', (_, { error, wantClass, wantLimit, wantMessage, wantAdvice }) => {
    const failure = classifyCallError(error);
    expect(failure.class).toBe(wantClass);
    expect(failure.learnedLimit).toEqual(wantLimit);
    if (wantMessage !== undefined) expect(failure.message).toBe(wantMessage);
    if (wantAdvice !== undefined) expect(failure.advice).toMatch(wantAdvice);
  });

  test('only what cannot change is permanent', () => {
    const permanent = Object.values(cases).filter(({ error }) => classifyCallError(error).permanent);
    expect(permanent.map(({ error }) => error.message)).toEqual([
      'The requested resource training-job/ml.p2.xlarge is not available in this region',
    ]);
  });
});
