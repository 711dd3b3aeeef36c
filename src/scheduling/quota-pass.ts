import type { Admission, Decision, Preemption, PreemptionCause, WaitReason } from './decision.ts';
import type { WaitingJob } from './job.ts';
import { headOf, lineUpTo, type MadeRoom, madeRoomIn, OfferedLines } from './offered-lines.ts';
import type { PolicyState, QueueState } from './queue-state.ts';
import { quotaCycle, type QuotaOffers, quotaOffers } from './quota/cycle.ts';
import type { QuotaHead, QuotaWorld } from './quota/world.ts';
import { Reservations } from './reservation.ts';
import type { Settling } from './settling.ts';
import type { Pass } from './turn-pass.ts';

type QuotaState = Extract<PolicyState, { kind: 'quotaShare' }>;

/**
 * quotaShare: one cycle of Kueue's over one job per share, applied. What becomes of a job that was offered:
 *
 *   admit ------------------------------------------> runs
 *   waits for victims, or for others' victims ------> is the first that its share offers again, until they are gone
 *   waits, and has options not looked at yet -------> is offered again with those
 *   waits for what another job reserves ------------> stays, as long as the others make progress: the reservation may go with it
 *   waits otherwise --------------------------------> its shape is parked; the share offers the next
 *
 * With `settling` (what the passes of the same moment before this one came to) a share offers its next job in the same cycle, also after
 * one that waits for victims, so that all guarantees come before all that is borrowed; and whoever was started at this moment is not
 * stopped: the start is taken back.
 */
export function quotaPass(
  state: QueueState,
  policy: QuotaState,
  now: number,
  limit: number,
  settling?: Settling,
): Pass {
  const world = quotaWorld(state, policy, now, settling);
  const madeRoom = madeRoomIn(state, settling);
  const { heads, hopeless } = offers(state, world, policy, madeRoom, settling);
  const lines = new OfferedLines(state, limit, madeRoom, settling);
  const decided = quotaCycle(heads, world, policy.setup, settling === undefined ? undefined : lines);
  if (settling === undefined) for (const decision of decided) lines.after(decision);
  else settling.decided(decided.length);
  lines.close();

  const decisions: Decision[] = [...hopeless];
  let admitted = 0;
  let acted = false;
  let again = false;
  for (const decision of decided) {
    switch (decision.kind) {
      case 'admit': {
        // What was decided after it counts on it, so the rest is left to the next pass.
        if (admitted >= limit) {
          lines.restore();
          return { decisions, acted, again: true, more: true };
        }
        const job = lines.take(decision.job);
        if (job === undefined) continue;
        // The reservation allowed each of them; two together may be too many.
        if (acted && !madeRoom(job.id) && isReserved(state, job, decision, now)) {
          lines.giveBack(job);
          again = true;
          continue;
        }
        decisions.push(passing(state, job, decision));
        state.admit(job, decision.option, now);
        settling?.admitted(state, job);
        admitted++;
        acted = true;
        break;
      }
      case 'preempt': {
        const takenBack = settling?.takeBack(state, decision, now);
        decisions.push(takenBack ?? evicted(state, decision, settling));
        acted = true;
        // The room is there already: before anybody else is offered anew, the job that it was taken back for is.
        again ||= takenBack !== undefined;
        break;
      }
      case 'wait': {
        const { resumeAt: _, causes, ...wait } = decision;
        decisions.push(wait);
        if (settling !== undefined && causes !== undefined)
          acted = takeOver(state, wait.job, causes, settling, decisions) || acted;
        break;
      }
    }
  }
  again ||=
    settling === undefined
      ? acted || hopeless.length > 0 || lines.moved
      : mayGoOn(lines, acted, hopeless.length > 0);
  if (!again && !acted) again = lines.parkReserved();
  return { decisions, acted, again, more: false };
}

/** Lines were gone through to their ends, but for three. */
function mayGoOn(lines: OfferedLines, acted: boolean, parked: boolean): boolean {
  // Shares whose turn ended early, for what had started by then.
  if (acted && lines.unfinished) return true;
  // Shares that offer a job which a reservation holds up: that may have gone with what has moved.
  if (lines.moved && lines.heldUp) return true;
  // Shares that offered nothing, because all that comes before a job which expects stops was parked.
  return !acted && parked;
}

/** Those of the victims that were being stopped for somebody else are this job's from now on. Whether there are any. */
function takeOver(
  state: QueueState,
  job: string,
  causes: ReadonlyMap<string, PreemptionCause>,
  settling: Settling,
  decisions: Decision[],
): boolean {
  let any = false;
  for (const [victim, cause] of causes) {
    const from = state.running.get(victim)?.evictedFor;
    if (from === undefined || from === job) continue;
    if (!settling.mayTakeOver(victim, job)) continue;
    state.evict(victim, job);
    const instead = settling.takenOver(victim, from, job, cause);
    if (instead !== undefined) decisions.push(instead);
    any = true;
  }
  return any;
}

function evicted(state: QueueState, decision: Preemption, settling?: Settling): Preemption {
  state.evict(decision.victim, decision.for);
  settling?.evicted(decision);
  return decision;
}

function isReserved(
  state: QueueState,
  job: WaitingJob,
  { environment, instances }: Admission,
  now: number,
): boolean {
  return (
    Reservations.of(state, now).holdsUp(job, environment, instances, freeIn(state, environment)) !== undefined
  );
}

/**
 * Each share offers its first job. But where a job behind that one waits for victims to stop, those that can do nothing are
 * parked first: one of them would take the share's turn, and a job of another share what the victims are to make room for.
 */
function offers(
  state: QueueState,
  world: QuotaWorld,
  policy: QuotaState,
  madeRoom: MadeRoom,
  settling: Settling | undefined,
): QuotaOffers {
  const { waiting, running } = state;
  const expecting = new Map<string, WaitingJob>();
  for (const id of [...running.stoppedFor(), ...waiting.stoppedForAny(), ...(settling?.takers ?? [])]) {
    const job = waiting.get(id);
    if (job === undefined) continue;
    const lane = waiting.laneOf(job);
    const other = expecting.get(lane);
    if (other === undefined || waiting.compare(job, other) < 0) expecting.set(lane, job);
  }
  const heads: QuotaHead[] = [];
  const lines: Iterable<QuotaHead>[] = [];
  for (const lane of waiting.lanes()) {
    const head = headOf(state, waiting.head(lane), madeRoom);
    if (head === undefined) continue;
    const expects = expecting.get(lane);
    if (expects === undefined || waiting.compare(head.job, expects) >= 0) heads.push(head);
    else lines.push(lineUpTo(state, lane, expects, madeRoom));
  }
  if (lines.length === 0) return { heads, hopeless: [] };
  const offered = quotaOffers(lines, world, policy.setup);
  return { heads: [...heads, ...offered.heads], hopeless: offered.hopeless };
}

export function quotaWorld(
  state: QueueState,
  { ledger }: QuotaState,
  now: number,
  settling?: Settling,
): QuotaWorld {
  const reservations = Reservations.of(state, now);
  const madeRoom = madeRoomIn(state, settling);
  return {
    ledger,
    runningOf: (share) => state.running.ofShare(share),
    stoppingFor: (job) => state.running.stoppingFor(job),
    free: (environment, job) => {
      if (state.environments.closed(environment, now) !== undefined) return -Infinity;
      if (settling?.heldBack(job, environment) !== undefined) return -Infinity;
      const free = freeIn(state, environment);
      // One that must wait for the reservation may not make room for itself by preemption either.
      return reservedFor(state, reservations, job, environment, free, madeRoom) === undefined
        ? free
        : -Infinity;
    },
    whyNoRoom: (environment, job) =>
      state.environments.closed(environment, now) ??
      settling?.heldBack(job, environment) ??
      reservedFor(state, reservations, job, environment, freeIn(state, environment), madeRoom),
    probing: (environment) => state.environments.state(environment).kind === 'cooling',
    limits: state.setup.preemptionLimits,
    ...(settling === undefined ? {} : { final: settling.final }),
    mayReturn: false,
    ...(settling === undefined ? {} : { remembered: settling.remembered }),
    now,
  };
}

function freeIn({ environments, running }: QueueState, environment: string): number {
  return environments.limit(environment) - running.used(environment);
}

/** What its share may have of what nobody uses. */
function freeFor({ policy }: QueueState, { share }: WaitingJob, environment: string, free: number): number {
  const available =
    policy.kind === 'quotaShare' && policy.ledger.tree.find(share) !== undefined
      ? policy.ledger.available(share, environment)
      : Infinity;
  return Math.max(0, Math.min(free, available));
}

/** A job with several options in the environment waits for the reservation if one of them has to. */
function reservedFor(
  state: QueueState,
  reservations: Reservations,
  job: WaitingJob,
  environment: string,
  free: number,
  madeRoom: MadeRoom,
): WaitReason | undefined {
  if (reservations.none) return undefined;
  // What its victims give up is its own: they held it before, too, and would only be started again and stopped again.
  if (madeRoom(job.id)) return undefined;
  for (const option of job.options) {
    if (option.environment !== environment) continue;
    const reserved = reservations.holdsUp(
      job,
      environment,
      option.instances,
      freeFor(state, job, environment, free),
    );
    if (reserved !== undefined) return reserved;
  }
  return undefined;
}

/** Of a job that is within its share's guarantee it is worth saying that it passed another. */
function passing(state: QueueState, job: WaitingJob, decision: Admission): Decision {
  const first = state.waiting.first(state.waiting.laneOf(job));
  const passes = decision.why.code === 'FITS' && first !== undefined && state.waiting.compare(first, job) < 0;
  return passes ? { ...decision, why: { code: 'BACKFILLS', past: first.id } } : decision;
}
