import type { WaitingJob } from '../job.ts';
import type { QuotaShareQueueSetup } from '../setup.ts';
import type { Request } from './cycle-state.ts';
import { Heap } from './heap.ts';
import type { QuotaLedger } from './ledger.ts';
import { compareShares, shareOf, type ShareFraction } from './share-fraction.ts';
import { ROOT } from './share-tree.ts';
import { byPriority } from '../order.ts';

/** The job that a share offers, with what it was assigned at the beginning of the cycle. */
export interface Contender {
  readonly job: WaitingJob;
  /** Node of its share. */
  readonly share: number;
  readonly madeRoom: boolean;
  readonly assignment: {
    /** How far up the tree its quota comes from. */
    readonly height: number;
    /** Undefined: it fits nowhere. */
    readonly request?: Request;
  };
}

/** Contenders, one per share, in the order in which they are decided. */
export interface HeadOrder<T extends Contender> {
  /**
   * The next one; asked for only after the one before was decided: what that one uses may be added to the ledger (to its share) in
   * between, and counts. `follower`: what the share of the one before offers now.
   */
  take(follower?: T): T | undefined;
}

export function headOrder<T extends Contender>(
  contenders: readonly T[],
  ledger: QuotaLedger,
  order: QuotaShareQueueSetup['order'],
): HeadOrder<T> {
  switch (order) {
    case 'priority':
      return new PriorityOrder(contenders, ledger);
    case 'fairShare':
      return new Tournament(contenders, ledger);
  }
}

/**
 * Quota from nearer by, higher priority, who came first. But those for whom others were stopped come before all who have no better
 * claim to what was freed.
 */
class PriorityOrder<T extends Contender> implements HeadOrder<T> {
  readonly #ledger: QuotaLedger;
  /** Shares that others were stopped for. */
  readonly #expecting: readonly number[];
  readonly #heap = new Heap<{ readonly contender: T; readonly rank: number }>(
    (a, b) =>
      a.rank - b.rank ||
      a.contender.assignment.height - b.contender.assignment.height ||
      byPriority(a.contender.job, b.contender.job),
  );

  constructor(contenders: readonly T[], ledger: QuotaLedger) {
    this.#ledger = ledger;
    this.#expecting = contenders.filter(({ madeRoom }) => madeRoom).map(({ share }) => share);
    for (const contender of contenders) this.#add(contender);
  }

  take(follower?: T): T | undefined {
    if (follower !== undefined) this.#add(follower);
    const first = this.#heap.first();
    this.#heap.pop();
    return first?.contender;
  }

  #add(contender: T): void {
    this.#heap.push({ contender, rank: this.#rankOf(contender) });
  }

  #rankOf({ madeRoom, assignment: { height, request } }: T): number {
    if (this.#expecting.length === 0 || height === 0) return 0;
    if (madeRoom) return 1;
    if (request === undefined) return 2;
    const { share, environment, instances } = request;
    const entitled = this.#expecting.every((other) =>
      this.#ledger.isEntitled(share, other, environment, instances),
    );
    return entitled ? 0 : 2;
  }
}

/** A contender as it stands at one node of the tree. */
interface Entry<T extends Contender> {
  readonly contender: T;
  /** The share of the node with the contender's request. */
  readonly fraction: ShareFraction;
  /** Whether the node then borrows in the environment that the contender asks for. */
  readonly borrows: boolean;
}

/**
 * Fair-share order: at every inner node, from below, the contender of the child that would have the lowest share with the
 * request goes on; who would not borrow comes first (Kueue's pkg/scheduler/fair_sharing_iterator.go), then who was made room for.
 *
 * A decision changes use only on the way from the winner's share to the root, so each node keeps a heap of its children's
 * contenders and only that way is played again: O(depth x log(children)) per contender instead of the whole tree.
 */
class Tournament<T extends Contender> implements HeadOrder<T> {
  readonly #ledger: QuotaLedger;
  readonly #heaps: readonly Heap<Entry<T>>[];
  #last: T | undefined;

  constructor(contenders: readonly T[], ledger: QuotaLedger) {
    this.#ledger = ledger;
    const { nodes } = ledger.tree;
    this.#heaps = nodes.map(() => new Heap<Entry<T>>(entryOrder));
    const ofShare = new Map(contenders.map((contender) => [contender.share, contender]));
    for (const { index, kind } of [...nodes].reverse())
      this.#enter(index, kind === 'share' ? ofShare.get(index) : this.#heaps[index]?.first()?.contender);
  }

  take(follower?: T): T | undefined {
    if (this.#last !== undefined) this.#replay(this.#last, follower);
    this.#last = this.#heaps[ROOT]?.first()?.contender;
    return this.#last;
  }

  /** The winner was first at every node above its share. */
  #replay({ share }: T, follower: T | undefined): void {
    let below = follower;
    let child = share;
    for (const node of this.#ledger.tree.node(share).ancestors) {
      this.#heaps[node]?.pop();
      this.#enter(child, below);
      below = this.#heaps[node]?.first()?.contender;
      child = node;
    }
  }

  /** A node, in its parent's heap. */
  #enter(node: number, contender: T | undefined): void {
    const { parent } = this.#ledger.tree.node(node);
    if (contender !== undefined && parent !== undefined)
      this.#heaps[parent]?.push(this.#entryAt(node, contender));
  }

  #entryAt(node: number, contender: T): Entry<T> {
    const { request } = contender.assignment;
    const ledger = this.#ledger;
    if (request !== undefined) ledger.change(request.share, request.environment, request.instances);
    const fraction = shareOf(ledger, node);
    const borrows = request !== undefined && !ledger.isWithinQuota(node, request.environment);
    if (request !== undefined) ledger.change(request.share, request.environment, -request.instances);
    return { contender, fraction, borrows };
  }
}

function entryOrder(a: Entry<Contender>, b: Entry<Contender>): number {
  return (
    Number(a.borrows) - Number(b.borrows) ||
    Number(b.contender.madeRoom) - Number(a.contender.madeRoom) ||
    compareShares(a.fraction, b.fraction) ||
    byPriority(a.contender.job, b.contender.job)
  );
}
