import type { Admission } from './decision.ts';
import type { RunningTimes, StartEstimate } from './explanation.ts';
import type { RunningJob } from './job.ts';
import { expectedTime, type GuessedTime, longestTime } from './running-time.ts';
import type { Scheduler } from './scheduler.ts';
import { SortedTree } from './sorted-tree.ts';
import { basisSentence } from './wording/explanations.ts';
import { byCodeUnits } from './order.ts';

export interface ForecastOptions {
  /** From the order to stop until SageMaker says Stopped. (Default: 120, SageMaker's grace period) */
  readonly stopSeconds?: number;
  /** Most events that are played, per run. (Default: 2,000) */
  readonly maxSteps?: number;
}

export const DEFAULT_STOP_SECONDS = 120;
const DEFAULT_MAX_STEPS = 2_000;
/** Most admissions in one settling of the queue before the bound is looked at again. */
const ADMISSIONS_AT_ONCE = 500;

/**
 * When the waiting jobs `ids` will start, found by playing a copy of the live queue forward with a virtual clock: jobs end,
 * victims give their instances back `stopSeconds` after the order to stop, and the very same core decides in between. Nothing
 * else is submitted or changed meanwhile, and what AWS lacks now is there when it is tried again.
 *
 * It is played twice: with running times as expected (from ended jobs, see running-time.ts), which gives `startAt`, and with every
 * job running to its limit. The two are the bounds `earliestAt` and `latestAt`. Without any history the second alone is played.
 * A run ends when all asked jobs have started or after `maxSteps` events; a job that has not started by then gets no `startAt`, but
 * an `earliestAt`: the time that the run came to.
 *
 * The same input gives the same answer. Ids that do not wait are left out of it.
 */
export function forecast(
  scheduler: Scheduler,
  ids: Iterable<string>,
  now: number,
  times?: RunningTimes,
  options: ForecastOptions = {},
): ReadonlyMap<string, StartEstimate> {
  const asked = [...new Set(ids)].filter((id) => scheduler.waiting(id) !== undefined);
  const estimates = new Map<string, StartEstimate>();
  if (asked.length === 0) return estimates;
  const atMost = new Run(scheduler, now, options, longestTime).until(asked);
  const knows = times !== undefined && Object.values(times.ended).some(({ length }) => length > 0);
  const expected = knows
    ? new Run(scheduler, now, options, (job, ran) => expectedTime(job, ran, times)).until(asked)
    : atMost;
  for (const id of asked) estimates.set(id, estimate(expected.of(id), atMost.of(id)));
  return estimates;
}

/** What a run says of one job. */
interface Fate {
  readonly startAt?: number;
  readonly environment?: string;
  /** When the run ended without a start of the job. */
  readonly notBefore?: number;
  readonly basis: string;
}

function estimate(expected: Fate, atMost: Fate): StartEstimate {
  const { basis, environment } = expected;
  const latest = atMost.startAt;
  if (expected.startAt === undefined) {
    return expected.notBefore === undefined ? { basis } : { earliestAt: expected.notBefore, basis };
  }
  // More time for some job can let another one start earlier, so the bounds are not simply one run each.
  const earliest = latest === undefined ? expected.startAt : Math.min(expected.startAt, latest);
  return {
    startAt: expected.startAt,
    ...(expected === atMost ? {} : { earliestAt: earliest }),
    ...(latest === undefined ? {} : { latestAt: Math.max(expected.startAt, latest) }),
    ...(environment === undefined ? {} : { environment }),
    basis,
  };
}

type Guess = (job: RunningJob, ranSeconds: number) => GuessedTime;

interface End {
  readonly id: string;
  readonly at: number;
  /** When it would end if nobody stopped it. */
  readonly wholeAt: number;
  readonly guess: GuessedTime;
}

const byTime = (a: End, b: End): number => a.at - b.at || byCodeUnits(a.id, b.id);

/** One way into the future. */
class Run {
  readonly #world: Scheduler;
  readonly #guess: Guess;
  readonly #stopMs: number;
  readonly #maxSteps: number;
  #now: number;
  #ends: SortedTree<End>;
  readonly #endOf = new Map<string, End>();
  /** Environments that are closed until AWS has capacity again. */
  readonly #opensAt = new Map<string, number>();
  /** Seconds of work that a preempted job need not do again. */
  readonly #kept = new Map<string, number>();
  readonly #starts = new Map<string, Fate>();
  readonly #rested = new Rested();
  #end: 'bound' | 'nothingMore' = 'nothingMore';

  constructor(scheduler: Scheduler, now: number, options: ForecastOptions, guess: Guess) {
    this.#world = scheduler.clone();
    this.#now = now;
    this.#guess = guess;
    this.#stopMs = (options.stopSeconds ?? DEFAULT_STOP_SECONDS) * 1000;
    this.#maxSteps = options.maxSteps ?? DEFAULT_MAX_STEPS;
    const ends = [...this.#world.runningJobs()].map((job) => this.#endOfRunning(job));
    for (const end of ends) this.#endOf.set(end.id, end);
    this.#ends = SortedTree.of(byTime, ends);
  }

  /** Plays until all of them have started, nothing more can happen, or the bound is reached. */
  until(asked: readonly string[]): this {
    const left = new Set(asked);
    for (let steps = 0; ;) {
      const wakeAt = this.#settle();
      for (const id of left) if (this.#starts.has(id)) left.delete(id);
      if (left.size === 0) return this;
      this.#expectCapacity();
      const next = least([this.#ends.first()?.at, wakeAt, ...this.#opensAt.values()]);
      if (next === undefined) return this;
      if (steps >= this.#maxSteps) {
        this.#end = 'bound';
        return this;
      }
      this.#now = Math.max(this.#now, next);
      steps += 1 + this.#endJobs();
      this.#openEnvironments();
    }
  }

  of(id: string): Fate {
    const start = this.#starts.get(id);
    if (start !== undefined) return start;
    const basis = this.#rested.sentence(this.#end);
    return this.#end === 'bound' ? { notBefore: this.#now, basis } : { basis };
  }

  /** Lets the core decide; when it wants to be asked again though nothing happens. */
  #settle(): number | undefined {
    for (;;) {
      const { decisions, wakeAt, more } = this.#world.settle(this.#now, ADMISSIONS_AT_ONCE);
      for (const decision of decisions) {
        if (decision.kind === 'admit') this.#started(decision);
        else if (decision.kind === 'preempt') {
          const end = this.#endOf.get(decision.victim);
          if (end !== undefined) this.#schedule({ ...end, at: Math.min(end.at, this.#now + this.#stopMs) });
        }
      }
      if (more !== true) return wakeAt;
    }
  }

  #started({ job: id, environment }: Admission): void {
    const job = this.#world.running(id);
    if (job === undefined) return;
    const kept = this.#kept.get(id) ?? 0;
    const guess = this.#guess(job, kept);
    const left = guess.basis.kind === 'history' ? guess.seconds - kept : guess.seconds;
    const at = this.#now + Math.max(1, left) * 1000;
    this.#schedule({ id, at, wholeAt: at, guess });
    if (!this.#starts.has(id)) {
      this.#starts.set(id, { startAt: this.#now, environment, basis: this.#rested.sentence('started') });
    }
  }

  /** The same rule as `expectedEnd`. */
  #endOfRunning(job: RunningJob): End {
    const guess = this.#guess(job, (this.#now - job.startedAt) / 1000);
    const wholeAt = job.startedAt + guess.seconds * 1000;
    const stopped = this.#now + this.#stopMs;
    const overdue = wholeAt <= this.#now;
    const at = overdue ? stopped : job.evictedFor === undefined ? wholeAt : Math.min(wholeAt, stopped);
    return { id: job.id, at, wholeAt: overdue ? stopped : wholeAt, guess };
  }

  #schedule(end: End): void {
    const before = this.#endOf.get(end.id);
    if (before !== undefined) this.#ends = this.#ends.without(before);
    this.#ends = this.#ends.with(end);
    this.#endOf.set(end.id, end);
  }

  /** Releases what ends now; how many jobs that was. */
  #endJobs(): number {
    let ended = 0;
    for (let end = this.#ends.first(); end !== undefined && end.at <= this.#now; end = this.#ends.first()) {
      ended++;
      this.#ends = this.#ends.without(end);
      this.#endOf.delete(end.id);
      const job = this.#world.running(end.id);
      if (job === undefined) continue;
      const stopped = end.wholeAt > this.#now;
      if (stopped) {
        this.#keepWork(job);
        this.#rested.onStop();
        this.#world.release(end.id, this.#now, { preemptions: job.preemptions + 1 });
      } else {
        this.#rested.on(end.guess);
        this.#world.release(end.id, this.#now);
      }
    }
    return ended;
  }

  #keepWork({ id, startedAt, checkpointSeconds }: RunningJob): void {
    if (checkpointSeconds === undefined || checkpointSeconds <= 0) return;
    const ran = (this.#now - startedAt) / 1000;
    const saved = Math.floor(ran / checkpointSeconds) * checkpointSeconds;
    this.#kept.set(id, (this.#kept.get(id) ?? 0) + saved);
  }

  /** AWS is expected to have capacity when it is asked again, and to say so as fast as it stops a job. */
  #expectCapacity(): void {
    for (const { name, state } of this.#world.environments()) {
      if (state.kind === 'cooling') this.#opensAt.set(name, Math.max(state.until, this.#now));
      else if (state.kind !== 'probing') this.#opensAt.delete(name);
      else if (!this.#opensAt.has(name)) this.#opensAt.set(name, this.#now + this.#stopMs);
    }
  }

  #openEnvironments(): void {
    for (const [name, at] of this.#opensAt) {
      if (at > this.#now) continue;
      this.#opensAt.delete(name);
      this.#world.setEnvironment(name, { kind: 'open' });
    }
  }
}

/** What the ends that were played so far rested on. */
class Rested {
  readonly #histories = new Map<string, { share: string; count: number; median: number }>();
  #byLimit = 0;
  #byDefault = 0;
  #stops = 0;

  /** A preempted job gives its instances back. */
  onStop(): void {
    this.#stops++;
  }

  on({ basis }: GuessedTime): void {
    switch (basis.kind) {
      case 'history':
        this.#histories.set(basis.share, basis);
        break;
      case 'limit':
        this.#byLimit++;
        break;
      case 'default':
        this.#byDefault++;
        break;
    }
  }

  sentence(end: 'started' | 'bound' | 'nothingMore'): string {
    return basisSentence({
      histories: [...this.#histories.values()].sort((a, b) => byCodeUnits(a.share, b.share)),
      byLimit: this.#byLimit,
      byDefault: this.#byDefault,
      stops: this.#stops,
      end,
    });
  }
}

function least(times: readonly (number | undefined)[]): number | undefined {
  let found: number | undefined;
  for (const time of times) if (time !== undefined && (found === undefined || time < found)) found = time;
  return found;
}
