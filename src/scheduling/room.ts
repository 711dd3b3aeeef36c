import { reservedInstances } from './fair-share/compute-reservation.ts';
import type { QueueState } from './queue-state.ts';

/** What a job of a share could have in one environment, in instances. */
export interface Room {
  /** Used by nobody, less what computeReservation keeps. Negative after a cut of the limit. */
  readonly free: number;
  /** quotaShare: what the tree of shares has for the share now; otherwise no limit. */
  readonly available: number;
  /** With nothing in use anywhere. */
  readonly most: number;
}

export function roomIn(
  state: QueueState,
  share: string,
  environment: string,
  needed: number,
  active: number,
): Room {
  const { environments, running, policy } = state;
  const limit = environments.limit(environment);
  const free = limit - running.used(environment) - keptForOthers(state, environment, needed, active);
  if (policy.kind !== 'quotaShare') return { free, available: Infinity, most: limit };
  if (policy.ledger.tree.findEnvironment(environment) === undefined) return { free, available: 0, most: 0 };
  const most = Math.min(limit, policy.ledger.potential(share, environment));
  return { free, available: policy.ledger.available(share, environment), most };
}

/**
 * Instances that computeReservation keeps for shares not yet active. A job that is larger than the rest gets it whole when nothing
 * else runs there: a reserve delays jobs, it does not forbid them.
 */
export function keptForOthers(
  state: QueueState,
  environment: string,
  needed: number,
  active: number,
): number {
  if (state.policy.kind !== 'fairShare') return 0;
  const limit = state.environments.limit(environment);
  const kept = reservedInstances(limit, state.policy.setup.computeReservation, active);
  return Math.min(kept, Math.max(0, limit - needed));
}

/** fairShare: shares with jobs, and those whose last job ended less than a decay period ago. */
export function activeShares(state: QueueState, now: number): number {
  if (state.policy.kind !== 'fairShare' || state.policy.setup.computeReservation === 0) return 0;
  return new Set([...state.busyShares(), ...state.policy.book.fading(now)]).size;
}
