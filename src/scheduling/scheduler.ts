import { claimsAfter } from './claims.ts';
import type { Decision, Outcome, WaitReason } from './decision.ts';
import type { FairShareUsage } from './fair-share/decayed-usage.ts';
import type { EnvironmentState, Option, RunningJob, WaitingJob } from './job.ts';
import { type Place, placeOf } from './queue-order.ts';
import { QueueState, type Restored } from './queue-state.ts';
import { held } from './running-index.ts';
import { isAboveGuarantee } from './quota/assignment.ts';
import type { QueueSetup } from './setup.ts';
import { quotaPass } from './quota-pass.ts';
import { LastWords, Settling } from './settling.ts';
import { type Pass, turnPass } from './turn-pass.ts';
import { turnsOf } from './turns.ts';
import type { EnvironmentUsage, ShareUsage } from './usage.ts';
import { environmentUsages, shareUsages } from './usage-report.ts';
import { wakeTime } from './wake-time.ts';
import { whyNoRoom, whyNot } from './why-not.ts';
import { byCodeUnits } from './order.ts';

export { neverFits } from './never-fits.ts';

/**
 * The scheduling core of one queue: told of jobs and of what becomes of them, it says who starts, who must stop and why the others
 * wait. It knows no clock; times are epoch milliseconds and must not go backwards.
 *
 *   enqueue -> waiting -> admit -> running -> release
 *                ^                    |
 *                |                 preempt: evicted, keeps its instances until the release
 *                |____________________|  release with `again`
 *
 * The answers depend on the jobs and events alone, not on the order in which jobs of the same moment were told.
 */
export class Scheduler {
  #state: QueueState;
  /** When time alone may change the answer that parked jobs got. */
  #wakeAt: number | undefined;

  /** With a state instead of jobs to restore, the state is taken over as it is: for copies. */
  constructor(setup: QueueSetup, restored: Restored | QueueState = {}) {
    this.#state = restored instanceof QueueState ? restored : new QueueState(setup, restored);
  }

  get setup(): QueueSetup {
    return this.#state.setup;
  }

  /**
   * Takes effect at once, for waiting jobs: nobody is stopped because of it. Jobs of a share or in an environment that vanished
   * run to their end; waiting ones of a vanished share have no guarantee.
   */
  configure(setup: QueueSetup, now: number): void {
    this.#state.configure(setup, now);
  }

  /** Throws a RangeError for an id that the queue has: a programming error. */
  enqueue(job: WaitingJob): void {
    const state = this.#state;
    const newcomer = state.policy.kind === 'fairShare' && !state.isBusy(job.share);
    state.enqueue(job);
    // One more active share makes what computeReservation keeps smaller.
    // An older or better job may take a reservation over.
    if (newcomer || this.setup.reservation !== undefined) state.waiting.wake();
  }

  /** A waiting job leaves. An unknown id: nothing. */
  withdraw(id: string): void {
    const job = this.#state.withdraw(id);
    // It may have kept room that others can use now.
    if (job !== undefined) this.#wakeRivals(job);
  }

  /** Of a waiting or running job. */
  setPriority(id: string, priority: number): void {
    const job = this.waiting(id) ?? this.running(id);
    if (job === undefined || job.priority === priority) return;
    this.#state.prioritise(id, priority);
    this.#wakeRivals(job);
  }

  setEnvironment(name: string, environment: EnvironmentState): void {
    this.#state.environments.set(name, environment);
    this.#wakeIn(name);
  }

  /**
   * A running job's instances are back. With `again` it goes back to its old place, changed so; one that was evicted counts one
   * preemption more if `again` does not say how many. An unknown id: nothing.
   */
  release(id: string, now: number, again?: Partial<WaitingJob>): void {
    const job = this.#state.release(id, now);
    if (job === undefined) return;
    this.#wakeIn(held(job).environment);
    if (again === undefined) return;
    const { option: _option, startedAt: _startedAt, claims: _claims, evictedFor, ...waiting } = job;
    const stopped =
      evictedFor === undefined ? {} : { preemptions: job.preemptions + 1, yieldsTo: evictedFor };
    const claims = claimsAfter(job, now);
    this.enqueue({ ...waiting, ...stopped, ...(claims === undefined ? {} : { claims }), ...again });
  }

  /** One pass: quotaShare offers one job per share (Kueue), the others offer until nobody fits any more. */
  cycle(now: number): Outcome {
    this.#wakeInTime(now);
    const { decisions, more } = this.#pass(now, Infinity);
    return this.#outcome(decisions, more, now);
  }

  /**
   * Cycles until nothing changes. The last word on every job that was offered is among the decisions, actions first. `limit`: most
   * admissions; the outcome has `more` when there may be others: the next call goes on.
   */
  settle(now: number, limit = Infinity): Outcome {
    this.#wakeInTime(now);
    const words = new LastWords();
    const settling = new Settling(this.#state.waiting.lanes().length);
    const finished = this.#passes(now, limit, words, settling);
    this.#wakeTakers();
    const actions = words.actions(this.#state);
    const waits = words.waits(this.#state, (ids) => whyNoRoom(this.#state, ids, now));
    // Where nothing has come of so much, nothing would come of more.
    return this.#outcome([...actions, ...waits], !finished && actions.length > 0, now);
  }

  /** Whether nothing more can come of another pass. */
  #passes(now: number, limit: number, words: LastWords, settling: Settling): boolean {
    let actedSinceWake = false;
    for (;;) {
      const pass = this.#pass(now, limit - words.admissions, settling);
      for (const decision of pass.decisions) words.add(decision);
      if (pass.more || (settling.isLong && words.actions(this.#state).length > 0)) return false;
      actedSinceWake ||= pass.acted;
      if (pass.again) continue;
      if (!this.#actionsHelpOthers()) return true;
      if (!actedSinceWake && !settling.releaseHeldBack(this.#state)) return true;
      if (!settling.newRound(this.#state)) return false;
      actedSinceWake = false;
      this.#state.waiting.wake();
    }
  }

  waiting(id: string): WaitingJob | undefined {
    return this.#state.waiting.get(id);
  }

  running(id: string): RunningJob | undefined {
    return this.#state.running.get(id);
  }

  get waitingCount(): number {
    return this.#state.waiting.size;
  }

  /** In the order of their starts. */
  runningJobs(): Iterable<RunningJob> {
    return this.#state.running.all();
  }

  /** Waiting jobs in the order in which they are offered; lazily. Without a share: all; fifo as one line, else share by share. */
  *inOrder(share?: string): Iterable<WaitingJob> {
    const { waiting } = this.#state;
    const lanes = share === undefined || this.#state.policy.kind === 'fifo' ? waiting.lanes() : [share];
    for (const lane of lanes) {
      for (const job of waiting.inLane(lane)) if (share === undefined || job.share === share) yield job;
    }
  }

  /** All waiting jobs in the order of their turns: those of all shares, as `placeOf` counts them; lazily. */
  inTurn(now: number): Iterable<WaitingJob> {
    return turnsOf(this.#state, now);
  }

  /** Those that have jobs or are set up, sorted. */
  shares(): readonly string[] {
    const { policy } = this.#state.setup;
    const named = policy.kind === 'fifo' ? [] : policy.shares.map(({ name }) => name);
    const single = named.filter((name) => !name.endsWith('*'));
    return [...new Set([...single, ...this.#state.busyShares()])].sort(byCodeUnits);
  }

  /** Per node of the tree of shares and environment. */
  usage(): readonly ShareUsage[] {
    return shareUsages(this.#state, this.shares());
  }

  environments(now = -Infinity): readonly EnvironmentUsage[] {
    return environmentUsages(this.#state, now);
  }

  /**
   * What blocks this waiting job, as the next cycle would find it; nothing is changed. One reason per option; BEHIND alone when it
   * would fit but another of its share comes first; empty when it would start, or when it does not wait.
   */
  whyWaiting(id: string, now: number): WaitReason[] {
    const job = this.waiting(id);
    if (job === undefined) return [];
    const reasons = whyNot(this.#state, job, now);
    if (reasons.length > 0) return [...reasons];
    const { waiting } = this.#state;
    const head = waiting.head(waiting.laneOf(job)) ?? waiting.first(waiting.laneOf(job));
    return head === undefined || head.id === id ? [] : [{ code: 'BEHIND', job: head.id }];
  }

  /**
   * What a share is guaranteed in an environment, if a job of this size preempts nobody there because it is more than that, and a smaller
   * one might. Undefined: not so.
   */
  guaranteeBelow(name: string, { environment, instances }: Option): number | undefined {
    const { policy } = this.#state;
    if (policy.kind !== 'quotaShare') return undefined;
    const { ledger, setup } = policy;
    const share = setup.shares.find((each) => each.name === name);
    const pool = ledger.tree.findEnvironment(environment);
    if (share === undefined || pool === undefined) return undefined;
    const { inShare, reclaim } = share.preemption;
    if (inShare === 'never' && reclaim === 'never') return undefined;
    const request = { share: ledger.tree.indexOf(name), environment: pool, instances };
    return isAboveGuarantee(ledger, share, setup.order, request)
      ? ledger.guaranteed(name, environment)
      : undefined;
  }

  /** Where a waiting job stands in its share and in the queue, and who is right before it. */
  placeOf(id: string, now: number): Place | undefined {
    const job = this.waiting(id);
    return job === undefined ? undefined : placeOf(this.#state, job, now);
  }

  /** Plain JSON, for continue-as-new; empty with other policies than fairShare. */
  fairShareUsage(): FairShareUsage {
    const { policy } = this.#state;
    return policy.kind === 'fairShare' ? policy.book.past() : {};
  }

  /** Costs O(shapes + shares), not O(waiting). */
  clone(): Scheduler {
    const other = new Scheduler(this.setup, this.#state.clone());
    other.#wakeAt = this.#wakeAt;
    return other;
  }

  #pass(now: number, limit: number, settling?: Settling): Pass {
    const state = this.#state;
    return state.policy.kind === 'quotaShare'
      ? quotaPass(state, state.policy, now, limit, settling)
      : turnPass(state, now, limit);
  }

  #outcome(decisions: readonly Decision[], more: boolean, now: number): Outcome {
    this.#wakeAt = wakeTime(this.#state, now);
    return {
      decisions,
      ...(this.#wakeAt === undefined ? {} : { wakeAt: this.#wakeAt }),
      ...(more ? { more } : {}),
    };
  }

  #wakeInTime(now: number): void {
    if (this.#wakeAt !== undefined && now >= this.#wakeAt) this.#state.waiting.wake();
  }

  /** What is being freed for a job would go to others if it were not offered, so that refusals of others of its shape do not keep it. */
  #wakeTakers(): void {
    const { waiting, running } = this.#state;
    for (const id of running.stoppedFor()) {
      const job = waiting.get(id);
      if (job !== undefined) waiting.unpark(job);
    }
  }

  /** With preemption or reservations, who runs decides about others, too; else a start only takes room away. */
  #actionsHelpOthers(): boolean {
    const { policy, reservation } = this.setup;
    if (reservation !== undefined) return true;
    if (policy.kind !== 'quotaShare') return false;
    return policy.shares.some(
      ({ preemption }) => preemption.inShare !== 'never' || preemption.reclaim !== 'never',
    );
  }

  #wakeRivals(job: WaitingJob): void {
    this.#wakeIn(...job.options.map(({ environment }) => environment));
  }

  /** Quotas span environments, and a job that no longer fits in one may hold a reservation in another. */
  #wakeIn(...environments: readonly string[]): void {
    const { policy, reservation } = this.setup;
    if (policy.kind === 'quotaShare' || reservation !== undefined) this.#state.waiting.wake();
    else this.#state.waiting.wake(environments);
  }
}
