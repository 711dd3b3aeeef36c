import { ActivityFailure, log } from '@temporalio/workflow';
import type { SurveyResult } from '../activities/types.ts';
import { surveyQueue } from './activity-proxies.ts';
import { report } from './queue-capacity.ts';
import { giveUp } from './queue-releases.ts';
import { askSome, type QueueRun, SHORTEST_PAUSE_MS } from './queue-run.ts';

/** After a survey that could not tell, or when a lease has become suspect. */
const SOON_MS = 30_000;
/** While nothing is granted, because it is not known who holds what. */
const SEEKING_MS = 15_000;
/** So long after the last answer, jobs that were asked to enrol are given up. */
const SILENCE_MS = 60_000;

/**
 * Reconciliation: nobody is trusted to say goodbye. From time to time, and soon when something makes a lease suspect, an
 * activity compares the leases with what Temporal and SageMaker know. What is gone is given back; "cannot tell" changes
 * nothing. A queue that starts without a past also looks for open jobs that name it. Returns when it is due next.
 */
export function reconcile(run: QueueRun, now: number): number | undefined {
  const { story, survey } = run;
  if (survey.running) return undefined;
  if (story.grantedSize === 0 && !story.seeking) {
    // Leases to come are surveyed a whole period after they came.
    survey.dueAt = Math.max(survey.dueAt, now + run.limits.reconcileSeconds * 1000);
    return undefined;
  }
  if (now < survey.dueAt) return survey.dueAt;
  const leases = [...story.granted()].flatMap(({ id, grant }) =>
    grant === undefined || story.accepted.has(id) ? [] : [{ jobId: id, lease: grant.lease }],
  );
  survey.running = true;
  survey.startedAt = now;
  void ask(run, leases, story.seeking);
  return undefined;
}

async function ask(
  run: QueueRun,
  leases: readonly { readonly jobId: string; readonly lease: number }[],
  full: boolean,
): Promise<void> {
  const { survey, story } = run;
  const summary = `${leases.length} leases of queue ${story.spec.name}${full ? ', and its open jobs' : ''}`;
  try {
    survey.result = await surveyQueue.executeWithOptions({ summary }, [
      { queue: story.spec.name, leases, full },
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
