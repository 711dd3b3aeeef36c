import type { DescribeTrainingJobResponse, SecondaryStatusTransition } from '@aws-sdk/client-sagemaker';
import type { TrainingDescription } from '../jobs/training-description.ts';

/** SageMaker's answer, reduced to what Trainyard uses. Whatever SageMaker leaves out is left out here. */
export function descriptionOf(name: string, answer: DescribeTrainingJobResponse): TrainingDescription {
  const transitions = answer.SecondaryStatusTransitions ?? [];
  const { ResourceConfig: resources, StoppingCondition: stopping } = answer;
  return withoutUndefined({
    name: answer.TrainingJobName ?? name,
    arn: answer.TrainingJobArn ?? '',
    status: answer.TrainingJobStatus ?? '',
    secondaryStatus: answer.SecondaryStatus,
    statusMessage: newestMessage(transitions),
    failureReason: answer.FailureReason,
    createdAt: answer.CreationTime?.getTime() ?? 0,
    lastModifiedAt: answer.LastModifiedTime?.getTime(),
    trainingStartedAt: answer.TrainingStartTime?.getTime(),
    trainingEndedAt: answer.TrainingEndTime?.getTime(),
    trainingSeconds: answer.TrainingTimeInSeconds,
    billableSeconds: answer.BillableTimeInSeconds,
    instanceType: resources?.SelectedInstanceType ?? resources?.InstanceType,
    instanceCount: resources?.SelectedInstanceCount ?? resources?.InstanceCount,
    modelUri: answer.ModelArtifacts?.S3ModelArtifacts,
    metrics: (answer.FinalMetricDataList ?? []).flatMap(({ MetricName, Value }) =>
      MetricName === undefined || Value === undefined ? [] : [{ name: MetricName, value: Value }],
    ),
    interruptions: transitions.filter(({ Status }) => Status === 'Interrupted').length,
    maxPendingSeconds: stopping?.MaxPendingTimeInSeconds,
  });
}

/** The order of the transitions is not documented, so the newest is found by its start. */
function newestMessage(transitions: readonly SecondaryStatusTransition[]): string | undefined {
  const startOf = (transition: SecondaryStatusTransition): number => transition.StartTime?.getTime() ?? 0;
  const oldestFirst = transitions.toSorted((a, b) => startOf(a) - startOf(b));
  return oldestFirst.at(-1)?.StatusMessage;
}

type WithoutUndefined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function withoutUndefined<T extends object>(value: T): WithoutUndefined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as WithoutUndefined<T>;
}
