import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import { reason } from '../jobs/reason.ts';
import { statusOfLiveTraining } from '../jobs/status.ts';
import type { AttemptEnd, TrainingChanged } from '../jobs/training-change.ts';
import { stopTraining, watchTraining } from './activity-proxies.ts';
import { notifyMeanwhile } from './job-notifications.ts';
import type { JobRun } from './job-run.ts';
import { amendAttempt, receiveNews, type LiveAttempt, type StopOrder } from './job-story.ts';
import { endOrder, nextDeadline, stopAsked, stopOrder } from './time-limits.ts';
import { until } from './until.ts';

/** Characters; the server allows 400 bytes. */
const SUMMARY_LENGTH = 100;
/** After a stop was asked for, its end is looked for this often even without the monitor. */
const STOP_CHECK_SECONDS = 15;

/**
 * Watches the live attempt until it is over. `undefined`: the workflow should continue as new; the attempt lives on and
 * is watched by the next run.
 */
export async function watchAttempt(run: JobRun, live: LiveAttempt): Promise<AttemptEnd | undefined> {
  const { job, story } = run;
  // A stop that an earlier run of this workflow asked for may not have got through.
  if (live.stop !== undefined) sendStop(live, live.stop);
  for (;;) {
    const order = nextOrder(run, live);
    if (order !== undefined) beginStop(run, live, order);
    if (run.watch === undefined || run.watch.over) startWatch(run, live);
    const hasWork = (): boolean =>
      story.news !== undefined ||
      run.watch?.over === true ||
      run.mustContinueAsNew() ||
      (live.stop === undefined && stopAsked(story)) ||
      (live.stop?.cause === 'preempted' && story.cancel !== undefined);
    const final = live.stop !== undefined && live.stop.cause !== 'preempted';
    const deadline = final ? undefined : nextDeadline(job, story, Date.now());
    await until(hasWork, deadline, 'time limit');

    const { news } = story;
    delete story.news;
    if (news?.end !== undefined) return news.end;
    if (news !== undefined) {
      showProgress(run, live, news);
    } else if (run.mustContinueAsNew()) {
      endWatch(run);
      return undefined;
    }
  }
}

/**
 * Ends the safety check, if one is under way. Left to the caller: in the workflow task that also ends the workflow it
 * costs two history events, in any other one five.
 */
export function endWatch(run: JobRun): void {
  run.watch?.cancel();
  run.watch = undefined;
}

/** Starts a safety check: an activity that retries itself, costing no history, until it has news. */
function startWatch(run: JobRun, live: LiveAttempt): void {
  const scope = new CancellationScope({ cancellable: true });
  const state = { over: false };
  const stopRequested = live.stop !== undefined;
  const input = {
    jobId: run.job.jobId,
    attempt: live.attempt,
    name: live.name,
    stopRequested,
    ...(stopRequested ? { firstCheckSeconds: STOP_CHECK_SECONDS } : {}),
  };
  scope
    .run(() =>
      watchTraining.executeWithOptions({ summary: `safety check of attempt ${live.attempt}` }, [input]),
    )
    .then(
      (change) => {
        state.over = true;
        receiveNews(run.story, change);
      },
      (error: unknown) => {
        if (isCancellation(error)) return;
        // It retries everything by itself: only an operator can have ended it.
        log.warn('the safety check failed and is started again', { error, attempt: live.attempt });
        state.over = true;
      },
    );
  run.watch = {
    get over() {
      return state.over;
    },
    cancel: () => scope.cancel(),
  };
}

/** What the attempt must be stopped for now, if that is news. What ends the job outdoes a preemption. */
function nextOrder({ job, story }: JobRun, { stop }: LiveAttempt): StopOrder | undefined {
  switch (stop?.cause) {
    case undefined:
      return stopOrder(job, story, Date.now());
    case 'preempted':
      return endOrder(job, story, Date.now());
    case 'cancel':
    case 'timeLimit':
      return undefined;
  }
}

/** From here on the attempt is only watched until it is over, and more closely. */
function beginStop(run: JobRun, live: LiveAttempt, order: StopOrder): void {
  const stopping = live.stop !== undefined;
  live.stop = order;
  const why =
    order.cause === 'preempted' ? reason('PREEMPTING', order) : reason('STOPPING', { why: whyOf(order) });
  run.enter(run.story.status, why);
  if (stopping) return;
  sendStop(live, order);
  endWatch(run);
}

/**
 * Sends StopTrainingJob, besides the watching: the activity goes on trying, and an attempt that ends meanwhile ends the
 * wait for it.
 */
function sendStop(live: LiveAttempt, order: StopOrder): void {
  const summary = `stop attempt ${live.attempt}: ${whyOf(order)}`.slice(0, SUMMARY_LENGTH);
  stopTraining.executeWithOptions({ summary }, [{ name: live.name }]).catch((error: unknown) => {
    log.warn('StopTrainingJob was given up', { error, attempt: live.attempt });
  });
}

function whyOf(order: StopOrder): string {
  switch (order.cause) {
    case 'cancel':
      return order.reason ?? 'the job was cancelled';
    case 'timeLimit':
      return `the job reached timeLimits.${order.limit} of ${order.seconds} s`;
    case 'preempted':
      return order.sentence;
  }
}

function showProgress(run: JobRun, live: LiveAttempt, news: TrainingChanged): void {
  const { placement } = live;
  amendAttempt(run.story, {
    trainingStatus: news.status,
    ...(news.secondaryStatus === undefined ? {} : { secondaryStatus: news.secondaryStatus }),
  });
  // While it stops it holds what it held: the status stays, only the end is news.
  if (news.status === 'Stopping' || live.stop !== undefined) return;
  if (news.secondaryStatus === 'Interrupted') {
    run.enter('SCHEDULED', reason('INTERRUPTED'));
    return;
  }
  const status = statusOfLiveTraining(news.secondaryStatus);
  if (status !== 'SCHEDULED') run.queue?.acquired(live);
  if (status === run.story.status) return;
  switch (status) {
    case 'SCHEDULED':
      run.enter(status, reason('WAITING_FOR_INSTANCES', { placement }));
      return;
    case 'STARTING':
      run.enter(status, reason('PREPARING', { placement }));
      return;
    case 'RUNNING':
      run.enter(status, reason('TRAINING', { placement }));
      notifyMeanwhile(run, 'STARTED');
  }
}
