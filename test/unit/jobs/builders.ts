import type { JobSpec } from '../../../src/jobs/spec.ts';
import type { TrainingDescription } from '../../../src/jobs/training-description.ts';

/** A training job that is over, as SageMaker describes it. */
export function trainingThatEnded(changes: Partial<TrainingDescription>): TrainingDescription {
  return {
    name: 'ty-rank-lr-1',
    arn: 'arn:aws:sagemaker:us-east-1:111122223333:training-job/ty-rank-lr-1',
    status: 'Failed',
    secondaryStatus: 'Failed',
    createdAt: Date.UTC(2026, 10, 20),
    metrics: [],
    interruptions: 0,
    ...changes,
  };
}

/** A normalised job with the placements 4 × ml.p4d.24xlarge, 2 × ml.p5.48xlarge, 8 × ml.g6e.12xlarge. */
export function jobSpec(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    specVersion: 1,
    jobId: 'rank-lr',
    priority: 0,
    training: {
      RoleArn: 'arn:aws:iam::111122223333:role/trainer',
      OutputDataConfig: { S3OutputPath: 's3://models/out' },
      ResourceConfig: { InstanceType: 'ml.p4d.24xlarge', InstanceCount: 4, VolumeSizeInGB: 30 },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    },
    placements: [
      { kind: 'instances', instanceType: 'ml.p4d.24xlarge', instanceCount: 4 },
      { kind: 'instances', instanceType: 'ml.p5.48xlarge', instanceCount: 2 },
      { kind: 'instances', instanceType: 'ml.g6e.12xlarge', instanceCount: 8 },
    ],
    retry: {
      attempts: 3,
      internalAttempts: 5,
      backoff: { initialSeconds: 10, maxSeconds: 600, factor: 2 },
      capacityBackoff: { initialSeconds: 60, maxSeconds: 1800, factor: 2 },
    },
    timeLimits: {},
    ...changes,
  };
}
