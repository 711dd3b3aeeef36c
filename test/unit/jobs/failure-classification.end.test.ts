import { describe, expect, test } from 'vitest';
import type { FailureClass } from '../../../src/jobs/failure.ts';
import { classifyTrainingEnd, type KnownAboutAttempt } from '../../../src/jobs/failure-classification.ts';
import type { TrainingDescription } from '../../../src/jobs/training-description.ts';
import { trainingThatEnded } from './builders.ts';

interface Case {
  readonly training: Partial<TrainingDescription>;
  readonly known?: Partial<KnownAboutAttempt>;
  readonly wantClass: FailureClass;
  readonly wantMessage?: string | RegExp;
  readonly wantAdvice?: RegExp;
}

const failed = (failureReason: string): Partial<TrainingDescription> => ({ status: 'Failed', failureReason });
const stopped = (
  secondaryStatus: string,
  more: Partial<TrainingDescription> = {},
): Partial<TrainingDescription> => ({
  status: 'Stopped',
  secondaryStatus,
  ...more,
});

const cases: Record<string, Case> = {
  'no capacity, as SageMaker has said it for years': {
    training: failed(
      'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.',
    ),
    wantClass: 'capacity',
    wantMessage: /^CapacityError: Unable to provision/,
  },
  'no capacity, in the newer words': {
    training: failed(
      'CapacityError: Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. ' +
        'Please retry using a different ML instance type or after some time.',
    ),
    wantClass: 'capacity',
  },
  'no capacity, without the class in front': {
    training: failed(
      'Unable to provision  requested ML compute\ncapacity due to InsufficientInstanceCapacity error.',
    ),
    wantClass: 'capacity',
  },
  'no capacity, spelled wrongly': {
    training: failed('EC2 said InsufficentInstanceCapacity, giving up'),
    wantClass: 'capacity',
  },
  'no capacity, EC2 words': { training: failed('Insufficient capacity.'), wantClass: 'capacity' },
  'an internal error with one space': {
    training: failed('InternalServerError: We encountered an internal error. Please try again.'),
    wantClass: 'internal',
  },
  'an internal error with two spaces': {
    training: failed('InternalServerError: We encountered an internal error.  Please try again.'),
    wantClass: 'internal',
    wantMessage: 'InternalServerError: We encountered an internal error. Please try again.',
  },
  'an error of the training script, as the toolkit wraps it': {
    training: failed(
      'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "TypeError: forward() missing 1 required ' +
        'positional argument: \'x\'"\nCommand "/opt/conda/bin/python3.11 train.py --epochs 3"',
    ),
    wantClass: 'algorithm',
    wantMessage: "TypeError: forward() missing 1 required positional argument: 'x'",
  },
  'the older form without an exit code': {
    training: failed(
      'AlgorithmError: ExecuteUserScriptError:\nCommand "/usr/bin/python3 train.py"\nKeyError: \'label\'',
    ),
    wantClass: 'algorithm',
    wantMessage: "KeyError: 'label'",
  },
  "quotes inside the user's own error stay": {
    training: failed(
      'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: bad column "price" in "a.csv""\n' +
        'Command "python train.py --name "x""',
    ),
    wantClass: 'algorithm',
    wantMessage: 'ValueError: bad column "price" in "a.csv"',
  },
  'a traceback inside the error message is reduced to what was raised': {
    training: failed(
      'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "Traceback (most recent call last):\n' +
        '  File "train.py", line 12, in <module>\n    main()\n  File "train.py", line 7, in main\n    raise ' +
        'ValueError("loss is NaN")\nValueError: loss is NaN\nsee step 400"\nCommand "python train.py"',
    ),
    wantClass: 'algorithm',
    wantMessage: 'ValueError: loss is NaN see step 400',
  },
  'only the last of chained tracebacks counts': {
    training: failed(
      'AlgorithmError: framework error: \nTraceback (most recent call last):\n  File "a.py", line 1, in f\n    x\n' +
        'KeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\n' +
        'Traceback (most recent call last):\n  File "b.py", line 2, in g\n    y\nRuntimeError: no key',
    ),
    wantClass: 'algorithm',
    wantMessage: 'RuntimeError: no key',
  },
  'a traceback whose line breaks got lost': {
    training: failed(
      'AlgorithmError: framework error: Traceback (most recent call last): File "/miniconda3/train.py", line 84, in ' +
        'train entrypoint() File "/opt/ml/code/train.py", line 9, in main raise E() ValueError: got KeyError: 3',
    ),
    wantClass: 'algorithm',
    wantMessage: 'ValueError: got KeyError: 3',
  },
  'an error message that SageMaker cut off is kept as far as it goes': {
    training: failed(
      `AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "RuntimeError: ${'x'.repeat(900)}`,
    ),
    wantClass: 'algorithm',
    wantMessage: `RuntimeError: ${'x'.repeat(900)}`,
  },
  'the text of a failure file of any container': {
    training: failed('AlgorithmError: The learning rate must be positive, exit code: 1'),
    wantClass: 'algorithm',
    wantMessage: 'The learning rate must be positive, exit code: 1',
  },
  'no text at all, only the exit code': {
    training: failed('AlgorithmError: , exit code: 3'),
    wantClass: 'algorithm',
    wantMessage: 'exit code: 3',
  },
  'a container that was killed for its memory': {
    training: failed('AlgorithmError: , exit code: 137'),
    wantClass: 'algorithm',
    wantAdvice: /more memory/,
  },
  'a GPU out of memory': {
    training: failed(
      'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "torch.cuda.OutOfMemoryError: CUDA out of memory."',
    ),
    wantClass: 'algorithm',
    wantMessage: 'torch.cuda.OutOfMemoryError: CUDA out of memory.',
    wantAdvice: /smaller batches/,
  },
  "a user's error that quotes SageMaker's words is still the user's error": {
    training: failed('AlgorithmError: my retry loop gave up on CapacityError and InternalServerError'),
    wantClass: 'algorithm',
  },
  'control characters of a terminal do not survive': {
    training: failed('AlgorithmError: \u001b[31mred\u001b[0m alert'),
    wantClass: 'algorithm',
    wantMessage: '[31mred [0m alert',
  },
  'too little memory': {
    training: failed(
      'ClientError: Please use an instance type with more memory, or reduce the size of job data processed on an instance.',
    ),
    wantClass: 'request',
    wantAdvice: /more memory per instance/,
  },
  'too little memory while the model is packed': {
    training: failed(
      'ClientError: Artifact upload failed:ClientError: Out of Memory. Please use a larger instance',
    ),
    wantClass: 'request',
    wantAdvice: /more memory per instance/,
  },
  'input data that the role may not read': {
    training: failed(
      'ClientError: Data download failed:Unable to download object s3://b/k (AccessDenied: Access Denied)',
    ),
    wantClass: 'request',
    wantAdvice: /s3:GetObject and s3:ListBucket/,
  },
  'output that the role may not write': {
    training: failed('ClientError: Artifact upload failed: Access denied when uploading to s3://b/out'),
    wantClass: 'request',
    wantAdvice: /s3:PutObject/,
  },
  'a subnet without a way to S3': {
    training: failed(
      "ClientError: Data download failed: Please ensure that the subnet's route table has a route to an S3 VPC endpoint " +
        'or a NAT device',
    ),
    wantClass: 'request',
    wantAdvice: /S3 gateway endpoint/,
  },
  'any other client error': {
    training: failed('ClientError: Cannot find the image'),
    wantClass: 'request',
    wantAdvice: /Correct the training section/,
  },
  'the runtime limit, which SageMaker counts as Stopped': {
    training: stopped('MaxRuntimeExceeded'),
    wantClass: 'timeout',
  },
  'spot capacity that did not come in time': {
    training: stopped('MaxWaitTimeExceeded'),
    wantClass: 'capacity',
  },
  'a pending timeout by its secondary status': {
    training: stopped('MaxPendingTimeExceeded'),
    wantClass: 'capacity',
  },
  'a pending timeout by its message': {
    training: stopped('Stopped', {
      statusMessage: 'Training job exceeded the maximum pending time of 1800 seconds',
    }),
    wantClass: 'capacity',
  },
  'a pending timeout that only the clock tells': {
    training: stopped('Stopped', { maxPendingSeconds: 1800 }),
    known: { elapsedMs: 1_800_000 },
    wantClass: 'capacity',
  },
  'stopped by someone before the pending time was over': {
    training: stopped('Stopped', { maxPendingSeconds: 1800 }),
    known: { elapsedMs: 1_799_999 },
    wantClass: 'stopped',
  },
  'stopped by someone long after it had started': {
    training: stopped('Stopped', { maxPendingSeconds: 1800, trainingStartedAt: 1 }),
    known: { elapsedMs: 9_000_000 },
    wantClass: 'stopped',
    wantMessage: 'The training job Stopped (Stopped).',
  },
  'stopped because we asked, whatever SageMaker calls it': {
    training: stopped('MaxRuntimeExceeded'),
    known: { stopRequested: true },
    wantClass: 'stopped',
  },
  'failed by itself although we had asked it to stop': {
    training: failed('AlgorithmError: disk full, exit code: 1'),
    known: { stopRequested: true },
    wantClass: 'algorithm',
  },
  'failed without a reason': {
    training: { status: 'Failed' },
    wantClass: 'unknown',
    wantMessage: /gave no reason/,
  },
  'failed in new words': { training: failed('QuantumError: decoherence'), wantClass: 'unknown' },
  'being deleted by someone': {
    training: { status: 'Deleting' },
    wantClass: 'unknown',
    wantMessage: /Deleting/,
  },
  'in a status that AWS adds later': { training: { status: 'Hibernated' }, wantClass: 'unknown' },
};

describe('the end of a training job', () => {
  test.each(Object.entries(cases))('%s', (_, { training, known, wantClass, wantMessage, wantAdvice }) => {
    const failure = classifyTrainingEnd(trainingThatEnded(training), {
      stopRequested: false,
      elapsedMs: 60_000,
      ...known,
    });
    expect(failure?.class).toBe(wantClass);
    if (typeof wantMessage === 'string') expect(failure?.message).toBe(wantMessage);
    if (wantMessage instanceof RegExp) expect(failure?.message).toMatch(wantMessage);
    if (wantAdvice !== undefined) expect(failure?.advice).toMatch(wantAdvice);
  });

  test('Completed is no failure', () => {
    const training = trainingThatEnded({ status: 'Completed', secondaryStatus: 'Completed' });
    expect(classifyTrainingEnd(training, { stopRequested: false, elapsedMs: 1 })).toBeUndefined();
  });

  test('a message is never longer than 1,024 characters and never ends in half a character', () => {
    const reason = `AlgorithmError: ${'a'.repeat(1022)}${'🚂'.repeat(400)}`;
    const failure = classifyTrainingEnd(trainingThatEnded(failed(reason)), {
      stopRequested: false,
      elapsedMs: 1,
    });
    expect(failure?.message).toBe(`${'a'.repeat(1022)}…`);
  });
});
