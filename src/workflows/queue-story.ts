import { addRun, type RunTimes } from '../queues/run-times.ts';
import {
  drained,
  HEALTHY,
  stateOf,
  usableLimit,
  type EnvironmentHealth,
} from '../queues/environment-health.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import type { QueueSnapshot } from '../queues/queue-view.ts';
import { optionsOf, shareOf, type TicketOption } from '../queues/ticket.ts';
import { claimsAfter } from '../scheduling/claims.ts';
import type { Decision } from '../scheduling/decision.ts';
import type { EnvironmentState } from '../scheduling/job.ts';
import { Scheduler } from '../scheduling/scheduler.ts';
import { decisionSentence } from '../scheduling/wording/decisions.ts';
import type { JobSpec } from '../jobs/spec.ts';
import { decodeJobs, encodeJobs, type QueueCarried, type Terms } from './queue-carried.ts';
import {
  runningJob,
  setClaims,
  stopClock,
  standingOf,
  waitingJob,
  type Entry,
  type Grant,
  type Profile,
} from './queue-entry.ts';

export type { QueueCarried } from './queue-carried.ts';

const DECISIONS_KEPT = 20;

/** A job that was accepted and whose workflow has not been started yet. */
export interface Accepted {
  readonly job: JobSpec;
  readonly specHash?: string;
  readonly submittedAt: number;
}

/** Who comes new into the queue. */
export type Newcomer = Pick<Entry, 'id' | 'share' | 'options' | 'priority' | 'queuedAt' | 'held'> & {
  readonly profile: Profile;
  readonly preemptions?: number;
  readonly removed?: readonly number[];
  readonly notBefore?: number;
};

/** What decides where a job stands. `notBefore: undefined`: it need not rest any more. */
type Change = Partial<Pick<Entry, 'held' | 'removed' | 'preemptions'>> & {
  readonly notBefore?: number | undefined;
};

/**
 * Everything a queue remembers, with the scheduler that orders it: every change keeps the two in step. It decides nothing and
 * sends nothing. All of it but `accepted` is carried by continue-as-new.
 */
export class QueueStory {
  spec: QueueSpec;
  /** Epoch ms. */
  #pausedSince: number | undefined;
  /** Open jobs that the queue does not know have still to be looked for: it started without a past. */
  seeking: boolean;
  /** Counters: they only grow, over all runs of the workflow. */
  lastLease: number;
  #lastSequence: number;
  /** Workflow id of the account's monitor, once known. */
  monitor: string | undefined;
  runTimes: RunTimes;
  readonly lastDecisions: QueueSnapshot['lastDecisions'][number][];
  readonly accepted = new Map<string, Accepted>();
  readonly #entries = new Map<string, Entry>();
  readonly #granted = new Map<string, Entry>();
  /** Neither waiting nor granted: held, resting, unplaced. */
  readonly #aside = new Map<string, Entry>();
  readonly #profiles = new Map<string, Profile>();
  /** What the queue file says of each profile: the same for all its jobs. */
  readonly #terms = new Map<Profile, Terms>();
  readonly #health: Map<string, EnvironmentHealth>;
  #scheduler: Scheduler;
  /** Jobs came that run already: the scheduler must be built anew before it decides. */
  #stale = false;

  constructor(spec: QueueSpec, carried?: QueueCarried) {
    this.spec = spec;
    this.#pausedSince = carried?.pausedSince;
    this.seeking = carried === undefined || carried.seeking === true;
    this.lastLease = carried?.lastLease ?? 0;
    this.#lastSequence = carried?.lastSequence ?? 0;
    this.monitor = carried?.monitor;
    this.runTimes = carried?.runTimes ?? {};
    this.lastDecisions = [...(carried?.lastDecisions ?? [])];
    this.#health = new Map(Object.entries(carried?.health ?? {}));
    const interned = new Map<Profile, Profile>();
    const termsOf = (coded: Profile, removed: readonly number[]): Terms => {
      const profile = interned.get(coded) ?? this.#intern(coded);
      interned.set(coded, profile);
      return this.#termsOf(profile, removed);
    };
    for (const entry of carried === undefined ? [] : decodeJobs(carried.jobs, termsOf)) {
      this.#entries.set(entry.id, entry);
      this.#sort(entry);
    }
    this.#scheduler = this.#build(carried?.usage);
  }

  /** What continue-as-new carries. */
  carried(): QueueCarried {
    return {
      version: 1,
      lastLease: this.lastLease,
      lastSequence: this.#lastSequence,
      ...(this.#pausedSince === undefined ? {} : { pausedSince: this.#pausedSince }),
      ...(this.seeking ? { seeking: true } : {}),
      ...(this.monitor === undefined ? {} : { monitor: this.monitor }),
      runTimes: this.runTimes,
      lastDecisions: this.lastDecisions,
      health: Object.fromEntries(this.#health),
      usage: this.#scheduler.fairShareUsage(),
      jobs: encodeJobs(this.#entries.values()),
    };
  }

  /** For decisions: brought up to date, and changed by them. */
  scheduler(): Scheduler {
    if (this.#stale) {
      this.#scheduler = this.#build(this.#scheduler.fairShareUsage());
      this.#stale = false;
    }
    return this.#scheduler;
  }

  /** For questions: never to be changed. */
  look(): Scheduler {
    return this.#stale ? this.#build(this.#scheduler.fairShareUsage()) : this.#scheduler;
  }

  get paused(): boolean {
    return this.#pausedSince !== undefined;
  }

  /** Returns whether it was otherwise. The clocks of RUNNABLE time limits stand still meanwhile. */
  pause(paused: boolean, now: number): boolean {
    if (this.paused === paused) return false;
    if (this.#pausedSince !== undefined) {
      for (const entry of this.#entries.values())
        entry.runnableSince += Math.max(0, now - Math.max(this.#pausedSince, entry.runnableSince));
    }
    this.#pausedSince = paused ? now : undefined;
    return true;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Jobs without a lease. */
  get waitingSize(): number {
    return this.#entries.size - this.#granted.size;
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** With a lease, in the order in which they got it (or enrolled). */
  granted(): Iterable<Entry> {
    return this.#granted.values();
  }

  get grantedSize(): number {
    return this.#granted.size;
  }

  aside(): Iterable<Entry> {
    return this.#aside.values();
  }

  healthOf(environment: string): EnvironmentHealth {
    return this.#health.get(environment) ?? HEALTHY;
  }

  setHealth(environment: string, health: EnvironmentHealth, now: number): void {
    const before = this.healthOf(environment);
    if (health === before || !this.spec.environments.some(({ name }) => name === environment)) return;
    this.#health.set(environment, health);
    if (before.learned?.limit !== health.learned?.limit) this.#scheduler.configure(this.#usable(), now);
    this.#scheduler.setEnvironment(environment, stateOf(health));
  }

  drain(environment: string, draining: boolean, now: number): void {
    this.setHealth(environment, drained(this.healthOf(environment), draining), now);
  }

  add(newcomer: Newcomer, now: number): Entry {
    const { profile, preemptions = 0, removed = [], ...rest } = newcomer;
    const entry: Entry = {
      ...rest,
      profile: this.#intern(profile),
      sequence: ++this.#lastSequence,
      preemptions,
      removed,
      runnableSince: now,
      ...(rest.held ? { heldSince: now } : {}),
    };
    this.#entries.set(entry.id, entry);
    this.#place(entry);
    return entry;
  }

  /** The job is over, or not this queue's any more. */
  remove(entry: Entry, now: number): void {
    this.#displace(entry, now);
    this.#entries.delete(entry.id);
    this.accepted.delete(entry.id);
  }

  /** Changes what decides where a job stands. */
  amend(entry: Entry, change: Change, now: number): void {
    const { notBefore, ...rest } = change;
    if (entry.grant === undefined) this.#displace(entry, now);
    if (rest.held !== undefined) stopClock(entry, rest.held, now);
    Object.assign(entry, rest);
    if (rest.removed !== undefined) entry.options = this.#termsOf(entry.profile, rest.removed).options;
    if ('notBefore' in change) {
      if (notBefore === undefined || notBefore <= now) delete entry.notBefore;
      else entry.notBefore = notBefore;
    }
    if (entry.grant === undefined) this.#place(entry);
  }

  setPriority(entry: Entry, priority: number): void {
    entry.priority = priority;
    delete entry.claims;
    this.#scheduler.setPriority(entry.id, priority);
  }

  /** The scheduler has admitted the job: it gets the next lease. */
  admitted(entry: Entry, option: TicketOption, now: number, probe: boolean): Grant {
    const grant: Grant = {
      lease: ++this.lastLease,
      option,
      startedAt: now,
      ...(probe ? { probe: true } : {}),
    };
    entry.grant = grant;
    delete entry.yieldsTo;
    this.#granted.set(entry.id, entry);
    return grant;
  }

  /** The scheduler has chosen the job to make room. */
  evicted(entry: Entry, grant: Grant, evictedFor: string): void {
    entry.grant = { ...grant, evictedFor };
  }

  /** What one job was to leave for another may have become a third one's, which goes before it. */
  followStops(): void {
    for (const entry of this.#granted.values()) {
      if (entry.grant?.evictedFor === undefined) continue;
      const evictedFor = this.#scheduler.running(entry.id)?.evictedFor;
      if (evictedFor !== undefined) entry.grant = { ...entry.grant, evictedFor };
    }
  }

  /** A job that holds a lease of an earlier queue; its number stays, and later ones are higher. */
  hold(entry: Entry, grant: Grant, now: number): void {
    this.#displace(entry, now);
    entry.grant = grant;
    this.#granted.set(entry.id, entry);
    this.lastLease = Math.max(this.lastLease, grant.lease);
    this.#stale = true;
  }

  /** The instances are back; the job waits again in its old place. */
  released(entry: Entry, change: Change, now: number): void {
    const evictedFor = entry.grant?.evictedFor;
    if (evictedFor !== undefined) entry.yieldsTo = evictedFor;
    const running = this.#scheduler.running(entry.id);
    setClaims(entry, running === undefined ? undefined : claimsAfter(running, now));
    this.#displace(entry, now);
    this.amend(entry, change, now);
  }

  /** A new queue file: waiting jobs get the options that it leaves them, those that run keep what they have. */
  configure(spec: QueueSpec): void {
    const usage = this.#scheduler.fairShareUsage();
    this.spec = spec;
    this.#terms.clear();
    const names = new Set(spec.environments.map(({ name }) => name));
    for (const name of this.#health.keys()) if (!names.has(name)) this.#health.delete(name);
    this.#aside.clear();
    for (const entry of this.#entries.values()) {
      Object.assign(entry, this.#termsOf(entry.profile, entry.removed));
      if (entry.grant !== undefined && !names.has(entry.grant.option.environment))
        entry.grant = this.#regrant(entry, entry.grant);
      this.#sort(entry);
    }
    this.#scheduler = this.#build(usage);
    this.#stale = false;
  }

  ran(share: string, seconds: number): void {
    this.runTimes = addRun(this.runTimes, share, seconds);
  }

  decided(decision: Decision, at: number): void {
    this.lastDecisions.push({ at, sentence: decisionSentence(decision), decision });
    if (this.lastDecisions.length > DECISIONS_KEPT) this.lastDecisions.shift();
  }

  /** What counted in no environment that the queue has counts in the one that offers it now, if any. */
  #regrant(entry: Entry, grant: Grant): Grant {
    const { placement, instances, environment } = grant.option;
    // Without a placement of the job the name is that of the type (queue-enrolment.ts).
    const holds = entry.profile.placements[placement] ?? {
      kind: 'instances',
      instanceType: environment,
      instanceCount: instances,
    };
    const option = optionsOf([holds], this.spec)[0];
    return option === undefined ? grant : { ...grant, option: { ...option, placement } };
  }

  #place(entry: Entry): void {
    this.#sort(entry);
    if (standingOf(entry) === 'waiting' && this.#scheduler.waiting(entry.id) === undefined)
      this.#scheduler.enqueue(waitingJob(entry));
  }

  #displace(entry: Entry, now: number): void {
    if (entry.grant === undefined) {
      this.#scheduler.withdraw(entry.id);
    } else {
      this.#scheduler.release(entry.id, now);
      const taker = this.#entries.get(entry.grant.evictedFor ?? '');
      if (taker !== undefined) setClaims(taker, this.#scheduler.waiting(taker.id)?.claims ?? taker.claims);
      // What the environment is like is told by its health, not by the core's guess.
      const { environment } = entry.grant.option;
      this.#scheduler.setEnvironment(environment, stateOf(this.healthOf(environment)));
    }
    delete entry.grant;
    this.#granted.delete(entry.id);
    this.#aside.delete(entry.id);
  }

  #sort(entry: Entry): void {
    const standing = standingOf(entry);
    if (entry.grant !== undefined) this.#granted.set(entry.id, entry);
    else if (standing !== 'waiting') this.#aside.set(entry.id, entry);
  }

  #build(usage?: QueueCarried['usage']): Scheduler {
    const environments: Record<string, EnvironmentState> = {};
    for (const [name, health] of this.#health) environments[name] = stateOf(health);
    const waiting = [...this.#entries.values()].filter((entry) => standingOf(entry) === 'waiting');
    const running = [...this.#granted.values()].flatMap((entry) =>
      entry.grant === undefined ? [] : [runningJob(entry, entry.grant)],
    );
    return new Scheduler(this.#usable(), {
      waiting: waiting.map(waitingJob),
      running,
      environments,
      ...(usage === undefined ? {} : { usage }),
    });
  }

  /** The queue file with the limits that AWS leaves of its own. */
  #usable(): QueueSpec {
    const environments = this.spec.environments.map((environment) => ({
      ...environment,
      limit: usableLimit(this.healthOf(environment.name), environment.limit),
    }));
    return { ...this.spec, environments };
  }

  #shareOf({ asked }: Profile): string {
    const share = shareOf(asked, this.spec);
    // A share that the queue no longer has: its jobs stay in it, and the core gives it no guarantee.
    return typeof share === 'string' ? share : (asked ?? '');
  }

  #termsOf(profile: Profile, removed: readonly number[]): Terms {
    let terms = this.#terms.get(profile);
    if (terms === undefined) {
      const options = optionsOf(profile.placements, this.spec);
      terms = { profile, share: this.#shareOf(profile), options };
      this.#terms.set(profile, terms);
    }
    return removed.length === 0
      ? terms
      : { ...terms, options: optionsOf(profile.placements, this.spec, removed) };
  }

  #intern(profile: Profile): Profile {
    const { placements, asked, user, limitSeconds, checkpointSeconds } = profile;
    const key = JSON.stringify([placements, asked, user, limitSeconds, checkpointSeconds]);
    const known = this.#profiles.get(key);
    if (known !== undefined) return known;
    this.#profiles.set(key, profile);
    return profile;
  }
}
