import { Environments } from './environments.ts';
import type { FairShareUsage } from './fair-share/decayed-usage.ts';
import { ShareUsageBook } from './fair-share/share-usage-book.ts';
import type { EnvironmentState, Option, RunningJob, WaitingJob } from './job.ts';
import { QuotaLedger } from './quota/ledger.ts';
import { held, RunningIndex } from './running-index.ts';
import type { FairShareSetup, QueueSetup, QuotaShareQueueSetup, QuotaShareSetup } from './setup.ts';
import { WEIGHT_ONE } from './setup.ts';
import { WaitingIndex, type WaitingRules } from './waiting-index.ts';
import { withClaim } from './claims.ts';
import { byAge, byCodeUnits, byPriority } from './order.ts';

/** What a policy remembers besides the jobs. */
export type PolicyState =
  | { readonly kind: 'fifo' }
  | { readonly kind: 'fairShare'; readonly setup: FairShareSetup; readonly book: ShareUsageBook }
  /** `setup` has an entry for every share that has jobs, whether the queue still names it or not. */
  | { readonly kind: 'quotaShare'; readonly setup: QuotaShareQueueSetup; readonly ledger: QuotaLedger };

export interface Restored {
  readonly waiting?: Iterable<WaitingJob>;
  readonly running?: Iterable<RunningJob>;
  readonly environments?: Readonly<Record<string, EnvironmentState>>;
  readonly usage?: FairShareUsage;
}

/**
 * The jobs of a queue and what they use, kept consistent: every change of a job changes indexes, environments and the policy's
 * accounts together. It decides nothing.
 */
export class QueueState {
  setup: QueueSetup;
  waiting: WaitingIndex;
  readonly running: RunningIndex;
  readonly environments: Environments;
  policy: PolicyState;

  constructor(
    setup: QueueSetup,
    { waiting, running, environments, usage }: Restored = {},
    copyOf?: QueueState,
  ) {
    this.setup = setup;
    this.waiting = copyOf?.waiting.clone() ?? new WaitingIndex(waitingRules(setup), waiting);
    this.running = copyOf?.running.clone() ?? new RunningIndex(running);
    this.environments =
      copyOf?.environments.clone() ??
      new Environments(setup.environments, Object.entries(environments ?? {}));
    this.policy = copyOf === undefined ? this.#policyFor(setup, usage) : copyOfPolicy(copyOf.policy);
  }

  clone(): QueueState {
    return new QueueState(this.setup, {}, this);
  }

  /** A share or an environment may vanish under its jobs: they stay, and run to their end without a guarantee. */
  configure(setup: QueueSetup, now: number): void {
    const before = this.setup;
    const rules =
      before.policy.kind !== setup.policy.kind ||
      (before.reservation === undefined) !== (setup.reservation === undefined);
    this.setup = setup;
    this.environments.configure(setup.environments);
    if (rules) this.waiting = new WaitingIndex(waitingRules(setup), this.allWaiting());
    if (this.policy.kind === 'fairShare' && setup.policy.kind === 'fairShare') {
      this.policy.book.configure(setup.policy, now);
      this.policy = { ...this.policy, setup: setup.policy };
    } else {
      this.policy = this.#policyFor(setup);
    }
    this.waiting.wake();
  }

  enqueue(job: WaitingJob): void {
    if (this.waiting.get(job.id) !== undefined || this.running.get(job.id) !== undefined)
      throw new RangeError(`Job ${job.id} is in the queue already.`);
    this.waiting.add(job);
    if (this.policy.kind === 'quotaShare' && this.policy.ledger.tree.find(job.share) === undefined)
      this.policy = this.#policyFor(this.setup);
  }

  withdraw(id: string): WaitingJob | undefined {
    return this.waiting.remove(id);
  }

  admit(job: WaitingJob, option: number, now: number): RunningJob {
    this.waiting.remove(job.id);
    const running: RunningJob = { ...withoutYielding(job), option, startedAt: now };
    this.running.add(running);
    const { environment, instances } = held(running);
    this.environments.admitted(environment, job.id);
    if (this.policy.kind === 'fairShare') this.policy.book.started(job.share, instances, now);
    if (this.policy.kind === 'quotaShare') this.policy.ledger.add(job.share, environment, instances);
    return running;
  }

  /** It keeps its instances until it is released. */
  evict(id: string, evictedFor: string): void {
    const job = this.running.remove(id);
    if (job !== undefined) this.running.add({ ...job, evictedFor });
  }

  /** It need not stop after all. */
  spare(id: string): void {
    const job = this.running.remove(id);
    if (job === undefined) return;
    const { evictedFor: _, ...spared } = job;
    this.running.add(spared);
  }

  /** Somebody has decided about the job anew: what others were stopped for is forgotten. */
  prioritise(id: string, priority: number): void {
    const waiting = this.waiting.remove(id);
    if (waiting !== undefined) {
      const { claims: _, ...rest } = waiting;
      this.waiting.add({ ...rest, priority });
      return;
    }
    const running = this.running.remove(id);
    if (running === undefined) return;
    const { claims: _, ...rest } = running;
    this.running.add({ ...rest, priority });
  }

  release(id: string, now: number): RunningJob | undefined {
    const job = this.running.remove(id);
    if (job === undefined) return undefined;
    if (job.evictedFor !== undefined) this.#lastIsGone(job.evictedFor, now);
    const { environment, instances } = held(job);
    this.environments.released(environment, id, now);
    if (this.policy.kind === 'fairShare') this.policy.book.ended(job.share, instances, now);
    if (this.policy.kind === 'quotaShare') this.policy.ledger.remove(job.share, environment, instances);
    return job;
  }

  *allWaiting(): Iterable<WaitingJob> {
    for (const lane of this.waiting.lanes()) yield* this.waiting.inLane(lane);
  }

  /** With waiting or running jobs, in no particular order. */
  *busyShares(): Iterable<string> {
    yield* this.waiting.shares();
    for (const share of this.running.shares()) if (this.waiting.counts(share) === undefined) yield share;
  }

  /** Whether others were stopped, or are being stopped, to make room for this waiting job. */
  madeRoom(id: string): boolean {
    return this.running.stoppingFor(id).length > 0 || this.waiting.stoppedFor(id) > 0;
  }

  #lastIsGone(taker: string, now: number): void {
    const waiting = this.waiting.get(taker);
    if (waiting !== undefined && this.running.stoppingFor(taker).length === 0)
      this.waiting.replace(withClaim(waiting, now));
  }

  /** Whether the share has waiting or running jobs. */
  isBusy(share: string): boolean {
    return this.waiting.counts(share) !== undefined || this.running.ofShare(share).length > 0;
  }

  #policyFor(setup: QueueSetup, usage?: FairShareUsage): PolicyState {
    const { policy } = setup;
    switch (policy.kind) {
      case 'fifo':
        return policy;
      case 'fairShare': {
        const book = new ShareUsageBook(policy, usage);
        for (const job of this.running.all()) book.restored(job.share, held(job).instances, job.startedAt);
        return { kind: 'fairShare', setup: policy, book };
      }
      case 'quotaShare': {
        const whole = this.#withOrphans(policy);
        const known = new Set(setup.environments.map(({ name }) => name));
        const gone = [...this.running.environments()].filter((name) => !known.has(name));
        const environments = [...setup.environments, ...gone.map((name) => ({ name, limit: 0 }))];
        const ledger = new QuotaLedger(whole, environments);
        for (const job of this.running.all()) {
          const { environment, instances } = held(job);
          ledger.add(job.share, environment, instances);
        }
        return { kind: 'quotaShare', setup: whole, ledger };
      }
    }
  }

  /** Jobs of a share that the queue does not name hang below the root, with nothing guaranteed. */
  #withOrphans(policy: QuotaShareQueueSetup): QuotaShareQueueSetup {
    const known = new Set(policy.shares.map(({ name }) => name));
    const orphans = [...new Set(this.busyShares())].filter((share) => !known.has(share)).sort(byCodeUnits);
    return orphans.length === 0 ? policy : { ...policy, shares: [...policy.shares, ...orphans.map(orphan)] };
  }
}

function withoutYielding(job: WaitingJob): WaitingJob {
  if (job.yieldsTo === undefined) return job;
  const { yieldsTo: _, ...rest } = job;
  return rest;
}

function orphan(name: string): QuotaShareSetup {
  return {
    name,
    weight: WEIGHT_ONE,
    quota: {},
    preemption: { inShare: 'never', reclaim: 'never' },
    fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
  };
}

function copyOfPolicy(policy: PolicyState): PolicyState {
  switch (policy.kind) {
    case 'fifo':
      return policy;
    case 'fairShare':
      return { ...policy, book: policy.book.clone() };
    case 'quotaShare':
      return { ...policy, ledger: policy.ledger.clone() };
  }
}

/**
 * A job may pass the holder of a reservation if it ends in time. Jobs whose limits are within the same power of two get one answer, that of
 * the first of them, so that the number of shapes is bounded however many limits there are.
 */
function limitClass(limitSeconds: number | undefined): string {
  return limitSeconds === undefined ? '' : String(Math.ceil(Math.log2(Math.max(1, limitSeconds))));
}

/** fifo: one line for all, by age alone. Otherwise one line per share, by priority and age. */
export function waitingRules({
  policy,
  reservation,
}: Pick<QueueSetup, 'policy' | 'reservation'>): WaitingRules {
  const fifo = policy.kind === 'fifo';
  const limitCounts = reservation !== undefined;
  // Jobs of one kind share their list of options.
  const sizes = new WeakMap<readonly Option[], string>();
  return {
    laneOf: fifo ? () => '' : ({ share }) => share,
    order: fifo ? byAge : byPriority,
    shapeOf: ({ options, limitSeconds }) => {
      let key = sizes.get(options);
      if (key === undefined) {
        key = options.map(({ environment, instances }) => `${environment} ${instances}`).join(',');
        sizes.set(options, key);
      }
      return limitCounts ? `${key} ${limitClass(limitSeconds)}` : key;
    },
    headDecides: policy.kind === 'quotaShare' || limitCounts,
  };
}
