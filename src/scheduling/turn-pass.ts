import type { Admission, Decision, Wait, WaitReason } from './decision.ts';
import type { WaitingJob } from './job.ts';
import { nearestReason } from './nearest-reason.ts';
import { offer, type OfferContext } from './offer.ts';
import type { QueueState } from './queue-state.ts';
import { Reservations } from './reservation.ts';
import { activeShares } from './room.ts';
import { byPriority } from './order.ts';

/** What one pass over the queue came to. Its decisions are applied already. */
export interface Pass {
  readonly decisions: readonly Decision[];
  /** Something was admitted or evicted: what was parked before may get another answer. */
  readonly acted: boolean;
  /** The next pass would look at something that this one did not. */
  readonly again: boolean;
  /** It stopped at the limit of admissions. */
  readonly more: boolean;
}

/**
 * fifo and fairShare: jobs are offered one by one, whoever's turn it is, until nobody is left who has not been refused. A job that
 * does not fit is parked with all of its shape and does not block those behind it.
 */
export function turnPass(state: QueueState, now: number, limit: number): Pass {
  const decisions: Decision[] = [];
  const lanes = new Set(state.waiting.lanes());
  let context: OfferContext | undefined;
  let admitted = 0;
  for (;;) {
    const job = nextInTurn(state, lanes, now);
    if (job === undefined) return { decisions, acted: admitted > 0, again: false, more: false };
    if (admitted >= limit) return { decisions, acted: true, again: true, more: true };
    // Reservations depend on what runs and on what was found too big.
    const current: OfferContext = {
      now,
      reservations: Reservations.of(state, now),
      activeShares: context?.activeShares ?? activeShares(state, now),
    };
    context = current;
    const answer = offer(state, job, current);
    if (answer.kind === 'fits') {
      decisions.push(admission(state, job, answer.option));
      state.admit(job, answer.option, now);
      admitted++;
    } else {
      state.waiting.park(job);
      decisions.push(...wait(job, answer.reasons));
    }
  }
}

/** fifo: the oldest. fairShare: the first of the share with the lowest decayed usage × weight factor. */
function nextInTurn(state: QueueState, lanes: Set<string>, now: number): WaitingJob | undefined {
  const { policy, waiting } = state;
  let best: WaitingJob | undefined;
  for (const lane of lanes) {
    const head = waiting.head(lane);
    if (head === undefined) lanes.delete(lane);
    else if (best === undefined || (policy.kind === 'fairShare' && isBefore(head, best, policy, now)))
      best = head;
  }
  return best;
}

type FairShare = Extract<QueueState['policy'], { kind: 'fairShare' }>;

function isBefore(a: WaitingJob, b: WaitingJob, { book }: FairShare, now: number): boolean {
  const [valueA, valueB] = [book.value(a.share, now), book.value(b.share, now)];
  if (valueA !== valueB) return valueA < valueB;
  // Shares that have used nothing: the one that is to get more begins.
  const byWeight = book.weightFactor(a.share) - book.weightFactor(b.share);
  return (byWeight || byPriority(a, b)) < 0;
}

function admission(state: QueueState, job: WaitingJob, option: number): Admission {
  const choice = job.options[option];
  if (choice === undefined) throw new RangeError(`Job ${job.id} has no option ${option}.`);
  const first = state.waiting.first(state.waiting.laneOf(job));
  return {
    kind: 'admit',
    job: job.id,
    share: job.share,
    option,
    environment: choice.environment,
    instances: choice.instances,
    borrowed: 0,
    why:
      first === undefined || first.id === job.id ? { code: 'FITS' } : { code: 'BACKFILLS', past: first.id },
  };
}

function wait(job: WaitingJob, reasons: readonly WaitReason[]): Wait[] {
  const [first, ...others] = reasons;
  if (first === undefined) return [];
  return [{ kind: 'wait', job: job.id, share: job.share, why: nearestReason(first, others), reasons }];
}
