import type { Admission, Decision, Preemption, PreemptionCause, Wait, WaitReason } from './decision.ts';
import type { WaitingJob } from './job.ts';
import type { QueueState } from './queue-state.ts';
import type { RememberedAssignments } from './quota/world.ts';

/**
 * How often all that waits is offered again because somebody has started or stopped. A queue of 30 shares, 600 instances and 10,000
 * jobs that starts from nothing needs a dozen, one event one to five. Each looks at every share, so that a large queue gets fewer
 * at a time: what is left is for the next call.
 */
const MOST_ROUNDS = 50;
const LEAST_ROUNDS = 3;
const MOST_LOOKS = 1_500;
/**
 * Decisions times shares, as a look for victims goes over the shares: about a second's work. A workflow task that takes five is given up by the
 * SDK. Only queues of hundreds of shares come near it, when much has changed at once.
 */
const MOST_WORK = 3_000_000;
const TAKEN_OVER_PER_ROUND = 10;
/** After that a start is final at this moment: rules that go round in circles come to rest. */
const MOST_TAKEN_BACK = 2;

/**
 * What is known from the first pass of one `settle` to its last, and forgotten then.
 *
 *   admitted -> taken back, for another job -> held back where it started, until that job starts or nobody stops for it any more
 *                  \_ for the third time: stays admitted; nobody may have it stopped at this moment
 *   evicted  -> spared, when the other job found room elsewhere
 *
 * Nobody has heard yet of what was decided at this moment, so that a job which just started is not stopped: its start never was. A job is
 * taken back a bounded number of times, so that this comes to an end.
 */
export class Settling {
  /** What heads were assigned, since somebody started or stopped last. */
  readonly remembered: RememberedAssignments = new Map();
  /** What was refused since somebody started or stopped last: once more it moves nothing. */
  readonly refused = new Set<string>();
  /** For whom those were stopped that are out of their lines at the moment (`OfferedLines`). */
  readonly yieldedTo = new Set<string>();
  /** Shapes that were parked in this round: who waits for stops is offered again and again, but not those of its shape behind it. */
  readonly parkedBehind = new Set<string>();
  /** Jobs whose start at this moment is final. */
  readonly final = new Set<string>();
  /** As they waited. */
  readonly #admitted = new Map<string, WaitingJob>();
  readonly #takenBack = new Map<string, number>();
  /** By victim and new taker. */
  readonly #takenOver = new Set<string>();
  /** By taker: who was chosen at this moment. */
  readonly #evictedFor = new Map<string, readonly Preemption[]>();
  /** By environment and id: for whom its start was taken back, and after how many rounds. */
  readonly #heldBack = new Map<string, { readonly taker: string; readonly round: number }>();
  /** By taker: who was being stopped for whom before this moment. */
  readonly #tookOver = new Map<string, readonly { readonly victim: string; readonly from: string }[]>();
  #takers: ReadonlySet<string> = new Set();
  readonly #mostRounds: number;
  readonly #mostDecisions: number;
  #round = 0;
  #decisions = 0;

  constructor(shares: number) {
    this.#mostDecisions = MOST_WORK / Math.max(1, shares);
    const looks = Math.floor(MOST_LOOKS / Math.max(1, shares));
    this.#mostRounds = Math.max(LEAST_ROUNDS, Math.min(MOST_ROUNDS, looks));
  }

  /** So many decisions were made about jobs. */
  decided(count: number): void {
    this.#decisions += count;
  }

  /** Whether what there is to tell should be told before more is looked at. */
  get isLong(): boolean {
    return this.#decisions > this.#mostDecisions;
  }

  /** Those that are being stopped for it since this moment need not be, if it starts all the same. */
  admitted(state: QueueState, job: WaitingJob): void {
    this.#admitted.set(job.id, job);
    if ((this.#takenBack.get(job.id) ?? 0) >= MOST_TAKEN_BACK) this.final.add(job.id);
    for (const { victim } of this.#evictedFor.get(job.id) ?? [])
      if (state.running.get(victim)?.evictedFor === job.id) state.spare(victim);
    this.#evictedFor.delete(job.id);
    for (const { victim, from } of this.#tookOver.get(job.id) ?? [])
      if (state.running.get(victim)?.evictedFor === job.id && state.waiting.get(from) !== undefined)
        state.evict(victim, from);
    this.#tookOver.delete(job.id);
    this.#giveUp(({ taker }) => taker === job.id);
  }

  evicted(preemption: Preemption): void {
    const { for: taker } = preemption;
    this.#evictedFor.set(taker, [...(this.#evictedFor.get(taker) ?? []), preemption]);
    this.#forget();
  }

  /**
   * Whether what somebody's victim leaves may become this job's: once at this moment, or two could take it from each other for ever; and in
   * a large queue not too often, since each time all that waits is looked at again.
   */
  mayTakeOver(victim: string, taker: string): boolean {
    const key = `${victim} ${taker}`;
    if (this.#takenOver.has(key) || this.#takenOver.size >= this.#mostRounds * TAKEN_OVER_PER_ROUND)
      return false;
    this.#takenOver.add(key);
    return true;
  }

  /** A victim has become another job's. What is decided instead, if it was chosen at this moment: nobody has heard of it yet. */
  takenOver(victim: string, from: string, taker: string, cause: PreemptionCause): Preemption | undefined {
    this.#forget();
    const victims = this.#evictedFor.get(from) ?? [];
    const before = victims.find((preemption) => preemption.victim === victim);
    if (before === undefined) {
      this.#tookOver.set(taker, [...(this.#tookOver.get(taker) ?? []), { victim, from }]);
      return undefined;
    }
    this.#evictedFor.set(
      from,
      victims.filter((preemption) => preemption !== before),
    );
    const preemption = { ...before, for: taker, cause };
    this.evicted(preemption);
    return preemption;
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
    this.#takenBack.set(victim, (this.#takenBack.get(victim) ?? 0) + 1);
    this.#heldBack.set(keyOf(job, environment), { taker, round: this.#round });
    this.#listTakers();
    state.release(victim, now);
    state.enqueue(job);
    this.parkedBehind.delete(state.waiting.shapeOf(job));
    this.#forget();
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

  /** Jobs that others were taken back for: like those that others were stopped for, they get what was freed. */
  get takers(): ReadonlySet<string> {
    return this.#takers;
  }

  /** Whether there may be one more round; all that waits is offered then, with all that has started and stopped meanwhile. */
  newRound(state: QueueState): boolean {
    // Those that others were taken back for have had a round: who is held back for nothing may have what they left.
    this.#giveUp(({ taker, round }) => round < this.#round && state.running.stoppingFor(taker).length === 0);
    this.parkedBehind.clear();
    this.#round += 1;
    return this.#round < this.#mostRounds;
  }

  /** Whether somebody is held back for nothing, now that nobody does anything any more: then it is over. */
  releaseHeldBack(state: QueueState): boolean {
    const before = this.#heldBack.size;
    this.#giveUp(({ taker }) => state.running.stoppingFor(taker).length === 0);
    return this.#heldBack.size < before;
  }

  /** Why the job does not start in the environment at this moment, if it was taken back from there. */
  heldBack(job: WaitingJob, environment: string): WaitReason | undefined {
    const held = this.#heldBack.get(keyOf(job, environment));
    if (held === undefined) return undefined;
    const needed = Math.max(
      ...job.options.map((option) => (option.environment === environment ? option.instances : 0)),
    );
    return { code: 'RESERVED', environment, for: held.taker, needed, free: 0 };
  }

  #giveUp(isOver: (held: { readonly taker: string; readonly round: number }) => boolean): void {
    for (const [key, held] of this.#heldBack) if (isOver(held)) this.#heldBack.delete(key);
    this.#listTakers();
    this.#forget();
  }

  /** What was found out before somebody started or stopped. */
  #forget(): void {
    this.remembered.clear();
    this.refused.clear();
  }

  #listTakers(): void {
    this.#takers = new Set([...this.#heldBack.values()].map(({ taker }) => taker));
  }
}

/** Of what several passes decided about a job, what holds in the end. */
export class LastWords {
  /** One per job, in the order in which they were decided. */
  readonly #actions = new Map<string, Admission | Preemption>();
  readonly #waits = new Map<string, Wait>();
  #admissions = 0;

  get admissions(): number {
    return this.#admissions;
  }

  add(decision: Decision): void {
    switch (decision.kind) {
      case 'admit':
        this.#waits.delete(decision.job);
        this.#act(decision.job, decision);
        this.#admissions += 1;
        return;
      case 'preempt':
        this.#act(decision.victim, decision);
        return;
      case 'wait':
        if (this.#actions.delete(decision.job)) this.#admissions -= 1;
        this.#waits.set(decision.job, decision);
    }
  }

  /** Once more: the victim was spared in between. */
  #act(job: string, decision: Admission | Preemption): void {
    this.#actions.delete(job);
    this.#actions.set(job, decision);
  }

  /** Starts and stops, in the order in which they were decided. Who was spared after all is not among them. */
  actions({ running }: QueueState): readonly (Admission | Preemption)[] {
    return [...this.#actions.values()].filter(
      (action) => action.kind === 'admit' || running.get(action.victim)?.evictedFor === action.for,
    );
  }

  /** `again`: why jobs wait that were said to wait for stops of which nothing came. */
  waits({ running }: QueueState, again: (jobs: readonly string[]) => readonly Wait[]): readonly Wait[] {
    const isStopping = (id: string): boolean => running.get(id)?.evictedFor !== undefined;
    const waits = [...this.#waits.values()];
    const idle = waits.filter(({ why }) => {
      if (why.code === 'PREEMPTING') return !why.victims.some(isStopping);
      return why.code === 'RELEASE_EXPECTED' && !why.from.some(isStopping);
    });
    if (idle.length === 0) return waits;
    const changed = new Map(again(idle.map(({ job }) => job)).map((wait) => [wait.job, wait]));
    return waits.map((wait) => changed.get(wait.job) ?? wait);
  }
}

function keyOf({ id }: WaitingJob, environment: string): string {
  return `${environment} ${id}`;
}
