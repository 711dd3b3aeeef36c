import { expect, test } from 'vitest';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import { ticketFacts } from '../../../src/jobs/ticket-facts.ts';
import { aJob } from '../../support/a-job.ts';

const CheckpointConfig = { S3Uri: 's3://models/checkpoints' };
const runs = (MaxRuntimeInSeconds: number) => ({ StoppingCondition: { MaxRuntimeInSeconds } });

const cases: Record<string, { job: JobSpec; want: ReturnType<typeof ticketFacts> }> = {
  "SageMaker's limit on a run bounds how long instances are held": {
    job: aJob({ training: runs(3_600) }),
    want: { limitSeconds: 3_600 },
  },
  "without one it is SageMaker's default of a day": {
    job: aJob({ training: { StoppingCondition: {} } }),
    want: { limitSeconds: 86_400 },
  },
  "the job's own limit on an attempt counts when it is shorter": {
    job: aJob({ training: runs(3_600), timeLimits: { attemptSeconds: 600 } }),
    want: { limitSeconds: 600 },
  },
  'and not when it is longer': {
    job: aJob({ training: runs(3_600), timeLimits: { attemptSeconds: 7_200 } }),
    want: { limitSeconds: 3_600 },
  },
  'a training with checkpoints writes one each quarter of an hour, unless it says otherwise': {
    job: aJob({ training: { ...runs(60), CheckpointConfig } }),
    want: { limitSeconds: 60, checkpointSeconds: 900 },
  },
  'as this one does': {
    job: aJob({ training: { ...runs(60), CheckpointConfig }, checkpointSeconds: 30 }),
    want: { limitSeconds: 60, checkpointSeconds: 30 },
  },
  'training code that keeps its checkpoints by itself can say so': {
    job: aJob({ training: runs(60), checkpointSeconds: 30 }),
    want: { limitSeconds: 60, checkpointSeconds: 30 },
  },
};

test.each(Object.entries(cases))('%s', (_, { job, want }) => {
  expect(ticketFacts(job)).toEqual(want);
});
