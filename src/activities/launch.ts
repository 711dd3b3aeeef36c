import { activityInfo } from '@temporalio/activity';
import { attemptName } from '../jobs/attempt-name.ts';
import type { Placement } from '../jobs/placement.ts';
import type { TrainingRequest } from '../jobs/training-request.ts';
import type { TrainingDescription } from '../jobs/training-description.ts';
import { TrainingServiceError, type TrainingService } from '../ports/training-service.ts';
import { isTaggedAs, namespaceTag, ownerOf, tagsOf } from './attempt-tags.ts';
import { failureOf, tryAgain } from './service-errors.ts';
import type { LaunchInput, LaunchResult } from './types.ts';

export interface LaunchPorts {
  readonly training: TrainingService;
  /** Where people can look at a training job, if anywhere. */
  readonly consoleUrl: (name: string, arn: string) => string | undefined;
  /** Of the Temporal namespace of this worker, if Temporal tells. */
  readonly namespaceId: () => Promise<string | undefined>;
}

/**
 * Launches an attempt exactly once. SageMaker knows no client token and the SDK sends a create again after a lost
 * answer, so the name is the key: when it is in use, the training job of that name is adopted if its tags say that it
 * is this very attempt.
 */
export async function launchTraining(ports: LaunchPorts, input: LaunchInput): Promise<LaunchResult> {
  const name = attemptName(input);
  if (input.training === undefined) {
    const existing = await describe(ports.training, name);
    return existing === undefined ? { kind: 'absent' } : adopt(ports, input, existing);
  }
  try {
    const request = requestOf(input.training, input, await ports.namespaceId());
    const { arn } = await ports.training.create(name, request);
    return launched(ports, name, arn, false);
  } catch (error) {
    if (error instanceof TrainingServiceError && error.errorName === 'ResourceInUse') {
      const existing = await describe(ports.training, name);
      // In use but not there: deleted just now, or not yet visible. Trying again tells.
      if (existing === undefined) throw tryAgain(error);
      return adopt(ports, input, existing);
    }
    const failure = failureOf(error);
    if (failure.class === 'transient') throw tryAgain(error);
    const existing = wasSentBefore(error) ? await describe(ports.training, name) : undefined;
    return existing === undefined ? { kind: 'refused', failure } : adopt(ports, input, existing);
  }
}

/** A refusal then says nothing of the earlier tries: one of them may be what uses up the quota. */
function wasSentBefore(error: unknown): boolean {
  return activityInfo().attempt > 1 || (error instanceof TrainingServiceError && error.tries > 1);
}

async function describe(training: TrainingService, name: string): Promise<TrainingDescription | undefined> {
  try {
    return await training.describe(name);
  } catch (error) {
    throw tryAgain(error);
  }
}

async function adopt(
  ports: LaunchPorts,
  input: LaunchInput,
  existing: TrainingDescription,
): Promise<LaunchResult> {
  let tags: Readonly<Record<string, string>>;
  try {
    tags = await ports.training.tags(existing.arn);
  } catch (error) {
    throw tryAgain(error);
  }
  if (isTaggedAs(tags, input)) return launched(ports, existing.name, existing.arn, true);
  return { kind: 'nameTaken', wanted: existing.name, owner: ownerOf(existing.name, tags) };
}

function launched(ports: LaunchPorts, name: string, arn: string, adopted: boolean): LaunchResult {
  const consoleUrl = ports.consoleUrl(name, arn);
  return { kind: 'launched', arn, adopted, ...(consoleUrl === undefined ? {} : { consoleUrl }) };
}

/** The user's request on one placement, tagged as this attempt. */
function requestOf(
  training: TrainingRequest,
  input: LaunchInput,
  namespaceId: string | undefined,
): TrainingRequest {
  const namespace = namespaceId === undefined ? [] : [namespaceTag(namespaceId)];
  return {
    ...training,
    ResourceConfig: resourcesOn(input.placement, training.ResourceConfig),
    Tags: [...(training.Tags ?? []), ...tagsOf(input), ...namespace],
  };
}

function resourcesOn(
  placement: Placement,
  written: TrainingRequest['ResourceConfig'],
): TrainingRequest['ResourceConfig'] {
  switch (placement.kind) {
    case 'asWritten':
      return written;
    case 'instances':
      return { ...written, InstanceType: placement.instanceType, InstanceCount: placement.instanceCount };
  }
}
