import { halfLifeMs, startPenalty } from './fair-share/decayed-usage.ts';
import type { ShareUsageBook } from './fair-share/share-usage-book.ts';
import type { Option, WaitingJob } from './job.ts';
import type { QuotaLedger } from './quota/ledger.ts';
import { compareShares, type ShareFraction, shareOf } from './quota/share-fraction.ts';
import { ROOT } from './quota/share-tree.ts';
import { isAboveGuarantee } from './quota/assignment.ts';
import { inCandidateOrder } from './quota/candidate-line.ts';
import { mayTake } from './quota/candidates.ts';
import type { RunningIndex } from './running-index.ts';
import type { FairShareSetup, QueueSetup, QuotaShareQueueSetup, QuotaShareSetup } from './setup.ts';
import { byPriority } from './order.ts';

/** Why one job's turn comes before another's. */
export type TurnCause = 'priority' | 'earlier' | 'shareTurn' | 'withinQuota' | 'nearerQuota' | 'atLimit';

/**
 * Who comes next of the first jobs of all shares, when every job that is offered starts and nothing ends: the policy without
 * capacity. A rule remembers what has started; keys are as of now.
 */
export interface TurnRule<Key> {
  keyOf(job: WaitingJob): Key;
  /** Negative: `a` comes first. 0 only for the same job. */
  compare(a: Key, b: Key): number;
  start(job: WaitingJob): void;
  /** Why `a`, which comes before `b`, does. */
  cause(a: Key, b: Key): TurnCause;
  /** Whether starts of one share change the keys of others; then keys are true only when asked for in the order of the turns. */
  readonly entangled: boolean;
  /** Entangled shares of different circles do not change each other's keys. */
  circleOf(share: string): number;
  /** Whether entangled shares no longer are once all of them are settled. */
  readonly settles: boolean;
  /**
   * Whether from now on the keys of the share's jobs follow from what starts before them alone, whichever of these environments they use.
   * `next`: the first of them.
   */
  settled(share: string, environments: readonly string[], next: WaitingJob | undefined): boolean;
  /** Whether those keys depend on the load before the job at all. */
  readonly byLoad: boolean;
  /** What a start of the job adds to its share's load. */
  load(job: WaitingJob): number;
  /** The key of a job of a settled share, when jobs of so much load have started in the share since. */
  keyAfter(job: WaitingJob, load: number): Key;
  /** The winner of all heads, where their keys alone do not tell. */
  readonly winner?: (heads: readonly WaitingJob[]) => WaitingJob | undefined;
}

function byJob(a: WaitingJob, b: WaitingJob): TurnCause {
  return a.priority > b.priority ? 'priority' : 'earlier';
}

interface UsageKey {
  readonly job: WaitingJob;
  readonly value: bigint;
  readonly weight: number;
}

/** fairShare: the share with the lowest usage × weight, each start adding its penalty at once. */
export class UsageTurns implements TurnRule<UsageKey> {
  readonly entangled = false;
  readonly settles = true;
  readonly byLoad = true;
  readonly #book: ShareUsageBook;
  readonly #halfLife: number;
  readonly #now: number;
  readonly #shares = new Map<
    string,
    { consumed: number; readonly weight: number; readonly factor: bigint }
  >();
  readonly #penalties = new Map<number, number>();

  constructor(book: ShareUsageBook, { shareDecaySeconds }: FairShareSetup, now: number) {
    this.#book = book;
    this.#halfLife = halfLifeMs(shareDecaySeconds);
    this.#now = now;
  }

  keyOf(job: WaitingJob): UsageKey {
    return this.keyAfter(job, 0);
  }

  settled(): boolean {
    return true;
  }

  circleOf(): number {
    return 0;
  }

  keyAfter(job: WaitingJob, load: number): UsageKey {
    const { consumed, weight, factor } = this.#share(job.share);
    return { job, value: BigInt(consumed + load) * factor, weight };
  }

  compare(a: UsageKey, b: UsageKey): number {
    if (a.value !== b.value) return a.value < b.value ? -1 : 1;
    return a.weight - b.weight || byPriority(a.job, b.job);
  }

  start(job: WaitingJob): void {
    this.#share(job.share).consumed += this.load(job);
  }

  load({ options: [choice] }: WaitingJob): number {
    const instances = choice?.instances ?? 0;
    let penalty = this.#penalties.get(instances);
    if (penalty === undefined) {
      penalty = startPenalty(instances, this.#halfLife);
      this.#penalties.set(instances, penalty);
    }
    return penalty;
  }

  cause(a: UsageKey, b: UsageKey): TurnCause {
    return a.job.share !== b.job.share && (a.value !== b.value || a.weight !== b.weight)
      ? 'shareTurn'
      : byJob(a.job, b.job);
  }

  #share(name: string): { consumed: number; readonly weight: number; readonly factor: bigint } {
    const known = this.#shares.get(name);
    if (known !== undefined) return known;
    const weight = this.#book.weightFactor(name);
    const share = { consumed: this.#book.consumed(name, this.#now), weight, factor: BigInt(weight) };
    this.#shares.set(name, share);
    return share;
  }
}

interface QuotaKey {
  readonly job: WaitingJob;
  /** More than the share may ever use with what it uses now: it has to wait for its own jobs. */
  readonly beyond: boolean;
  /** Priority order: how far up the tree the quota comes from. Fair-share order: 1 if the share borrows with it, else 0. */
  readonly height: number;
  readonly fraction?: ShareFraction;
}

interface Asked {
  readonly share: number;
  readonly environment: number;
  readonly instances: number;
}

/** Who could give way in a job's own share. */
export interface Yielding {
  readonly running: RunningIndex;
  readonly limits: QueueSetup['preemptionLimits'];
  readonly now: number;
}

/**
 * quotaShare, both orders (quota/head-order.ts), each job asking for the option that its share's fallback rules would take. One that
 * is too much for its share's limit, but may have others of the share stopped for the rest, stands as if they were gone.
 */
export class QuotaTurns implements TurnRule<QuotaKey> {
  readonly entangled: boolean;
  readonly settles: boolean;
  readonly byLoad: boolean;
  readonly winner?: (heads: readonly WaitingJob[]) => WaitingJob | undefined;
  readonly #ledger: QuotaLedger;
  readonly #fair: boolean;
  readonly #setups: ReadonlyMap<string, QuotaShareSetup>;
  readonly #policy: QuotaShareQueueSetup;
  readonly #yielding: Yielding;
  /** By share and environment: what jobs that have had their turn were given by others of their share. */
  readonly #yielded = new Map<string, number>();
  /** What running jobs of a share would give to one of a priority, by share, environment and priority. */
  readonly #yields = new Map<string, number>();

  constructor(ledger: QuotaLedger, policy: QuotaShareQueueSetup, yielding: Yielding) {
    this.#policy = policy;
    this.#yielding = yielding;
    this.#ledger = ledger.clone();
    this.#fair = policy.order === 'fairShare';
    this.#setups = new Map(policy.shares.map((share) => [share.name, share]));
    this.entangled = policy.groups.length > 0;
    this.settles = !this.#fair;
    this.byLoad = this.#fair;
    if (this.#fair) this.winner = (heads) => this.#tournament(heads);
  }

  /** Priority order: below the root. What is in use there, and whether it is too much, changes nobody's height. */
  circleOf(name: string): number {
    if (this.#fair) return ROOT;
    const { tree } = this.#ledger;
    const share = tree.indexOf(name);
    return tree.node(share).ancestors.at(-2) ?? share;
  }

  keyOf(job: WaitingJob): QuotaKey {
    const asked = this.#asked(job);
    if (asked === undefined) return { job, beyond: true, height: 0 };
    const { share, environment, instances } = asked;
    const over = this.#overLimit(asked);
    const freed = this.#freedFor(job, asked, over);
    const beyond = over > freed;
    const ledger = this.#ledger;
    ledger.change(share, environment, -freed);
    const standing = this.#fair
      ? this.#standing(share, asked)
      : { height: ledger.borrowHeight(share, environment, instances).height };
    ledger.change(share, environment, freed);
    return { job, beyond, ...standing };
  }

  compare(a: QuotaKey, b: QuotaKey): number {
    return compareQuotaKeys(a, b);
  }

  /**
   * Priority order: every start comes from the root, or from nowhere. Fair-share order: the share borrows whatever it starts.
   */
  settled(name: string, environments: readonly string[], next: WaitingJob | undefined): boolean {
    const ledger = this.#ledger;
    const share = ledger.tree.indexOf(name);
    let beyond: boolean | undefined;
    for (const each of environments) {
      const environment = ledger.tree.findEnvironment(each);
      if (environment === undefined) continue;
      const { subtree, borrowLimit } = ledger.tree.quota(share, environment);
      const over = ledger.usage(share, environment) + 1 > subtree + borrowLimit;
      // Where nobody gives way for the first, nobody does for those behind it.
      const yielded = this.#yielded.get(`${share} ${environment}`) ?? 0;
      if (over && next !== undefined && this.#mayYield(name, each, next) > yielded) return false;
      if (beyond !== undefined && beyond !== over) return false;
      beyond = over;
      if (!over && borrowLimit !== Infinity) return false;
      const { height, belowRoot } = ledger.borrowHeight(share, environment, 1);
      if (this.#fair ? height === 0 : height === 0 || belowRoot) return false;
    }
    return true;
  }

  load(job: WaitingJob): number {
    return this.#asked(job)?.instances ?? 0;
  }

  keyAfter(job: WaitingJob, load: number): QuotaKey {
    const key = this.keyOf(job);
    const { fraction } = key;
    if (fraction === undefined || fraction.lendable === 0) return key;
    return { ...key, fraction: { ...fraction, borrowed: fraction.borrowed + load } };
  }

  start(job: WaitingJob): void {
    const asked = this.#asked(job);
    if (asked === undefined) return;
    const { share, environment, instances } = asked;
    const freed = this.#freedFor(job, asked, this.#overLimit(asked));
    this.#ledger.change(share, environment, instances - freed);
    if (freed > 0) {
      const key = `${share} ${environment}`;
      this.#yielded.set(key, (this.#yielded.get(key) ?? 0) + freed);
    }
  }

  /** How much more than the share may ever use it would be. */
  #overLimit({ share, environment, instances }: Asked): number {
    const { subtree, borrowLimit } = this.#ledger.tree.quota(share, environment);
    return Math.max(0, this.#ledger.usage(share, environment) + instances - subtree - borrowLimit);
  }

  /** That much, if others of the share would give way for it; else nothing. */
  #freedFor(job: WaitingJob, asked: Asked, over: number): number {
    const setup = this.#setups.get(job.share);
    if (over === 0 || setup === undefined || setup.preemption.inShare === 'never') return 0;
    if (isAboveGuarantee(this.#ledger, setup, this.#policy.order, asked)) return 0;
    const name = this.#ledger.tree.environments[asked.environment]?.name ?? '';
    const yields = this.#mayYield(job.share, name, job);
    const yielded = this.#yielded.get(`${asked.share} ${asked.environment}`) ?? 0;
    return yields - yielded >= over ? over : 0;
  }

  /** Instances of running jobs of the share that may be stopped for this one. */
  #mayYield(share: string, environment: string, taker: WaitingJob): number {
    const { running, limits, now } = this.#yielding;
    const policy = this.#setups.get(share)?.preemption.inShare ?? 'never';
    if (policy === 'never') return 0;
    const key = `${share} ${environment} ${taker.priority}`;
    const known = policy === 'lower' ? this.#yields.get(key) : undefined;
    if (known !== undefined) return known;
    const node = this.#ledger.tree.indexOf(share);
    const candidates = inCandidateOrder(running.ofShare(share), node, now, limits).get(environment) ?? [];
    const sum = candidates
      .filter(({ evicting, job }) => !evicting && mayTake(policy, taker, job))
      .reduce((total, { instances }) => total + instances, 0);
    this.#yields.set(key, sum);
    return sum;
  }

  cause(a: QuotaKey, b: QuotaKey): TurnCause {
    if (a.job.share === b.job.share) return byJob(a.job, b.job);
    if (a.beyond !== b.beyond) return 'atLimit';
    if (a.height !== b.height) return a.height === 0 ? 'withinQuota' : 'nearerQuota';
    const fairer =
      a.fraction !== undefined && b.fraction !== undefined && compareShares(a.fraction, b.fraction) !== 0;
    return fairer ? 'shareTurn' : byJob(a.job, b.job);
  }

  /** The option that the share would take if there were room: see quota/assignment.ts, with all options in mode `fit`. */
  #asked(job: WaitingJob): Asked | undefined {
    const { tree } = this.#ledger;
    const share = tree.indexOf(job.share);
    const next = this.#setups.get(job.share)?.fallback.ifBorrowing === 'next';
    let best: Asked | undefined;
    let height = Infinity;
    for (const option of job.options) {
      const asked = this.#askedIn(share, option);
      if (asked === undefined) continue;
      if (!next) return asked;
      const needs = this.#ledger.borrowHeight(share, asked.environment, asked.instances).height;
      if (needs < height) {
        best = asked;
        height = needs;
      }
      if (height === 0) break;
    }
    return best;
  }

  #askedIn(share: number, { environment: name, instances }: Option): Asked | undefined {
    const environment = this.#ledger.tree.findEnvironment(name);
    return environment === undefined ? undefined : { share, environment, instances };
  }

  /** A node as it would stand with the request. */
  #standing(
    node: number,
    { share, environment, instances }: Asked,
  ): { height: number; fraction: ShareFraction } {
    const ledger = this.#ledger;
    ledger.change(share, environment, instances);
    const standing = {
      height: Number(!ledger.isWithinQuota(node, environment)),
      fraction: shareOf(ledger, node),
    };
    ledger.change(share, environment, -instances);
    return standing;
  }

  /** At every inner node, from below, the least of its children's winners goes on. */
  #tournament(heads: readonly WaitingJob[]): WaitingJob | undefined {
    const { tree } = this.#ledger;
    const entries: QuotaKey[][] = tree.nodes.map(() => []);
    const enter = (node: number, job: WaitingJob | undefined): void => {
      const { parent } = tree.node(node);
      if (job === undefined || parent === undefined) return;
      const asked = this.#asked(job);
      const { beyond } = this.keyOf(job);
      entries[parent]?.push(
        asked === undefined ? { job, beyond, height: 0 } : { job, beyond, ...this.#standing(node, asked) },
      );
    };
    const byShare = new Map(heads.map((job) => [tree.indexOf(job.share), job]));
    for (const { index, kind } of [...tree.nodes].reverse()) {
      enter(
        index,
        kind === 'share' ? byShare.get(index) : least(entries[index] ?? [], compareQuotaKeys)?.job,
      );
    }
    return least(entries[ROOT] ?? [], compareQuotaKeys)?.job;
  }
}

function compareQuotaKeys(a: QuotaKey, b: QuotaKey): number {
  const byQuota = Number(a.beyond) - Number(b.beyond) || a.height - b.height;
  if (byQuota !== 0) return byQuota;
  const byFairness =
    a.fraction === undefined || b.fraction === undefined ? 0 : compareShares(a.fraction, b.fraction);
  return byFairness || byPriority(a.job, b.job);
}

function least<T>(items: readonly T[], compare: (a: T, b: T) => number): T | undefined {
  let best: T | undefined;
  for (const item of items) if (best === undefined || compare(item, best) < 0) best = item;
  return best;
}
