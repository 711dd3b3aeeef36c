import { WEIGHT_ONE } from '../setup.ts';
import type { QuotaLedger } from './ledger.ts';

/**
 * The dominant resource share of a node, as an exact fraction (Kueue's pkg/cache/scheduler/fair_sharing.go):
 *
 *   share = instances borrowed, over all environments / most the parent could ever lend / weight
 *
 * The root, and a node that borrows nothing, has the share 0; a node of weight zero that borrows has an infinite one.
 */
export interface ShareFraction {
  /** Instances above the quota, summed over the environments. 0 also where nothing can be lent. */
  readonly borrowed: number;
  readonly lendable: number;
  /** In ten-thousandths. */
  readonly weight: number;
  /** Whether more than the quota is in use in any environment. */
  readonly borrows: boolean;
}

export function shareOf(ledger: QuotaLedger, node: number): ShareFraction {
  const { parent, weight } = ledger.tree.node(node);
  if (parent === undefined) return { borrowed: 0, lendable: 0, weight, borrows: false };
  let borrowed = 0;
  for (let environment = 0; environment < ledger.tree.environments.length; environment += 1) {
    borrowed += ledger.borrowedBy(node, environment);
  }
  const lendable = ledger.tree.lendable(node);
  return { borrowed: lendable > 0 ? borrowed : 0, lendable, weight, borrows: borrowed > 0 };
}

/** Negative: `a` has the smaller share. Exact: no division. Two infinite shares are compared without their weights. */
export function compareShares(a: ShareFraction, b: ShareFraction): number {
  if (a.borrowed === 0 || b.borrowed === 0) return a.borrowed - b.borrowed;
  if (a.weight === 0 && b.weight === 0)
    return compareProducts([a.borrowed, b.lendable], [b.borrowed, a.lendable]);
  if (a.weight === 0) return 1;
  if (b.weight === 0) return -1;
  return compareProducts([a.borrowed, b.lendable, b.weight], [b.borrowed, a.lendable, a.weight]);
}

/** For reports: thousandths of what can be lent, divided by the weight and rounded up. Infinity: weight zero, and it borrows. */
export function roundedShare({ borrowed, lendable, weight }: ShareFraction): number {
  if (borrowed === 0) return 0;
  if (weight === 0) return Infinity;
  const numerator = BigInt(borrowed) * 1000n * BigInt(WEIGHT_ONE);
  const denominator = BigInt(lendable) * BigInt(weight);
  return Number((numerator + denominator - 1n) / denominator);
}

function compareProducts(a: readonly number[], b: readonly number[]): number {
  const left = a.reduce((product, factor) => product * factor, 1);
  const right = b.reduce((product, factor) => product * factor, 1);
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) return left - right;
  const exactLeft = a.reduce((product, factor) => product * BigInt(factor), 1n);
  const exactRight = b.reduce((product, factor) => product * BigInt(factor), 1n);
  return exactLeft < exactRight ? -1 : exactLeft > exactRight ? 1 : 0;
}
