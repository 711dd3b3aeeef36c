import type {
  CreateEvidence,
  Evidence,
  TrainingEvidence,
  WorkflowEvidence,
} from '../../../src/cli/demo/evidence.ts';
import type { Placement } from '../../../src/jobs/placement.ts';
import type { NotifyEvent } from '../../../src/jobs/spec.ts';
import type { AttemptView, JobView } from '../../../src/jobs/view.ts';

const START = Date.UTC(2026, 10, 21);
const ONE_MINUTE = 60_000;

export const on = (instanceType: string, instanceCount = 1): Placement => ({
  kind: 'instances',
  instanceType,
  instanceCount,
});

/** A training job that Completed at the first try. Minute `n` of the story is when it was created, n + 1 when it ended. */
export function training(n: number, changes: Partial<TrainingEvidence> = {}): TrainingEvidence {
  return {
    name: `ty-job-${n}`,
    status: 'Completed',
    transitions: ['Starting', 'Downloading', 'Training', 'Uploading', 'Completed'],
    instanceType: 'ml.g5.xlarge',
    instanceCount: 1,
    spot: false,
    metrics: { 'validation:accuracy': 0.84, 'train:epoch': 20, 'train:first-epoch': 1 },
    createdAt: START + n * ONE_MINUTE,
    endedAt: START + (n + 1) * ONE_MINUTE,
    modelUri: 's3://trainyard-examples/models/ty-job/output/model.tar.gz',
    ...changes,
  };
}

export function attempt(n: number, changes: Partial<AttemptView> = {}): AttemptView {
  return {
    attempt: n,
    trainingJobName: `ty-job-${n}`,
    placement: on('ml.g5.xlarge'),
    launchedAt: START + n * ONE_MINUTE - 500,
    trainingStatus: 'Completed',
    ...changes,
  };
}

export interface EvidenceParts {
  readonly job?: Partial<JobView>;
  readonly workflow?: Partial<WorkflowEvidence>;
  readonly trainings?: readonly TrainingEvidence[];
  /** By default one for each attempt, refused with ResourceLimitExceeded where the attempt says so. */
  readonly creates?: readonly CreateEvidence[];
  readonly notices?: readonly NotifyEvent[];
}

/** A job that SUCCEEDED with one training job, unless the parts say otherwise. */
export function evidence({
  job = {},
  workflow = {},
  trainings = [training(1)],
  creates,
  notices,
}: EvidenceParts = {}): Evidence {
  const placement = on('ml.g5.xlarge');
  const attempts =
    job.attempts ?? trainings.map(({ status }, index) => attempt(index + 1, { trainingStatus: status }));
  const status = job.status ?? 'SUCCEEDED';
  return {
    job: {
      jobId: 'job',
      status,
      reason: { code: 'COMPLETED', sentence: 'Training completed on 1 × ml.g5.xlarge.' },
      held: false,
      priority: 0,
      submittedAt: START,
      statusSince: START + 10 * ONE_MINUTE,
      placements: [placement],
      attemptCount: attempts.length,
      waitingSeconds: 1,
      runningSeconds: 60,
      metrics: [],
      notifications: [],
      ...job,
      attempts,
    },
    trainings,
    creates:
      creates ??
      attempts.map(({ trainingJobName: name, trainingStatus }) =>
        trainingStatus === 'Refused' ? { name, error: 'ResourceLimitExceeded' } : { name },
      ),
    workflow: { status: 'COMPLETED', cancelRequests: 0, ...workflow },
    notices: (notices ?? [status as NotifyEvent]).map((event, index) => ({
      messageId: `message-${index}`,
      event,
    })),
  };
}
