import { describe, expect, test } from 'vitest';
import type { JobStatus } from '../../src/jobs/status.ts';
import type { ReasonCode } from '../../src/jobs/reason.ts';
import { aJob } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import {
  completes,
  endsAs,
  failsWith,
  neverHere,
  outOfCapacity,
  quotaExceeded,
  refusedWith,
  ScriptedSageMaker,
  type Scene,
} from './scripted-sagemaker.ts';
import { Stage } from './stage.ts';

const stage = new Stage(await environmentOfThisFile());

/** One row of the failure table of design §4: what SageMaker says, and what becomes of the job. */
interface Row {
  readonly scenes: [Scene, ...Scene[]];
  readonly wantStatus: JobStatus;
  readonly wantCode: ReasonCode;
  readonly wantLaunches: number;
  readonly wantSentence?: RegExp;
}

const failureTable: Record<string, Row> = {
  'capacity: CapacityError consumes no attempt and the job goes on until there is room': {
    scenes: [outOfCapacity(), outOfCapacity(), outOfCapacity(), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 4,
  },
  'capacity: a spot wait that ran out consumes no attempt': {
    scenes: [endsAs({ status: 'Stopped', secondaryStatus: 'MaxWaitTimeExceeded' }), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 2,
  },
  'quota: ResourceLimitExceeded consumes no attempt': {
    scenes: [quotaExceeded('ml.p4d.24xlarge'), quotaExceeded('ml.p4d.24xlarge'), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 3,
  },
  'quota: a type that the region does not have ends a job without alternatives': {
    scenes: [neverHere('ml.p4d.24xlarge')],
    wantStatus: 'FAILED',
    wantCode: 'NO_PLACEMENT_LEFT',
    wantLaunches: 1,
  },
  'internal: InternalServerError is retried': {
    scenes: [
      failsWith('InternalServerError: We encountered an internal error.  Please try again.'),
      completes(),
    ],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 2,
  },
  'internal: but not without end': {
    scenes: [failsWith('InternalServerError: We encountered an internal error. Please try again.')],
    wantStatus: 'FAILED',
    wantCode: 'INTERNAL_ERROR',
    wantLaunches: 5,
  },
  'algorithm: retried up to the limit of the job, then FAILED with the error of the user': {
    scenes: [
      failsWith(
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: loss is NaN"\nCommand "python train.py"',
      ),
    ],
    wantStatus: 'FAILED',
    wantCode: 'ALGORITHM_ERROR',
    wantLaunches: 3,
    wantSentence: /3 of 3 allowed times.*ValueError: loss is NaN/s,
  },
  'algorithm: a retry may succeed': {
    scenes: [failsWith('AlgorithmError: boom'), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 2,
  },
  'request: a ClientError fails at once': {
    scenes: [
      failsWith(
        'ClientError: Data download failed:Unable to download object s3://b/k (AccessDenied: Access Denied)',
      ),
    ],
    wantStatus: 'FAILED',
    wantCode: 'REQUEST_REJECTED',
    wantLaunches: 1,
  },
  'request: a ValidationException fails at once': {
    scenes: [refusedWith('ValidationException', "1 validation error detected: Value '' at 'roleArn' failed")],
    wantStatus: 'FAILED',
    wantCode: 'REQUEST_REJECTED',
    wantLaunches: 1,
  },
  'timeout: MaxRuntimeExceeded is FAILED although SageMaker calls it Stopped': {
    scenes: [endsAs({ status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded', trainingStartedAt: 1 })],
    wantStatus: 'FAILED',
    wantCode: 'MAX_RUNTIME_EXCEEDED',
    wantLaunches: 1,
  },
  'stopped: someone outside stopped it': {
    scenes: [endsAs({ status: 'Stopped', secondaryStatus: 'Stopped', trainingStartedAt: 1 })],
    wantStatus: 'STOPPED',
    wantCode: 'STOPPED_OUTSIDE',
    wantLaunches: 1,
  },
  'unknown: retried as internal': {
    scenes: [failsWith('SomethingNew: nobody knows'), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 2,
  },
  'a name that belongs to somebody else is an error with both names': {
    scenes: [{ kind: 'nameTaken', owner: 'the training job of Bob' }],
    wantStatus: 'FAILED',
    wantCode: 'NAME_TAKEN',
    wantLaunches: 1,
    wantSentence: /ty-\S+-1 is taken by the training job of Bob/,
  },
};

describe('the failure table', () => {
  test.each(Object.entries(failureTable))('%s', async (_, row) => {
    const sagemaker = new ScriptedSageMaker(...row.scenes);
    const { job } = await stage.play(aJob({ retry: { attempts: 3 } }), sagemaker);
    expect(job.status).toBe(row.wantStatus);
    expect(job.reason.code).toBe(row.wantCode);
    expect(sagemaker.launches).toHaveLength(row.wantLaunches);
    if (row.wantSentence !== undefined) expect(job.reason.sentence).toMatch(row.wantSentence);
  });
});
