import { ActivityFailure, CancellationScope, log } from '@temporalio/workflow';
import type { LaunchInput, LaunchResult } from '../activities/types.ts';
import { attemptName } from '../jobs/attempt-name.ts';
import { describePlacement } from '../jobs/placement.ts';
import { reason } from '../jobs/reason.ts';
import { launchTraining } from './activity-proxies.ts';
import type { Lease } from './contract.ts';
import type { JobRun } from './job-run.ts';
import { amendAttempt, beginAttempt } from './job-story.ts';
import { nextDeadline, stopAsked, stopOrder } from './time-limits.ts';
import { until } from './until.ts';

/**
 * What came of a launch. `gaveUp`: the activity failed for good, which the classes of failures do not provide for (a fault of
 * Trainyard's, or an operator's hand). `launched` says whether there is a training job all the same, as far as SageMaker told.
 */
export type Launch =
  LaunchResult | { readonly kind: 'gaveUp'; readonly message: string; readonly launched: 'no' | 'unknown' };

/**
 * Launches the next attempt on a lease. When a cancel, a time limit or a preemption comes first, the launch is called off if it has
 * not got through yet, and SageMaker is asked whether it has: the answer is `absent` or `launched`.
 */
export async function launchAttempt(run: JobRun, lease: Lease, runId: string): Promise<Launch> {
  const { job, story } = run;
  const attempt = story.attemptCount + 1;
  const name = attemptName({ jobId: job.jobId, attempt });
  const { placement } = lease;
  beginAttempt(story, {
    attempt,
    name,
    placement,
    lease: lease.number,
    ...(lease.probe === undefined ? {} : { probe: lease.probe }),
    launchedAt: Date.now(),
    ranMsBefore: story.runningMs,
  });
  run.enter('SCHEDULED', reason('LAUNCHING', { placement }));

  const input: LaunchInput = { jobId: job.jobId, attempt, runId, placement, training: job.training };
  const summary = `attempt ${attempt} · ${describePlacement(placement)}`;
  const scope = new CancellationScope({ cancellable: true });
  const state = { settled: false, calledOff: false };
  const launch = scope.run(() => launchTraining.executeWithOptions({ summary }, [input]));
  const callOff = (async () => {
    while (!state.settled && stopOrder(job, story, Date.now()) === undefined) {
      const ready = (): boolean => state.settled || stopAsked(story);
      await until(ready, nextDeadline(job, story, Date.now()), 'time limit');
    }
    if (state.settled) return;
    state.calledOff = true;
    scope.cancel();
  })();
  try {
    return await launch;
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    // However a launch failed (called off, lost with its worker, no answer from SageMaker, and no longer retried by the server),
    // it may have got through.
    const { training: _, ...question } = input;
    const answer = await ask(question);
    if (state.calledOff && answer !== undefined) return answer;
    if (answer?.kind === 'launched' || answer?.kind === 'nameTaken') return answer;
    const message = error.cause?.message ?? error.message;
    return { kind: 'gaveUp', message, launched: answer === undefined ? 'unknown' : 'no' };
  } finally {
    state.settled = true;
    await callOff;
  }
}

/** Whether an attempt was launched; undefined when not even that can be found out. */
async function ask(question: Omit<LaunchInput, 'training'>): Promise<LaunchResult | undefined> {
  const summary = `was attempt ${question.attempt} launched?`;
  try {
    return await launchTraining.executeWithOptions({ summary }, [question]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.error('nobody can tell whether an attempt was launched', { attempt: question.attempt, error });
    return undefined;
  }
}

/** Remembers that the live attempt exists at SageMaker. */
export function noteLaunched(run: JobRun, result: Extract<LaunchResult, { kind: 'launched' }>): void {
  const { placement } = run.story.live ?? {};
  amendAttempt(run.story, {
    arn: result.arn,
    ...(result.consoleUrl === undefined ? {} : { consoleUrl: result.consoleUrl }),
  });
  if (placement !== undefined) run.enter('SCHEDULED', reason('WAITING_FOR_INSTANCES', { placement }));
}
