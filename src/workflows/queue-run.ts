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
  /** Also look for open jobs that the queue does not know. */
  full: boolean;
  running: boolean;
  startedAt: number;
  result?: SurveyResult;
}
