import type { WaitingJob } from '../job.ts';
import type { QuotaShareQueueSetup, QuotaShareSetup } from '../setup.ts';
import { type Candidate, isProtected, lostInstanceSeconds, mayTake } from './candidates.ts';
import type { QuotaLedger } from './ledger.ts';
import type { QuotaWorld } from './world.ts';

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
 * What a cycle has decided so far, and what is left after it. The ledger is the cycle's own: it counts what was admitted and
 * what is reserved, and still counts the victims, which hold their instances until they are released.
 */
export class CycleState {
  readonly world: QuotaWorld;
  readonly policy: QuotaShareQueueSetup;
  readonly ledger: QuotaLedger;
  /** Named in this cycle, by id. */
  readonly victims = new Map<string, Candidate & { readonly environment: number }>();
  readonly reservations: Reservation[] = [];
  readonly #setups = new Map<number, QuotaShareSetup>();
  readonly #admitted: number[];
  readonly #startedBy: (string | undefined)[];

  constructor(world: QuotaWorld, policy: QuotaShareQueueSetup) {
    this.world = world;
    this.policy = policy;
    this.ledger = world.ledger.clone();
    for (const share of policy.shares) this.#setups.set(this.ledger.tree.indexOf(share.name), share);
    this.#admitted = this.ledger.tree.environments.map(() => 0);
    this.#startedBy = this.ledger.tree.environments.map(() => undefined);
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
    let room = this.roomNow(request);
    for (const victim of this.victims.values())
      if (victim.environment === environment) room += victim.instances;
    for (const { request: other, instances } of this.reservations) {
      if (other.environment === environment) room -= instances;
    }
    return room;
  }

  /** The job whose start closed a probed environment for the rest of the cycle. */
  startedIn(environment: number): string | undefined {
    return this.#startedBy[environment];
  }

  admit(request: Request): void {
    this.ledger.change(request.share, request.environment, request.instances);
    this.#admitted[request.environment] = (this.#admitted[request.environment] ?? 0) + request.instances;
    this.#startedBy[request.environment] ??= request.job.id;
  }

  reserve(request: Request, instances: number): void {
    if (instances <= 0) return;
    this.ledger.change(request.share, request.environment, instances);
    this.reservations.push({ request, instances });
  }

  name(victims: readonly Candidate[], environment: number): void {
    for (const victim of victims) this.victims.set(victim.job.id, { ...victim, environment });
  }

  /** Runs with the use of jobs taken out of the ledger, and puts it back. */
  without<T>(candidates: Iterable<Candidate & { readonly environment: number }>, act: () => T): T {
    const removed = [...candidates];
    for (const { share, environment, instances } of removed)
      this.ledger.change(share, environment, -instances);
    try {
      return act();
    } finally {
      for (const { share, environment, instances } of removed)
        this.ledger.change(share, environment, instances);
    }
  }

  /** Jobs of a share that the request may take by the share's policy and the queue's limits; not those named already. */
  candidatesOf(share: number, request: Request): Candidate[] {
    const { preemption } = this.setupOf(request.share);
    const policy = share === request.share ? preemption.inShare : preemption.reclaim;
    if (policy === 'never') return [];
    const { limits, now } = this.world;
    const environment = this.environmentName(request.environment);
    const candidates: Candidate[] = [];
    for (const job of this.world.runningOf(this.ledger.tree.node(share).name)) {
      const held = job.options[job.option];
      if (held?.environment !== environment || this.victims.has(job.id)) continue;
      if (!mayTake(policy, request.job, job) || isProtected(job, limits, now)) continue;
      candidates.push({
        job,
        share,
        instances: held.instances,
        evicting: job.evictedFor !== undefined,
        lost: lostInstanceSeconds(job, now),
      });
    }
    return candidates;
  }
}
