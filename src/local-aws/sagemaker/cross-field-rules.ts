import { parseS3Uri } from '../container/s3-folder.ts';
import { ClientError } from '../container/training-request.ts';
import { validationError } from '../wire/aws-error.ts';
import { constraintError, violation } from './constraints.ts';
import type { CreateTrainingJobRequest, ResourceConfig, Tag } from './requests.ts';

/** CreateTrainingJob: "The default value is 1 day. The maximum value is 28 days." */
export const DEFAULT_MAX_RUNTIME_SECONDS = 86_400;
const LONGEST_MAX_RUNTIME_SECONDS = 28 * 86_400;

/**
 * The rules of CreateTrainingJob beyond the service model, in the order in which they are tried; the first broken one is
 * the answer. Texts that were seen in public are AWS's own, the others follow the documentation's sentence.
 */
const RULES: readonly ((request: CreateTrainingJobRequest) => string | undefined)[] = [
  ({ ServerlessJobConfig: serverless }) =>
    serverless === undefined ? undefined : 'ServerlessJobConfig is not supported by the local AWS endpoint.',
  ({ AlgorithmSpecification: algorithm }) => {
    if (algorithm === undefined) return 'AlgorithmSpecification is required.';
    const given = [algorithm.TrainingImage, algorithm.AlgorithmName].filter(
      (name) => name !== undefined,
    ).length;
    return given === 1
      ? undefined
      : 'Invalid AlgorithmSpecification. You must specify either TrainingImage or AlgorithmName, and not both.';
  },
  ({ ResourceConfig: resources }) =>
    resources === undefined ? 'ResourceConfig is required.' : brokenResourceRule(resources),
  ({ ResourceConfig: resources, EnableManagedSpotTraining: spot }) => {
    if (spot !== true) return undefined;
    if (resources?.InstancePreferences !== undefined)
      return 'InstancePreferences cannot be specified with EnableManagedSpotTraining.';
    return (resources?.KeepAlivePeriodInSeconds ?? 0) > 0
      ? 'KeepAlivePeriodInSeconds cannot be specified with EnableManagedSpotTraining.'
      : undefined;
  },
  brokenStoppingRule,
  brokenChannelRule,
  brokenDestinationRule,
  ({ Tags: tags }) => brokenTagRule(tags ?? []),
];

/** @throws AwsError ValidationException */
export function checkCrossFieldRules(request: CreateTrainingJobRequest): void {
  const maxRuntime = request.StoppingCondition?.MaxRuntimeInSeconds ?? 0;
  if (maxRuntime > LONGEST_MAX_RUNTIME_SECONDS) {
    const constraint = `Member must have value less than or equal to ${LONGEST_MAX_RUNTIME_SECONDS}`;
    throw constraintError([violation(maxRuntime, 'stoppingCondition.maxRuntimeInSeconds', constraint)]);
  }
  for (const rule of RULES) {
    const broken = rule(request);
    if (broken !== undefined) throw validationError(broken);
  }
}

/** Of ResourceConfig exactly one way of naming instances; facts: DG train-instance-preferences. */
function brokenResourceRule(resources: ResourceConfig): string | undefined {
  const { InstanceType, InstanceCount, InstanceGroups, InstancePreferences, InstancePlacementConfig } =
    resources;
  if (resources.SelectedInstanceType !== undefined || resources.SelectedInstanceCount !== undefined) {
    return 'SelectedInstanceType and SelectedInstanceCount are read-only and cannot be specified in a request.';
  }
  if (InstanceGroups !== undefined && InstanceGroups.length > 0) {
    if (InstancePreferences !== undefined)
      return 'InstancePreferences cannot be specified with InstanceGroups.';
    if (InstanceType !== undefined || InstanceCount !== undefined) {
      return 'InstanceType or InstanceCount cannot be specified with InstanceGroups';
    }
    const twice = firstDuplicate(InstanceGroups.map((group) => group.InstanceGroupName));
    if (twice !== undefined) return `Instance group names must be unique. Found duplicate: ${twice}`;
    const empty = InstanceGroups.find((group) => group.InstanceCount < 1);
    return empty === undefined
      ? undefined
      : `InstanceCount of instance group ${empty.InstanceGroupName} must be at least 1.`;
  }
  if (InstancePreferences !== undefined) {
    if (InstanceType !== undefined) return 'InstancePreferences cannot be specified with InstanceType.';
    if (InstancePlacementConfig !== undefined)
      return 'InstancePreferences cannot be specified with InstancePlacementConfig.';
    const twice = firstDuplicate(InstancePreferences.map((preference) => preference.InstanceType));
    if (twice !== undefined)
      return `An instance type can appear only once in InstancePreferences. Found duplicate: ${twice}`;
    const counted = InstancePreferences.filter((preference) => preference.InstanceCount !== undefined).length;
    const everyCounted = counted === InstancePreferences.length;
    if ((InstanceCount === undefined && !everyCounted) || (InstanceCount !== undefined && counted > 0)) {
      return 'InstanceCount must be specified either in ResourceConfig or for every entry of InstancePreferences, and not in both.';
    }
    if (
      resources.TrainingPlanArn !== undefined &&
      InstancePreferences.some((p) => p.TrainingPlanArns !== undefined)
    ) {
      return 'TrainingPlanArns of InstancePreferences cannot be specified with TrainingPlanArn of ResourceConfig.';
    }
    const counts = InstancePreferences.map((preference) => preference.InstanceCount ?? InstanceCount ?? 0);
    return counts.every((count) => count >= 1) ? undefined : 'InstanceCount must be at least 1.';
  }
  if (InstanceType === undefined) {
    return 'ResourceConfig must specify InstanceType, InstanceGroups or InstancePreferences.';
  }
  return (InstanceCount ?? 0) >= 1 ? undefined : 'InstanceCount must be specified and at least 1.';
}

function brokenStoppingRule(request: CreateTrainingJobRequest): string | undefined {
  const { MaxRuntimeInSeconds: maxRuntime = DEFAULT_MAX_RUNTIME_SECONDS, MaxWaitTimeInSeconds: maxWait } =
    request.StoppingCondition ?? {};
  if (request.EnableManagedSpotTraining === true) {
    return maxWait === undefined || maxWait < maxRuntime
      ? 'Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds'
      : undefined;
  }
  return maxWait === undefined
    ? undefined
    : 'Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true';
}

function brokenChannelRule(request: CreateTrainingJobRequest): string | undefined {
  const channels = request.InputDataConfig ?? [];
  const twice = firstDuplicate(channels.map((channel) => channel.ChannelName));
  if (twice !== undefined) return `Channel names must be unique. Found duplicate channel name: ${twice}`;
  for (const { ChannelName: name, DataSource: source } of channels) {
    const given = [source.S3DataSource, source.FileSystemDataSource, source.DatasetSource].filter(
      (one) => one !== undefined,
    );
    if (given.length !== 1) {
      return `Exactly one of S3DataSource, FileSystemDataSource and DatasetSource must be specified for channel ${name}.`;
    }
    if (source.FileSystemDataSource !== undefined && request.VpcConfig === undefined) {
      return `VpcConfig is required for channel ${name}, which has a FileSystemDataSource.`;
    }
  }
  return brokenInstanceGroupRule(request);
}

/** The model's pattern lets any text pass after `s3://`; what cannot be written to would fail hours later, at the upload. */
function brokenDestinationRule(request: CreateTrainingJobRequest): string | undefined {
  const { OutputDataConfig: output, CheckpointConfig: checkpoints } = request;
  const broken = brokenS3Uri(output.S3OutputPath);
  if (broken !== undefined) return `Invalid S3OutputPath. ${broken}`;
  const brokenCheckpoints = checkpoints && brokenS3Uri(checkpoints.S3Uri);
  return brokenCheckpoints && `Invalid S3Uri of CheckpointConfig. ${brokenCheckpoints}`;
}

function brokenS3Uri(uri: string): string | undefined {
  try {
    parseS3Uri(uri);
    return undefined;
  } catch (error) {
    if (error instanceof ClientError) return error.message;
    throw error;
  }
}

function brokenInstanceGroupRule(request: CreateTrainingJobRequest): string | undefined {
  const known = (request.ResourceConfig?.InstanceGroups ?? []).map((group) => group.InstanceGroupName);
  const groupsOf = (request.InputDataConfig ?? []).map((channel) => ({
    channel: channel.ChannelName,
    groups: channel.DataSource.S3DataSource?.InstanceGroupNames ?? [],
  }));
  for (const { channel, groups } of groupsOf) {
    const stranger = groups.find((group) => !known.includes(group));
    if (stranger !== undefined)
      return `Channel ${channel} names the instance group ${stranger}, which ResourceConfig does not have.`;
  }
  const [assigned, others] = [
    groupsOf.filter((c) => c.groups.length > 0),
    groupsOf.filter((c) => c.groups.length === 0),
  ];
  if (assigned.length === 0 || others.length === 0) return undefined;
  const names = (list: typeof groupsOf): string => list.map((entry) => entry.channel).join(', ');
  return `Some channels have assigned instance groups: [${names(assigned)}] while others not: [${names(others)}]`;
}

/** Also the rule of AddTags. */
export function brokenTagRule(tags: readonly Tag[]): string | undefined {
  const reserved = tags.find((tag) => /^aws:/i.test(tag.Key));
  if (reserved !== undefined) {
    return `Tag keys must not start with aws:, which is reserved for AWS use. Invalid tag key: ${reserved.Key}`;
  }
  const twice = firstDuplicate(tags.map((tag) => tag.Key));
  return twice === undefined ? undefined : `Tag keys must be unique. Found duplicate tag key: ${twice}`;
}

function firstDuplicate(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
