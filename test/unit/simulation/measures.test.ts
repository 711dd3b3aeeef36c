import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue } from '../../../src/simulation/event-queue.ts';
import { distribution, flipsIn, repeatsIn, timesOf } from '../../../src/simulation/metrics.ts';
import { spanText } from '../../../src/simulation/span-text.ts';
import { timelineOf } from '../../../src/simulation/timeline.ts';
import { aJob, SECOND } from './worlds.ts';

describe('a distribution', () => {
  test('of a hundred values: the 50th and the 99th', () => {
    const values = Array.from({ length: 100 }, (_, index) => (100 - index) * SECOND);
    expect(distribution(values)).toEqual({ mean: 50.5, p50: 50, p99: 99 });
  });

  test.each([
    [[], { mean: 0, p50: 0, p99: 0 }],
    [[4000], { mean: 4, p50: 4, p99: 4 }],
    [[1000, 9000], { mean: 5, p50: 1, p99: 9 }],
  ])('of %j', (values, want) => {
    expect(distribution(values)).toEqual(want);
  });
});

test('waiting is everything from arrival to end without instances; jobs that never ended do not count', () => {
  const ended = {
    job: aJob('a', { arrives: 10 }),
    startedAt: 15_000,
    endedAt: 60_000,
    heldFor: 30_000,
    heldInstances: 30_000,
  };
  const left = { job: aJob('b'), heldFor: 0, heldInstances: 0, preemptions: 0, lost: 0 };
  expect(timesOf([{ ...ended, preemptions: 1, lost: 0 }, left])).toEqual({
    wait: { mean: 20, p50: 20, p99: 20 },
    firstStart: { mean: 5, p50: 5, p99: 5 },
    completion: { mean: 50, p50: 50, p99: 50 },
  });
});

describe('flips and repeats', () => {
  const preempts = (taker: string, victim: string) =>
    ({ at: 0, for: taker, victim, cause: 'reclaim' }) as const;

  test.each([
    ['the same job takes twice from another', [preempts('a', 'b'), preempts('a', 'b')], 0, 1],
    ['a takes from b, b takes from a', [preempts('a', 'b'), preempts('b', 'a')], 1, 0],
    ['and a once more from b', [preempts('a', 'b'), preempts('b', 'a'), preempts('a', 'b')], 2, 1],
    ['three in a ring', [preempts('a', 'b'), preempts('b', 'c'), preempts('c', 'a')], 0, 0],
    ['nothing happens', [], 0, 0],
  ])('%s', (_, preemptions, flips, repeats) => {
    expect(flipsIn(preemptions)).toBe(flips);
    expect(repeatsIn(preemptions)).toBe(repeats);
  });
});

describe('a timeline', () => {
  const step = (at: number, change: number, share = 'a') => ({
    at: at * SECOND,
    environment: 'P4',
    share,
    change,
  });
  const usage = {
    steps: [step(0, 4), step(5, 2, 'b'), step(10, -4), step(20, -2, 'b')],
    limits: [
      { at: 0, environment: 'P4', limit: 10 },
      { at: 15 * SECOND, environment: 'P4', limit: 5 },
    ],
    held: 0,
    offered: 0,
    fairnessError: { mean: 0, max: 0 },
  };

  test('averages what is held, and the limit, over each span', () => {
    expect(timelineOf(usage, 20 * SECOND, 2)).toEqual({
      spanSeconds: 10,
      limit: [10, 7.5],
      used: [5, 2],
      byShare: { a: [4, 0], b: [1, 2] },
    });
  });

  test('of any number of spans adds up to what was held', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (spans) => {
        const { used, spanSeconds } = timelineOf(usage, 20 * SECOND, spans);
        expect(used.reduce((sum, level) => sum + level * spanSeconds, 0)).toBeCloseTo(70, 3);
        expect(Math.max(...used)).toBeLessThanOrEqual(6.000001);
      }),
    );
  });
});

test('events come in order of time, then rank, then as they were added', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.nat(20), rank: fc.nat(2) }), { maxLength: 60 }), (events) => {
      const queue = new EventQueue<{ at: number; rank: number; index: number }>();
      for (const [index, event] of events.entries()) queue.add({ ...event, index });
      const taken = events.map(() => queue.take());
      const want = events
        .map((event, index) => ({ ...event, index }))
        .sort((a, b) => a.at - b.at || a.rank - b.rank || a.index - b.index);
      expect(taken).toEqual(want);
      expect(queue.take()).toBeUndefined();
      expect(queue.nextAt).toBeUndefined();
    }),
  );
});

test.each([
  [0, '0s'],
  [0.2, '0.2s'],
  [76.8, '76.8s'],
  [99.94, '99.9s'],
  [99.97, '1m 40s'],
  [185, '3m 5s'],
  [3600, '1h'],
  [7800, '2h 10m'],
  [86_400 * 12 + 3 * 3600, '12d 3h'],
])('%d seconds are written %s', (seconds, text) => {
  expect(spanText(seconds)).toBe(text);
});
