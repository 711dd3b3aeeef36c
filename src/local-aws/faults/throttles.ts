import { type Rate, TokenBucket } from './token-bucket.ts';

/** `false` lifts a limit. */
export type Rates = Readonly<Record<string, Rate | false>>;

/** One token bucket per operation that has a rate. */
export class Throttles {
  #rates: Rates = {};
  #buckets = new Map<string, TokenBucket>();

  /** Buckets whose rate stays the same keep their level. */
  configure(rates: Rates): void {
    for (const operation of this.#buckets.keys()) {
      if (JSON.stringify(rates[operation]) !== JSON.stringify(this.#rates[operation]))
        this.#buckets.delete(operation);
    }
    this.#rates = rates;
  }

  allows(operation: string, now: number): boolean {
    const rate = Object.hasOwn(this.#rates, operation) ? this.#rates[operation] : undefined;
    if (rate === undefined || rate === false) return true;
    const bucket = this.#buckets.get(operation) ?? new TokenBucket(rate, now);
    this.#buckets.set(operation, bucket);
    return bucket.take(now);
  }
}
