/**
 * The workflow of one queue: it shares scarce capacity among its jobs.
 *
 *   job      accepted -> waiting -> running -> (stopping) -> gone | waiting      queue-entry.ts
 *   queue    turn -> wait for a message or a time -> turn -> ... -> continue as new
 *
 * A turn: messages have changed the story when they came (queue-inbox.ts); what time has brought is folded in, the core decides
 * until nothing changes, and its decisions are sent (queue-turn.ts, queue-outbox.ts). One turn answers all the messages of a
 * workflow task. A job that is admitted in the turn after its submission is started with its lease.
 *
 *   lease    granted by a decision, numbered; counts until `release`, or until reconciliation finds that it is gone
 *            (queue-reconcile.ts). Its number makes late and repeated messages recognisable.
 *
 *   end of a run   nothing new is decided; what was decided is sent, accepted jobs are started, handlers finish; then the
 *                  story (without specifications: those are with the jobs) is carried to the next run
 *
 * Everybody finds the queue by its workflow id, never by a run id, so that messages reach whichever run there is.
 */
import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  makeContinueAsNewFunc,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { Alarm } from './alarm.ts';
import { signalsFromQueue } from './messages.ts';
import type { TrainingQueueInput } from './queue-contract.ts';
import { queueDetails } from './queue-details.ts';
import { receiveMessages } from './queue-inbox.ts';
import { checkedQueue } from './queue-operations.ts';
import { QueueOutbox } from './queue-outbox.ts';
import { applySurvey, WAITING_PERIODS } from './queue-reconcile.ts';
import { giveUp } from './queue-releases.ts';
import { answered, suspect, type QueueRun } from './queue-run.ts';
import { QueueStory } from './queue-story.ts';
import { turn } from './queue-turn.ts';

/**
 * Far enough from what the server allows one run (51,200 events; 10,000 signals; 2,000 updates; 2,000 pending children) that what is
 * under way still fits. A replay takes about a millisecond per event, and has to end long before a workflow task times out.
 */
const LIMITS: QueueRun['limits'] = {
  continueAsNewAfterEvents: 2_000,
  continueAsNewAfterChildren: 1_000,
  continueAsNewAfterSignals: 5_000,
  continueAsNewAfterUpdates: 1_000,
  reconcileSeconds: 300,
};

/** To restore so many jobs is enough for one workflow task: the first decisions are left to the next. */
const MANY_TO_RESTORE = 2_000;

/** How long a survey under way may keep a run from ending; after that the next run surveys anew. */
const SURVEY_PATIENCE = '5 seconds';

/** Runs until it is cancelled. Its jobs go on without it: those that hold instances to their end, the others when it is back. */
export async function trainingQueue(input: TrainingQueueInput): Promise<void> {
  const run = newRun(input);
  receiveMessages(run);
  const cancelled = { asked: false };
  void CancellationScope.current().cancelRequested.catch(() => {
    cancelled.asked = true;
  });
  await CancellationScope.nonCancellable(async () => {
    if (run.story.size > MANY_TO_RESTORE) {
      await sleep(1, { summary: 'many jobs are restored; next, the queue decides' });
      await condition(allHandlersFinished);
    }
    await turns(run, () => cancelled.asked);
    await finish(run);
  });
  if (cancelled.asked) throw new CancelledFailure(`Queue ${run.story.spec.name} was cancelled.`);
  const { carried: _, ...rest } = input;
  // Workers with versions move their queues at the next workflow task (AUTO_UPGRADE, temporal/worker-version.ts); where somebody has
  // pinned this queue, it moves between two runs. Workers without versions must not be told of one.
  const versioned = workflowInfo().targetWorkerDeploymentVersionChanged;
  await makeContinueAsNewFunc<typeof trainingQueue>(
    versioned ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {},
  )({
    ...rest,
    queue: run.story.spec,
    carried: { ...run.story.carried(), surveyDueAt: run.survey.dueAt, surveyedUpTo: run.survey.upTo },
  });
}

function newRun({ queue, carried, limits }: TrainingQueueInput): QueueRun {
  if (carried !== undefined && (carried.version as number) !== 1) {
    // Fails the task, not the queue: a worker that knows the version can go on.
    throw new Error(
      `The state of queue ${queue.name} has the version ${carried.version}, which this worker does not know.`,
    );
  }
  const now = Date.now();
  const story = new QueueStory(carried === undefined ? checkedQueue(queue) : queue, carried);
  const merged = { ...LIMITS, ...limits };
  const run: QueueRun = {
    story,
    outbox: new QueueOutbox(story, {
      // In a turn, which first decides whether they get a lease along; unless there are no more turns.
      roomToStart: () => {
        if (run.rolling) run.outbox.startJobs();
        else run.dirty = true;
      },
      duplicate: (jobId) => startedElsewhere(run, jobId),
      over: (jobId) => ended(run, jobId),
      unreachable: (jobId) => {
        answered(run, jobId, Date.now());
        doubt(run, jobId);
      },
    }),
    limits: merged,
    dirty: true,
    rolling: false,
    signals: 0,
    updates: 0,
    survey: {
      dueAt: story.seeking ? now : (carried?.surveyDueAt ?? now + merged.reconcileSeconds * 1000),
      waitingDueAt: now + WAITING_PERIODS * merged.reconcileSeconds * 1000,
      upTo: carried?.surveyedUpTo ?? 0,
      heardOf: new Set(),
      running: false,
      startedAt: 0,
      suspectedAt: 0,
      answeredAt: now,
    },
    awaited: new Set(),
    asked: new Set(),
    timeLimitsAt: 0,
    lookedAt: new Map(),
  };
  return run;
}

async function turns(run: QueueRun, cancelled: () => boolean): Promise<void> {
  const alarm = new Alarm('the next time that something is due', () => {
    run.dirty = true;
  });
  for (;;) {
    run.dirty = false;
    run.rolling = cancelled() || mustContinueAsNew(run);
    const now = Date.now();
    alarm.ringBy(turn(run, now), now);
    setCurrentDetails(queueDetails(run.story, now));
    if (run.rolling) return;
    await condition(() => run.dirty || cancelled() || mustContinueAsNew(run));
    // Updates are answered before anything is commanded, however a worker without cache got them (until.ts).
    await condition(allHandlersFinished);
  }
}

function mustContinueAsNew({ limits, outbox, signals, updates }: QueueRun): boolean {
  const { continueAsNewSuggested, historyLength, targetWorkerDeploymentVersionChanged } = workflowInfo();
  return (
    continueAsNewSuggested ||
    targetWorkerDeploymentVersionChanged ||
    historyLength > limits.continueAsNewAfterEvents ||
    outbox.children >= limits.continueAsNewAfterChildren ||
    signals >= limits.continueAsNewAfterSignals ||
    updates >= limits.continueAsNewAfterUpdates
  );
}

/** What was promised is kept before the run ends. Messages that come meanwhile are in the story that is carried. */
async function finish(run: QueueRun): Promise<void> {
  const { outbox, survey } = run;
  // One that is cut off is due, so that the next run begins with it.
  if (survey.running) await condition(() => !survey.running, SURVEY_PATIENCE);
  applySurvey(run, Date.now());
  await condition(() => outbox.idle && allHandlersFinished());
}

/** There was a workflow of the job's id before the queue started it: if it is open, it tells what it is about. */
function startedElsewhere(run: QueueRun, jobId: string): void {
  const { story, outbox } = run;
  const entry = story.get(jobId);
  // No attempt can have been launched on a lease that only the start would have carried.
  if (entry !== undefined) giveUp(run, entry, Date.now());
  outbox.tell(jobId, signalsFromQueue.enrol);
  run.dirty = true;
}

/** A job's workflow is over. One that only waited has nothing to give back, and does not wait any more. */
function ended(run: QueueRun, jobId: string): void {
  const entry = run.story.get(jobId);
  if (entry !== undefined && entry.grant === undefined) {
    giveUp(run, entry, Date.now());
    run.dirty = true;
  } else doubt(run, jobId);
}

/** A job's workflow is over, or cannot be found: whether its lease is really free is for reconciliation to find out. */
function doubt(run: QueueRun, jobId: string): void {
  if (run.story.get(jobId)?.grant === undefined) return;
  suspect(run, Date.now());
  run.dirty = true;
}
