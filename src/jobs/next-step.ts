import { backoffMs } from './backoff.ts';
import type { Failure } from './failure.ts';
import type { Placement } from './placement.ts';
import { type Reason, reason } from './reason.ts';
import type { JobSpec } from './spec.ts';
import type { TerminalStatus } from './status.ts';

/**
 * What a job remembers of its failures. Bounded by the number of placements, and plain JSON: it is carried through
 * continue-as-new.
 */
export interface RetryState {
  /** Runs that ended in an error of the training code, and in one of SageMaker's own (or an unknown one). */
  readonly failedRuns: { readonly algorithm: number; readonly internal: number };
  /** Consecutive launches that could not be told from an outage, since the last run that had instances. */
  readonly outages: number;
  /**
   * Times that every placement was found without room, since the last run that had instances; in a queue, times that a
   * placement was given back for lack of room.
   */
  readonly rounds: number;
  /** Index in JobSpec.placements of the placement in use. */
  readonly placementIndex: number;
  /** Placements found without room in this round. */
  readonly withoutRoom: readonly number[];
  /** Placements that can never run here. */
  readonly removed: readonly number[];
}

export const INITIAL_RETRY_STATE: RetryState = {
  failedRuns: { algorithm: 0, internal: 0 },
  outages: 0,
  rounds: 0,
  placementIndex: 0,
  withoutRoom: [],
  removed: [],
};

export interface FailedAttempt {
  readonly failure: Failure;
  /** Whether the attempt had instances at any time; false when create was refused. */
  readonly hadInstances: boolean;
  readonly trainingJobName: string;
}

export type NextStep =
  | {
      readonly kind: 'launch';
      readonly placementIndex: number;
      readonly reason: Reason;
      readonly state: RetryState;
    }
  | {
      readonly kind: 'wait';
      readonly untilMs: number;
      readonly placementIndex: number;
      readonly reason: Reason;
      readonly state: RetryState;
    }
  | {
      readonly kind: 'giveBack';
      readonly why: 'capacity' | 'quota';
      readonly learnedLimit?: NonNullable<Failure['learnedLimit']>;
      readonly reason: Reason;
      readonly state: RetryState;
    }
  | {
      readonly kind: 'end';
      readonly status: Exclude<TerminalStatus, 'SUCCEEDED'>;
      readonly reason: Reason;
      readonly state: RetryState;
    };

type Spec = Pick<JobSpec, 'placements' | 'retry' | 'training' | 'queue'>;

/**
 * What a job does after an attempt failed or its launch was refused, by the class of the failure:
 *
 *   capacity, quota   the most preferred placement not yet found without room in this round, at once; when there is
 *                     none, wait (capacityBackoff by rounds) and begin a new round. Consumes no attempt.
 *     in a queue      the placement goes back, and the queue decides at once what comes next, having seen what the others
 *                     get: it lets the instance type rest, chooses among the job's placements and keeps its place
 *   quota, permanent  the same, and the placement is never tried again; none left: FAILED
 *   transient         wait (backoff by consecutive outages), same placement; never ends the job
 *   algorithm         wait (backoff by failed runs), same placement; after retry.attempts failed runs: FAILED
 *   internal, unknown the same with retry.internalAttempts, counted together
 *   request, timeout  FAILED
 *   stopped           STOPPED
 *
 * In a queue a wait means that it grants nothing before; everything else holds there as well.
 *
 * A run that had instances ends the round and its backoff: what was scarce before says little about now.
 * `now` is epoch milliseconds, `random` a number in [0, 1).
 */
export function nextStep(
  { failure, hadInstances, trainingJobName }: FailedAttempt,
  before: RetryState,
  spec: Spec,
  now: number,
  random: number,
): NextStep {
  // Training code that fails has run, even where SageMaker leaves out TrainingStartTime.
  const ran = hadInstances || failure.class === 'algorithm';
  const state: RetryState = ran ? { ...before, rounds: 0, outages: 0, withoutRoom: [] } : before;
  switch (failure.class) {
    case 'capacity':
    case 'quota':
      return afterLackOfRoom(failure, state, spec, now, random);
    case 'transient': {
      const outages = state.outages + 1;
      const untilMs = now + backoffMs(spec.retry.backoff, outages, random);
      return {
        kind: 'wait',
        untilMs,
        placementIndex: state.placementIndex,
        reason: reason('SAGEMAKER_UNREACHABLE', { failure, nextTryAt: untilMs, ...queueOf(spec) }),
        state: { ...state, outages },
      };
    }
    case 'algorithm':
    case 'internal':
    case 'unknown':
      return afterFailedRun(failure, failure.class, state, spec, now, random);
    case 'request':
      return { kind: 'end', status: 'FAILED', reason: reason('REQUEST_REJECTED', { failure }), state };
    case 'timeout': {
      const limitSeconds = spec.training.StoppingCondition?.MaxRuntimeInSeconds;
      const limit = limitSeconds === undefined ? {} : { limitSeconds };
      return { kind: 'end', status: 'FAILED', reason: reason('MAX_RUNTIME_EXCEEDED', limit), state };
    }
    case 'stopped':
      return {
        kind: 'end',
        status: 'STOPPED',
        reason: reason('STOPPED_OUTSIDE', { name: trainingJobName }),
        state,
      };
  }
}

function afterLackOfRoom(
  failure: Failure,
  before: RetryState,
  spec: Spec,
  now: number,
  random: number,
): NextStep {
  const current = before.placementIndex;
  const state: RetryState =
    failure.permanent === true
      ? { ...before, removed: including(before.removed, current) }
      : { ...before, withoutRoom: including(before.withoutRoom, current) };
  const placement = placementAt(spec, current);
  const usable = spec.placements.map((_, index) => index).filter((index) => !state.removed.includes(index));
  const preferred = usable[0];
  if (preferred === undefined) {
    const ending = reason('NO_PLACEMENT_LEFT', { failure, placements: spec.placements.length });
    return { kind: 'end', status: 'FAILED', reason: ending, state };
  }
  if (spec.queue !== undefined) {
    const { learnedLimit } = failure;
    return {
      kind: 'giveBack',
      why: failure.class === 'quota' ? 'quota' : 'capacity',
      ...(learnedLimit === undefined ? {} : { learnedLimit }),
      reason: reason('BACK_IN_QUEUE', { placement, failure, queue: spec.queue }),
      state: { ...before, removed: state.removed, rounds: before.rounds + 1 },
    };
  }
  const next = usable.find((index) => !state.withoutRoom.includes(index));
  if (next !== undefined) {
    return {
      kind: 'launch',
      placementIndex: next,
      reason: reason('TRYING_NEXT_PLACEMENT', { placement, next: placementAt(spec, next), failure }),
      state: { ...state, placementIndex: next },
    };
  }
  const rounds = state.rounds + 1;
  const untilMs = now + backoffMs(spec.retry.capacityBackoff, rounds, random);
  return {
    kind: 'wait',
    untilMs,
    placementIndex: preferred,
    reason: reason('WAITING_FOR_CAPACITY', {
      placement,
      placements: failure.permanent === true ? usable.length + 1 : usable.length,
      failure,
      rounds,
      nextTryAt: untilMs,
    }),
    state: { ...state, rounds, placementIndex: preferred, withoutRoom: [] },
  };
}

function afterFailedRun(
  failure: Failure,
  failureClass: 'algorithm' | 'internal' | 'unknown',
  before: RetryState,
  spec: Spec,
  now: number,
  random: number,
): NextStep {
  const { retry } = spec;
  const counter = failureClass === 'algorithm' ? 'algorithm' : 'internal';
  const allowed = failureClass === 'algorithm' ? retry.attempts : retry.internalAttempts;
  const failed = before.failedRuns[counter] + 1;
  const state: RetryState = { ...before, failedRuns: { ...before.failedRuns, [counter]: failed } };
  if (failed < allowed) {
    const untilMs = now + backoffMs(retry.backoff, failed, random);
    return {
      kind: 'wait',
      untilMs,
      placementIndex: state.placementIndex,
      reason: reason('RETRYING', { failure, failed, allowed, nextTryAt: untilMs, ...queueOf(spec) }),
      state,
    };
  }
  return { kind: 'end', status: 'FAILED', reason: endOf(failure, failureClass, failed, allowed), state };
}

function endOf(
  failure: Failure,
  failureClass: 'algorithm' | 'internal' | 'unknown',
  failed: number,
  allowed: number,
): Reason {
  switch (failureClass) {
    case 'algorithm':
      return reason('ALGORITHM_ERROR', { failure, failed, allowed });
    case 'internal':
      return reason('INTERNAL_ERROR', { failure, failed });
    case 'unknown':
      return reason('UNKNOWN_ERROR', { failure, failed });
  }
}

function queueOf({ queue }: Spec): { readonly queue?: string } {
  return queue === undefined ? {} : { queue };
}

function placementAt({ placements }: Spec, index: number): Placement {
  return placements[index] ?? placements[0];
}

function including(indices: readonly number[], index: number): readonly number[] {
  return indices.includes(index) ? indices : [...indices, index];
}
