export interface Rate {
  /** Requests a second in the long run. */
  readonly perSecond: number;
  /** Requests at once after a pause. (Default: perSecond, at least 1) */
  readonly burst?: number | undefined;
}

/** Allows `perSecond` requests in the long run and `burst` at once. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #size: number;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#size = rate.burst ?? Math.max(1, rate.perSecond);
    this.#tokens = this.#size;
    this.#at = now;
  }

  /** Whether a request at `now` (epoch ms) may pass; one that may not costs nothing. */
  take(now: number): boolean {
    const elapsed = Math.max(0, now - this.#at) / 1_000;
    this.#at = now;
    this.#tokens = Math.min(this.#size, this.#tokens + elapsed * this.#rate.perSecond);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
