import type { WaitReason } from './decision.ts';
import type { Consequence, Remedy, RunningTimes } from './explanation.ts';
import type { RunningJob, WaitingJob } from './job.ts';
import { shortfall } from './nearest-reason.ts';
import { held } from './running-index.ts';
import { expectedEnd, longestTime } from './running-time.ts';
import { quotaOf, withLimit, withQuota } from './changed-setup.ts';
import type { Scheduler } from './scheduler.ts';
import type { QuotaSetup, QuotaShareQueueSetup } from './setup.ts';
import { Trials, type Verdict } from './trial.ts';
import { type BareRemedy, remedySentence } from './wording/explanations.ts';
import { byCodeUnits } from './order.ts';

const HIGHEST_PRIORITY = 9_999;
/** A job farther back than this is not helped by instances or ends of jobs alone: others would take them. */
const FARTHEST_BACK = 40;
const MOST_ENDS = 64;
/**
 * Decisions of the core that looking for one kind of remedy may take. With few jobs that is enough to halve down to the least; with
 * thirty shares that offer ten shapes each it is enough for some trials.
 */
const MOST_DECISIONS = { jobsEnd: 80, priority: 80, instances: 60, quotas: 60 };

export interface RemedyQuestion {
  /** A copy of the queue in which nothing more happens without an event. It is not changed. */
  readonly settled: Scheduler;
  readonly job: WaitingJob;
  readonly now: number;
  readonly reasons: readonly WaitReason[];
  /** Of the queue, counting from 1. */
  readonly position: number;
  /** Waiting jobs right before it. */
  readonly ahead: readonly WaitingJob[];
  /** When the core wants to be asked again though nothing happens. */
  readonly wakeAt?: number;
  /** Whether it waits for victims to stop. */
  readonly preempting: boolean;
  readonly times?: RunningTimes;
  readonly stopSeconds: number;
}

/**
 * What would let a waiting job start, or preempt: each by itself, the easiest first, and each played to the end on a copy of the
 * queue before it is named. It is promised as it is named and no further: amounts and priorities are found by halving, so
 * that they are the least where more helps more. More need not: with a still higher priority the job may preempt where it would
 * have started, and with still more instances a bigger job may pass.
 */
export function remediesFor(question: RemedyQuestion): Remedy[] {
  return new Search(question).all();
}

class Search {
  readonly #q: RemedyQuestion;
  readonly #trials: Trials;

  constructor(question: RemedyQuestion) {
    this.#q = question;
    this.#trials = new Trials(question.settled, question.now);
  }

  all(): Remedy[] {
    const near = this.#q.position <= FARTHEST_BACK;
    return [
      ...this.#operator(),
      ...this.#time(),
      ...(near ? this.#within('jobsEnd', () => this.#jobsEnd()) : []),
      ...this.#within('priority', () => this.#priority()),
      ...(near ? this.#within('instances', () => this.#instances()) : []),
      ...(near ? this.#within('quotas', () => this.#quotas()) : []),
    ];
  }

  #within(kind: keyof typeof MOST_DECISIONS, search: () => Remedy[]): Remedy[] {
    this.#trials.allow(MOST_DECISIONS[kind]);
    return search();
  }

  #helps(change: (copy: Scheduler) => void, at?: number): Consequence | undefined {
    return this.#help(this.#trials.of(this.#q.job.id, change, at));
  }

  /** The remedy, if it does what it says when the core decides to the end. */
  #confirmed(remedy: BareRemedy, change: (copy: Scheduler) => void, at?: number): Remedy | undefined {
    const helps = this.#help(this.#trials.inTheEnd(this.#q.job.id, change, at));
    return helps === undefined
      ? undefined
      : { ...remedy, then: helps, sentence: remedySentence(remedy, helps) };
  }

  /** One that waits for others to stop already is not helped by having others stopped. */
  #help(verdict: Verdict | undefined): Consequence | undefined {
    if (verdict === undefined || verdict === 'waits') return undefined;
    return verdict === 'starts' || !this.#q.preempting ? verdict : undefined;
  }

  #operator(): Remedy[] {
    for (const reason of this.#q.reasons) {
      if (reason.code !== 'DRAINING') continue;
      const open = (copy: Scheduler): void => copy.setEnvironment(reason.environment, { kind: 'open' });
      const remedy = this.#confirmed({ kind: 'operator', what: 'undrain' }, open);
      if (remedy !== undefined) return [remedy];
    }
    return [];
  }

  #time(): Remedy[] {
    const { wakeAt, now } = this.#q;
    if (wakeAt === undefined || wakeAt <= now) return [];
    return listOf(this.#confirmed({ kind: 'time', at: wakeAt }, () => undefined, wakeAt));
  }

  #jobsEnd(): Remedy[] {
    const { settled, now, times, stopSeconds, job } = this.#q;
    const wanted = new Set(job.options.map(({ environment }) => environment));
    const running = [...settled.runningJobs()]
      .filter((other) => wanted.has(held(other).environment))
      .map((other) => ({ other, end: expectedEnd(other, now, times, stopSeconds) }))
      .sort((a, b) => a.end - b.end || byCodeUnits(a.other.id, b.other.id))
      .slice(0, MOST_ENDS)
      .map(({ other }) => other);
    const end =
      (jobs: readonly RunningJob[]) =>
      (copy: Scheduler): void => {
        // What was evicted has not ended with its stop: it waits again.
        for (const { id, evictedFor } of jobs)
          copy.release(id, now, evictedFor === undefined ? undefined : {});
      };
    let found: readonly RunningJob[] | undefined;
    const tryEnd = (jobs: readonly RunningJob[]): boolean => {
      const helps = jobs.length > 0 && this.#helps(end(jobs)) !== undefined;
      if (helps) found = jobs;
      return helps;
    };
    // The first ones that free as much as is missing; then twice as many, and so on.
    let count = enoughOf(running, this.#q.reasons);
    while (!tryEnd(running.slice(0, count)) && count < running.length && !this.#trials.spent) count *= 2;
    if (found === undefined) return [];
    // Those that end late first: what is left out last would have been over soonest.
    for (const other of [...found].reverse()) tryEnd(found.filter(({ id }) => id !== other.id));
    const ends = found.map((other) => latestEnd(other, now, stopSeconds));
    const remedy: BareRemedy = {
      kind: 'jobsEnd',
      jobs: found.map(({ id }) => id),
      expectedAt: Math.max(...ends),
    };
    return listOf(this.#confirmed(remedy, end(found)));
  }

  #priority(): Remedy[] {
    const { settled, job } = this.#q;
    if (settled.setup.policy.kind === 'fifo' || job.priority >= HIGHEST_PRIORITY) return [];
    const prioritise =
      (priority: number) =>
      (copy: Scheduler): void =>
        copy.setPriority(job.id, priority);
    const candidates = this.#priorities();
    let found: number | undefined;
    leastThat(candidates.length, (n) => {
      const priority = candidates[n - 1] ?? HIGHEST_PRIORITY;
      const helps = this.#helps(prioritise(priority)) !== undefined;
      if (helps) found = priority;
      return helps;
    });
    for (const priority of new Set(found === undefined ? [] : [found, HIGHEST_PRIORITY])) {
      const remedy = this.#confirmed({ kind: 'priority', priority }, prioritise(priority));
      if (remedy !== undefined) return [remedy];
    }
    return [];
  }

  /** Only just above another job can a priority make a difference: above running ones, and the first and nearest of its share. */
  #priorities(): number[] {
    const { settled, job, ahead } = this.#q;
    const others = [
      ...settled.runningJobs(),
      ...ahead,
      ...firstOf(settled.inOrder(job.share), FARTHEST_BACK),
    ];
    const above = new Set(others.map(({ priority }) => priority + 1));
    const possible = [...above].filter((priority) => priority > job.priority && priority < HIGHEST_PRIORITY);
    return [...possible.sort((a, b) => a - b), HIGHEST_PRIORITY];
  }

  #instances(): Remedy[] {
    const { settled, job, now } = this.#q;
    const { setup } = settled;
    return environmentsOf(job).flatMap((environment) => {
      const known = setup.environments.find(({ name }) => name === environment);
      const reason = this.#q.reasons.find((why) => 'environment' in why && why.environment === environment);
      if (known === undefined || reason === undefined) return [];
      const add =
        (instances: number) =>
        (copy: Scheduler): void =>
          copy.configure(withLimit(setup, environment, known.limit + instances), now);
      const found = this.#amount(shortfall(reason) ?? 1, add);
      if (found === undefined) return [];
      return listOf(this.#confirmed({ kind: 'instances', environment, instances: found }, add(found)));
    });
  }

  #quotas(): Remedy[] {
    const { policy } = this.#q.settled.setup;
    if (policy.kind !== 'quotaShare') return [];
    return this.#q.reasons.flatMap((reason) => [
      ...this.#borrowLimit(policy, reason),
      ...this.#guarantee(policy, reason),
      ...this.#lendLimits(policy, reason),
    ]);
  }

  #borrowLimit(policy: QuotaShareQueueSetup, reason: WaitReason): Remedy[] {
    if (reason.code !== 'SHARE_LIMIT' || reason.borrowLimit === undefined) return [];
    const { node, environment } = reason;
    const known = quotaOf(policy, node, environment).borrowLimit;
    if (known === undefined) return [];
    return this.#quota(shortfall(reason) ?? 1, { node, environment, which: 'borrowLimit' }, known);
  }

  #guarantee(policy: QuotaShareQueueSetup, reason: WaitReason): Remedy[] {
    const { job, settled } = this.#q;
    if (reason.code !== 'SHARE_LIMIT' && reason.code !== 'NOT_LENT' && reason.code !== 'ENVIRONMENT_FULL')
      return [];
    if (!policy.shares.some(({ name }) => name === job.share)) return [];
    const { environment, needed } = reason;
    const limit = settled.setup.environments.find(({ name }) => name === environment)?.limit ?? 0;
    const all = [...policy.groups, ...policy.shares];
    const free = limit - all.reduce((sum, { quota }) => sum + (quota[environment]?.guaranteed ?? 0), 0);
    const { guaranteed } = quotaOf(policy, job.share, environment);
    const used = [...settled.runningJobs()].reduce(
      (sum, other) =>
        other.share === job.share && held(other).environment === environment
          ? sum + held(other).instances
          : sum,
      0,
    );
    const missing = Math.max(1, used + needed - guaranteed);
    const place = { node: job.share, environment, which: 'guaranteed' } as const;
    // A guarantee that the environment could not keep would be refused.
    const raised = this.#quota(Math.min(missing, free), place, guaranteed);
    if (raised.length > 0) return raised;
    return this.#guaranteeOfAnother(policy, place, { guaranteed, above: needed - guaranteed, free });
  }

  /**
   * A job that is larger than its share's guarantee, where what is guaranteed to nobody is not enough: the share that can give most of
   * its guarantee up would have to. No share may lend more than it is guaranteed.
   */
  #guaranteeOfAnother(
    policy: QuotaShareQueueSetup,
    place: { readonly node: string; readonly environment: string; readonly which: 'guaranteed' },
    {
      guaranteed,
      above,
      free,
    }: { readonly guaranteed: number; readonly above: number; readonly free: number },
  ): Remedy[] {
    const { settled, now } = this.#q;
    const { node, environment } = place;
    const giver = policy.shares
      .filter(({ name }) => name !== node)
      .map(({ name }) => {
        const quota = quotaOf(policy, name, environment);
        return { name, guaranteed: quota.guaranteed, spare: quota.guaranteed - (quota.lendLimit ?? 0) };
      })
      .sort((a, b) => b.spare - a.spare || byCodeUnits(a.name, b.name))[0];
    const unused = Math.max(0, free);
    const most = Math.min(above, unused + (giver?.spare ?? 0));
    if (giver === undefined || most <= unused) return [];
    const move =
      (by: number) =>
      (copy: Scheduler): void => {
        const raised = withQuota(settled.setup, node, environment, { guaranteed: guaranteed + unused + by });
        copy.configure(
          withQuota(raised, giver.name, environment, { guaranteed: giver.guaranteed - by }),
          now,
        );
      };
    const by = leastThat(most - unused, (n) => this.#helps(move(n)) !== undefined);
    if (by === undefined) return [];
    const remedy: BareRemedy = { kind: 'quota', ...place, by: unused + by, from: { node: giver.name, by } };
    return listOf(this.#confirmed(remedy, move(by)));
  }

  #lendLimits(policy: QuotaShareQueueSetup, reason: WaitReason): Remedy[] {
    if (reason.code !== 'NOT_LENT') return [];
    const { environment } = reason;
    for (const { name: node, quota } of [...policy.shares, ...policy.groups]) {
      const { lendLimit, guaranteed = 0 } = quota[environment] ?? {};
      if (lendLimit === undefined || node === this.#q.job.share) continue;
      // Nobody lends more than is guaranteed to it.
      const most = Math.min(shortfall(reason) ?? 1, guaranteed - lendLimit);
      const found = this.#quota(most, { node, environment, which: 'lendLimit' }, lendLimit);
      if (found.length > 0) return found;
    }
    return [];
  }

  #quota(
    enough: number,
    place: { readonly node: string; readonly environment: string; readonly which: keyof QuotaSetup },
    known: number,
  ): Remedy[] {
    const { settled, now } = this.#q;
    const { node, environment, which } = place;
    const raise =
      (by: number) =>
      (copy: Scheduler): void =>
        copy.configure(withQuota(settled.setup, node, environment, { [which]: known + by }), now);
    const by = leastThat(enough, (n) => this.#helps(raise(n)) !== undefined);
    return by === undefined ? [] : listOf(this.#confirmed({ kind: 'quota', ...place, by }, raise(by)));
  }

  /** Doubles until it helps, then halves what is too much. */
  #amount(least: number, add: (amount: number) => (copy: Scheduler) => void): number | undefined {
    const helps = (amount: number): boolean => this.#helps(add(amount)) !== undefined;
    let amount = Math.max(1, least);
    let tooFew = amount - 1;
    for (let doubled = 0; !helps(amount); doubled++) {
      if (doubled === 5 || this.#trials.spent) return undefined;
      tooFew = amount;
      amount *= 2;
    }
    // What is missing for a start at once may be more than it takes to preempt.
    const known = amount === Math.max(1, least) ? 0 : tooFew;
    const more = leastThat(amount - known, (by) => known + by === amount || helps(known + by));
    return more === undefined ? undefined : known + more;
  }
}

const listOf = (remedy: Remedy | undefined): Remedy[] => (remedy === undefined ? [] : [remedy]);

/** How many of these jobs, from the first on, hold as much as one of the options is short of; at least one. */
function enoughOf(running: readonly RunningJob[], reasons: readonly WaitReason[]): number {
  const short = new Map(
    reasons.flatMap((reason) =>
      'environment' in reason ? [[reason.environment, shortfall(reason) ?? 1] as const] : [],
    ),
  );
  for (const [index, job] of running.entries()) {
    const { environment, instances } = held(job);
    const left = (short.get(environment) ?? Infinity) - instances;
    if (left <= 0) return index + 1;
    short.set(environment, left);
  }
  return Math.max(1, running.length);
}

/** The least of 1..most that holds, if `most` does and every more than it. Undefined: not even `most`. */
function leastThat(most: number, holds: (n: number) => boolean): number | undefined {
  if (most < 1 || !holds(most)) return undefined;
  let no = 0;
  let yes = most;
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

function latestEnd(job: RunningJob, now: number, stopSeconds: number): number {
  const end = job.startedAt + longestTime(job).seconds * 1000;
  const stopped = now + stopSeconds * 1000;
  if (job.evictedFor !== undefined) return end > now ? Math.min(end, stopped) : stopped;
  return end > now ? end : stopped;
}

function firstOf<T>(items: Iterable<T>, most: number): T[] {
  const first: T[] = [];
  for (const item of items) {
    if (first.length === most) break;
    first.push(item);
  }
  return first;
}

function environmentsOf({ options }: WaitingJob): string[] {
  return [...new Set(options.map(({ environment }) => environment))];
}
