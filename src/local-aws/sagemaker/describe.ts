import { DEFAULT_MAX_RUNTIME_SECONDS } from './cross-field-rules.ts';
import { type Job, ranMs, secondaryStatus } from './job.ts';
import { warmPoolStatus } from './training-jobs.ts';

export interface DescribeSettings {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly timeScale: number;
  readonly spotDiscount: number;
}

/** Epoch seconds with fraction, which is what AWS's JSON protocols carry. */
export const epochSeconds = (ms: number): number => ms / 1_000;

/** DescribeTrainingJobResponse. Absent members stay absent, as `undefined` is not JSON. */
export function describeTrainingJob(job: Job, settings: DescribeSettings): Record<string, unknown> {
  const { request, state } = job;
  const { ResourceConfig: resources, StoppingCondition: stopping, ...echoed } = request;
  const selected = resources?.InstancePreferences === undefined ? undefined : state.instances[0];
  const warmPool = warmPoolStatus(job, settings.now, settings.timeScale);
  return {
    ...echoed,
    TrainingJobArn: job.arn,
    ResourceConfig: {
      ...resources,
      ...(selected === undefined
        ? {}
        : { SelectedInstanceType: selected.instanceType, SelectedInstanceCount: selected.count }),
    },
    StoppingCondition: { MaxRuntimeInSeconds: DEFAULT_MAX_RUNTIME_SECONDS, ...stopping },
    TrainingJobStatus: state.status,
    SecondaryStatus: secondaryStatus(state),
    ...(state.failureReason === undefined ? {} : { FailureReason: state.failureReason }),
    CreationTime: epochSeconds(job.createdAt),
    LastModifiedTime: epochSeconds(state.lastModifiedAt),
    ...timesOf(job, settings.spotDiscount),
    SecondaryStatusTransitions: state.transitions.map(({ status, startedAt, endedAt, message }) => ({
      Status: status,
      StartTime: epochSeconds(startedAt),
      ...(endedAt === undefined ? {} : { EndTime: epochSeconds(endedAt) }),
      StatusMessage: message,
    })),
    ...(state.modelUri === undefined ? {} : { ModelArtifacts: { S3ModelArtifacts: state.modelUri } }),
    ...(state.metrics.length === 0 ? {} : { FinalMetricDataList: state.metrics }),
    ...(warmPool === undefined ? {} : { WarmPoolStatus: { Status: warmPool } }),
    EnableManagedSpotTraining: request.EnableManagedSpotTraining ?? false,
    EnableNetworkIsolation: request.EnableNetworkIsolation ?? false,
    EnableInterContainerTrafficEncryption: request.EnableInterContainerTrafficEncryption ?? false,
  };
}

/** TrainingJobSummary. */
export function summarizeTrainingJob(job: Job, settings: DescribeSettings): Record<string, unknown> {
  const { state } = job;
  const plan = job.request.ResourceConfig?.TrainingPlanArn;
  const warmPool = warmPoolStatus(job, settings.now, settings.timeScale);
  return {
    TrainingJobName: job.name,
    TrainingJobArn: job.arn,
    CreationTime: epochSeconds(job.createdAt),
    ...(state.endedAt === undefined ? {} : { TrainingEndTime: epochSeconds(state.endedAt) }),
    LastModifiedTime: epochSeconds(state.lastModifiedAt),
    TrainingJobStatus: state.status,
    SecondaryStatus: secondaryStatus(state),
    ...(warmPool === undefined ? {} : { WarmPoolStatus: { Status: warmPool } }),
    ...(plan === undefined ? {} : { TrainingPlanArn: plan }),
  };
}

/**
 * Start and end on instances, and what they come to. Training time is start to end; billable time is time with
 * instances, and for spot less by the discount, since "savings = (1 - BillableTimeInSeconds / TrainingTimeInSeconds)".
 */
function timesOf({ request, state }: Job, spotDiscount: number): Record<string, number> {
  const { startedAt, endedAt } = state;
  if (startedAt === undefined) return endedAt === undefined ? {} : { TrainingEndTime: epochSeconds(endedAt) };
  if (endedAt === undefined) return { TrainingStartTime: epochSeconds(startedAt) };
  const price = request.EnableManagedSpotTraining === true ? 1 - spotDiscount : 1;
  return {
    TrainingStartTime: epochSeconds(startedAt),
    TrainingEndTime: epochSeconds(endedAt),
    TrainingTimeInSeconds: Math.ceil((endedAt - startedAt) / 1_000),
    BillableTimeInSeconds: Math.ceil((ranMs(state, endedAt) * price) / 1_000),
  };
}
