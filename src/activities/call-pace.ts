import { setTimeout as sleep } from 'node:timers/promises';

/** Keeps calls of one kind apart, for an operation that AWS allows only so many times a second. */
export class CallPace {
  readonly #gapMs: number;
  readonly #now: () => number;
  #nextAt = 0;

  constructor(gapMs: number, now: () => number) {
    this.#gapMs = gapMs;
    this.#now = now;
  }

  /** Resolves when it is the caller's turn. */
  async turn(): Promise<void> {
    const now = this.#now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + this.#gapMs;
    if (at > now) await sleep(at - now);
  }
}
