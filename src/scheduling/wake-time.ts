import { pauseEnds } from './claims.ts';
import type { QueueState } from './queue-state.ts';
import { nextReservation } from './reservation.ts';

/** When time alone could change what the next cycle decides, though nothing happens. Undefined: only an event can. */
export function wakeTime(state: QueueState, now: number): number | undefined {
  if (state.waiting.size === 0) return undefined;
  return least([
    state.environments.nextOpening(now),
    protectionEnds(state, now),
    nextReservation(state, now),
    ...[...state.waiting.withClaims()].map((job) => pauseEnds(job, now)),
  ]);
}

/** When the next running job has had its minimum runtime and may be preempted. */
function protectionEnds({ policy, running, setup }: QueueState, now: number): number | undefined {
  const protectedFor = setup.preemptionLimits.minimumRuntimeSeconds * 1000;
  if (policy.kind !== 'quotaShare' || protectedFor === 0) return undefined;
  for (const { startedAt, evictedFor } of running.all())
    if (evictedFor === undefined && startedAt + protectedFor > now) return startedAt + protectedFor;
  return undefined;
}

function least(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
