import type { QuotaLedger } from './ledger.ts';

/** A ledger, and who is above its quota in it: kept with every change, as every search for victims asks. */
export class Account {
  /** Trials may change it, and put it back. */
  readonly ledger: QuotaLedger;
  /** By environment. */
  readonly #borrowers = new Map<number, Set<number>>();

  constructor(ledger: QuotaLedger) {
    this.ledger = ledger;
  }

  change(share: number, environment: number, instances: number): void {
    this.ledger.change(share, environment, instances);
    const borrowers = this.#borrowers.get(environment);
    if (this.ledger.isWithinQuota(share, environment)) borrowers?.delete(share);
    else borrowers?.add(share);
  }

  /** Shares above their quota in an environment, in no particular order. Not to be asked during a trial. */
  borrowers(environment: number): ReadonlySet<number> {
    const known = this.#borrowers.get(environment);
    if (known !== undefined) return known;
    const found = new Set<number>();
    for (const { index, kind } of this.ledger.tree.nodes)
      if (kind === 'share' && !this.ledger.isWithinQuota(index, environment)) found.add(index);
    this.#borrowers.set(environment, found);
    return found;
  }
}
