import type { CandidateLine } from './candidate-line.ts';
import { byLoss, type Candidate, type Victim } from './candidates.ts';
import type { CycleState, Request } from './cycle-state.ts';
import { Heap } from './heap.ts';
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

/** The candidates of one share, and why they may be taken. */
interface Line {
  readonly candidates: CandidateLine;
  readonly kind: 'inTree' | 'byPriority' | 'own';
  /** The lowest node above both shares. The taker's own share: none. */
  readonly meetsAt: number | undefined;
}

/** Of two that are alike otherwise: the one whose place in the tree comes first, then others before the taker's own. */
const RANKS = { inTree: 0, byPriority: 1, own: 2 } as const satisfies Record<Line['kind'], number>;

const CAUSE = {
  own: 'withinShare',
  inTree: 'reclaim',
  whileBorrowing: 'reclaimWhileBorrowing',
  withinQuota: 'reclaim',
} as const satisfies Record<Claim, Victim['cause']>;

/** The victims of a request in priority order; empty: no set of jobs that it may take is enough. */
export function classicVictims(state: CycleState, request: Request): readonly Victim[] {
  const { ledger } = state;
  const { share, environment, instances } = request;
  const { whileBorrowing } = state.setupOf(share).preemption;
  const own: Line = { candidates: state.candidatesOf(share, request), kind: 'own', meetsAt: undefined };
  const freed = own.candidates.all().reduce((sum, candidate) => sum + candidate.instances, 0);
  const staysWithin = !ledger.borrowsWith(share, environment, instances - freed);
  const others = linesOfOthers(state, request, staysWithin);
  if (mostAvailable(state, request, freed, others) < instances) return [];

  for (const mayBorrow of attempts(state, request, others)) {
    // Only own jobs that go bring the share back inside its guarantee.
    if (!mayBorrow && !staysWithin) continue;
    const lines = others.filter(
      ({ kind }) => kind === 'inTree' || !mayBorrow || whileBorrowing !== undefined,
    );
    if (lines.length < others.length && mostAvailable(state, request, freed, lines) < instances) continue;
    const search = new VictimSearch(state, request);
    for (const { line, candidate } of inVictimOrder([...lines, own])) {
      const claim = line.kind === 'byPriority' ? claimByPriority(state, request, candidate) : line.kind;
      if (!mayGoNow(state, request, line, claim, mayBorrow)) continue;
      search.take(candidate, CAUSE[claim]);
      if (!search.fits(mayBorrow)) continue;
      const victims = search.minimal(mayBorrow);
      search.restore();
      return victims;
    }
    search.restore();
  }
  return [];
}

/** Already evicting, then by the kind of claim, then what is lost least; lazily, as most searches end after a few. */
function* inVictimOrder(lines: readonly Line[]): Iterable<{ line: Line; candidate: Candidate }> {
  interface Place {
    readonly line: Line;
    readonly rank: number;
    readonly candidate: Candidate;
  }
  const heap = new Heap<Place>(
    (a, b) =>
      Number(b.candidate.evicting) - Number(a.candidate.evicting) ||
      a.rank - b.rank ||
      byLoss(a.candidate, b.candidate),
  );
  for (const line of lines) {
    line.candidates.rewind();
    const candidate = line.candidates.pop();
    if (candidate !== undefined) heap.push({ line, rank: RANKS[line.kind], candidate });
  }
  for (let place = heap.first(); place !== undefined; place = heap.first()) {
    const next = place.line.candidates.pop();
    if (next === undefined) heap.pop();
    else heap.replaceFirst({ ...place, candidate: next });
    yield place;
  }
}

/**
 * No set of victims makes more available than this, or the request fits (then it is not counted to the end). Most searches fail for
 * want of instances, and adding up is much cheaper than searching. Another share loses its jobs in their order, and only as long as it
 * is above its quota.
 */
function mostAvailable(
  { ledger }: CycleState,
  { share, environment, instances }: Request,
  own: number,
  others: readonly Line[],
): number {
  let most = ledger.availableTo(share, environment) + own;
  for (const { candidates } of others) {
    if (most >= instances) break;
    const borrowed = ledger.borrowedBy(candidates.share, environment);
    let lost = 0;
    candidates.rewind();
    while (lost < borrowed) {
      const candidate = candidates.pop();
      if (candidate === undefined) break;
      lost += candidate.instances;
    }
    most += lost;
  }
  return most;
}

/** Whether the taker may end above its quota: the attempts in turn. Without borrowing more jobs may be taken, but less fits. */
function attempts(state: CycleState, request: Request, others: readonly Line[]): readonly boolean[] {
  const { share, environment } = request;
  const forbidden = state.setupOf(share).preemption.whileBorrowing === undefined;
  const { nominal } = state.ledger.tree.quota(share, environment);
  if (others.length === 0 || (forbidden && nominal <= state.ledger.usage(share, environment))) return [true];
  return forbidden && !others.some(({ kind }) => kind === 'inTree') ? [false, true] : [true, false];
}

function mayGoNow(
  { ledger }: CycleState,
  { environment }: Request,
  { candidates, meetsAt }: Line,
  claim: Claim,
  mayBorrow: boolean,
): boolean {
  if (claim === 'own') return true;
  if (mayBorrow && claim === 'withinQuota') return false;
  // Earlier victims may have brought the share, or a group between it and the taker, back inside its quota.
  if (ledger.isWithinQuota(candidates.share, environment)) return false;
  for (const node of ledger.tree.node(candidates.share).ancestors) {
    if (node === meetsAt) break;
    if (ledger.isWithinQuota(node, environment)) return false;
  }
  return true;
}

/**
 * Shares that borrow, as do the groups between them and the taker, and have a job that it may take. `staysWithin`: whether the
 * taker could end inside its guarantee; if not, and it may not preempt while it borrows, only its place in the tree counts.
 */
function linesOfOthers(state: CycleState, request: Request, staysWithin: boolean): Line[] {
  const { ledger } = state;
  const { share: own, environment } = request;
  const { preemption } = state.setupOf(own);
  if (preemption.reclaim === 'never') return [];
  const byPriority =
    preemption.whileBorrowing !== undefined ||
    (staysWithin && ledger.usage(own, environment) < ledger.tree.quota(own, environment).nominal);
  const inTreeAt = placesInTree(state, request);
  const lines: Line[] = [];
  for (const share of state.borrowers(environment)) {
    if (share === own) continue;
    const meetsAt = ledger.tree
      .node(share)
      .ancestors.find((node) => inTreeAt.has(node) || ledger.isWithinQuota(node, environment));
    const inTree = meetsAt === undefined ? undefined : inTreeAt.get(meetsAt);
    // Undefined: a group above the share does not borrow.
    if (inTree === undefined || (!inTree && !byPriority)) continue;
    const candidates = state.candidatesOf(share, request);
    if (candidates.first() !== undefined)
      lines.push({ candidates, kind: inTree ? 'inTree' : 'byPriority', meetsAt });
  }
  return lines;
}

/** Nodes above the taker, and whether it stays inside the quota of a node below each of them. */
function placesInTree({ ledger }: CycleState, request: Request): ReadonlyMap<number, boolean> {
  const { share, environment, instances } = request;
  const places = new Map<number, boolean>();
  let inTree = !ledger.borrowsWith(share, environment, instances);
  let remaining = Math.max(0, instances - ledger.localRoom(share, environment));
  for (const node of ledger.tree.node(share).ancestors) {
    places.set(node, inTree);
    inTree ||= !ledger.borrowsWith(node, environment, remaining);
    remaining = Math.max(0, remaining - ledger.localRoom(node, environment));
  }
  return places;
}

function claimByPriority(state: CycleState, request: Request, { job }: Candidate): Claim {
  const { whileBorrowing } = state.setupOf(request.share).preemption;
  if (whileBorrowing === undefined || job.priority >= request.job.priority) return 'withinQuota';
  const { maxPriority } = whileBorrowing;
  return maxPriority !== undefined && job.priority > maxPriority ? 'withinQuota' : 'whileBorrowing';
}
