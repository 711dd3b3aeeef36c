import type { WaitReason } from './decision.ts';
import type { Option, WaitingJob } from './job.ts';
import type { QueueState } from './queue-state.ts';
import type { Reservations } from './reservation.ts';
import { keptForOthers } from './room.ts';

/** What a job would get now from a policy that never preempts. */
export type Offer =
  | { readonly kind: 'fits'; readonly option: number }
  /** One reason per option. */
  | { readonly kind: 'blocked'; readonly reasons: readonly WaitReason[] };

/** What does not change while one job is looked at. */
export interface OfferContext {
  readonly now: number;
  readonly reservations: Reservations;
  /** fairShare: shares that count for computeReservation. */
  readonly activeShares: number;
}

/** The first of the job's options that fits. */
export function offer(state: QueueState, job: WaitingJob, context: OfferContext): Offer {
  const reasons: WaitReason[] = [];
  for (const [option, choice] of job.options.entries()) {
    const reason = whyNot(state, job, choice, context);
    if (reason === undefined) return { kind: 'fits', option };
    reasons.push(reason);
  }
  return { kind: 'blocked', reasons };
}

function whyNot(
  state: QueueState,
  job: WaitingJob,
  { environment, instances: needed }: Option,
  context: OfferContext,
): WaitReason | undefined {
  const closed = state.environments.closed(environment, context.now);
  if (closed !== undefined) return closed;
  const limit = state.environments.limit(environment);
  if (needed > limit)
    return { code: 'NEVER_FITS', environment, needed, most: limit, limitedBy: 'environment' };
  const free = limit - state.running.used(environment);
  if (needed > free) return { code: 'ENVIRONMENT_FULL', environment, needed, free, limit };
  const kept = keptForOthers(state, environment, needed, context.activeShares);
  if (needed > free - kept) return { code: 'COMPUTE_RESERVATION', environment, reserved: kept, needed, free };
  return context.reservations.holdsUp(job, environment, needed, free);
}
