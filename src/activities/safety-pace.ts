/** A turn that was not taken for so long will not be taken. */
const MISSED_MS = 10 * 60_000;

/**
 * Spreads the safety checks of one worker over time: however many jobs run, this worker asks SageMaker about them at
 * most `perSecond` times a second. A check that comes too early is told when its turn is; turns are handed out in
 * order of asking (generic cell rate algorithm, ITU-T I.371).
 */
export class SafetyPace {
  readonly #intervalMs: number;
  readonly #turns = new Map<string, number>();
  #nextFree = 0;

  constructor(perSecond: number) {
    this.#intervalMs = 1000 / perSecond;
  }

  /** Milliseconds until `key` may call; 0: now, and the turn is used up. */
  delay(key: string, now: number): number {
    const reserved = this.#turns.get(key);
    if (reserved !== undefined && reserved <= now) {
      this.#turns.delete(key);
      return 0;
    }
    if (reserved !== undefined) return reserved - now;
    const turn = Math.max(now, this.#nextFree);
    this.#nextFree = turn + this.#intervalMs;
    if (turn <= now) return 0;
    this.#forgetMissed(now);
    this.#turns.set(key, turn);
    return Math.ceil(turn - now);
  }

  /** Drops turns that nobody came for: their job has ended, or another worker checks it now. */
  #forgetMissed(now: number): void {
    // Turns are handed out in order of time, so the oldest come first.
    for (const [key, turn] of this.#turns) {
      if (turn > now - MISSED_MS) return;
      this.#turns.delete(key);
    }
  }
}
