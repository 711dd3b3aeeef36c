import type { Admission, Decision, Wait, WaitReason } from './decision.ts';
import type { WaitingJob } from './job.ts';
import type { PolicyState, QueueState } from './queue-state.ts';
import { quotaCycle, type QuotaOffers, quotaOffers } from './quota/cycle.ts';
import type { QuotaHead, QuotaWorld, RememberedAssignments } from './quota/world.ts';
import { isGuaranteed, Reservations } from './reservation.ts';
import type { Pass } from './turn-pass.ts';

type QuotaState = Extract<PolicyState, { kind: 'quotaShare' }>;

/**
 * quotaShare: one cycle of Kueue's over one job per share, applied. What becomes of a job that was offered:
 *
 *   admit ------------------------------------------> runs
 *   waits for victims, or for others' victims ------> stays the one that its share offers, until they are gone
 *   waits, and has options not looked at yet -------> is offered again with those
 *   waits for what another job reserves ------------> stays, as long as the others make progress: the reservation may go with it
 *   waits otherwise --------------------------------> its shape is parked; the share offers the next
 *
 * `remembered`: of the passes of the same moment before this one; forgotten when somebody starts or is stopped.
 */
export function quotaPass(
  state: QueueState,
  policy: QuotaState,
  now: number,
  limit: number,
  remembered: RememberedAssignments = new Map(),
): Pass {
  const world = { ...quotaWorld(state, policy, now), remembered };
  const { heads, hopeless } = offers(state, world, policy);
  const decided = quotaCycle(heads, world, policy.setup);
  const decisions: Decision[] = [...hopeless];
  let admitted = 0;
  const reserved: WaitingJob[] = [];
  let acted = false;
  let again = hopeless.length > 0;
  for (const decision of decided) {
    switch (decision.kind) {
      case 'admit': {
        // What was decided after it counts on it, so the rest is left to the next pass.
        if (admitted >= limit) return { decisions, acted, again: true, more: true };
        const job = state.waiting.get(decision.job);
        if (job === undefined) continue;
        // The reservation allowed each of them; two together may be too many.
        if (acted && isReserved(state, job, decision, now)) {
          again = true;
          continue;
        }
        decisions.push(passing(state, job, decision));
        state.admit(job, decision.option, now);
        remembered.clear();
        admitted++;
        acted = again = true;
        break;
      }
      case 'preempt':
        decisions.push(decision);
        state.evict(decision.victim, decision.for);
        remembered.clear();
        acted = again = true;
        break;
      case 'wait': {
        const { resumeAt = 0, ...wait } = decision;
        decisions.push(wait);
        const job = state.waiting.get(wait.job);
        if (job === undefined) continue;
        if (wait.why.code === 'RESERVED') reserved.push(job);
        else if (settleHead(state, job, wait, resumeAt)) again = true;
        break;
      }
    }
  }
  if (!again && reserved.length > 0) {
    for (const job of reserved) state.waiting.park(job, true);
    again = true;
  }
  return { decisions, acted, again, more: false };
}

function isReserved(
  state: QueueState,
  job: WaitingJob,
  { environment, instances }: Admission,
  now: number,
): boolean {
  if (state.madeRoom(job.id)) return false;
  return (
    Reservations.of(state, now).holdsUp(job, environment, instances, freeIn(state, environment)) !== undefined
  );
}

/** What a job that waits is offered next; whether that is something new. */
function settleHead(state: QueueState, job: WaitingJob, { why, reasons }: Wait, resumeAt: number): boolean {
  if (why.code === 'PREEMPTING' || why.code === 'RELEASE_EXPECTED') {
    state.waiting.setResumeAt(job, 0);
    return false;
  }
  if (resumeAt > state.waiting.resumeAt(job)) {
    state.waiting.setResumeAt(job, resumeAt);
    return true;
  }
  state.waiting.park(job);
  if (!reasons.some(({ code }) => code === 'RESERVED')) state.waiting.parkLarger(job);
  return true;
}

/**
 * Each share offers its first job. But where a job behind that one waits for victims to stop, those that can do nothing are
 * parked first: one of them would take the share's turn, and a job of another share what the victims are to make room for.
 */
function offers(state: QueueState, world: QuotaWorld, policy: QuotaState): QuotaOffers {
  const { waiting, running } = state;
  const expecting = new Map<string, WaitingJob>();
  for (const id of running.stoppedFor()) {
    const job = waiting.get(id);
    if (job === undefined) continue;
    const lane = waiting.laneOf(job);
    const other = expecting.get(lane);
    if (other === undefined || waiting.compare(job, other) < 0) expecting.set(lane, job);
  }
  const heads: QuotaHead[] = [];
  const lines: Iterable<QuotaHead>[] = [];
  for (const lane of waiting.lanes()) {
    const head = waiting.head(lane);
    const expects = expecting.get(lane);
    if (head === undefined || expects === undefined || waiting.compare(head, expects) >= 0)
      heads.push(...headOf(state, head));
    else lines.push(lineUpTo(state, lane, expects));
  }
  if (lines.length === 0) return { heads, hopeless: [] };
  const offered = quotaOffers(lines, world, policy.setup);
  return { heads: [...heads, ...offered.heads], hopeless: offered.hopeless };
}

/** What a lane may offer, as far as the given job; one that is not taken is parked. */
function* lineUpTo({ waiting }: QueueState, lane: string, last: WaitingJob): Iterable<QuotaHead> {
  const seen = new Set<string>();
  for (let job = waiting.head(lane); job !== undefined && !seen.has(job.id); job = waiting.head(lane)) {
    if (waiting.compare(job, last) > 0) return;
    yield { job, resumeAt: waiting.resumeAt(job) };
    seen.add(job.id);
    waiting.park(job);
  }
}

export function headOf(state: QueueState, job: WaitingJob | undefined): QuotaHead[] {
  return job === undefined ? [] : [{ job, resumeAt: state.waiting.resumeAt(job) }];
}

export function quotaWorld(state: QueueState, { ledger }: QuotaState, now: number): QuotaWorld {
  const reservations = Reservations.of(state, now);
  return {
    ledger,
    runningOf: (share) => state.running.ofShare(share),
    free: (environment, job) => {
      if (state.environments.closed(environment, now) !== undefined) return -Infinity;
      const free = freeIn(state, environment);
      // One that must wait for the reservation may not make room for itself by preemption either.
      return reservedFor(state, reservations, job, environment, free) === undefined ? free : -Infinity;
    },
    whyNoRoom: (environment, job) =>
      state.environments.closed(environment, now) ??
      reservedFor(state, reservations, job, environment, freeIn(state, environment)),
    probing: (environment) => state.environments.state(environment).kind === 'cooling',
    limits: state.setup.preemptionLimits,
    now,
  };
}

function freeIn({ environments, running }: QueueState, environment: string): number {
  return environments.limit(environment) - running.used(environment);
}

/**
 * The job that this one was stopped for, while that one may still get its turn. Otherwise this one could come first in the next
 * cycle, and be stopped for the same job again, without end.
 */
function yieldedTo(
  state: QueueState,
  job: WaitingJob,
  environment: string,
  needed: number,
): WaitingJob | undefined {
  if (job.yieldsTo === undefined) return undefined;
  const first = state.waiting.get(job.yieldsTo);
  if (first === undefined || state.waiting.isParked(first)) return undefined;
  const line = state.waiting.laneOf(first) === state.waiting.laneOf(job);
  if (line && state.waiting.compare(job, first) < 0) return undefined;
  // What is guaranteed is not taken away again.
  if (isGuaranteed(state, job, first, environment, needed)) return undefined;
  return first.options.some((option) => option.environment === environment) ? first : undefined;
}

/** A job with several options in the environment waits for the reservation if one of them has to. */
function reservedFor(
  state: QueueState,
  reservations: Reservations,
  job: WaitingJob,
  environment: string,
  free: number,
): WaitReason | undefined {
  if (reservations.none && job.yieldsTo === undefined) return undefined;
  const needed = Math.max(
    ...job.options.map((option) => (option.environment === environment ? option.instances : 0)),
  );
  const first = yieldedTo(state, job, environment, needed);
  if (first !== undefined) {
    return { code: 'RESERVED', environment, for: first.id, needed, free: Math.max(0, free) };
  }
  // What its victims give up is its own: they held it before, too, and would only be started again and stopped again.
  if (state.madeRoom(job.id)) return undefined;
  for (const option of job.options) {
    if (option.environment !== environment) continue;
    const reserved = reservations.holdsUp(job, environment, option.instances, Math.max(0, free));
    if (reserved !== undefined) return reserved;
  }
  return undefined;
}

/** Of a job that is within its share's guarantee it is worth saying that it passed another. */
function passing(state: QueueState, job: WaitingJob, decision: Admission): Decision {
  const first = state.waiting.first(state.waiting.laneOf(job));
  const passes = decision.why.code === 'FITS' && first !== undefined && first.id !== job.id;
  return passes ? { ...decision, why: { code: 'BACKFILLS', past: first.id } } : decision;
}
