import type { SurveyResult } from '../activities/types.ts';
import { signalsFromQueue } from './messages.ts';
import type { TrainingQueueInput } from './queue-contract.ts';
import type { QueueOutbox } from './queue-outbox.ts';
import type { QueueStory } from './queue-story.ts';

/** What the parts of a queue share during one run of its workflow. None of it is carried but the story. */
export interface QueueRun {
  readonly story: QueueStory;
  readonly outbox: QueueOutbox;
  readonly limits: Required<NonNullable<TrainingQueueInput['limits']>>;
  /** Something happened that a turn has to look at. */
  dirty: boolean;
  /** On its way to continue as new: nothing new is begun. */
  rolling: boolean;
  /** Messages received, which the server bounds. */
  signals: number;
  updates: number;
  readonly survey: SurveyState;
  /** Jobs of a lost queue that were asked to enrol and have not answered: any of them may hold instances. */
  readonly awaited: Set<string>;
  /** Those of them that were asked: some at a time, because each answer is a signal. */
  readonly asked: Set<string>;
  /** When waiting times are looked at next (epoch ms). */
  timeLimitsAt: number;
  /** When jobs that are over their time for another reason were last looked at. */
  readonly lookedAt: Map<string, number>;
}

/** Of reconciliation. */
export interface SurveyState {
  /** When the next one is due (epoch ms), as far as there are leases. */
  dueAt: number;
  /** The same while jobs only wait, which hold nothing. */
  waitingDueAt: number;
  /** Sequence number of the last waiting job that was surveyed: each time some, in turn. */
  upTo: number;
  /** Jobs that have enrolled since the survey under way began: what it finds out of them is old news. */
  readonly heardOf: Set<string>;
  running: boolean;
  startedAt: number;
  result?: SurveyResult;
  /** When a lease last became suspect (epoch ms). */
  suspectedAt: number;
  /** When a job that is awaited last answered, or was first asked (epoch ms). */
  answeredAt: number;
}

/**
 * A job that was asked to enrol has answered, or cannot any more. When the last of them has, everybody who holds instances is
 * known, and the queue may grant leases.
 */
export function answered(run: QueueRun, jobId: string, now: number): void {
  if (!run.awaited.delete(jobId)) return;
  run.asked.delete(jobId);
  run.survey.answeredAt = now;
  askSome(run);
  if (run.awaited.size === 0) run.story.seeking = false;
}

const ASKED_AT_ONCE = 200;

/** Asks as many of the jobs that are awaited as may be asked now. Those left are asked in the next run of the workflow. */
export function askSome({ awaited, asked, outbox, rolling }: QueueRun): void {
  if (rolling) return;
  for (const jobId of awaited) {
    if (asked.size >= ASKED_AT_ONCE) return;
    if (asked.has(jobId)) continue;
    asked.add(jobId);
    outbox.tell(jobId, signalsFromQueue.enrol);
  }
}

/** Between two surveys at least. */
export const SHORTEST_PAUSE_MS = 5_000;

/** Something tells that a lease may be gone: the next survey comes soon. */
export function suspect({ survey, limits }: QueueRun, now: number): void {
  survey.suspectedAt = now;
  const pause = Math.min(SHORTEST_PAUSE_MS, limits.reconcileSeconds * 1000);
  survey.dueAt = Math.min(survey.dueAt, Math.max(now, survey.startedAt + pause));
}
