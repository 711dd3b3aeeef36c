import { demandCappedShares, shortfall } from './fairness.ts';

/** A change of what a share holds of an environment. */
export interface UsageStep {
  readonly at: number;
  readonly environment: string;
  readonly share: string;
  /** Instances more, or fewer. */
  readonly change: number;
}

export interface LimitStep {
  readonly at: number;
  readonly environment: string;
  readonly limit: number;
}

/** What was used when. Instance-milliseconds and virtual milliseconds. */
export interface Usage {
  readonly steps: readonly UsageStep[];
  readonly limits: readonly LimitStep[];
  readonly held: number;
  /** Limits added up over the time in which anything ran or waited. */
  readonly offered: number;
  /** Armada's fairness error: the mean over time and the worst moment, as a fraction of the capacity. */
  readonly fairnessError: { readonly mean: number; readonly max: number };
}

interface Pool {
  readonly name: string;
  limit: number;
  readonly weights: readonly number[];
  readonly held: number[];
  /** Held and waited for. */
  readonly demand: number[];
  totalHeld: number;
  totalDemand: number;
  /** The fairness error of the present state, until something changes. */
  error: number | undefined;
}

/** Adds up what shares hold and ask for while virtual time goes on. */
export class UsageRecorder {
  readonly #shares: readonly string[];
  readonly #shareIndex: ReadonlyMap<string, number>;
  readonly #pools: ReadonlyMap<string, Pool>;
  readonly #steps: UsageStep[] = [];
  readonly #limits: LimitStep[] = [];
  #now = 0;
  #held = 0;
  #offered = 0;
  #errorIntegral = 0;
  #worstError = 0;

  constructor(
    environments: readonly { readonly name: string; readonly limit: number }[],
    shares: readonly string[],
    weight: (share: string, environment: string) => number,
  ) {
    this.#shares = shares;
    this.#shareIndex = new Map(shares.map((share, index) => [share, index]));
    const zeros = (): number[] => shares.map(() => 0);
    this.#pools = new Map(
      environments.map(({ name, limit }) => [
        name,
        {
          name,
          limit,
          weights: shares.map((share) => weight(share, name)),
          held: zeros(),
          demand: zeros(),
          totalHeld: 0,
          totalDemand: 0,
          error: 0,
        },
      ]),
    );
    for (const { name, limit } of environments) this.#limits.push({ at: 0, environment: name, limit });
  }

  /** Everything so far lasted until this moment. */
  advance(to: number): void {
    const span = to - this.#now;
    if (span <= 0) return;
    this.#now = to;
    let limit = 0;
    let error = 0;
    for (const pool of this.#pools.values()) {
      this.#held += pool.totalHeld * span;
      limit += pool.limit;
      pool.error ??= errorOf(pool);
      error += pool.error * pool.limit;
    }
    this.#offered += limit * span;
    const whole = limit > 0 ? error / limit : 0;
    this.#errorIntegral += whole * span;
    this.#worstError = Math.max(this.#worstError, whole);
  }

  /** A share takes instances, or gives them back (below 0). */
  hold(share: string, environment: string, change: number): void {
    const pool = this.#pool(environment);
    const index = this.#indexOf(share);
    pool.held[index] = (pool.held[index] ?? 0) + change;
    pool.totalHeld += change;
    pool.error = undefined;
    this.#steps.push({ at: this.#now, environment, share: this.#shares[index] ?? share, change });
  }

  /** A share asks for more instances, or for fewer. */
  ask(share: string, environment: string, change: number): void {
    const pool = this.#pool(environment);
    const index = this.#indexOf(share);
    pool.demand[index] = (pool.demand[index] ?? 0) + change;
    pool.totalDemand += change;
    pool.error = undefined;
  }

  setLimit(environment: string, limit: number): void {
    const pool = this.#pool(environment);
    pool.limit = limit;
    pool.error = undefined;
    this.#limits.push({ at: this.#now, environment, limit });
  }

  result(): Usage {
    return {
      steps: this.#steps,
      limits: this.#limits,
      held: this.#held,
      offered: this.#offered,
      fairnessError: {
        mean: this.#now > 0 ? this.#errorIntegral / this.#now : 0,
        max: this.#worstError,
      },
    };
  }

  #pool(environment: string): Pool {
    const pool = this.#pools.get(environment);
    if (pool === undefined) throw new RangeError(`there is no environment ${environment}`);
    return pool;
  }

  #indexOf(share: string): number {
    const index = this.#shareIndex.get(share);
    if (index === undefined) throw new RangeError(`there is no share ${share}`);
    return index;
  }
}

function errorOf({ limit, weights, held, demand, totalHeld, totalDemand }: Pool): number {
  // Nobody waits: everybody has what they ask for.
  if (totalDemand === totalHeld) return 0;
  const entitled = demandCappedShares(limit, weights, demand);
  return entitled.reduce((sum, share, index) => sum + shortfall(share, held[index] ?? 0, limit), 0);
}
