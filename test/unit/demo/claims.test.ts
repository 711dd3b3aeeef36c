import { describe, expect, it } from 'vitest';
import { CLAIMS } from '../../../src/cli/demo/claims.ts';
import type { Evidence } from '../../../src/cli/demo/evidence.ts';
import { readExamples } from '../../../src/cli/demo/examples-folder.ts';
import { attempt, evidence, on, training, type EvidenceParts } from './evidence-builder.ts';

const QUOTA =
  "The account-level service limit 'ml.p4d.24xlarge for training job usage' is 1 Instances, with current utilization of 1 Instances and a request delta of 1 Instances.";
const refused = attempt(1, { trainingStatus: 'Refused', failure: { class: 'quota', message: QUOTA } });
const BUG = 'AlgorithmError: fail-at-epoch: this run breaks off in epoch 12, exit code: 1';
const NAN = 'AlgorithmError: loss is NaN at epoch 1: learning-rate 1000 is too high, exit code: 1';
const P5 = 'ml.p5.48xlarge';
const P4 = 'ml.p4de.24xlarge';

const brokenOff = training(1, {
  status: 'Failed',
  failureReason: BUG,
  metrics: { 'train:first-epoch': 1, 'train:epoch': 11 },
});
const resumed = training(2, {
  metrics: { 'train:first-epoch': 12, 'train:epoch': 24, 'validation:accuracy': 0.84 },
});
const starved = training(1, {
  status: 'Failed',
  failureReason:
    'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.',
  instanceType: P5,
});
const diverged = [1, 2].map((n) => training(n, { status: 'Failed', failureReason: NAN, metrics: {} }));
const INTERRUPTED = [
  'Starting',
  'Downloading',
  'Training',
  'Interrupted',
  'Starting',
  'Downloading',
  'Training',
  'Uploading',
  'Completed',
];
const stopped = training(1, {
  status: 'Stopped',
  transitions: ['Starting', 'Downloading', 'Training', 'Stopping', 'Uploading', 'Stopped'],
});
const cancelled = { status: 'STOPPED', reason: { code: 'CANCELLED', sentence: 'Cancelled.' } } as const;
const failed = {
  status: 'FAILED',
  reason: {
    code: 'ALGORITHM_ERROR',
    sentence:
      'The training code failed 2 of 2 allowed times: loss is NaN at epoch 1: learning-rate 1000 is too high, exit code: 1.',
  },
} as const;

/** Evidence that bears each claim out. */
const proof: Record<string, EvidenceParts> = {
  success: {},
  quota: { job: { attempts: [refused, attempt(2)] }, trainings: [training(2)] },
  fallback: {
    job: { placements: [on(P5), on(P4)] },
    trainings: [starved, training(2, { instanceType: P4 })],
  },
  resume: { trainings: [brokenOff, resumed] },
  failure: { job: failed, workflow: { status: 'FAILED' }, trainings: diverged },
  spot: { trainings: [training(1, { spot: true, transitions: INTERRUPTED })] },
  'two-instances': {
    trainings: [
      training(1, { instanceCount: 2, metrics: { 'validation:accuracy': 0.84, 'cluster:instances': 2 } }),
    ],
  },
  cancel: { job: cancelled, workflow: { status: 'FAILED', cancelRequests: 1 }, trainings: [stopped] },
};

const check = (name: string, given: Evidence) => CLAIMS[name]!.check(given);

describe('a claim holds', () => {
  it.each(Object.keys(CLAIMS))('%s: when SageMaker and the workflow bear it out', (name) => {
    expect(check(name, evidence(proof[name]))).toMatchObject({ holds: true });
  });

  it('and there is an example for each claim, and a claim for each example', () => {
    expect(readExamples().map(({ jobId }) => jobId)).toEqual(Object.keys(CLAIMS).sort());
  });
});

describe('a claim does not hold', () => {
  // An interrupted spot job and a job on two instances are successes too.
  const others = Object.keys(CLAIMS).filter((name) => name !== 'success');
  it.each(
    others
      .flatMap((claim) => Object.keys(proof).map((of) => [claim, of] as const))
      .filter(([a, b]) => a !== b),
  )('%s: on the evidence of %s', (claim, of) => {
    expect(check(claim, evidence(proof[of]))).toMatchObject({ holds: false });
  });

  const untrained = { ...training(1), metrics: { 'validation:accuracy': 0.11 } };
  const cases: Record<string, readonly [sentence: string, parts: EvidenceParts, missing: RegExp][]> = {
    success: [
      ['when the model guesses', { trainings: [untrained] }, /accuracy of 0\.7 or more, found 0\.11/],
      ['when no metric was found', { trainings: [training(1, { metrics: {} })] }, /among the final metrics/],
      [
        'when SageMaker says Failed',
        { trainings: [training(1, { status: 'Failed' })] },
        /Completed, found Failed/,
      ],
      ['when the job says FAILED', { job: { status: 'FAILED' } }, /SUCCEEDED, found FAILED/],
      ['when the workflow is still open', { workflow: { status: 'RUNNING' } }, /found RUNNING/],
      ['when it took two attempts', { trainings: [training(1), training(2)] }, /one training job, found 2/],
      ['when there is no training job', { trainings: [] }, /one training job, found 0/],
    ],
    quota: [
      ['when nothing was refused', { job: { attempts: [attempt(1)] } }, /the quota had no room for/],
      [
        'when the refusal was another error',
        {
          job: {
            attempts: [
              attempt(1, { trainingStatus: 'Refused', failure: { class: 'request', message: 'No.' } }),
              attempt(2),
            ],
          },
          trainings: [training(2)],
        },
        /the quota had no room for/,
      ],
      [
        'when the endpoint says that it refused with another error',
        {
          ...proof['quota'],
          creates: [{ name: 'ty-job-1', error: 'ThrottlingException' }, { name: 'ty-job-2' }],
        },
        /ResourceLimitExceeded as the endpoint's answer to the creation of ty-job-1/,
      ],
      [
        'when the endpoint was never asked for it',
        { ...proof['quota'], creates: [{ name: 'ty-job-2' }] },
        /ResourceLimitExceeded as the endpoint's answer/,
      ],
      [
        'when SageMaker has a training job of the refused name',
        { job: { attempts: [refused, attempt(2)] }, trainings: [training(1), training(2)] },
        /no training job ty-job-1/,
      ],
      [
        'when the only training job is older than the refusal',
        {
          job: { attempts: [{ ...refused, launchedAt: Date.UTC(2030, 0) }, attempt(2)] },
          trainings: [training(2)],
        },
        /after the refusal/,
      ],
      ['when nothing came after it', { job: { attempts: [refused] }, trainings: [] }, /after the refusal/],
    ],
    fallback: [
      [
        'when there was no CapacityError',
        { trainings: [training(1), training(2, { instanceType: P4 })] },
        /CapacityError/,
      ],
      [
        'when the same type was tried again',
        { job: { placements: [on(P5), on(P4)] }, trainings: [starved, training(2, { instanceType: P5 })] },
        /another instance type/,
      ],
      [
        'when the order of placements was turned round',
        { job: { placements: [on(P4), on(P5)] }, trainings: [starved, training(2, { instanceType: P4 })] },
        /order of the job file/,
      ],
      [
        'when it ran on a type that was not asked for',
        { job: { placements: [on(P5)] }, trainings: [starved, training(2, { instanceType: P4 })] },
        /order of the job file/,
      ],
    ],
    resume: [
      [
        'when the second run began at epoch 1',
        { trainings: [brokenOff, training(2)] },
        /from epoch 12, found epoch 1/,
      ],
      [
        'when the second run left epochs out',
        { trainings: [brokenOff, { ...resumed, metrics: { ...resumed.metrics, 'train:first-epoch': 14 } }] },
        /from epoch 12, found epoch 14/,
      ],
      [
        'when the first run died before its first checkpoint',
        {
          trainings: [
            { ...brokenOff, metrics: { 'train:epoch': 0 } },
            { ...resumed, metrics: { ...resumed.metrics, 'train:first-epoch': 1 } },
          ],
        },
        /found epoch 1/,
      ],
      [
        'when the metrics do not say',
        { trainings: [{ ...brokenOff, metrics: {} }, resumed] },
        /epochs of both/,
      ],
      [
        'when the first run failed by an internal error',
        {
          trainings: [
            { ...brokenOff, failureReason: 'InternalServerError: We encountered an internal error.' },
            resumed,
          ],
        },
        /AlgorithmError/,
      ],
    ],
    failure: [
      [
        "when the reason does not hold the user's text",
        {
          job: { ...failed, reason: { code: 'ALGORITHM_ERROR', sentence: 'The training code failed.' } },
          workflow: { status: 'FAILED' },
          trainings: diverged,
        },
        /in the job's reason/,
      ],
      [
        'when the workflow COMPLETED',
        { job: failed, trainings: diverged },
        /a workflow that FAILED, found COMPLETED/,
      ],
      [
        'when one run failed for want of capacity',
        { job: failed, workflow: { status: 'FAILED' }, trainings: [starved, ...diverged.slice(1)] },
        /AlgorithmError in every/,
      ],
    ],
    spot: [
      [
        'when it was not interrupted',
        { trainings: [training(1, { spot: true })] },
        /transition to Interrupted/,
      ],
      ['when it was no spot job', { trainings: [training(1, { transitions: INTERRUPTED })] }, /managed spot/],
      [
        'when it was interrupted before it trained',
        {
          trainings: [
            training(1, { spot: true, transitions: ['Starting', 'Interrupted', 'Training', 'Completed'] }),
          ],
        },
        /training before/,
      ],
      [
        'when it did not train again',
        { trainings: [training(1, { spot: true, transitions: ['Training', 'Interrupted', 'Completed'] })] },
        /training again/,
      ],
      [
        'when Trainyard launched a second training job',
        { trainings: [training(1, { spot: true, transitions: INTERRUPTED }), training(2)] },
        /one training job, found 2/,
      ],
    ],
    'two-instances': [
      ['when there was one instance', {}, /2 instances, found 1/],
      [
        'when the instances did not hear from each other',
        {
          trainings: [
            training(1, {
              instanceCount: 2,
              metrics: { 'validation:accuracy': 0.84, 'cluster:instances': 1 },
            }),
          ],
        },
        /summed their gradients, found 1/,
      ],
    ],
    cancel: [
      ['when nobody asked for it', { job: cancelled, trainings: [stopped] }, /a cancel request/],
      [
        'when it was stopped outside',
        {
          job: { ...cancelled, reason: { code: 'STOPPED_OUTSIDE', sentence: 'Stopped outside.' } },
          workflow: { cancelRequests: 1 },
          trainings: [stopped],
        },
        /found STOPPED, STOPPED_OUTSIDE/,
      ],
      [
        'when SageMaker let it complete',
        { job: cancelled, workflow: { cancelRequests: 1 }, trainings: [training(1)] },
        /Stopped, found Completed/,
      ],
      [
        'when it was stopped before it trained',
        {
          job: cancelled,
          workflow: { cancelRequests: 1 },
          trainings: [{ ...stopped, transitions: ['Starting', 'Stopping', 'Stopped'] }],
        },
        /Training, then Stopping/,
      ],
    ],
  };
  const table = Object.entries(cases).flatMap(([name, rows]) => rows.map((row) => [name, ...row] as const));
  it.each(table)('%s: %s', (name, _, parts, missing) => {
    expect(check(name, evidence(parts))).toEqual({
      holds: false,
      missing: expect.stringMatching(missing) as string,
    });
  });
});
