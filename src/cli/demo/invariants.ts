import { isTerminal } from '../../jobs/status.ts';
import type { Evidence } from './evidence.ts';

/**
 * What must be true of every job, whatever it shows (docs/design.md §8). Each answers with what should be and is not, or
 * with undefined.
 */
export const INVARIANTS: readonly Invariant[] = [ended, launchedExactlyOnce, neverTwoAtOnce, notifiedOnce];

/** The same for jobs that notify nobody. */
export const UNNOTIFIED_INVARIANTS: readonly Invariant[] = [ended, launchedExactlyOnce, neverTwoAtOnce];

type Invariant = (evidence: Evidence) => string | undefined;

function ended({ job, workflow }: Evidence): string | undefined {
  if (!isTerminal(job.status)) return `an end, found ${job.status}`;
  return workflow.status === 'RUNNING' ? 'a workflow that has closed' : undefined;
}

/** SageMaker has a training job for each attempt that was launched, and no other. */
function launchedExactlyOnce({ job, trainings }: Evidence): string | undefined {
  const launched = job.attempts
    .filter(({ trainingStatus }) => trainingStatus !== 'Refused')
    .map(({ trainingJobName }) => trainingJobName);
  const found = trainings.map(({ name }) => name);
  const same = launched.length === found.length && launched.every((name) => found.includes(name));
  return same ? undefined : `the training jobs ${list(launched)}, found ${list(found)} at SageMaker`;
}

function neverTwoAtOnce({ trainings }: Evidence): string | undefined {
  return trainings
    .slice(1)
    .map((next, index) => ({ before: trainings[index], next }))
    .filter(({ before, next }) => (before?.endedAt ?? Infinity) > next.createdAt)
    .map(({ before, next }) => `${before?.name ?? '?'} over before ${next.name} was created`)
    .at(0);
}

function notifiedOnce({ job, notices }: Evidence): string | undefined {
  const events = notices.map(({ event }) => event);
  if (events.length === 1 && events[0] === job.status) return undefined;
  return `one message about ${job.status}, found ${list(events)}`;
}

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
