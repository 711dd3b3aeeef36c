/** Time as the endpoint sees it; tests hand in one that they move by hand. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `fn` once after `ms`; the result cancels it. Longer than `MAX_TIMER_MS` is cut to that. */
  after(ms: number, fn: () => void): () => void;
}

/** setTimeout fires at once beyond 2^31 - 1 ms (24.8 days), and SageMaker's limits reach 28 days. */
export const MAX_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, fn) => {
    const timer = setTimeout(fn, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
