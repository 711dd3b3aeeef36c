/** Random queues and random lives of them, by seed: the same seed gives the same world. */
import { seededRandom } from '../../../src/local-aws/faults/random.ts';
import type { Decision, Outcome } from '../../../src/scheduling/decision.ts';
import type { EnvironmentState, Option, RunningJob, WaitingJob } from '../../../src/scheduling/job.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import type {
  FairShareSetup,
  PolicySetup,
  QueueSetup,
  QuotaSetup,
  QuotaShareQueueSetup,
  QuotaShareSetup,
} from '../../../src/scheduling/setup.ts';

/** Integers from a seed. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    // Seeds that follow one another are spread out.
    this.#random = seededRandom(Math.imul(seed + 1, 0x9e3779b1));
  }

  /** From 0 to below `limit`. */
  below(limit: number): number {
    return (this.#random() * 2 ** 32) % limit;
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True once in so many. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  shuffled<T>(items: Iterable<T>): T[] {
    const list = [...items];
    for (let index = list.length - 1; index > 0; index--) {
      const other = this.below(index + 1);
      [list[index], list[other]] = [list[other]!, list[index]!];
    }
    return list;
  }
}

export const KINDS = ['fifo', 'fairShare', 'quotaShare'] as const;

export interface WorldOptions {
  readonly kind: PolicySetup['kind'];
  /** Present: every queue has a reservation after so many seconds. */
  readonly reservation?: number;
  /** Shares may take everything back, and nothing protects victims. */
  readonly fullReclaim?: boolean;
  /** Shares have no groups above them. */
  readonly flat?: boolean;
  /** Neither priorities nor set-up change. (Default: false) */
  readonly steady?: boolean;
}

/** A queue and its life so far. Every method plays one event and settles. */
export class World {
  readonly dice: Dice;
  readonly options: WorldOptions;
  readonly log: string[] = [];
  setup: QueueSetup;
  scheduler: Scheduler;
  now = 0;
  #jobs = 0;
  /** Has any limit been changed, so that more may be in use than is allowed now? */
  reconfigured = false;

  constructor(seed: number, options: WorldOptions) {
    this.dice = new Dice(seed);
    this.options = options;
    this.setup = this.#aSetup();
    this.scheduler = new Scheduler(this.setup);
  }

  /** One random event and what the core makes of it. */
  step(): Outcome {
    this.now += this.dice.pick([0, 0, 1, 1000, 60_000, 1_000_000]);
    const events = this.dice.oneIn(4) ? this.dice.between(2, 6) : 1;
    for (let event = 0; event < events; event++) this.#event();
    return this.settle();
  }

  settle(): Outcome {
    const outcome = this.scheduler.settle(this.now);
    this.log.push(`settle ${this.now}: ${outcome.decisions.map(brief).join(' ')}`);
    return outcome;
  }

  running(): RunningJob[] {
    return [...this.scheduler.runningJobs()];
  }

  waiting(): WaitingJob[] {
    return [...this.scheduler.inOrder()];
  }

  /** The same queue built anew, with its jobs told in another order. */
  restored(): Scheduler {
    const states = this.scheduler
      .environments()
      .map(({ name, state }): [string, EnvironmentState] => [name, state]);
    return new Scheduler(this.setup, {
      waiting: this.dice.shuffled(this.scheduler.inOrder()),
      running: this.dice.shuffled(this.scheduler.runningJobs()),
      environments: Object.fromEntries(this.dice.shuffled(states)),
      usage: this.scheduler.fairShareUsage(),
    });
  }

  /** Those that were told to stop have stopped, and wait again. */
  releaseVictims(): number {
    const victims = this.running().filter(({ evictedFor }) => evictedFor !== undefined);
    for (const { id } of this.dice.shuffled(victims)) {
      this.log.push(`stopped ${id}`);
      this.scheduler.release(id, this.now, {});
    }
    return victims.length;
  }

  endOne(): boolean {
    const running = this.running().filter(({ evictedFor }) => evictedFor === undefined);
    if (running.length === 0) return false;
    const { id } = this.dice.pick(running);
    this.log.push(`end ${id}`);
    this.scheduler.release(id, this.now);
    return true;
  }

  openAll(): void {
    for (const { name } of this.setup.environments) this.scheduler.setEnvironment(name, { kind: 'open' });
    this.log.push('open all');
  }

  submit(): void {
    const id = `j${this.#jobs++}`;
    const job: WaitingJob = {
      id,
      share: this.#aShare(),
      priority: this.dice.pick([0, 0, 10, 50, 90]),
      options: this.#someOptions(),
      queuedAt: this.now - this.dice.pick([0, 0, 0, 1000, 600_000]),
      sequence: this.#jobs,
      ...(this.dice.oneIn(2) ? { limitSeconds: this.dice.between(1, 5) * 600 } : {}),
      ...(this.dice.oneIn(3) ? { checkpointSeconds: 600 } : {}),
      preemptions: 0,
    };
    this.log.push(`submit ${JSON.stringify(job)}`);
    this.scheduler.enqueue(job);
  }

  #event(): void {
    const what = this.dice.below(this.options.steady === true ? 15 : 20);
    if (what < 7) this.submit();
    else if (what < 11) this.endOne();
    else if (what < 13) this.#stopOne();
    else if (what < 14) this.#cancelOne();
    else if (what < 15) this.#changeEnvironment();
    else if (what < 18) this.#reprioritise();
    else if (what < 19) this.releaseVictims();
    else if (this.dice.oneIn(3)) this.#configure();
  }

  #stopOne(): void {
    const victims = this.running().filter(({ evictedFor }) => evictedFor !== undefined);
    if (victims.length === 0) return;
    const { id } = this.dice.pick(victims);
    this.log.push(`stopped ${id}`);
    if (this.dice.oneIn(4)) this.scheduler.release(id, this.now);
    else this.scheduler.release(id, this.now, {});
  }

  #cancelOne(): void {
    const waiting = this.waiting();
    if (waiting.length === 0) return;
    const { id } = this.dice.pick(waiting);
    this.log.push(`cancel ${id}`);
    this.scheduler.withdraw(id);
  }

  #changeEnvironment(): void {
    const { name } = this.dice.pick(this.setup.environments);
    const state = this.dice.pick<EnvironmentState>([
      { kind: 'open' },
      { kind: 'open' },
      { kind: 'draining' },
      { kind: 'cooling', until: this.now + 60_000 },
    ]);
    this.log.push(`${name} ${state.kind}`);
    this.scheduler.setEnvironment(name, state);
  }

  #reprioritise(): void {
    const jobs = [...this.waiting(), ...this.running()];
    if (jobs.length === 0) return;
    const { id } = this.dice.pick(jobs);
    const priority = this.dice.pick([0, 10, 20, 50, 95]);
    this.log.push(`priority ${id} ${priority}`);
    this.scheduler.setPriority(id, priority);
  }

  #configure(): void {
    this.setup = this.#aSetup();
    this.reconfigured = true;
    this.log.push(`configure ${JSON.stringify(this.setup)}`);
    this.scheduler.configure(this.setup, this.now);
  }

  #aSetup(): QueueSetup {
    const names = this.dice.pick([['p5'], ['p4', 'p5'], ['g5', 'p4', 'p5']]);
    const environments = names.map((name) => ({ name, limit: this.dice.between(2, 16) }));
    const { kind, reservation, fullReclaim } = this.options;
    const free = fullReclaim === true || this.dice.oneIn(2);
    const setup: QueueSetup = {
      environments,
      policy: this.#aPolicy(kind, environments),
      preemptionLimits: free
        ? { minimumRuntimeSeconds: 0 }
        : { minimumRuntimeSeconds: this.dice.pick([0, 60, 600]), perJob: this.dice.between(1, 3) },
      ...(reservation === undefined ? {} : { reservation: { afterSeconds: reservation } }),
    };
    this.log.push(`setup ${JSON.stringify(setup)}`);
    return setup;
  }

  #aPolicy(kind: PolicySetup['kind'], environments: QueueSetup['environments']): PolicySetup {
    switch (kind) {
      case 'fifo':
        return { kind };
      case 'fairShare':
        return {
          kind,
          shareDecaySeconds: this.dice.pick([0, 600, 3600]),
          computeReservation: this.dice.pick([0, 0, 25, 50, 90]),
          shares: ['A', 'B', 'C*'].map((name) => ({
            name,
            weightFactor: this.dice.pick([5000, 10_000, 50_000]),
          })),
        } satisfies FairShareSetup;
      case 'quotaShare':
        return this.#aTree(environments);
    }
  }

  #aTree(environments: QueueSetup['environments']): QuotaShareQueueSetup {
    const groups = this.options.flat === true ? [] : this.dice.pick([[], ['G'], ['G', 'H']]);
    const shares = ['A', 'B', 'C1', 'C2'].slice(0, this.dice.between(2, 4));
    const nodes = [...groups, ...shares];
    // Of each limit, random parts in random order; what is left belongs to the root.
    const quotas = new Map(nodes.map((name): [string, Record<string, QuotaSetup>] => [name, {}]));
    for (const { name, limit } of environments) {
      let left = limit;
      for (const node of this.dice.shuffled(nodes)) {
        const guaranteed = this.dice.oneIn(4) ? 0 : this.dice.between(0, left);
        left -= guaranteed;
        quotas.get(node)![name] = {
          guaranteed,
          ...(this.dice.oneIn(3) ? { borrowLimit: this.dice.between(0, 6) } : {}),
          ...(this.dice.oneIn(3) ? { lendLimit: this.dice.between(0, guaranteed) } : {}),
        };
      }
    }
    const parent = (): { parent?: string } =>
      groups.length > 0 && !this.dice.oneIn(3) ? { parent: this.dice.pick(groups) } : {};
    const weight = (): number => this.dice.pick([5000, 10_000, 20_000]);
    return {
      kind: 'quotaShare',
      order: this.dice.pick(['priority', 'fairShare']),
      fairRules: this.dice.pick([['final', 'initial'], ['final'], ['initial']]),
      groups: groups.map((name) => ({
        name,
        weight: weight(),
        quota: quotas.get(name)!,
        ...(name === 'H' && this.dice.oneIn(2) ? { parent: 'G' } : {}),
      })),
      shares: shares.map((name) => ({
        name,
        weight: weight(),
        quota: quotas.get(name)!,
        ...parent(),
        ...this.#aShareSetup(),
      })),
    };
  }

  #aShareSetup(): Pick<QuotaShareSetup, 'preemption' | 'fallback'> {
    const full = this.options.fullReclaim === true;
    return {
      preemption: {
        inShare: this.dice.pick(['never', 'lower', 'lowerOrNewerEqual'] as const),
        reclaim: full ? 'any' : this.dice.pick(['never', 'lower', 'any'] as const),
        ...(!full && this.dice.oneIn(4) ? { whileBorrowing: this.dice.pick([{}, { maxPriority: 10 }]) } : {}),
      },
      fallback: {
        ifBorrowing: this.dice.pick(['stop', 'next']),
        ifPreempting: this.dice.pick(['stop', 'next']),
        prefer: this.dice.pick(['borrow', 'preempt']),
      },
    };
  }

  #aShare(): string {
    const { policy } = this.setup;
    if (policy.kind === 'fifo') return 'default';
    return this.dice.pick(policy.shares.map(({ name }) => name.replace('*', this.dice.pick(['1', '2']))));
  }

  #someOptions(): Option[] {
    const names = this.dice.shuffled(this.setup.environments.map(({ name }) => name));
    const count = this.dice.between(1, names.length);
    return names
      .slice(0, count)
      .map((environment) => ({ environment, instances: this.dice.pick([1, 1, 2, 3, 5, 8, 12]) }));
  }
}

export function brief(decision: Decision): string {
  switch (decision.kind) {
    case 'admit':
      return `${decision.job}@${decision.environment}x${decision.instances}`;
    case 'preempt':
      return `-${decision.victim}/${decision.for}`;
    case 'wait':
      return `${decision.job}?${decision.why.code}`;
  }
}

/** Factor on the number of worlds: TRAINYARD_WORLDS=20 is for a night. */
const MANY = Number(process.env['TRAINYARD_WORLDS'] ?? 1);

/** Worlds in which something was wrong once. */
const REMEMBERED = [60, 143, 179, 682];

/** Plays the world and throws with its seed and its life when a property does not hold. */
export function inWorlds(
  count: number,
  options: WorldOptions,
  play: (world: World, seed: number) => void,
): void {
  const only = process.env['WORLD_SEED'];
  const some = [...Array.from({ length: count * MANY }, (_, seed) => seed), ...REMEMBERED];
  const seeds = only === undefined ? some : [Number(only)];
  for (const seed of seeds) {
    const world = new World(seed, options);
    try {
      play(world, seed);
    } catch (error) {
      const life = world.log.slice(-60).join('\n');
      throw new Error(`seed ${seed} (WORLD_SEED=${seed} plays it alone)\n${String(error)}\n${life}`, {
        cause: error,
      });
    }
  }
}
