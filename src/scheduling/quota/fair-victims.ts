import { type Candidate, candidateOrder, type Victim } from './candidates.ts';
import type { CycleState, Request } from './cycle-state.ts';
import { compareShares, shareOf } from './share-fraction.ts';
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
  const candidates = candidatesFor(state, request);
  if (candidates.length === 0) return [];
  const { ledger } = state;
  const { share, environment, instances } = request;
  // Most searches fail for want of instances, and adding up is cheaper than searching.
  let most = ledger.availableTo(share, environment);
  for (const candidate of candidates) most += candidate.instances;
  if (most < instances) return [];
  const search = new VictimSearch(state, request);
  const fits = (): boolean => {
    ledger.change(share, environment, -instances);
    const answer = search.fits(true);
    ledger.change(share, environment, instances);
    return answer;
  };

  ledger.change(share, environment, instances);
  const [firstRule = 'final', secondRule] = state.policy.fairRules;
  const { enough, refused } = byFirstRule(search, candidates, firstRule, fits);
  const found = enough || (secondRule !== undefined && bySecondRule(search, refused, fits));
  ledger.change(share, environment, -instances);

  const victims = found ? search.minimal(true) : [];
  search.restore();
  return victims;
}

function candidatesFor(state: CycleState, request: Request): Candidate[] {
  const { ledger } = state;
  const candidates = state.candidatesOf(request.share, request);
  if (state.setupOf(request.share).preemption.reclaim !== 'never') {
    for (const { index, kind } of ledger.tree.nodes) {
      if (kind !== 'share' || index === request.share || ledger.isWithinQuota(index, request.environment))
        continue;
      for (const candidate of state.candidatesOf(index, request)) candidates.push(candidate);
    }
  }
  return candidates.sort(candidateOrder(request.share));
}

function byFirstRule(
  search: VictimSearch,
  candidates: readonly Candidate[],
  rule: 'final' | 'initial',
  fits: () => boolean,
): { enough: boolean; refused: Candidate[] } {
  const { state, request } = search;
  const { ledger } = state;
  const order = new VictimOrder(ledger, request.share, candidates);
  const withinGuarantee = ledger.isWithinQuota(request.share, request.environment);
  const refused: Candidate[] = [];
  for (let from = order.next(); from !== undefined; from = order.next()) {
    if (from === request.share || withinGuarantee) {
      const candidate = order.pop(from);
      if (candidate === undefined) continue;
      search.take(candidate, from === request.share ? 'withinShare' : 'reclaim');
      if (fits()) return { enough: true, refused };
      continue;
    }
    const { mine, theirs } = order.sides(from);
    const taker = shareOf(ledger, mine);
    const before = shareOf(ledger, theirs);
    for (let candidate = order.pop(from); candidate !== undefined; candidate = order.pop(from)) {
      const { instances } = candidate;
      ledger.change(from, request.environment, -instances);
      const after = shareOf(ledger, theirs);
      ledger.change(from, request.environment, instances);
      if (rule === 'final' ? compareShares(taker, after) <= 0 : compareShares(taker, before) < 0) {
        search.take(candidate, 'fairShare');
        if (fits()) return { enough: true, refused };
        // Shares have changed: another one may have the highest now.
        break;
      }
      refused.push(candidate);
    }
  }
  return { enough: false, refused };
}

/** Which of a share's jobs goes makes no difference to the rule, so its first one does, and no more of that share. */
function bySecondRule(search: VictimSearch, refused: readonly Candidate[], fits: () => boolean): boolean {
  const { ledger } = search.state;
  const order = new VictimOrder(ledger, search.request.share, refused);
  for (let from = order.next(); from !== undefined; from = order.next()) {
    const { mine, theirs } = order.sides(from);
    const candidate = order.pop(from);
    if (candidate !== undefined && compareShares(shareOf(ledger, mine), shareOf(ledger, theirs)) < 0) {
      search.take(candidate, 'fairShare');
      if (fits()) return true;
    }
    order.drop(from);
  }
  return false;
}
