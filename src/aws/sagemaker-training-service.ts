import {
  CreateTrainingJobCommand,
  type CreateTrainingJobRequest,
  DescribeTrainingJobCommand,
  ListTagsCommand,
  ListTrainingJobsCommand,
  type ListTrainingJobsResponse,
  type SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import type { TrainingRequest } from '../jobs/training-request.ts';
import {
  TrainingServiceError,
  type TrainingPage,
  type TrainingService,
  type TrainingSummary,
} from '../ports/training-service.ts';
import { callErrorOf } from './call-error.ts';
import { bounded } from './clients.ts';
import { descriptionOf } from './training-description.ts';

/** The most that ListTrainingJobs gives; its default is 10, which multiplies calls (aws-solutions/deepracer-on-aws#91). */
const PAGE_SIZE = 100;

/** SageMaker's training jobs through the AWS SDK. */
export function sageMakerTrainingService(client: SageMakerClient): TrainingService {
  return {
    create: async (name, request) => {
      const answer = await attempt(() =>
        client.send(new CreateTrainingJobCommand(createRequest(name, request)), bounded()),
      );
      return { arn: answer.TrainingJobArn ?? '' };
    },

    describe: async (name) => {
      const command = new DescribeTrainingJobCommand({ TrainingJobName: name });
      try {
        return descriptionOf(name, await attempt(() => client.send(command, bounded())));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    tags: async (arn) => {
      const tags: Record<string, string> = {};
      let nextToken: string | undefined;
      do {
        const command = new ListTagsCommand({ ResourceArn: arn, NextToken: nextToken });
        const page = await attempt(() => client.send(command, bounded()));
        for (const { Key, Value } of page.Tags ?? []) if (Key !== undefined) tags[Key] = Value ?? '';
        nextToken = page.NextToken;
      } while (nextToken !== undefined);
      return tags;
    },

    stop: async (name) => {
      const command = new StopTrainingJobCommand({ TrainingJobName: name });
      try {
        await attempt(() => client.send(command, bounded()));
      } catch (error) {
        if (!isNotFound(error) && !isNotRunning(error)) throw error;
      }
    },

    listModified: async ({ after, nextToken }) => {
      const command = new ListTrainingJobsCommand({
        LastModifiedTimeAfter: new Date(after),
        MaxResults: PAGE_SIZE,
        SortBy: 'CreationTime',
        SortOrder: 'Descending',
        NextToken: nextToken,
      });
      return pageOf(await attempt(() => client.send(command, bounded())));
    },

    listNamed: async ({ contains, createdAfter, createdBefore, nextToken }) => {
      const command = new ListTrainingJobsCommand({
        NameContains: contains,
        ...(createdAfter === undefined ? {} : { CreationTimeAfter: new Date(createdAfter) }),
        ...(createdBefore === undefined ? {} : { CreationTimeBefore: new Date(createdBefore) }),
        MaxResults: PAGE_SIZE,
        SortBy: 'CreationTime',
        SortOrder: 'Descending',
        NextToken: nextToken,
      });
      return pageOf(await attempt(() => client.send(command, bounded())));
    },
  };
}

function pageOf({ TrainingJobSummaries = [], NextToken }: ListTrainingJobsResponse): TrainingPage {
  const summaries = TrainingJobSummaries.map((summary): TrainingSummary => {
    // Always there, the API says; a job without it must not look like an old one.
    const createdAt = summary.CreationTime?.getTime() ?? Date.now();
    return {
      name: summary.TrainingJobName ?? '',
      status: summary.TrainingJobStatus ?? '',
      ...(summary.SecondaryStatus === undefined ? {} : { secondaryStatus: summary.SecondaryStatus }),
      createdAt,
      lastModifiedAt: summary.LastModifiedTime?.getTime() ?? createdAt,
    };
  });
  return { summaries, ...(NextToken === undefined ? {} : { nextToken: NextToken }) };
}

/** What the job file says goes to SageMaker as it is: SageMaker checks it (the SDK checks nothing). */
function createRequest(name: string, request: TrainingRequest): CreateTrainingJobRequest {
  const members: object = request;
  return {
    ...members,
    TrainingJobName: name,
    RoleArn: request.RoleArn,
    OutputDataConfig: request.OutputDataConfig,
  };
}

async function attempt<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const { errorName, message, httpStatus, tries } = callErrorOf(cause);
    throw new TrainingServiceError(errorName, message, {
      cause,
      tries,
      ...(httpStatus === undefined ? {} : { httpStatus }),
    });
  }
}

/** SageMaker says this of an unknown training job, and not ResourceNotFound as its model does (aws/aws-sdk#165). */
function isNotFound(error: unknown): boolean {
  if (!(error instanceof TrainingServiceError)) return false;
  return (
    error.errorName === 'ResourceNotFound' ||
    (error.errorName === 'ValidationException' && /requested resource not found/i.test(error.message))
  );
}

/** "The request was rejected because the training job is in status Stopped." (awslabs/benchmark-ai#928) */
function isNotRunning(error: unknown): boolean {
  return (
    error instanceof TrainingServiceError &&
    error.errorName === 'ValidationException' &&
    /training job is in status/i.test(error.message)
  );
}
