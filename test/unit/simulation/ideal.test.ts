import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { play } from '../../../src/simulation/driver.ts';
import { idealBound } from '../../../src/simulation/ideal.ts';
import {
  type CapacityChange,
  inOrderOfArrival,
  type SimulatedJob,
} from '../../../src/simulation/scenario.ts';
import { aJob, aQueue, aWorld, LENDING, SECOND } from './worlds.ts';

// Hundreds of worlds, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const POOLS = [{ name: 'P4', limit: 10 }];
const bound = (
  jobs: readonly SimulatedJob[],
  capacity: readonly CapacityChange[] = [],
  pools = POOLS,
): ReturnType<typeof idealBound> => idealBound(pools, inOrderOfArrival(jobs), capacity, 0);

describe('the ideal bound', () => {
  test('of one job is its running time, from its arrival on', () => {
    expect(bound([aJob('one', { arrives: 5, runs: 20 })])).toMatchObject({
      makespanSeconds: 25,
      because: 'longest',
      workInstanceSeconds: 20,
    });
  });

  test('of much work is the work through the capacity', () => {
    const jobs = Array.from({ length: 30 }, (_, index) => aJob(`j${index}`));
    expect(bound(jobs)).toMatchObject({ makespanSeconds: 30, because: 'work' });
  });

  test('counts work from its arrival on: capacity that was idle before is gone', () => {
    const late = Array.from({ length: 30 }, (_, index) => aJob(`j${index}`, { arrives: 100 }));
    expect(bound([aJob('early'), ...late])).toMatchObject({ makespanSeconds: 130 });
  });

  test('takes an environment by itself when jobs have no other', () => {
    const jobs = Array.from({ length: 20 }, (_, index) => aJob(`j${index}`));
    const pools = [...POOLS, { name: 'P5', limit: 90 }];
    expect(bound(jobs, [], pools).makespanSeconds).toBe(20);
  });

  test('follows a limit that rises, and one that falls only once what ran before can be over', () => {
    const jobs = Array.from({ length: 40 }, (_, index) => aJob(`j${index}`));
    const rise = { environment: 'P4', kind: 'limit', at: 10 * SECOND, limit: 30 } as const;
    expect(bound(jobs, [rise]).makespanSeconds).toBe(20);
    const fall = { environment: 'P4', kind: 'limit', at: 10 * SECOND, limit: 5 } as const;
    // 10 instances until 20 s (a job started at 10 s may run until then), 200 of 400 instance-seconds; then 5.
    expect(bound(jobs, [fall]).makespanSeconds).toBe(60);
  });

  test('is beaten by no policy', () => {
    const job = fc.record({
      arrives: fc.integer({ min: 0, max: 60 }),
      runs: fc.integer({ min: 1, max: 40 }),
      instances: fc.integer({ min: 1, max: 6 }),
      share: fc.constantFrom('a', 'b'),
      priority: fc.integer({ min: 0, max: 3 }),
    });
    const change = fc.record({
      kind: fc.constant('limit' as const),
      environment: fc.constant('P4'),
      at: fc.integer({ min: 0, max: 80 }).map((at) => at * SECOND),
      limit: fc.integer({ min: 6, max: 14 }),
    });
    fc.assert(
      fc.property(
        fc.array(job, { minLength: 1, maxLength: 25 }),
        fc.array(change, { maxLength: 3 }),
        fc.constantFrom({}, LENDING),
        fc.constantFrom(0, 2 * SECOND),
        (written, changes, policy, stopFor) => {
          const jobs = inOrderOfArrival(written.map((one, index) => aJob(`j${index}`, one)));
          const capacity = changes.sort((a, b) => a.at - b.at);
          const run = play(aWorld(jobs, { setup: aQueue(policy), capacity, stopFor }));
          const end = Math.max(...run.jobs.map(({ endedAt = 0 }) => endedAt)) / SECOND;
          const ideal = idealBound(POOLS, jobs, capacity, stopFor).makespanSeconds;
          expect(run.jobs.every(({ endedAt }) => endedAt !== undefined)).toBe(true);
          expect(end).toBeGreaterThanOrEqual(ideal - 1e-9);
        },
      ),
      { numRuns: 150 },
    );
  });
});
