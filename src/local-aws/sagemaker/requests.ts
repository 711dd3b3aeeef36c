import { serializationError } from '../wire/aws-error.ts';
import { checkConstraints } from './constraints.ts';
import { deserialize } from './deserialize.ts';
import { inputOf } from './model.ts';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface InstancePreference {
  readonly InstanceType: string;
  readonly InstanceCount?: number;
  readonly TrainingPlanArns?: readonly string[];
}

export interface InstanceGroup {
  readonly InstanceType: string;
  readonly InstanceCount: number;
  readonly InstanceGroupName: string;
}

export interface ResourceConfig {
  readonly InstanceType?: string;
  readonly InstanceCount?: number;
  readonly KeepAlivePeriodInSeconds?: number;
  readonly TrainingPlanArn?: string;
  readonly InstanceGroups?: readonly InstanceGroup[];
  readonly InstancePlacementConfig?: object;
  readonly InstancePreferences?: readonly InstancePreference[];
  readonly SelectedInstanceType?: string;
  readonly SelectedInstanceCount?: number;
}

export interface Channel {
  readonly ChannelName: string;
  readonly DataSource: {
    readonly S3DataSource?: {
      readonly S3DataType: string;
      readonly S3Uri: string;
      readonly InstanceGroupNames?: readonly string[];
    };
    readonly FileSystemDataSource?: object;
    readonly DatasetSource?: object;
  };
}

/** The members of CreateTrainingJob that the endpoint itself reads; all others are kept and shown as they came. */
export interface CreateTrainingJobRequest {
  readonly TrainingJobName: string;
  readonly RoleArn: string;
  readonly OutputDataConfig: { readonly S3OutputPath: string };
  readonly CheckpointConfig?: { readonly S3Uri: string };
  readonly AlgorithmSpecification?: {
    readonly TrainingImage?: string;
    readonly AlgorithmName?: string;
    readonly TrainingInputMode: string;
    readonly MetricDefinitions?: readonly { readonly Name: string; readonly Regex: string }[];
    readonly ContainerEntrypoint?: readonly string[];
  };
  readonly ResourceConfig?: ResourceConfig;
  readonly InputDataConfig?: readonly Channel[];
  readonly StoppingCondition?: {
    readonly MaxRuntimeInSeconds?: number;
    readonly MaxWaitTimeInSeconds?: number;
    readonly MaxPendingTimeInSeconds?: number;
  };
  readonly EnableManagedSpotTraining?: boolean;
  readonly EnableNetworkIsolation?: boolean;
  readonly EnableInterContainerTrafficEncryption?: boolean;
  readonly RetryStrategy?: { readonly MaximumRetryAttempts: number };
  readonly VpcConfig?: object;
  readonly ServerlessJobConfig?: object;
  readonly Tags?: readonly Tag[];
}

export interface ListTrainingJobsRequest {
  readonly NextToken?: string;
  readonly MaxResults?: number;
  /** Epoch seconds, like the three below. */
  readonly CreationTimeAfter?: number;
  readonly CreationTimeBefore?: number;
  readonly LastModifiedTimeAfter?: number;
  readonly LastModifiedTimeBefore?: number;
  readonly NameContains?: string;
  readonly StatusEquals?: string;
  readonly SortBy?: 'Name' | 'CreationTime' | 'Status';
  readonly SortOrder?: 'Ascending' | 'Descending';
  readonly WarmPoolStatusEquals?: string;
  readonly TrainingPlanArnEquals?: string;
}

/** The operations of the endpoint with their requests. */
export interface Requests {
  readonly AddTags: { readonly ResourceArn: string; readonly Tags: readonly Tag[] };
  readonly CreateTrainingJob: CreateTrainingJobRequest;
  readonly DeleteTags: { readonly ResourceArn: string; readonly TagKeys: readonly string[] };
  readonly DeleteTrainingJob: { readonly TrainingJobName: string };
  readonly DescribeTrainingJob: { readonly TrainingJobName: string };
  readonly ListTags: { readonly ResourceArn: string };
  readonly ListTrainingJobs: ListTrainingJobsRequest;
  readonly StopTrainingJob: { readonly TrainingJobName: string };
}

export type Operation = keyof Requests;

/**
 * The request in `body`, checked against the service model.
 * @throws AwsError SerializationException for what is not JSON or has other types, ValidationException for the rest.
 */
export function parseRequest<O extends Operation>(operation: O, body: string): Requests[O] {
  let json: unknown;
  try {
    json = body.trim() === '' ? {} : JSON.parse(body);
  } catch {
    throw serializationError('The request body is not valid JSON.');
  }
  const shape = inputOf(operation);
  const request = deserialize(shape, json);
  checkConstraints(shape, request);
  // The interfaces above state what the model has just enforced; a test compares the two.
  return request as Requests[O];
}
