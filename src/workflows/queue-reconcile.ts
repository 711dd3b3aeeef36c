import { ActivityFailure, log } from '@temporalio/workflow';
import type { SurveyResult } from '../activities/types.ts';
import { surveyQueue } from './activity-proxies.ts';
import { report } from './queue-capacity.ts';
import { giveUp } from './queue-releases.ts';
import { askSome, type QueueRun, SHORTEST_PAUSE_MS } from './queue-run.ts';
import { leasesOf, nextWaiting } from './queue-surveyed.ts';

/** After a survey that could not tell, or when a lease has become suspect. */
const SOON_MS = 30_000;
/** While nothing is granted, because it is not known who holds what. */
const SEEKING_MS = 15_000;
/** While jobs only wait, surveys come so many times less often: such a job keeps nothing from others but a place in line. */
export const WAITING_PERIODS = 6;
/** So long after the last answer, jobs that were asked to enrol are given up. */
const SILENCE_MS = 60_000;

/**
 * Reconciliation: nobody is trusted to say goodbye. From time to time, and soon when something makes a lease suspect, an
 * activity compares the leases, and some of the waiting jobs, with what Temporal and SageMaker know. What is gone is given back;
 * "cannot tell" changes nothing. A queue that starts without a past also looks for open jobs that name it. Returns when it is due
 * next.
 */
export function reconcile(run: QueueRun, now: number): number | undefined {
  const { story, survey } = run;
  if (survey.running) return undefined;
  const leases = story.grantedSize > 0 || story.seeking;
  if (!leases) {
    // Leases to come are surveyed a whole period after they came.
    survey.dueAt = Math.max(survey.dueAt, now + run.limits.reconcileSeconds * 1000);
    if (story.size === 0) return undefined;
  }
  const dueAt = leases ? survey.dueAt : survey.waitingDueAt;
  if (now < dueAt) return dueAt;
  survey.running = true;
  survey.startedAt = now;
  survey.heardOf.clear();
  void ask(run);
  return undefined;
}

async function ask(run: QueueRun): Promise<void> {
  const { survey, story } = run;
  const full = story.seeking;
  const leases = leasesOf(story);
  const { waiting, upTo } = nextWaiting(story, survey.upTo);
  survey.upTo = upTo;
  const summary = `${leases.length} leases of queue ${story.spec.name}${full ? ', and its open jobs' : ''}`;
  try {
    survey.result = await surveyQueue.executeWithOptions({ summary }, [
      { queue: story.spec.name, leases, ...(waiting.length === 0 ? {} : { waiting }), full },
    ]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('a survey failed', { queue: story.spec.name, error });
    survey.result = { gone: [], enrol: [], cannotTell: 1, stopped: [] };
  } finally {
    survey.running = false;
    run.dirty = true;
  }
}

/** Takes in what the last survey found, before anything is decided. */
export function applySurvey(run: QueueRun, now: number): void {
  const { story, survey } = run;
  const { result } = survey;
  if (result === undefined) return;
  delete survey.result;
  for (const { jobId, lease } of result.gone) {
    const entry = story.get(jobId);
    if (entry?.grant?.lease !== lease) continue;
    log.warn('a lease was never given back: its job is gone', { jobId, lease });
    giveUp(run, entry, now);
  }
  const { closed = [] } = result;
  for (const jobId of closed) {
    const entry = story.get(jobId);
    if (entry === undefined || entry.grant !== undefined || survey.heardOf.has(jobId)) continue;
    log.warn('a job waited whose workflow is over', { jobId });
    giveUp(run, entry, now);
  }
  if (story.seeking) seek(run, result, now);
  if (result.monitor !== undefined && result.monitor !== story.monitor) {
    story.monitor = result.monitor;
    report(run, []);
  }
  const period = run.limits.reconcileSeconds * 1000;
  const suspicion = survey.suspectedAt > survey.startedAt;
  const pause = suspicion
    ? SHORTEST_PAUSE_MS
    : story.seeking
      ? SEEKING_MS
      : result.cannotTell > 0
        ? SOON_MS
        : period;
  survey.dueAt = now + Math.min(pause, period);
  // Where some were ended by hand, more were.
  survey.waitingDueAt = now + (closed.length > 0 ? Math.min(SOON_MS, period) : WAITING_PERIODS * period);
}

/**
 * A queue without a past asks the open jobs that name it to enrol, and grants nothing before all have: any of them may hold
 * instances. Those that end meanwhile are not in the next survey. One that does not answer at all must not stop the others for ever.
 */
function seek(
  run: QueueRun,
  { enrol, cannotTell, listed = cannotTell === 0 }: SurveyResult,
  now: number,
): void {
  const { story, survey, awaited } = run;
  const unknown = enrol.filter((jobId) => story.get(jobId) === undefined);
  if (awaited.size === 0) survey.answeredAt = now;
  awaited.clear();
  run.asked.clear();
  for (const jobId of unknown) awaited.add(jobId);
  const patient = now - survey.answeredAt < SILENCE_MS;
  if (awaited.size > 0 && !patient) {
    log.warn('jobs of this queue do not answer; it goes on without them', {
      jobs: [...awaited].slice(0, 20),
    });
    awaited.clear();
  }
  askSome(run);
  if (listed && awaited.size === 0) story.seeking = false;
}
