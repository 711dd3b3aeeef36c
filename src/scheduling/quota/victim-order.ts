import type { CandidateLine } from './candidate-line.ts';
import { type Candidate, candidateOrder } from './candidates.ts';
import { Heap } from './heap.ts';
import type { QuotaLedger } from './ledger.ts';
import { compareShares, shareOf, type ShareFraction } from './share-fraction.ts';
import { ROOT } from './share-tree.ts';

/** A child of a node, as it stood when the ledger below it changed last. */
interface Standing {
  readonly node: number;
  readonly fraction: ShareFraction;
  /** The next candidate of a share. Undefined: a group. */
  readonly first: Candidate | undefined;
}

/**
 * From which share the next victim is looked for in fair-share order (Kueue's preemption/fairsharing/ordering.go): down from the
 * root to the child with the highest share, a group before a share, among equal shares the one with the better candidate.
 * Nodes that do not borrow are left out for good, except the taker's own share and the groups above it.
 *
 * Each node that was come to keeps a heap of its children. What is done to a share changes the standing of the nodes above it only,
 * and these are the first of their heaps: they are taken out, and put back when the next share is asked for. So every answer fits
 * what was taken so far. Between two calls of `next` at least one candidate has to be popped or a node dropped.
 */
export class VictimOrder {
  readonly #ledger: QuotaLedger;
  readonly #taker: number;
  readonly #above: ReadonlySet<number>;
  readonly #order: (a: Candidate, b: Candidate) => number;
  readonly #lineOf: (share: number) => CandidateLine | undefined;
  readonly #heaps = new Map<number, Heap<Standing>>();
  readonly #closed = new Set<number>();
  #last: number | undefined;

  /** `lineOf`: the candidates of a share; the same object every time. */
  constructor(ledger: QuotaLedger, taker: number, lineOf: (share: number) => CandidateLine | undefined) {
    this.#ledger = ledger;
    this.#taker = taker;
    this.#above = new Set(ledger.tree.node(taker).ancestors);
    this.#order = candidateOrder(taker);
    this.#lineOf = lineOf;
  }

  /** A share with candidates, or undefined: there is none left. */
  next(): number | undefined {
    if (this.#closed.has(ROOT)) return undefined;
    this.#putBack();
    const root = this.#heapOf(ROOT);
    while (root.first() !== undefined) {
      const share = this.#descend();
      if (share !== undefined) {
        this.#last = share;
        return share;
      }
    }
    return undefined;
  }

  pop(share: number): Candidate | undefined {
    return this.#lineOf(share)?.pop();
  }

  /** Neither the node nor what is below it is looked at again. */
  drop(node: number): void {
    this.#closed.add(node);
  }

  /** The lowest node above both, and its children towards the taker and towards `share`. */
  sides(share: number): { readonly mine: number; readonly theirs: number; readonly meetsAt: number } {
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
    return { mine, theirs, meetsAt };
  }

  /** Undefined: a group on the way has nothing left; look again. */
  #descend(): number | undefined {
    let above = this.#heapOf(ROOT);
    for (let best = above.first(); best !== undefined; best = above.first()) {
      if (best.first !== undefined) return best.node;
      const below = this.#heapOf(best.node);
      if (below.first() === undefined) {
        above.pop();
        return undefined;
      }
      above = below;
    }
    return undefined;
  }

  /** The last answer's share and the groups above it, as they stand now. */
  #putBack(): void {
    if (this.#last === undefined) return;
    const { parent, ancestors } = this.#ledger.tree.node(this.#last);
    let child = this.#last;
    for (const group of ancestors) {
      const heap = this.#heapOf(group);
      const standing = this.#standingOf(child, group === parent ? 'share' : 'group');
      if (standing === undefined) heap.pop();
      else heap.replaceFirst(standing);
      child = group;
    }
    this.#last = undefined;
  }

  #heapOf(group: number): Heap<Standing> {
    const known = this.#heaps.get(group);
    if (known !== undefined) return known;
    const heap = new Heap<Standing>((a, b) => this.#compare(a, b));
    this.#heaps.set(group, heap);
    const { groups, shares } = this.#ledger.tree.node(group);
    for (const [kind, nodes] of [
      ['group', groups],
      ['share', shares],
    ] as const) {
      for (const node of nodes) {
        const standing = this.#standingOf(node, kind);
        if (standing !== undefined) heap.push(standing);
      }
    }
    return heap;
  }

  /** Undefined: it is left out. */
  #standingOf(node: number, kind: 'group' | 'share'): Standing | undefined {
    if (this.#closed.has(node)) return undefined;
    const fraction = shareOf(this.#ledger, node);
    if (!fraction.borrows && node !== this.#taker && !this.#above.has(node)) return undefined;
    if (kind === 'group') return { node, fraction, first: undefined };
    const first = this.#lineOf(node)?.first();
    return first === undefined ? undefined : { node, fraction, first };
  }

  /** Highest share first. */
  #compare(a: Standing, b: Standing): number {
    const byShare = compareShares(b.fraction, a.fraction);
    if (byShare !== 0) return byShare;
    if (a.first === undefined || b.first === undefined)
      return Number(a.first !== undefined) - Number(b.first !== undefined) || a.node - b.node;
    return this.#order(a.first, b.first);
  }
}
