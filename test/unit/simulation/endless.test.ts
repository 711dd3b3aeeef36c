import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { play } from '../../../src/simulation/driver.ts';
import { inOrderOfArrival } from '../../../src/simulation/scenario.ts';
import { aJob, aQueue, aWorld, LENDING, SECOND } from './worlds.ts';

// Hundreds of worlds, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const RUNS = Number(process.env['ENDLESS_RUNS'] ?? 400);

const share = fc.record(
  {
    guaranteed: fc.integer({ min: 0, max: 4 }).map((P4) => ({ P4 })),
    group: fc.constantFrom('g', undefined),
    weight: fc.integer({ min: 1, max: 3 }),
    sharing: fc.constantFrom('LEND', 'LEND_AND_BORROW', 'LEND_AND_BORROW', 'RESERVE'),
    inSharePreemption: fc.constantFrom('never', 'lower', 'lowerOrNewerEqual'),
    reclaim: fc.constantFrom('never', 'lower', 'any', 'any'),
  },
  { requiredKeys: ['guaranteed', 'weight', 'inSharePreemption', 'reclaim'] },
);
const job = fc.record({
  arrives: fc.integer({ min: 0, max: 20 }),
  runs: fc.integer({ min: 1, max: 40 }),
  instances: fc.integer({ min: 1, max: 6 }),
  share: fc.constantFrom('a', 'b', 'c'),
  priority: fc.integer({ min: 0, max: 3 }),
});
const world = fc.record({
  order: fc.constantFrom('priority' as const, 'fairShare' as const),
  shares: fc.tuple(share, share, share),
  limit: fc.integer({ min: 12, max: 15 }),
  jobs: fc.array(job, { minLength: 5, maxLength: 25 }),
  stopFor: fc.constantFrom(0, 0, 2 * SECOND),
  onlyInitial: fc.boolean(),
});

describe('however the rules of shares meet', () => {
  test('jobs do not stop each other for ever: everybody who can ever run ends', () => {
    fc.assert(
      fc.property(world, ({ order, shares, limit, jobs, stopFor, onlyInitial }) => {
        const setup = aQueue(
          {
            quotaShare: {
              order,
              ...(order === 'fairShare' && onlyInitial ? { fairRules: ['initial'] } : {}),
              groups: [{ name: 'g' }],
              shares: shares.map(({ group, ...rest }, index) => ({
                name: 'abc'.charAt(index),
                ...(group === undefined ? {} : { group }),
                ...rest,
              })),
            },
          },
          { P4: limit },
        );
        const run = play(
          aWorld(inOrderOfArrival(jobs.map((one, index) => aJob(`j${index}`, one))), { setup, stopFor }),
        );
        expect(run.jobs.filter(({ endedAt }) => endedAt === undefined)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  test('who just started goes before who ran for long', () => {
    // At 33 s there is one instance more: j0 would start by borrowing, and j3 of the other share's guarantee would want it back.
    const jobs = [
      aJob('j0', { runs: 1, instances: 5 }),
      aJob('j1', { runs: 1, instances: 5, share: 'b' }),
      aJob('j2', { runs: 34, instances: 6, priority: 1 }),
      aJob('j3', { arrives: 33, runs: 1, share: 'b' }),
    ];
    const run = play(
      aWorld(jobs, {
        setup: aQueue(LENDING),
        capacity: [{ kind: 'limit', environment: 'P4', at: 33 * SECOND, limit: 11 }],
      }),
    );
    expect(run.preemptions).toEqual([]);
    expect(run.jobs.map(({ endedAt }) => endedAt)).not.toContain(undefined);
  });
});
