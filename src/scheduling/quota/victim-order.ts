import { type Candidate, candidateOrder } from './candidates.ts';
import type { QuotaLedger } from './ledger.ts';
import { compareShares, shareOf, type ShareFraction } from './share-fraction.ts';
import { ROOT } from './share-tree.ts';

/**
 * From which share the next victim is looked for in fair-share order (Kueue's preemption/fairsharing/ordering.go): down from the
 * root to the child with the highest share, a group before a share, among equal shares the one with the better candidate.
 * Nodes that do not borrow are left out for good, except the taker's own share and the groups above it.
 *
 * The ledger is read anew each time, so every answer fits what was taken so far. Between two calls of `next` at least one
 * candidate has to be popped or the share dropped.
 */
export class VictimOrder {
  readonly #ledger: QuotaLedger;
  readonly #taker: number;
  readonly #above: ReadonlySet<number>;
  readonly #order: (a: Candidate, b: Candidate) => number;
  /** Next last, so that it can be popped. */
  readonly #left = new Map<number, Candidate[]>();
  readonly #closed = new Set<number>();

  /** `candidates` in candidate order. */
  constructor(ledger: QuotaLedger, taker: number, candidates: readonly Candidate[]) {
    this.#ledger = ledger;
    this.#taker = taker;
    this.#above = new Set(ledger.tree.node(taker).ancestors);
    this.#order = candidateOrder(taker);
    for (const candidate of [...candidates].reverse()) {
      const list = this.#left.get(candidate.share);
      if (list === undefined) this.#left.set(candidate.share, [candidate]);
      else list.push(candidate);
    }
  }

  /** A share with candidates, or undefined: there is none left. */
  next(): number | undefined {
    while (!this.#closed.has(ROOT)) {
      const share = this.#descend(ROOT);
      if (share !== undefined) return share;
    }
    return undefined;
  }

  pop(share: number): Candidate | undefined {
    return this.#left.get(share)?.pop();
  }

  drop(share: number): void {
    this.#closed.add(share);
  }

  /** The children, towards the taker and towards `share`, of the lowest node above both. */
  sides(share: number): { readonly mine: number; readonly theirs: number } {
    const { tree } = this.#ledger;
    let theirs = share;
    let meetsAt = ROOT;
    for (const node of tree.node(share).ancestors) {
      if (this.#above.has(node)) {
        meetsAt = node;
        break;
      }
      theirs = node;
    }
    let mine = this.#taker;
    for (const node of tree.node(this.#taker).ancestors) {
      if (node === meetsAt) break;
      mine = node;
    }
    return { mine, theirs };
  }

  /** Undefined: something was left out, or closed, on the way; look again. */
  #descend(group: number): number | undefined {
    const { groups, shares } = this.#ledger.tree.node(group);
    let share:
      { readonly node: number; readonly fraction: ShareFraction; readonly first: Candidate } | undefined;
    for (const node of shares) {
      if (this.#closed.has(node)) continue;
      const fraction = shareOf(this.#ledger, node);
      const first = this.#left.get(node)?.at(-1);
      if (first === undefined || (!fraction.borrows && node !== this.#taker)) {
        this.#closed.add(node);
        continue;
      }
      const order = share === undefined ? 1 : compareShares(fraction, share.fraction);
      if (share === undefined || order > 0 || (order === 0 && this.#order(first, share.first) < 0)) {
        share = { node, fraction, first };
      }
    }
    let inner: { readonly node: number; readonly fraction: ShareFraction } | undefined;
    for (const node of groups) {
      if (this.#closed.has(node)) continue;
      const fraction = shareOf(this.#ledger, node);
      if (!fraction.borrows && !this.#above.has(node)) this.#closed.add(node);
      else if (inner === undefined || compareShares(fraction, inner.fraction) > 0) inner = { node, fraction };
    }
    if (inner !== undefined && (share === undefined || compareShares(inner.fraction, share.fraction) >= 0)) {
      return this.#descend(inner.node);
    }
    if (share === undefined) this.#closed.add(group);
    return share?.node;
  }
}
