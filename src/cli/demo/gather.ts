import {
  DescribeTrainingJobCommand,
  ListTrainingJobsCommand,
  type DescribeTrainingJobResponse,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { TrainyardClient } from '../../client/index.ts';
import { isTransient } from '../../client/rpc-error.ts';
import { z } from 'zod';
import { parseAttemptName } from '../../jobs/attempt-name.ts';
import { JOB_MESSAGES, jobWorkflowId } from '../../workflows/contract.ts';
import type {
  CreateEvidence,
  Evidence,
  NoticeEvidence,
  TrainingEvidence,
  WorkflowEvidence,
} from './evidence.ts';

export interface Sources {
  readonly sagemaker: SageMakerClient;
  /** Of the local AWS endpoint, which tells what it was asked for. */
  readonly endpointUrl: string;
  readonly temporal: Client;
  readonly trainyard: Pick<TrainyardClient, 'get'>;
  /** The messages of the mailbox by job id. */
  readonly notices: () => Promise<ReadonlyMap<string, readonly NoticeEvidence[]>>;
}

/** Asks everybody about the jobs. Workflows that are still delivering their notification are waited for. */
export async function gatherEvidence(
  sources: Sources,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, Evidence>> {
  const workflows = new Map<string, WorkflowEvidence>();
  for (const jobId of jobIds) workflows.set(jobId, await askTemporal(sources.temporal, jobId));
  const trainings = await askSageMaker(sources.sagemaker, jobIds);
  const creates = await askEndpoint(sources.endpointUrl);
  const notices = await sources.notices();
  const evidence = new Map<string, Evidence>();
  for (const [jobId, workflow] of workflows) {
    evidence.set(jobId, {
      job: await sources.trainyard.get(jobId),
      trainings: trainings.get(jobId) ?? [],
      creates: creates.filter(({ name }) => parseAttemptName(name)?.jobId === jobId),
      workflow,
      notices: notices.get(jobId) ?? [],
    });
  }
  return evidence;
}

const CLOSING_MS = 15_000;

async function askTemporal(client: Client, jobId: string): Promise<WorkflowEvidence> {
  const handle = client.workflow.getHandle(jobWorkflowId(jobId));
  try {
    await client.withDeadline(Date.now() + CLOSING_MS, () => handle.result());
  } catch (error) {
    // Both are told by the description: that the workflow failed, and that it has not closed in time.
    if (!(error instanceof WorkflowFailedError) && !isTransient(error)) throw error;
  }
  const { status } = await handle.describe();
  const { events = [] } = await handle.fetchHistory();
  const cancels = (events ?? []).filter(
    ({
      workflowExecutionSignaledEventAttributes: signal,
      workflowExecutionUpdateAcceptedEventAttributes: update,
    }) =>
      signal?.signalName === JOB_MESSAGES.cancel ||
      update?.acceptedRequest?.input?.name === JOB_MESSAGES.cancel,
  );
  return { status: status.name, cancelRequests: cancels.length };
}

async function askSageMaker(
  client: SageMakerClient,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, readonly TrainingEvidence[]>> {
  const byJob = new Map<string, TrainingEvidence[]>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListTrainingJobsCommand({
        MaxResults: 100,
        SortBy: 'CreationTime',
        SortOrder: 'Ascending',
        NextToken,
      }),
    );
    for (const { TrainingJobName: name = '' } of page.TrainingJobSummaries ?? []) {
      const jobId = parseAttemptName(name)?.jobId;
      if (jobId === undefined || !jobIds.includes(jobId)) continue;
      const described = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
      byJob.set(jobId, [...(byJob.get(jobId) ?? []), trainingEvidence(name, described)]);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return byJob;
}

const requestLog = z.object({
  requests: z.array(z.object({ job: z.string(), error: z.string().optional() })),
});

/** SageMaker keeps no trace of a refused create; the endpoint's own log of requests does (docs/local-aws.md). */
async function askEndpoint(endpointUrl: string): Promise<readonly CreateEvidence[]> {
  const query = new URLSearchParams({ operation: 'CreateTrainingJob', job: 'ty-*' });
  const answer = await fetch(`${endpointUrl}/_local/requests?${query.toString()}`);
  const { requests } = requestLog.parse(await answer.json());
  return requests.map(({ job, error }) => ({ name: job, ...(error === undefined ? {} : { error }) }));
}

function trainingEvidence(name: string, described: DescribeTrainingJobResponse): TrainingEvidence {
  const {
    FailureReason,
    ResourceConfig,
    FinalMetricDataList,
    ModelArtifacts,
    TrainingEndTime,
    LastModifiedTime,
  } = described;
  const endedAt = (LastModifiedTime ?? TrainingEndTime)?.getTime();
  return {
    name,
    status: described.TrainingJobStatus ?? '?',
    transitions: (described.SecondaryStatusTransitions ?? []).map(({ Status }) => Status ?? '?'),
    ...(FailureReason === undefined ? {} : { failureReason: FailureReason }),
    ...(ResourceConfig?.InstanceType === undefined ? {} : { instanceType: ResourceConfig.InstanceType }),
    ...(ResourceConfig?.InstanceCount === undefined ? {} : { instanceCount: ResourceConfig.InstanceCount }),
    spot: described.EnableManagedSpotTraining ?? false,
    metrics: Object.fromEntries(
      (FinalMetricDataList ?? []).map(({ MetricName = '?', Value = Number.NaN }) => [MetricName, Value]),
    ),
    createdAt: described.CreationTime?.getTime() ?? 0,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(ModelArtifacts?.S3ModelArtifacts === undefined ? {} : { modelUri: ModelArtifacts.S3ModelArtifacts }),
  };
}
