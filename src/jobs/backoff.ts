import type { BackoffPolicy } from './spec.ts';

/** The longest wait that the n-th consecutive try (from 1) can get, in whole milliseconds. */
export function backoffCeilingMs({ initialSeconds, maxSeconds, factor }: BackoffPolicy, n: number): number {
  // 0 × Infinity would be NaN.
  const grown = initialSeconds === 0 ? 0 : initialSeconds * factor ** (n - 1);
  return Math.floor(Math.min(maxSeconds, grown) * 1000);
}

/**
 * How long the n-th consecutive try (from 1) waits, in whole milliseconds: exponential backoff with full jitter, so that
 * jobs that failed together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * `random` is a number in [0, 1).
 */
export function backoffMs(policy: BackoffPolicy, n: number, random: number): number {
  return Math.floor(random * (backoffCeilingMs(policy, n) + 1));
}
