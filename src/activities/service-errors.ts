import { ApplicationFailure } from '@temporalio/activity';
import { TrainingServiceError } from '../ports/training-service.ts';
import { classifyCallError } from '../jobs/failure-classification.ts';
import type { Failure } from '../jobs/failure.ts';

/** The failure that an error of the training service stands for; anything else is a bug and is thrown on. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof TrainingServiceError)) throw error;
  return classifyCallError(error);
}

/** For calls where only trying again helps: fails the activity retryably, with the class as type. */
export function tryAgain(error: unknown, nextRetryDelayMs?: number): ApplicationFailure {
  const failure = failureOf(error);
  return ApplicationFailure.create({
    type: failure.class,
    message: failure.message,
    ...(nextRetryDelayMs === undefined ? {} : { nextRetryDelay: nextRetryDelayMs }),
  });
}
