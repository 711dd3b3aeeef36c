import { ApplicationFailure } from '@temporalio/workflow';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { resolveQueue } from '../queues/queue-schema.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import { report } from './queue-capacity.ts';
import type { EnvironmentRequest, OperatorAnswer } from './queue-contract.ts';
import { environmentRequest } from './queue-message-shapes.ts';
import type { QueueRun } from './queue-run.ts';
import type { QueueStory } from './queue-story.ts';

/** A queue file as it is sent, validated once more. */
export function checkedQueue(written: unknown): QueueSpec {
  try {
    return resolveQueue(written);
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.code);
  }
}

/** Refuses a change that would let capacity be granted twice, or that is about another queue. */
export function refuseChange({ story }: QueueRun, written: unknown): void {
  const spec = checkedQueue(written);
  if (spec.name !== story.spec.name) {
    throw ApplicationFailure.nonRetryable(
      `The queue file is of queue ${spec.name}, and this is queue ${story.spec.name}.`,
      'QUEUE_CHANGE_REFUSED',
    );
  }
  for (const entry of story.granted()) {
    const { grant, profile, id } = entry;
    const placement = grant === undefined ? undefined : profile.placements[grant.option.placement];
    if (grant === undefined || placement?.kind !== 'instances') continue;
    const { instanceType } = placement;
    const { environment } = grant.option;
    // One that the queue no longer has, or never had: its instances are counted nowhere now.
    if (!story.spec.environments.some(({ name }) => name === environment)) continue;
    const to = spec.environments.find(({ instanceTypes }) => instanceTypes.includes(instanceType));
    if (to === undefined || to.name === environment) continue;
    throw ApplicationFailure.nonRetryable(
      `${instanceType} cannot move from environment ${environment} to ${to.name} while jobs run on it (${id}), ` +
        'because its instances would be counted in neither. Drain the environment first, or move the type later.',
      'QUEUE_CHANGE_REFUSED',
    );
  }
}

export function configure(run: QueueRun, written: unknown): OperatorAnswer {
  const { story } = run;
  const spec = checkedQueue(written);
  if (JSON.stringify(spec) === JSON.stringify(story.spec)) return { changed: false };
  const types = typesOf(story.spec);
  story.configure(spec);
  run.timeLimitsAt = 0;
  if (typesOf(spec) !== types) report(run, []);
  return { changed: true };
}

export function pause(run: QueueRun, paused: boolean, now: number): OperatorAnswer {
  run.timeLimitsAt = 0;
  return { changed: run.story.pause(paused, now) };
}

export function refuseEnvironment({ story }: QueueRun, request: EnvironmentRequest): void {
  const checked = environmentRequest().safeParse(request);
  const names = story.spec.environments.map(({ name }) => name);
  if (checked.success && names.includes(checked.data.environment)) return;
  throw ApplicationFailure.nonRetryable(
    `Queue ${story.spec.name} has no environment ${JSON.stringify(checked.data?.environment ?? request)}. It has: ${names.join(', ')}.`,
    'ENVIRONMENT_NOT_FOUND',
  );
}

export function drain(
  { story }: QueueRun,
  { environment }: EnvironmentRequest,
  draining: boolean,
  now: number,
): OperatorAnswer {
  const changed = isDraining(story, environment) !== draining;
  if (changed) story.drain(environment, draining, now);
  return { changed };
}

const isDraining = (story: QueueStory, environment: string): boolean =>
  story.healthOf(environment).draining === true;

const typesOf = ({ environments }: QueueSpec): string =>
  environments.flatMap(({ instanceTypes }) => instanceTypes).join(' ');
