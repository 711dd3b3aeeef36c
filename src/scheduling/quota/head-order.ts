import type { WaitingJob } from '../job.ts';
import type { QuotaShareQueueSetup } from '../setup.ts';
import type { Request } from './cycle-state.ts';
import { Heap } from './heap.ts';
import type { QuotaLedger } from './ledger.ts';
import { arrivalOrder } from './offer-order.ts';
import { compareShares, shareOf, type ShareFraction } from './share-fraction.ts';
import { ROOT } from './share-tree.ts';

/** The job that a share offers, with what it was assigned at the beginning of the cycle. */
export interface Contender {
  readonly job: WaitingJob;
  /** Node of its share. */
  readonly share: number;
  readonly assignment: {
    /** How far up the tree its quota comes from. */
    readonly height: number;
    /** Undefined: it fits nowhere. */
    readonly request?: Request;
  };
}

/**
 * Contenders, one per share, in the order in which they are decided. The next is asked for only after the one before was decided:
 * what that one uses may be added to the ledger (to its share) in between, and counts.
 */
export function inHeadOrder<T extends Contender>(
  contenders: readonly T[],
  ledger: QuotaLedger,
  order: QuotaShareQueueSetup['order'],
): Iterable<T> {
  switch (order) {
    case 'priority':
      return [...contenders].sort(priorityOrder);
    case 'fairShare':
      return tournament(contenders, ledger);
  }
}

/** Quota from nearer by, higher priority, who came first. */
function priorityOrder(a: Contender, b: Contender): number {
  return a.assignment.height - b.assignment.height || byPriority(a, b);
}

function byPriority(a: Contender, b: Contender): number {
  return b.job.priority - a.job.priority || arrivalOrder(a.job, b.job);
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
 * request goes on; who would not borrow comes first (Kueue's pkg/scheduler/fair_sharing_iterator.go).
 *
 * A decision changes use only on the way from the winner's share to the root, so each node keeps a heap of its children's
 * contenders and only that way is played again: O(depth x log(children)) per contender instead of the whole tree.
 */
function* tournament<T extends Contender>(contenders: readonly T[], ledger: QuotaLedger): Iterable<T> {
  const { tree } = ledger;
  const heaps = tree.nodes.map(() => new Heap<Entry<T>>(entryOrder));
  const waiting = new Map<number, T>();

  const entryAt = (node: number, contender: T): Entry<T> => {
    const { request } = contender.assignment;
    if (request !== undefined) ledger.change(request.share, request.environment, request.instances);
    const fraction = shareOf(ledger, node);
    const borrows = request !== undefined && !ledger.isWithinQuota(node, request.environment);
    if (request !== undefined) ledger.change(request.share, request.environment, -request.instances);
    return { contender, fraction, borrows };
  };
  const enter = (node: number, contender: T | undefined): void => {
    const { parent } = tree.node(node);
    if (contender !== undefined && parent !== undefined) heaps[parent]?.push(entryAt(node, contender));
  };

  for (const contender of contenders) waiting.set(contender.share, contender);
  for (const { index, kind } of [...tree.nodes].reverse()) {
    enter(index, kind === 'share' ? waiting.get(index) : heaps[index]?.first()?.contender);
  }
  for (let winner = heaps[ROOT]?.first(); winner !== undefined; winner = heaps[ROOT]?.first()) {
    const { contender } = winner;
    yield contender;
    // The winner was first at every node above its share.
    let child: number | undefined;
    for (const node of tree.node(contender.share).ancestors) {
      heaps[node]?.pop();
      if (child !== undefined) enter(child, heaps[child]?.first()?.contender);
      child = node;
    }
  }
}

function entryOrder(a: Entry<Contender>, b: Entry<Contender>): number {
  return (
    Number(a.borrows) - Number(b.borrows) ||
    compareShares(a.fraction, b.fraction) ||
    byPriority(a.contender, b.contender)
  );
}
