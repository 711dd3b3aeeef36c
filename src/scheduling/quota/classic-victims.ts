import { type Candidate, candidateOrder, type Victim } from './candidates.ts';
import type { CycleState, Request } from './cycle-state.ts';
import { VictimSearch } from './victim-search.ts';

/**
 * Why a job may be taken in priority order (Kueue's preemption/classical):
 *
 *   own           same share, by the share's `inShare` policy
 *   inTree        another share's, and the taker with its request stays inside the quota of a subtree that does not hold the
 *                 candidate: its place in the tree comes first, whatever the priorities that `whileBorrowing` allows
 *   whileBorrowing  another share's, lower than the taker and not above the threshold: also when the taker then borrows
 *   withinQuota   another share's; only if the taker does not borrow afterwards
 */
type Claim = 'own' | 'inTree' | 'whileBorrowing' | 'withinQuota';

interface Claimed {
  readonly candidate: Candidate;
  readonly claim: Claim;
  /** The lowest node above both shares. Own jobs: none. */
  readonly meetsAt: number | undefined;
}

const CAUSE = {
  own: 'withinShare',
  inTree: 'reclaim',
  whileBorrowing: 'reclaimWhileBorrowing',
  withinQuota: 'reclaim',
} as const satisfies Record<Claim, Victim['cause']>;

/** The victims of a request in priority order; empty: no set of jobs that it may take is enough. */
export function classicVictims(state: CycleState, request: Request): readonly Victim[] {
  const own = state
    .candidatesOf(request.share, request)
    .map((candidate): Claimed => ({ candidate, claim: 'own', meetsAt: undefined }));
  const others = claimedOfOthers(state, request);
  if (mostAvailable(state, request, own, others) < request.instances) return [];

  const inTree = others.filter(({ claim }) => claim === 'inTree');
  const byPriority = others.filter(({ claim }) => claim !== 'inTree');

  const order = candidateOrder(request.share);
  const lists = [inTree, byPriority, own];
  for (const list of lists) list.sort((a, b) => order(a.candidate, b.candidate));
  const candidates = [
    ...lists.flatMap((list) => list.filter(({ candidate }) => candidate.evicting)),
    ...lists.flatMap((list) => list.filter(({ candidate }) => !candidate.evicting)),
  ];

  for (const mayBorrow of attempts(state, request, others.length === 0, inTree.length === 0)) {
    const search = new VictimSearch(state, request);
    for (const claimed of candidates) {
      if (!mayGoNow(state, request, claimed, mayBorrow)) continue;
      search.take(claimed.candidate, CAUSE[claimed.claim]);
      if (!search.fits(mayBorrow)) continue;
      const victims = search.minimal(mayBorrow);
      search.restore();
      return victims;
    }
    search.restore();
  }
  return [];
}

/**
 * No set of victims makes more available than this. Most searches fail for want of instances, and adding up is much cheaper than
 * searching. Another share loses jobs only as long as it is above its quota: at most what it borrows and the rest of one job.
 */
function mostAvailable(
  { ledger }: CycleState,
  { share, environment }: Request,
  own: readonly Claimed[],
  others: readonly Claimed[],
): number {
  const candidates = new Map<number, { all: number; largest: number }>();
  for (const { candidate } of others) {
    const known = candidates.get(candidate.share);
    const { instances } = candidate;
    if (known === undefined) {
      candidates.set(candidate.share, { all: instances, largest: instances });
    } else {
      known.all += instances;
      known.largest = Math.max(known.largest, instances);
    }
  }
  let most = ledger.availableTo(share, environment);
  for (const { candidate } of own) most += candidate.instances;
  for (const [other, { all, largest }] of candidates)
    most += Math.min(all, ledger.borrowedBy(other, environment) - 1 + largest);
  return most;
}

/** Whether the taker may end above its quota: the attempts in turn. Without borrowing more jobs may be taken, but less fits. */
function attempts(
  state: CycleState,
  request: Request,
  noOthers: boolean,
  noneInTree: boolean,
): readonly boolean[] {
  const { share, environment } = request;
  const forbidden = state.setupOf(share).preemption.whileBorrowing === undefined;
  const { nominal } = state.ledger.tree.quota(share, environment);
  if (noOthers || (forbidden && nominal <= state.ledger.usage(share, environment))) return [true];
  return forbidden && noneInTree ? [false, true] : [true, false];
}

function mayGoNow(
  state: CycleState,
  request: Request,
  { candidate, claim, meetsAt }: Claimed,
  mayBorrow: boolean,
): boolean {
  if (claim === 'own') return true;
  if (mayBorrow && claim === 'withinQuota') return false;
  // Earlier victims may have brought the share, or a group between it and the taker, back inside its quota.
  if (state.ledger.isWithinQuota(candidate.share, request.environment)) return false;
  for (const node of state.ledger.tree.node(candidate.share).ancestors) {
    if (node === meetsAt) break;
    if (state.ledger.isWithinQuota(node, request.environment)) return false;
  }
  return true;
}

function claimedOfOthers(state: CycleState, request: Request): Claimed[] {
  const { ledger } = state;
  const { environment } = request;
  const claimed: Claimed[] = [];
  if (state.setupOf(request.share).preemption.reclaim === 'never') return claimed;

  const collect = (group: number, meetsAt: number, skip: number, inTree: boolean): void => {
    for (const child of ledger.tree.node(group).groups) {
      if (child === skip || ledger.isWithinQuota(child, environment)) continue;
      collect(child, meetsAt, skip, inTree);
    }
    for (const share of ledger.tree.node(group).shares) {
      if (share === request.share || ledger.isWithinQuota(share, environment)) continue;
      for (const candidate of state.candidatesOf(share, request)) {
        claimed.push({
          candidate,
          claim: inTree ? 'inTree' : claimByPriority(state, request, candidate),
          meetsAt,
        });
      }
    }
  };

  let inTree = !ledger.borrowsWith(request.share, environment, request.instances);
  let remaining = Math.max(0, request.instances - ledger.localRoom(request.share, environment));
  let below = request.share;
  for (const node of ledger.tree.node(request.share).ancestors) {
    collect(node, node, below, inTree);
    inTree ||= !ledger.borrowsWith(node, environment, remaining);
    remaining = Math.max(0, remaining - ledger.localRoom(node, environment));
    below = node;
  }
  return claimed;
}

function claimByPriority(state: CycleState, request: Request, { job }: Candidate): Claim {
  const { whileBorrowing } = state.setupOf(request.share).preemption;
  if (whileBorrowing === undefined || job.priority >= request.job.priority) return 'withinQuota';
  const { maxPriority } = whileBorrowing;
  return maxPriority !== undefined && job.priority > maxPriority ? 'withinQuota' : 'whileBorrowing';
}
