/**
 * How much a share used lately: Kueue's rule (KEP-4136, pkg/util/admissionfairsharing; AWS does not publish its own).
 *
 *   consumed <- consumed * (1 - a) + usage * a        with a = 1 - 0.5 ^ (elapsed / half-life)
 *
 * So `consumed` runs after the instances in use and is half as far from them after each half-life. In integers: the same on every
 * machine, and a restored queue goes on where it was.
 */

/** One instance, in the unit of `consumed` and `usage`: 2 ^ 32. */
export const USAGE_ONE = 4_294_967_296;

/** Half-life where `shareDecaySeconds` is 0: AWS Batch's shortest window. */
const SHORTEST_HALF_LIFE_MS = 600_000;

/** A start counts at once like so long a run, so that a burst does not win every turn. */
const START_COUNTS_AS_MS = 60_000;

const SCALE_BITS = 40n;

/** 2 ^ 40 * 0.5 ^ (1/2, 1/4, ..., 1/65536). */
const ROOTS = [
  777472127994n,
  924575386327n,
  1008256608221n,
  1052895941925n,
  1075951360882n,
  1087667703029n,
  1093573631100n,
  1096538610001n,
  1098024112669n,
  1098767618497n,
  1099139560184n,
  1099325578239n,
  1099418599072n,
  1099465112440n,
  1099488369862n,
  1099499998758n,
] as const;

export function halfLifeMs(shareDecaySeconds: number): number {
  return shareDecaySeconds === 0 ? SHORTEST_HALF_LIFE_MS : shareDecaySeconds * 1000;
}

/**
 * `consumed` after `elapsedMs` in which `usage` was in use, both in units of USAGE_ONE. Whole half-lives are exact as long as the
 * unit allows; parts of one are rounded down to 1/65536 of a half-life.
 */
export function decayUsage(consumed: number, usage: number, elapsedMs: number, halfLife: number): number {
  if (consumed === usage || elapsedMs <= 0) return consumed;
  let distance = BigInt(consumed - usage);
  const whole = Math.floor(elapsedMs / halfLife);
  // Division rounds towards zero, so that the distance gets there from both sides.
  distance /= 2n ** BigInt(Math.min(whole, 64));
  const part = Math.floor(((elapsedMs - whole * halfLife) * 65_536) / halfLife);
  for (const [index, root] of ROOTS.entries()) {
    if ((part & (32_768 >> index)) !== 0) distance = (distance * root) / 2n ** SCALE_BITS;
  }
  return usage + Number(distance);
}

/** What a start of so many instances adds at once. */
export function startPenalty(instances: number, halfLife: number): number {
  return decayUsage(0, instances * USAGE_ONE, START_COUNTS_AS_MS, halfLife);
}

/** What is remembered of one share; plain JSON. */
export interface SharePast {
  /** In units of USAGE_ONE, as of `at` (epoch ms). */
  readonly consumed: number;
  readonly at: number;
  /** When the share's last job ended, if none runs. */
  readonly idleSince?: number;
}

/** Past usage of all shares; plain JSON, for continue-as-new. */
export type FairShareUsage = Readonly<Record<string, SharePast>>;
