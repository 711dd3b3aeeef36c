import type { Placement } from '../../src/jobs/placement.ts';
import type { JobSpec, NotifyEvent, RetryPolicy, TimeLimits } from '../../src/jobs/spec.ts';
import type { TrainingRequest } from '../../src/jobs/training-request.ts';

export const P4D: Placement = { kind: 'instances', instanceType: 'ml.p4d.24xlarge', instanceCount: 1 };
export const P5: Placement = { kind: 'instances', instanceType: 'ml.p5.48xlarge', instanceCount: 1 };
export const G6: Placement = { kind: 'instances', instanceType: 'ml.g6.48xlarge', instanceCount: 1 };

export const TOPIC = 'arn:aws:sns:us-east-1:111122223333:trainings';

export const TRAINING: TrainingRequest = {
  RoleArn: 'arn:aws:iam::111122223333:role/trainer',
  AlgorithmSpecification: { TrainingImage: 'trainyard/examples:1', TrainingInputMode: 'File' },
  OutputDataConfig: { S3OutputPath: 's3://models/out' },
  ResourceConfig: { InstanceType: 'ml.p4d.24xlarge', InstanceCount: 1, VolumeSizeInGB: 30 },
  StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
};

let made = 0;

interface Wishes {
  readonly jobId?: string;
  readonly placements?: readonly [Placement, ...Placement[]];
  readonly retry?: Partial<RetryPolicy>;
  readonly timeLimits?: TimeLimits;
  readonly notifyOn?: readonly NotifyEvent[];
  readonly priority?: number;
  readonly user?: string;
  readonly queue?: string;
  readonly share?: string;
  readonly checkpointSeconds?: number;
  readonly training?: Partial<TrainingRequest>;
}

/** A normalised job: one p4d, one attempt, no limits, no notification, unless wished otherwise. */
export function aJob(wishes: Wishes = {}): JobSpec {
  const { retry, notifyOn, training, ...rest } = wishes;
  return {
    specVersion: 1,
    jobId: `job-${process.pid}-${++made}`,
    priority: 0,
    placements: [P4D],
    timeLimits: {},
    ...rest,
    training: { ...TRAINING, ...training },
    retry: {
      attempts: 1,
      internalAttempts: 5,
      backoff: { initialSeconds: 10, maxSeconds: 600, factor: 2 },
      capacityBackoff: { initialSeconds: 60, maxSeconds: 1800, factor: 2 },
      ...retry,
    },
    ...(notifyOn === undefined ? {} : { notify: { topicArn: TOPIC, on: notifyOn } }),
  };
}
