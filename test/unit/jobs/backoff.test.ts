import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffCeilingMs, backoffMs } from '../../../src/jobs/backoff.ts';

const policies = fc.record({
  initialSeconds: fc.integer({ min: 0, max: 3_600 }),
  maxSeconds: fc.integer({ min: 0, max: 86_400 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
});
const tries = fc.integer({ min: 1, max: 1_000_000 });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a wait is a whole number of milliseconds between 0 and the maximum', () => {
  fc.assert(
    fc.property(policies, tries, randoms, (policy, n, random) => {
      const wait = backoffMs(policy, n, random);
      expect(Number.isSafeInteger(wait)).toBe(true);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(policy.maxSeconds * 1000);
    }),
  );
});

test('the ceiling never falls from one try to the next', () => {
  fc.assert(
    fc.property(policies, tries, (policy, n) => {
      expect(backoffCeilingMs(policy, n + 1)).toBeGreaterThanOrEqual(backoffCeilingMs(policy, n));
    }),
  );
});

test('the whole range up to the ceiling is used: full jitter', () => {
  const policy = { initialSeconds: 10, maxSeconds: 600, factor: 2 };
  const almostOne = 1 - Number.EPSILON;
  expect([1, 2, 3, 6, 7, 8].map((n) => backoffMs(policy, n, almostOne))).toEqual([
    10_000, 20_000, 40_000, 320_000, 600_000, 600_000,
  ]);
  expect([1, 2, 3].map((n) => backoffMs(policy, n, 0))).toEqual([0, 0, 0]);
  expect(backoffMs(policy, 1, 0.5)).toBe(5_000);
});
