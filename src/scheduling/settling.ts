import type { Admission, Decision, Preemption, Wait, WaitReason } from './decision.ts';
import type { WaitingJob } from './job.ts';
import type { QueueState } from './queue-state.ts';
import type { RememberedAssignments } from './quota/world.ts';

/**
 * A queue of 30 shares, 600 instances and 10,000 jobs that starts from nothing needs a dozen, one event one to five. A round looks at
 * every share, so that a large queue gets fewer: what is left is decided with the next event.
 */
const MOST_ROUNDS = 16;
const LEAST_ROUNDS = 2;
const MOST_LOOKS = 500;
/** After those, in which nobody is given back what was taken back: rules that go round in circles come to rest. */
const LAST_ROUNDS = 8;

/**
 * What is known from the first pass of one `settle` to its last, and forgotten then.
 *
 *   admitted -> taken back, for another job -> not started there in this round
 *   evicted  -> spared, when the other job found room elsewhere
 *
 * Nobody has heard yet of what was decided at this moment, so that a job which just started is not stopped: its start never was.
 * Rounds are bounded.
 */
export class Settling {
  /** What heads were assigned, since somebody started or stopped last. */
  readonly remembered: RememberedAssignments = new Map();
  /** As they waited. */
  readonly #admitted = new Map<string, WaitingJob>();
  readonly #evictedFor = new Map<string, string[]>();
  /** By environment and id: for whom its start was taken back. */
  readonly #heldBack = new Map<string, string>();
  #rounds: number;
  readonly #lastRounds: number;

  constructor(shares: number) {
    this.#rounds = Math.max(
      LEAST_ROUNDS,
      Math.min(MOST_ROUNDS, Math.floor(MOST_LOOKS / Math.max(1, shares))),
    );
    this.#lastRounds = Math.min(LAST_ROUNDS, this.#rounds);
  }

  /** Those that are being stopped for it since this moment need not be, if it starts all the same. */
  admitted(state: QueueState, job: WaitingJob): void {
    this.#admitted.set(job.id, job);
    for (const victim of this.#evictedFor.get(job.id) ?? [])
      if (state.running.get(victim)?.evictedFor === job.id) state.spare(victim);
    this.#evictedFor.delete(job.id);
    this.remembered.clear();
  }

  evicted({ victim, for: taker }: Preemption): void {
    const victims = this.#evictedFor.get(taker);
    if (victims === undefined) this.#evictedFor.set(taker, [victim]);
    else victims.push(victim);
    this.remembered.clear();
  }

  /** A victim that was admitted at this moment waits again; another one: nothing is done, and undefined. */
  takeBack(
    state: QueueState,
    { victim, for: taker, environment }: Preemption,
    now: number,
  ): Wait | undefined {
    const job = this.#admitted.get(victim);
    if (job === undefined) return undefined;
    this.#admitted.delete(victim);
    this.#heldBack.set(keyOf(job, environment), taker);
    state.release(victim, now);
    state.enqueue({ ...job, yieldsTo: taker });
    this.remembered.clear();
    const reasons = job.options.map((option): WaitReason => ({
      code: 'RESERVED',
      environment: option.environment,
      for: taker,
      needed: option.instances,
      free: 0,
    }));
    const [why] = reasons;
    if (why === undefined) throw new RangeError('a waiting job has at least one option');
    return { kind: 'wait', job: victim, share: job.share, why, reasons };
  }

  /** Whether all that waits is to be offered once more, with all that has started and stopped meanwhile. */
  newRound(): boolean {
    this.#rounds -= 1;
    if (this.#rounds > 0) this.#heldBack.clear();
    return this.#rounds > -this.#lastRounds;
  }

  /** Why the job does not start in the environment at this moment, if it was taken back from there. */
  heldBack(job: WaitingJob, environment: string): WaitReason | undefined {
    const taker = this.#heldBack.get(keyOf(job, environment));
    if (taker === undefined) return undefined;
    const needed = Math.max(
      ...job.options.map((option) => (option.environment === environment ? option.instances : 0)),
    );
    return { code: 'RESERVED', environment, for: taker, needed, free: 0 };
  }
}

/** Of what several passes decided about a job, what holds in the end. */
export class LastWords {
  readonly #actions = new Set<Admission | Preemption>();
  readonly #admissions = new Map<string, Admission>();
  readonly #waits = new Map<string, Wait>();

  get admissions(): number {
    return this.#admissions.size;
  }

  add(decision: Decision): void {
    switch (decision.kind) {
      case 'admit':
        this.#waits.delete(decision.job);
        this.#admissions.set(decision.job, decision);
        this.#actions.add(decision);
        return;
      case 'preempt':
        this.#actions.add(decision);
        return;
      case 'wait': {
        const takenBack = this.#admissions.get(decision.job);
        if (takenBack !== undefined) this.#actions.delete(takenBack);
        this.#admissions.delete(decision.job);
        this.#waits.set(decision.job, decision);
      }
    }
  }

  /** Actions first, in the order in which they were decided. Who was spared after all is not among them. */
  all({ running }: QueueState): readonly Decision[] {
    const actions = [...this.#actions].filter(
      (action) => action.kind === 'admit' || running.get(action.victim)?.evictedFor === action.for,
    );
    return [...actions, ...this.#waits.values()];
  }
}

function keyOf({ id }: WaitingJob, environment: string): string {
  return `${environment} ${id}`;
}
