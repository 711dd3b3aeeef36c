import { isTerminal } from '../../jobs/status.ts';
import { type Evidence, fails, holds, type Verdict } from './evidence.ts';

/** What must be true of every job, whatever it shows (docs/design.md §8). */
export const INVARIANTS: readonly ((evidence: Evidence) => Verdict)[] = [
  hasEnded,
  launchedExactlyOnce,
  neverTwoAtOnce,
  notifiedOnce,
];

function hasEnded({ job, workflow }: Evidence): Verdict {
  if (!isTerminal(job.status)) return fails(`an end, found ${job.status}`);
  if (workflow.status === 'RUNNING') return fails('a workflow that has closed');
  return holds(`ended as ${job.status}`);
}

/** SageMaker has a training job for each attempt that was launched, and no other. */
function launchedExactlyOnce({ job, trainings }: Evidence): Verdict {
  const launched = job.attempts.filter(({ trainingStatus }) => trainingStatus !== 'Refused');
  const [said, found] = [
    launched.map((attempt) => attempt.trainingJobName),
    trainings.map(({ name }) => name),
  ];
  const same = said.length === found.length && said.every((name) => found.includes(name));
  if (!same) return fails(`the training jobs ${list(said)}, found ${list(found)} at SageMaker`);
  return holds(`${found.length} training jobs`);
}

function neverTwoAtOnce({ trainings }: Evidence): Verdict {
  for (const [index, next] of trainings.slice(1).entries()) {
    const before = trainings[index];
    if (before?.endedAt === undefined || before.endedAt > next.createdAt) {
      return fails(`${before?.name ?? '?'} over before ${next.name} was created`);
    }
  }
  return holds('one training job at a time');
}

function notifiedOnce({ job, notices }: Evidence): Verdict {
  const events = notices.map(({ event }) => event);
  if (events.length === 1 && events[0] === job.status) return holds('notified once');
  return fails(`one message about ${job.status}, found ${list(events)}`);
}

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
