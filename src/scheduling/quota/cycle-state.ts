import type { WaitingJob } from '../job.ts';
import { held } from '../running-index.ts';
import type { QuotaShareQueueSetup, QuotaShareSetup } from '../setup.ts';
import { Account } from './account.ts';
import { CandidateLine, inCandidateOrder } from './candidate-line.ts';
import { byLoss, type Candidate, lostInstanceSeconds, mayTake } from './candidates.ts';
import type { QuotaLedger } from './ledger.ts';
import type { QuotaWorld } from './world.ts';
import { byCodeUnits } from '../order.ts';

/** So many instances in one environment for one job. */
export interface Request {
  readonly job: WaitingJob;
  /** Node of the job's share. */
  readonly share: number;
  readonly environment: number;
  readonly instances: number;
}

/** Quota held in this cycle for a job that cannot start yet. */
export interface Reservation {
  readonly request: Request;
  readonly instances: number;
}

/**
 * What a cycle has decided so far, and what is left after it. Ledgers of its own are kept up to date, so that nothing has to be added
 * up again for each head:
 *
 *   ledger    what is in use, what was admitted and what is reserved; victims still count, they hold their instances until released
 *   later     the same without the victims
 *   inUse     the first without what is reserved: what is really in use
 *   expected  what will be in use once the victims are gone and those started that they were named for: `later` without what is
 *             saved up for others
 */
export class CycleState {
  readonly world: QuotaWorld;
  readonly policy: QuotaShareQueueSetup;
  /** Named in this cycle, by id. */
  readonly victims = new Map<string, Candidate & { readonly environment: number }>();
  readonly reservations: Reservation[] = [];
  readonly #now: Account;
  readonly #later: Account;
  readonly #inUse: Account;
  /** From the first victim on; before, it would be as `inUse`. */
  #expected: Account | undefined;
  #current: Account;
  readonly #setups = new Map<number, QuotaShareSetup>();
  /** By environment, in instances. */
  readonly #admitted: number[];
  readonly #freed: number[];
  readonly #reserved: number[];
  /** What of `reserved` is only saved up. */
  readonly #saved: number[];
  readonly #startedBy: (string | undefined)[];
  /** By environment: ids, sorted; and those that came since. */
  readonly #named = new Map<number, readonly string[]>();
  readonly #newlyNamed = new Map<number, string[]>();
  /** By share, then environment: who runs there and was not named, in candidate order. */
  readonly #candidates = new Map<number, Map<number, readonly Candidate[]>>();

  constructor(world: QuotaWorld, policy: QuotaShareQueueSetup) {
    this.world = world;
    this.policy = policy;
    this.#now = new Account(world.ledger.clone());
    this.#later = new Account(world.ledger.clone());
    this.#current = this.#now;
    this.#inUse = new Account(world.ledger.clone());
    const { environments } = this.ledger.tree;
    for (const share of policy.shares) this.#setups.set(this.ledger.tree.indexOf(share.name), share);
    this.#admitted = environments.map(() => 0);
    this.#freed = environments.map(() => 0);
    this.#reserved = environments.map(() => 0);
    this.#saved = environments.map(() => 0);
    this.#startedBy = environments.map(() => undefined);
  }

  /** Trials may change it, and put it back. */
  get ledger(): QuotaLedger {
    return this.#current.ledger;
  }

  get later(): QuotaLedger {
    return this.#later.ledger;
  }

  get inUse(): QuotaLedger {
    return this.#inUse.ledger;
  }

  setupOf(share: number): QuotaShareSetup {
    const setup = this.#setups.get(share);
    if (setup === undefined) throw new RangeError(`"${this.ledger.tree.node(share).name}" is not a share`);
    return setup;
  }

  environmentName(environment: number): string {
    return this.ledger.tree.environments[environment]?.name ?? '';
  }

  /** Instances that the job may have at once: victims named in this cycle still hold theirs. */
  roomNow({ environment, job }: Pick<Request, 'environment' | 'job'>): number {
    const name = this.environmentName(environment);
    if (this.#startedBy[environment] !== undefined && this.world.probing?.(name) === true) return -Infinity;
    return this.world.free(name, job) - (this.#admitted[environment] ?? 0);
  }

  /** The same once the victims named so far are gone, less what is kept for the jobs they were named for. */
  roomLater(request: Pick<Request, 'environment' | 'job'>): number {
    const { environment } = request;
    return this.roomNow(request) + (this.#freed[environment] ?? 0) - (this.#reserved[environment] ?? 0);
  }

  /** The job whose start closed a probed environment for the rest of the cycle. */
  startedIn(environment: number): string | undefined {
    return this.#startedBy[environment];
  }

  admit({ job, share, environment, instances }: Request): void {
    for (const account of [this.#now, this.#later, this.#inUse, this.#expected])
      account?.change(share, environment, instances);
    this.#admitted[environment] = (this.#admitted[environment] ?? 0) + instances;
    this.#startedBy[environment] ??= job.id;
  }

  /** For a job that will have its room when victims are gone. */
  reserve(request: Request): void {
    const { share, environment, instances } = request;
    this.#expected?.change(share, environment, instances);
    this.#reserve(request, instances);
  }

  /** For a job that has no victims: a part of what it needs, perhaps. */
  save(request: Request, instances: number): void {
    if (instances <= 0) return;
    const { environment } = request;
    this.#saved[environment] = (this.#saved[environment] ?? 0) + instances;
    this.#reserve(request, instances);
  }

  #reserve(request: Request, instances: number): void {
    const { share, environment } = request;
    for (const account of [this.#now, this.#later]) account.change(share, environment, instances);
    this.#reserved[environment] = (this.#reserved[environment] ?? 0) + instances;
    this.reservations.push({ request, instances });
  }

  name(victims: readonly Candidate[], environment: number): void {
    this.#expected ??= new Account(this.#inUse.ledger.clone());
    const added = this.#newlyNamed.get(environment) ?? [];
    this.#newlyNamed.set(environment, added);
    for (const victim of victims) {
      if (this.victims.has(victim.job.id)) continue;
      this.victims.set(victim.job.id, { ...victim, environment });
      this.#later.change(victim.share, environment, -victim.instances);
      this.#expected.change(victim.share, environment, -victim.instances);
      this.#candidates.delete(victim.share);
      added.push(victim.job.id);
      this.#freed[environment] = (this.#freed[environment] ?? 0) + victim.instances;
    }
  }

  /** Ids of the victims named so far in an environment, sorted. */
  namedIn(environment: number): readonly string[] {
    const known = this.#named.get(environment) ?? [];
    const added = this.#newlyNamed.get(environment);
    if (added === undefined) return known;
    // Two sorted runs are merged in one go.
    const named = [...known, ...added.sort(byCodeUnits)].sort(byCodeUnits);
    this.#newlyNamed.delete(environment);
    this.#named.set(environment, named);
    return named;
  }

  /** Instances that an assignment may count on. */
  room(request: Pick<Request, 'environment' | 'job'>): number {
    if (this.#current === this.#inUse) return this.roomNow(request);
    const room = this.roomLater(request);
    return this.#current === this.#expected ? room + (this.#saved[request.environment] ?? 0) : room;
  }

  /** Runs with `later` as the ledger: as if the victims named so far were gone. */
  asIfGone<T>(act: () => T): T {
    return this.#with(this.#later, act);
  }

  /** Runs with `expected` as the ledger: as if nobody saved up, and all that are to stop had. */
  asExpected<T>(act: () => T): T {
    return this.#with(this.#expected ?? this.#inUse, act);
  }

  #with<T>(account: Account, act: () => T): T {
    const before = this.#current;
    this.#current = account;
    try {
      return act();
    } finally {
      this.#current = before;
    }
  }

  /** Shares above their quota in an environment. Not to be asked during a trial. */
  borrowers(environment: number): ReadonlySet<number> {
    return this.#current.borrowers(environment);
  }

  /** Jobs of a share that the request may take by the share's policy and the queue's limits; not those named already. */
  candidatesOf(share: number, { job: taker, share: own, environment }: Request): CandidateLine {
    const { preemption } = this.setupOf(own);
    const policy = share === own ? preemption.inShare : preemption.reclaim;
    if (policy === 'never') return new CandidateLine(share);
    const all = this.#notNamed(share, environment);
    return policy === 'any'
      ? new CandidateLine(share, all)
      : new CandidateLine(share, all, ({ job }) => mayTake(policy, taker, job));
  }

  /** Jobs that are being stopped for the taker where it asks; not those that were named for another one in this cycle. */
  stoppingFor({ job, environment }: Request): readonly Candidate[] {
    const stopping: Candidate[] = [];
    const name = this.environmentName(environment);
    for (const running of this.world.stoppingFor?.(job.id) ?? []) {
      const share = this.ledger.tree.find(running.share);
      const { environment: where, instances } = held(running);
      if (share === undefined || where !== name || this.victims.has(running.id)) continue;
      const lost = lostInstanceSeconds(running, this.world.now);
      stopping.push({ job: running, share, instances, evicting: true, lost });
    }
    return stopping.sort(byLoss);
  }

  #notNamed(share: number, environment: number): readonly Candidate[] {
    const ofShare = this.#candidates.get(share) ?? new Map<number, readonly Candidate[]>();
    this.#candidates.set(share, ofShare);
    const known = ofShare.get(environment);
    if (known !== undefined) return known;
    const { runningOf, limits, now } = this.world;
    const running = runningOf(this.ledger.tree.node(share).name);
    const all = inCandidateOrder(running, share, now, limits).get(this.environmentName(environment)) ?? [];
    const { final } = this.world;
    const left =
      this.victims.size === 0 && (final?.size ?? 0) === 0
        ? all
        : all.filter(({ job }) => !this.victims.has(job.id) && final?.has(job.id) !== true);
    ofShare.set(environment, left);
    return left;
  }
}

/** Runs with instances of jobs taken out of a ledger, and puts them back. */
export function without<T>(
  ledger: QuotaLedger,
  jobs: readonly Pick<Candidate, 'share' | 'instances'>[],
  environment: number,
  act: () => T,
): T {
  for (const { share, instances } of jobs) ledger.change(share, environment, -instances);
  try {
    return act();
  } finally {
    for (const { share, instances } of jobs) ledger.change(share, environment, instances);
  }
}
