import type { FairShareSetup } from '../setup.ts';
import { WEIGHT_ONE } from '../setup.ts';
import {
  decayUsage,
  type FairShareUsage,
  halfLifeMs,
  type SharePast,
  startPenalty,
  USAGE_ONE,
} from './decayed-usage.ts';
import { byCodeUnits } from '../order.ts';

/** A millionth of an instance. */
const FORGOTTEN = USAGE_ONE / 1_000_000;

interface Account extends SharePast {
  /** Instances in use since `at`. */
  readonly inUse: number;
}

/** What every share of a fair-share queue used and uses, and what follows for its turn. */
export class ShareUsageBook {
  #setup: FairShareSetup;
  readonly #accounts = new Map<string, Account>();
  /** Values of one moment, since many are compared in a row. */
  readonly #values = new Map<string, bigint>();
  #valuesAt = 0;

  constructor(setup: FairShareSetup, past: FairShareUsage = {}) {
    this.#setup = setup;
    for (const [share, account] of Object.entries(past)) this.#accounts.set(share, { ...account, inUse: 0 });
  }

  /** A new half-life holds from now on. */
  configure(setup: FairShareSetup, now: number): void {
    for (const share of this.#accounts.keys()) this.#accounts.set(share, this.#settled(share, now));
    this.#setup = setup;
    this.#values.clear();
  }

  /** A job that ran already when the book was opened. */
  restored(share: string, instances: number, at: number): void {
    const account = this.#accounts.get(share) ?? { consumed: 0, at, inUse: 0 };
    const { idleSince: _, ...busy } = account;
    this.#accounts.set(share, { ...busy, inUse: account.inUse + instances });
  }

  started(share: string, instances: number, now: number): void {
    const { consumed, inUse } = this.#settled(share, now);
    const penalty = startPenalty(instances, this.#halfLife);
    this.#set(share, { consumed: consumed + penalty, at: now, inUse: inUse + instances });
  }

  ended(share: string, instances: number, now: number): void {
    const { consumed, inUse } = this.#settled(share, now);
    const left = inUse - instances;
    this.#set(share, { consumed, at: now, inUse: left, ...(left === 0 ? { idleSince: now } : {}) });
  }

  /** Decayed usage in units of USAGE_ONE. */
  consumed(share: string, now: number): number {
    return this.#settled(share, now).consumed;
  }

  /** Decayed usage × weight factor: the lowest goes next. */
  value(share: string, now: number): bigint {
    if (now !== this.#valuesAt) {
      this.#values.clear();
      this.#valuesAt = now;
    }
    const known = this.#values.get(share);
    if (known !== undefined) return known;
    const value = BigInt(this.consumed(share, now)) * BigInt(this.weightFactor(share));
    this.#values.set(share, value);
    return value;
  }

  /** The share's own, or that of the longest `name*` that it begins with; 1 for one that is set up nowhere. In ten-thousandths. */
  weightFactor(share: string): number {
    let factor = WEIGHT_ONE;
    let length = -1;
    for (const { name, weightFactor } of this.#setup.shares) {
      if (name === share) return weightFactor;
      if (!name.endsWith('*') || name.length <= length || !share.startsWith(name.slice(0, -1))) continue;
      factor = weightFactor;
      length = name.length;
    }
    return factor;
  }

  /** Shares without jobs that count as active all the same: AWS Batch's rule is one decay period after the last job. */
  *fading(now: number): Iterable<string> {
    for (const [share, { inUse, idleSince }] of this.#accounts)
      if (inUse === 0 && idleSince !== undefined && now < idleSince + this.#halfLife) yield share;
  }

  /** Sorted by name, without shares whose past is forgotten. */
  past(): FairShareUsage {
    const latest = Math.max(...[...this.#accounts.values()].map(({ at }) => at));
    const past: Record<string, SharePast> = {};
    const accounts = [...this.#accounts].sort(([a], [b]) => byCodeUnits(a, b));
    for (const [share, { consumed, at, inUse, idleSince }] of accounts) {
      if (inUse === 0 && this.consumed(share, latest) < FORGOTTEN) continue;
      past[share] = { consumed, at, ...(idleSince === undefined ? {} : { idleSince }) };
    }
    return past;
  }

  clone(): ShareUsageBook {
    const other = new ShareUsageBook(this.#setup);
    for (const [share, account] of this.#accounts) other.#accounts.set(share, account);
    return other;
  }

  get #halfLife(): number {
    return halfLifeMs(this.#setup.shareDecaySeconds);
  }

  #settled(share: string, now: number): Account {
    const account = this.#accounts.get(share);
    if (account === undefined) return { consumed: 0, at: now, inUse: 0 };
    const { consumed, at, inUse } = account;
    const decayed = decayUsage(consumed, inUse * USAGE_ONE, now - at, this.#halfLife);
    return { ...account, consumed: decayed, at: Math.max(at, now) };
  }

  #set(share: string, account: Account): void {
    this.#accounts.set(share, account);
    this.#values.delete(share);
  }
}
