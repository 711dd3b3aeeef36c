import { CandidateLine } from './candidate-line.ts';
import type { Candidate, Victim } from './candidates.ts';
import { type CycleState, type Request, without } from './cycle-state.ts';
import { compareShares, shareOf, type ShareFraction } from './share-fraction.ts';
import { VictimOrder } from './victim-order.ts';
import { VictimSearch } from './victim-search.ts';

/**
 * The victims of a request in fair-share order; empty: none, or not enough (Kueue's preemption.go, KEP-1714).
 *
 * Jobs of the share with the highest share come first, and again after each of them. A job of the taker's own share goes by the
 * share's policy; a taker that stays inside its guarantee takes back what is its own. Otherwise shares are compared just
 * below the node where both meet, the taker's with its request:
 *
 *   final     taker's share <= the other's after the job is gone
 *   initial   taker's share <  the other's before
 *
 * A second rule looks at what the first refused, one job per share.
 */
export function fairVictims(state: CycleState, request: Request): readonly Victim[] {
  const lineOf = linesFor(state, request);
  if (!areEnough(state, request, lineOf)) return [];
  const { ledger } = state;
  const { share, environment, instances } = request;
  const search = new VictimSearch(state, request);
  const fits = (): boolean => {
    ledger.change(share, environment, -instances);
    const answer = search.fits(true);
    ledger.change(share, environment, instances);
    return answer;
  };

  ledger.change(share, environment, instances);
  const [firstRule = 'final', secondRule] = state.policy.fairRules;
  const { enough, refused } = byFirstRule(search, lineOf, firstRule, fits);
  const found = enough || (secondRule !== undefined && bySecondRule(search, refused, fits));
  ledger.change(share, environment, -instances);

  const victims = found ? search.minimal(true) : [];
  search.restore();
  return victims;
}

type LineOf = (share: number) => CandidateLine | undefined;

/** Candidates of shares that borrow where the request asks, and of the taker's own. */
function linesFor(state: CycleState, request: Request): LineOf {
  const borrowers = state.borrowers(request.environment);
  const lines = new Map<number, CandidateLine>();
  return (share) => {
    const known = lines.get(share);
    if (known !== undefined) return known;
    if (share !== request.share && !borrowers.has(share)) return undefined;
    const line = state.candidatesOf(share, request);
    lines.set(share, line);
    return line;
  };
}

/** Most searches fail for want of instances, and adding up is cheaper than searching. */
function areEnough(state: CycleState, { share, environment, instances }: Request, lineOf: LineOf): boolean {
  const missing = instances - state.ledger.availableTo(share, environment);
  let any = false;
  let most = 0;
  const add = (line: CandidateLine | undefined): boolean => {
    for (const candidate of line?.all() ?? []) {
      any = true;
      most += candidate.instances;
    }
    return any && most >= missing;
  };
  if (add(lineOf(share))) return true;
  for (const other of state.borrowers(environment)) if (other !== share && add(lineOf(other))) return true;
  return false;
}

/** By share: the first of its jobs that the first rule refused. */
type Refused = Map<number, Candidate>;

function byFirstRule(
  search: VictimSearch,
  lineOf: LineOf,
  rule: 'final' | 'initial',
  fits: () => boolean,
): { enough: boolean; refused: Refused } {
  const { state, request } = search;
  const { ledger } = state;
  const order = new VictimOrder(ledger, request.share, lineOf);
  const withinGuarantee = ledger.isWithinQuota(request.share, request.environment);
  const least = leastShare(search, lineOf(request.share));
  const refused: Refused = new Map();
  for (let from = order.next(); from !== undefined; from = order.next()) {
    if (from === request.share || withinGuarantee) {
      const candidate = order.pop(from);
      if (candidate === undefined) continue;
      search.take(candidate, from === request.share ? 'withinShare' : 'reclaim');
      if (fits()) return { enough: true, refused };
      continue;
    }
    const { mine, theirs, meetsAt } = order.sides(from);
    // A group above the taker loses what is taken from others in it, so its share says nothing yet.
    if (mine === request.share && compareShares(least, shareOf(ledger, theirs)) > 0) {
      // No rule will ever let the taker have anything from there; nor from what is beside it, which comes after it.
      order.drop(meetsAt);
      continue;
    }
    let fewest = Infinity;
    for (let candidate = order.pop(from); candidate !== undefined; candidate = order.pop(from)) {
      const { instances } = candidate;
      // A larger one would leave its share with less.
      if (instances < fewest && allows(search, rule, { from, mine, theirs }, instances)) {
        search.take(candidate, 'fairShare');
        if (fits()) return { enough: true, refused };
        // Shares have changed: another one may have the highest now.
        break;
      }
      fewest = Math.min(fewest, instances);
      if (!refused.has(from)) refused.set(from, candidate);
    }
  }
  return { enough: false, refused };
}

/** Whether the rule lets a job of so many instances be taken from the share. */
function allows(
  { state: { ledger }, request }: VictimSearch,
  rule: 'final' | 'initial',
  { from, mine, theirs }: { readonly from: number; readonly mine: number; readonly theirs: number },
  instances: number,
): boolean {
  const taker = shareOf(ledger, mine);
  if (rule === 'initial') return compareShares(taker, shareOf(ledger, theirs)) < 0;
  ledger.change(from, request.environment, -instances);
  const after = shareOf(ledger, theirs);
  ledger.change(from, request.environment, instances);
  return compareShares(taker, after) <= 0;
}

/** The taker's share if it gave up all of its own jobs that it may. */
function leastShare({ state, request }: VictimSearch, own: CandidateLine | undefined): ShareFraction {
  const { ledger } = state;
  return without(ledger, own?.all() ?? [], request.environment, () => shareOf(ledger, request.share));
}

/** Which of a share's jobs goes makes no difference to the rule, so its first one does, and no more of that share. */
function bySecondRule(search: VictimSearch, refused: Refused, fits: () => boolean): boolean {
  const { ledger } = search.state;
  const lines = new Map([...refused].map(([share, first]) => [share, new CandidateLine(share, [first])]));
  const order = new VictimOrder(ledger, search.request.share, (share) => lines.get(share));
  const allowed = (from: number): boolean => {
    const { mine, theirs } = order.sides(from);
    return compareShares(shareOf(ledger, mine), shareOf(ledger, theirs)) < 0;
  };
  // As long as nobody is taken nothing changes, and to put them in order costs more.
  if (![...refused.keys()].some(allowed)) return false;
  for (let from = order.next(); from !== undefined; from = order.next()) {
    const candidate = order.pop(from);
    if (candidate !== undefined && allowed(from)) {
      search.take(candidate, 'fairShare');
      if (fits()) return true;
    }
    order.drop(from);
  }
  return false;
}
