/**
 * The SageMaker training job name of an attempt: `ty-<jobId>-<attempt>`. A name is the only key that SageMaker gives
 * (CreateTrainingJob has no client token), so it must be a function of the job and the attempt, and back.
 * 3 + 50 + 1 + 9 characters stay inside SageMaker's 63.
 */
const PREFIX = 'ty-';
const PATTERN = /^ty-([a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,49})-([1-9][0-9]{0,8})$/;

export interface AttemptKey {
  readonly jobId: string;
  /** Counts every training job launched for the job, from 1. */
  readonly attempt: number;
}

export function attemptName({ jobId, attempt }: AttemptKey): string {
  return `${PREFIX}${jobId}-${attempt}`;
}

/** The job and attempt behind a training job name, or undefined when Trainyard cannot have given that name. */
export function parseAttemptName(name: string): AttemptKey | undefined {
  const match = PATTERN.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { jobId: match[1], attempt: Number(match[2]) };
}
