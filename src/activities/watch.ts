import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { statusOfLiveTraining } from '../jobs/status.ts';
import type { TrainingChanged } from '../jobs/training-change.ts';
import type { JobMessenger } from '../ports/job-messenger.ts';
import type { TrainingService } from '../ports/training-service.ts';
import { newsOf, newsOfDeleted } from './attempt-end.ts';
import type { SafetyPace } from './safety-pace.ts';
import { tryAgain } from './service-errors.ts';
import type { WatchInput } from './types.ts';

export interface WatchPorts {
  readonly training: TrainingService;
  readonly jobs: JobMessenger;
  readonly pace: SafetyPace;
  /** Milliseconds between two safety checks of one job. */
  readonly safetyCheckMs: number;
  now(): number;
}

/**
 * One try of the safety check. While nothing is new it fails benignly and names the time of the next try, which costs
 * the workflow no history (docs.temporal.io, design patterns: polling).
 */
export async function watchTraining(ports: WatchPorts, input: WatchInput): Promise<TrainingChanged> {
  const { jobId, attempt, name, stopRequested } = input;
  const interval = stopRequested ? (input.firstCheckSeconds ?? 0) * 1000 : ports.safetyCheckMs;
  // The monitor tells of a fresh attempt's first changes; a call of our own is worth nothing yet.
  if (activityInfo().attempt === 1) {
    throw lookAgain(`first check of ${name} is due`, Math.min(interval, ports.safetyCheckMs));
  }
  const wait = ports.pace.delay(name, ports.now());
  if (wait > 0) throw lookAgain(`many jobs run; the check of ${name} is due`, wait);

  let description;
  try {
    description = await ports.training.describe(name);
  } catch (error) {
    throw tryAgain(error, ports.safetyCheckMs);
  }
  if (description === undefined) return newsOfDeleted(attempt, name, ports.now());
  const news = newsOf(attempt, description, { stopRequested, now: ports.now() });
  if (news.end !== undefined) return news;
  const { secondaryStatus } = description;
  if (description.status !== 'Stopping' && secondaryStatus !== 'Interrupted') {
    const known = await ports.jobs.knownStatus(jobId);
    if (known !== undefined && known !== statusOfLiveTraining(secondaryStatus)) return news;
  }
  throw lookAgain(
    `${name} is ${description.status}/${secondaryStatus ?? '-'}; the next check is due`,
    interval,
  );
}

function lookAgain(message: string, delayMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'NothingNew',
    message: `${message} in ${Math.ceil(delayMs / 1000)} s`,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: Math.max(delayMs, 1),
  });
}
