import type { QuotaLedger } from './ledger.ts';
import { ROOT } from './share-tree.ts';

/** Per node: how many instances of its own quota others use, in one environment. See QuotaLedger.lent. */
export function lentAmounts(ledger: QuotaLedger, environment: number): readonly number[] {
  const { tree } = ledger;
  const lent = new Array<number>(tree.nodes.length).fill(0);
  /** `amount`: what is used outside of the node, of its own and of what is below it. */
  const give = (node: number, amount: number): void => {
    const { groups, shares, kind } = tree.node(node);
    if (kind === 'share') {
      lent[node] = amount;
      return;
    }
    const children = [...groups, ...shares];
    const fromAbove = ledger.borrowedBy(node, environment);
    const wanted =
      children.reduce((sum, child) => sum + ledger.borrowedBy(child, environment), amount) - fromAbove;
    const spare = children.map((child) => spareOf(ledger, child, environment));
    const own = Math.min(wanted, tree.quota(node, environment).nominal);
    lent[node] = own;
    const parts = inProportion(Math.max(0, wanted - own), spare);
    children.forEach((child, index) => give(child, parts[index] ?? 0));
  };
  give(ROOT, 0);
  return lent;
}

/** What a node may lend and does not use itself. */
function spareOf(ledger: QuotaLedger, node: number, environment: number): number {
  const { subtree, local } = ledger.tree.quota(node, environment);
  return Math.max(0, subtree - Math.max(local, ledger.usage(node, environment)));
}

/** Divides an amount in whole numbers; nobody gets more than its weight unless the weights do not suffice. */
function inProportion(amount: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return weights.map(() => 0);
  const divided = Math.min(amount, total);
  const parts = weights.map((weight) => Math.floor((divided * weight) / total));
  let rest = divided - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (divided * weight) % total }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (rest <= 0) break;
    parts[index] = (parts[index] ?? 0) + 1;
    rest -= 1;
  }
  return parts;
}
