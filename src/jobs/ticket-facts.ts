import type { JobSpec } from './spec.ts';

/** SageMaker's own limit on a run when StoppingCondition names none. */
export const DEFAULT_MAX_RUNTIME_SECONDS = 86_400;
/** Between two checkpoints, when the training has a CheckpointConfig and the job does not say how often it writes. */
export const DEFAULT_CHECKPOINT_SECONDS = 900;

/** What ordering needs to know of a job besides who it is: how long it may hold its instances, what a stop would lose. */
export interface TicketFacts {
  /** Most seconds that one attempt can hold its instances. */
  readonly limitSeconds: number;
  /** Seconds between two checkpoints. Absent: stopping it loses everything since its start. */
  readonly checkpointSeconds?: number;
}

export function ticketFacts(
  job: Pick<JobSpec, 'training' | 'timeLimits' | 'checkpointSeconds'>,
): TicketFacts {
  const { StoppingCondition: stopping, CheckpointConfig: checkpoints } = job.training;
  const runtime = stopping?.MaxRuntimeInSeconds ?? DEFAULT_MAX_RUNTIME_SECONDS;
  const checkpointSeconds =
    job.checkpointSeconds ?? (checkpoints === undefined ? undefined : DEFAULT_CHECKPOINT_SECONDS);
  return {
    limitSeconds: Math.min(runtime, job.timeLimits.attemptSeconds ?? runtime),
    ...(checkpointSeconds === undefined ? {} : { checkpointSeconds }),
  };
}
