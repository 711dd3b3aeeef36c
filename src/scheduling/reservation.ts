import type { WaitReason } from './decision.ts';
import type { WaitingJob } from './job.ts';
import { activeShares, roomIn } from './room.ts';
import type { QueueState } from './queue-state.ts';
import type { QuotaLedger } from './quota/ledger.ts';
import { held, type LatestEnd } from './running-index.ts';
import { byAge } from './order.ts';

/**
 * Reservations keep big jobs from starving behind small ones that always fit (EASY backfill, as Slurm does it; Feitelson and Weil 1998).
 *
 * A job that has waited `afterSeconds` and does not fit anywhere holds a reservation in the environment of its first option that is
 * open and large enough for it. One per environment: of several such jobs of a share the first in its order has it, between shares
 * the one that was queued first. A job that comes after the holder (in the share's order; of another share: queued later) may
 * start there only if
 *
 *   - the holder could start at its *shadow time* all the same: the earliest time at which it fits if every running job ends at
 *     its limit; or
 *   - the job's own limit says that it ends by then.
 *
 * Without limits nobody knows that time. Then the longest-running jobs are taken to end first, and only the former counts.
 * In a tree of shares the holder never delays a job that is within what is guaranteed to its own share, or to a group which the
 * holder's share does not belong to.
 */
export class Reservations {
  readonly #state: QueueState;
  readonly #now: number;
  /** By environment. */
  readonly #holders: ReadonlyMap<string, Holder>;
  readonly #shadows = new Map<string, Shadow>();

  private constructor(state: QueueState, now: number, holders: ReadonlyMap<string, Holder>) {
    this.#state = state;
    this.#now = now;
    this.#holders = holders;
  }

  static of(state: QueueState, now: number): Reservations {
    return new Reservations(state, now, holdersOf(state, now));
  }

  get none(): boolean {
    return this.#holders.size === 0;
  }

  /** Whether, and for whom, a job that fits must wait. `free`: instances that nobody uses. */
  holdsUp(job: WaitingJob, environment: string, needed: number, free: number): Reserved | undefined {
    const holder = this.#holders.get(environment);
    if (holder === undefined || !comesAfter(this.#state, job, holder.job)) return undefined;
    if (isGuaranteed(this.#state, job, holder.job, environment, needed)) return undefined;
    const shadow = this.#shadow(environment, holder);
    if (endsBy(job, shadow, this.#now) || leavesRoom(shadow, job, environment, needed, holder))
      return undefined;
    return { code: 'RESERVED', environment, for: holder.job.id, needed, free };
  }

  #shadow(environment: string, holder: Holder): Shadow {
    const known = this.#shadows.get(environment);
    if (known !== undefined) return known;
    const shadow = shadowOf(this.#state, environment, holder, this.#now);
    this.#shadows.set(environment, shadow);
    return shadow;
  }
}

type Reserved = Extract<WaitReason, { code: 'RESERVED' }>;

interface Holder {
  readonly job: WaitingJob;
  readonly needed: number;
}

/** The environment at the time at which the holder can start. */
interface Shadow {
  /** Undefined: it depends on jobs without a limit. */
  readonly at: number | undefined;
  /** Instances that nobody else uses then, as far as the holder may have them. */
  readonly free: number;
  /** quotaShare: what is used then. */
  readonly ledger: QuotaLedger | undefined;
}

/** When the next waiting job may begin to hold a reservation. */
export function nextReservation({ waiting, setup }: QueueState, now: number): number | undefined {
  if (setup.reservation === undefined) return undefined;
  const after = setup.reservation.afterSeconds * 1000;
  let next: number | undefined;
  for (const lane of waiting.lanes()) {
    for (const { queuedAt } of waiting.shapeHeads(lane)) {
      const at = queuedAt + after;
      if (at > now && (next === undefined || at < next)) next = at;
    }
  }
  return next;
}

/** Only the first job of a shape can be the first in order, so the others are not looked at. */
function holdersOf(state: QueueState, now: number): ReadonlyMap<string, Holder> {
  const holders = new Map<string, Holder>();
  const { waiting, setup } = state;
  if (setup.reservation === undefined) return holders;
  const queuedBy = now - setup.reservation.afterSeconds * 1000;
  const active = activeShares(state, now);
  for (const lane of waiting.lanes()) {
    const ofLane = new Map<string, Holder>();
    for (const job of waiting.shapeHeads(lane)) {
      if (ofLane.size === setup.environments.length) break;
      if (job.queuedAt > queuedBy) continue;
      const place = placeFor(state, job, now, active);
      if (place !== undefined && !ofLane.has(place.environment))
        ofLane.set(place.environment, { job, needed: place.instances });
    }
    for (const [environment, holder] of ofLane) {
      const other = holders.get(environment);
      if (other === undefined || byAge(holder.job, other.job) < 0) holders.set(environment, holder);
    }
  }
  return holders;
}

/** Where a job that fits nowhere now could fit. */
function placeFor(
  state: QueueState,
  job: WaitingJob,
  now: number,
  active: number,
): { environment: string; instances: number } | undefined {
  let place: { environment: string; instances: number } | undefined;
  for (const option of job.options) {
    const { environment, instances } = option;
    if (state.environments.closed(environment, now) !== undefined) continue;
    const room = roomIn(state, job.share, environment, instances, active);
    if (instances <= Math.min(room.free, room.available)) return undefined;
    if (instances <= room.most) place ??= option;
  }
  return place;
}

function comesAfter({ waiting }: QueueState, job: WaitingJob, holder: WaitingJob): boolean {
  const line = waiting.laneOf(job) === waiting.laneOf(holder);
  return (line ? waiting.compare(job, holder) : byAge(job, holder)) > 0;
}

/** Whether the job stays within what is guaranteed to its share, or to a group above it that is not above the holder, too. */
function isGuaranteed(
  { policy }: QueueState,
  job: WaitingJob,
  holder: WaitingJob,
  environment: string,
  needed: number,
): boolean {
  if (policy.kind !== 'quotaShare' || job.share === holder.share) return false;
  const { tree } = policy.ledger;
  const pool = tree.findEnvironment(environment);
  if (pool === undefined) return false;
  return policy.ledger.isEntitled(tree.indexOf(job.share), tree.indexOf(holder.share), pool, needed);
}

function endsBy({ limitSeconds }: WaitingJob, { at }: Shadow, now: number): boolean {
  return limitSeconds !== undefined && at !== undefined && now + limitSeconds * 1000 <= at;
}

function leavesRoom(
  { free, ledger }: Shadow,
  job: WaitingJob,
  environment: string,
  needed: number,
  holder: Holder,
): boolean {
  if (free - needed < holder.needed) return false;
  if (ledger === undefined) return true;
  ledger.add(job.share, environment, needed);
  const available = ledger.available(holder.job.share, environment);
  ledger.remove(job.share, environment, needed);
  return available >= holder.needed;
}

/** Where nobody knows when they end. */
function* oldestFirst(
  state: QueueState,
  environment: string,
): Iterable<Pick<LatestEnd, 'running'> & { readonly at: undefined }> {
  for (const running of state.running.allIn(environment)) yield { running, at: undefined };
}

function shadowOf(state: QueueState, environment: string, { job, needed }: Holder, now: number): Shadow {
  const room = roomIn(state, job.share, environment, needed, activeShares(state, now));
  // Times that have passed are kept: the answer must not change with the clock.
  for (const order of [state.running.endsIn(environment), oldestFirst(state, environment)]) {
    const ledger = state.policy.kind === 'quotaShare' ? state.policy.ledger.clone() : undefined;
    let free = room.free;
    let at: number | undefined;
    let found = false;
    for (const end of order) {
      if (found && (end.at === undefined || end.at !== at)) break;
      const { instances } = held(end.running);
      free += instances;
      ledger?.remove(end.running.share, environment, instances);
      if (found) continue;
      at = end.at;
      found = needed <= free && needed <= (ledger?.available(job.share, environment) ?? Infinity);
    }
    if (found) return { at, free, ledger };
  }
  // It needs nobody to end (only other environments or an operator): then nobody may take what it could have.
  return { at: undefined, free: needed, ledger: undefined };
}
