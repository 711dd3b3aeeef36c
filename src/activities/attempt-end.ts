import { approximateCostUsd } from '../jobs/cost.ts';
import { classifyTrainingEnd } from '../jobs/failure-classification.ts';
import type { TrainingChanged } from '../jobs/training-change.ts';
import { isTrainingOver, type TrainingDescription } from '../jobs/training-description.ts';

/** A description as news for the job's workflow; with its end, classified, once the training job is over. */
export function newsOf(
  attempt: number,
  description: TrainingDescription,
  known: { readonly stopRequested: boolean; readonly now: number },
): TrainingChanged {
  const { status, secondaryStatus } = description;
  const news = { attempt, status, ...(secondaryStatus === undefined ? {} : { secondaryStatus }) };
  if (!isTrainingOver(status)) return news;
  const elapsedMs = (description.lastModifiedAt ?? known.now) - description.createdAt;
  const failure = classifyTrainingEnd(description, { stopRequested: known.stopRequested, elapsedMs });
  const { instanceType, instanceCount, billableSeconds } = description;
  const costUsd =
    instanceType === undefined || instanceCount === undefined || billableSeconds === undefined
      ? undefined
      : approximateCostUsd({ instanceType, instanceCount, billableSeconds });
  return {
    ...news,
    end: {
      description,
      ...(failure === undefined ? {} : { failure }),
      ...(costUsd === undefined ? {} : { costUsd }),
    },
  };
}

/** The end of a training job that SageMaker no longer knows: only an ended one can have been deleted. */
export function newsOfDeleted(attempt: number, name: string, now: number): TrainingChanged {
  return newsOf(
    attempt,
    { name, arn: '', status: 'Deleting', createdAt: now, metrics: [], interruptions: 0 },
    { stopRequested: false, now },
  );
}
