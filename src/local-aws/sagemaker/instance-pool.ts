import type { InstanceLimits } from '../config/schema.ts';
import { globMatches } from '../glob.ts';
import { AwsError } from '../wire/aws-error.ts';
import { totals } from './instance-demand.ts';
import type { InstanceRequest } from './job.ts';

type Limits = Readonly<Record<string, InstanceLimits>>;
type Instances = readonly InstanceRequest[];

export interface PoolView {
  readonly instanceType: string;
  readonly capacity: number | null;
  readonly used: number;
  readonly spotCapacity: number | null;
  readonly spotUsed: number;
  readonly quota: number | null;
  readonly quotaUsed: number;
  readonly spotQuota: number | null;
  readonly spotQuotaUsed: number;
}

/**
 * The instances of the region and the service quotas of the account, which are two different things: quota is counted
 * from create to end and answers ResourceLimitExceeded, capacity is held from launch to end and makes a job wait.
 * Lowering either takes nothing away from jobs that have it, except spot instances (see `spotExcess`).
 */
export class InstancePool {
  #limits: Limits = {};
  /** Instances in use, by type; spot apart. */
  readonly #held = { onDemand: new Map<string, number>(), spot: new Map<string, number>() };
  /** Instances that count against quotas, by type. */
  readonly #counted = { onDemand: new Map<string, number>(), spot: new Map<string, number>() };

  configure(limits: Limits): void {
    this.#limits = limits;
  }

  /** @throws AwsError ResourceLimitExceeded, for the first way of the demand that is over quota or not available */
  checkQuota(demand: readonly Instances[], spot: boolean): void {
    for (const [instanceType, delta] of worstCase(demand)) {
      const limits = this.#of(instanceType);
      if (limits.available === false) {
        throw limitExceeded(
          `The requested resource training-job/${instanceType} is not available in this region`,
        );
      }
      const limit = spot ? limits.spotQuota : limits.quota;
      const used = this.#counted[market(spot)].get(instanceType) ?? 0;
      if (limit === undefined || used + delta <= limit) continue;
      throw limitExceeded(
        `The account-level service limit '${instanceType} for ${spot ? 'spot ' : ''}training job usage' is ${limit} Instances, ` +
          `with current utilization of ${used} Instances and a request delta of ${delta} Instances. ` +
          'Please contact AWS support to request an increase for this limit.',
      );
    }
  }

  /** Counts (sign 1) a job against its quotas, with every way while it waits and the chosen one afterwards, or takes it off. */
  count(demand: readonly Instances[], spot: boolean, sign: 1 | -1): void {
    for (const [instanceType, n] of worstCase(demand))
      add(this.#counted[market(spot)], instanceType, sign * n);
  }

  /** Whether all of these instances are free now. */
  fits(instances: Instances, spot: boolean): boolean {
    return [...totals(instances)].every(([instanceType, n]) => {
      const limits = this.#of(instanceType);
      if (limits.available === false) return false;
      const { limit, used } = this.#market(instanceType, limits, spot);
      return limit === undefined || used + n <= limit;
    });
  }

  /** Takes (sign 1) instances into use, or gives them back. */
  hold(instances: Instances, spot: boolean, sign: 1 | -1): void {
    for (const [instanceType, n] of totals(instances)) add(this.#held[market(spot)], instanceType, sign * n);
  }

  /** Spot instances in use beyond those that exist, by type: what EC2 takes back. */
  spotExcess(): Map<string, number> {
    const excess = new Map<string, number>();
    for (const [instanceType, used] of this.#held.spot) {
      const { spotCapacity } = this.#of(instanceType);
      if (spotCapacity !== undefined && used > spotCapacity) excess.set(instanceType, used - spotCapacity);
    }
    return excess;
  }

  /** Types that are limited or in use. */
  view(): readonly PoolView[] {
    const inUse = [this.#held.onDemand, this.#held.spot, this.#counted.onDemand, this.#counted.spot];
    const types = new Set([...Object.keys(this.#limits), ...inUse.flatMap((map) => [...map.keys()])]);
    return [...types].sort().map((instanceType) => {
      const limits = this.#of(instanceType);
      return {
        instanceType,
        capacity: limits.available === false ? 0 : (limits.capacity ?? null),
        used: this.#held.onDemand.get(instanceType) ?? 0,
        spotCapacity: limits.spotCapacity ?? null,
        spotUsed: this.#held.spot.get(instanceType) ?? 0,
        quota: limits.quota ?? null,
        quotaUsed: this.#counted.onDemand.get(instanceType) ?? 0,
        spotQuota: limits.spotQuota ?? null,
        spotQuotaUsed: this.#counted.spot.get(instanceType) ?? 0,
      };
    });
  }

  #market(
    instanceType: string,
    limits: InstanceLimits,
    spot: boolean,
  ): { limit: number | undefined; used: number } {
    const [onDemand, spotUsed] = [
      this.#held.onDemand.get(instanceType) ?? 0,
      this.#held.spot.get(instanceType) ?? 0,
    ];
    if (limits.spotCapacity === undefined) return { limit: limits.capacity, used: onDemand + spotUsed };
    return spot ? { limit: limits.spotCapacity, used: spotUsed } : { limit: limits.capacity, used: onDemand };
  }

  #of(instanceType: string): InstanceLimits {
    const exact = Object.hasOwn(this.#limits, instanceType) ? this.#limits[instanceType] : undefined;
    return (
      exact ?? Object.entries(this.#limits).find(([pattern]) => globMatches(pattern, instanceType))?.[1] ?? {}
    );
  }
}

const market = (spot: boolean): 'spot' | 'onDemand' => (spot ? 'spot' : 'onDemand');

const limitExceeded = (message: string): AwsError => new AwsError('ResourceLimitExceeded', message);

/** The most instances of each type that any way of the demand needs; ways exclude each other. */
function worstCase(demand: readonly Instances[]): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  for (const way of demand) {
    for (const [instanceType, n] of totals(way))
      most.set(instanceType, Math.max(most.get(instanceType) ?? 0, n));
  }
  return most;
}

function add(map: Map<string, number>, key: string, delta: number): void {
  const sum = (map.get(key) ?? 0) + delta;
  if (sum === 0) map.delete(key);
  else map.set(key, sum);
}
