/**
 * Armada's measure of fairness: what each share should have now, given its weight and what it asks for, and by how much the
 * shares fall short of that in sum (armadaproject/armada, internal/scheduler/scheduling/context/scheduling.go:
 * `updateFairShares` and `FairnessError`). Shares are fractions of the capacity.
 */

export interface ShareDemand {
  /** Larger gets more; at least 0. */
  readonly weight: number;
  /** Instances in use and waited for. */
  readonly demand: number;
}

export interface WeightedShares {
  /** The weight's part of the sum of weights. */
  readonly entitled: Readonly<Record<string, number>>;
  /** With what others leave, but never more than is asked for: what a share should have now. */
  readonly entitledCappedByDemand: Readonly<Record<string, number>>;
  /** What a share would get if it asked for everything. */
  readonly entitledIfDemandWereInfinite: Readonly<Record<string, number>>;
}

const MOST_PASSES = 10;
/** Handing on less than this part of the capacity is not worth another pass. */
const WORTH_HANDING_ON = 0.01;

/** @param capacity instances; 0 means that every share asks for all there is */
export function weightedShares(
  capacity: number,
  queues: Readonly<Record<string, ShareDemand>>,
): WeightedShares {
  const names = Object.keys(queues).sort();
  const weights = names.map((name) => queues[name]?.weight ?? 0);
  const demands = names.map((name) => queues[name]?.demand ?? 0);
  const total = sum(weights);
  const { capped, uncapped } = handOut(capacity, weights, demands);
  const named = (values: readonly number[]): Record<string, number> =>
    Object.fromEntries(names.map((name, index) => [name, values[index] ?? 0]));
  return {
    entitled: named(weights.map((weight) => (total > 0 ? weight / total : 0))),
    entitledCappedByDemand: named(capped),
    entitledIfDemandWereInfinite: named(uncapped),
  };
}

/** What each share should have now, as in `entitledCappedByDemand`, by index. */
export function demandCappedShares(
  capacity: number,
  weights: readonly number[],
  demands: readonly number[],
): readonly number[] {
  return handOut(capacity, weights, demands).capped;
}

export interface FairnessInput {
  /** Instances. */
  readonly capacity: number;
  /** Fractions of the capacity. */
  readonly entitled: Readonly<Record<string, number>>;
  /** Instances. */
  readonly allocated: Readonly<Record<string, number>>;
}

/** The sum of what shares lack of their entitlement, as a fraction of the capacity. More than one is entitled to does not count. */
export function fairnessError({ capacity, entitled, allocated }: FairnessInput): number {
  return sum(
    Object.entries(entitled).map(([name, share]) => shortfall(share, allocated[name] ?? 0, capacity)),
  );
}

/** What one share lacks of its entitlement, as a fraction of the capacity. */
export function shortfall(entitled: number, allocated: number, capacity: number): number {
  return capacity > 0 ? Math.max(0, entitled - allocated / capacity) : 0;
}

interface HandedOut {
  readonly capped: readonly number[];
  readonly uncapped: readonly number[];
}

/** Passes in which what is left over goes, by weight, to the shares that ask for more than they have. */
function handOut(capacity: number, weights: readonly number[], demands: readonly number[]): HandedOut {
  const wanted = demands.map((demand) => (capacity > 0 ? demand / capacity : 1));
  const capped = weights.map(() => 0);
  const uncapped = weights.map(() => 0);
  const spare = weights.map(() => 0);
  const satisfied = weights.map(() => false);
  let left = 1;
  for (let pass = 0; pass < MOST_PASSES && left > WORTH_HANDING_ON; pass++) {
    const open = weights.reduce(
      (total, weight, index) => total + (satisfied[index] === true ? 0 : weight),
      0,
    );
    for (const [index, weight] of weights.entries()) {
      const among = satisfied[index] === true ? open + weight : open;
      // With endless demand a share would have nothing to spare, so its own rest is not handed back to it.
      if (among > 0) uncapped[index] = at(uncapped, index) + (weight / among) * (left - at(spare, index));
    }
    if (open <= 0) break;
    let rest = 0;
    for (const [index, weight] of weights.entries()) {
      const given = at(capped, index) + (satisfied[index] === true ? 0 : (weight / open) * left);
      const excess = given - at(wanted, index);
      capped[index] = excess > 0 ? at(wanted, index) : given;
      spare[index] = Math.max(0, excess);
      if (excess > 0) {
        satisfied[index] = true;
        rest += excess;
      }
    }
    left = rest;
  }
  return { capped, uncapped };
}

const at = (values: readonly number[], index: number): number => values[index] ?? 0;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
