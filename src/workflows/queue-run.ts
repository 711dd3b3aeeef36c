import type { SurveyResult } from '../activities/types.ts';
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
  /** When waiting times are looked at next (epoch ms). */
  timeLimitsAt: number;
}

/** Of reconciliation. */
export interface SurveyState {
  /** When the next one is due (epoch ms). */
  dueAt: number;
  running: boolean;
  startedAt: number;
  result?: SurveyResult;
}

/** Between two surveys at least. */
const SHORTEST_PAUSE_MS = 5_000;

/** Something tells that a lease may be gone: the next survey comes soon. */
export function suspect({ survey, limits }: QueueRun, now: number): void {
  const pause = Math.min(SHORTEST_PAUSE_MS, limits.reconcileSeconds * 1000);
  survey.dueAt = Math.min(survey.dueAt, Math.max(now, survey.startedAt + pause));
}
