import { describe, expect, it } from 'vitest';
import {
  reservedFraction,
  reservedInstances,
} from '../../../src/scheduling/fair-share/compute-reservation.ts';
import { decayUsage, startPenalty, USAGE_ONE } from '../../../src/scheduling/fair-share/decayed-usage.ts';
import { ShareUsageBook } from '../../../src/scheduling/fair-share/share-usage-book.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import type { FairShareSetup } from '../../../src/scheduling/setup.ts';
import { actions, aJob, aQueue, fairShare, HOUR, MINUTE, waits, withJobs } from './queues.ts';

const WEIGHTS = { HIGHPRI: 1, MIDPRI: 3, LOWPRI: 5 };

describe('decayed usage', () => {
  it.each([
    { what: 'nothing has happened', start: 5, usage: 2, halfLives: 0, consumed: 5 },
    {
      what: 'half of the difference is gone after a half-life',
      start: 0,
      usage: 2,
      halfLives: 1,
      consumed: 1,
    },
    { what: 'and half of the rest after the next', start: 0, usage: 2, halfLives: 3, consumed: 1.75 },
    { what: 'it falls as it rises', start: 8, usage: 0, halfLives: 3, consumed: 1 },
    { what: 'part of a half-life', start: 1, usage: 0, halfLives: 0.5, consumed: Math.SQRT1_2 },
    { what: 'after ages nothing is left', start: 1000, usage: 0, halfLives: 1e6, consumed: 0 },
  ])('$what', ({ start, usage, halfLives, consumed }) => {
    const decayed = decayUsage(start * USAGE_ONE, usage * USAGE_ONE, halfLives * HOUR, HOUR) / USAGE_ONE;
    expect(decayed).toBeCloseTo(consumed, 8);
    if (Number.isInteger(halfLives)) expect(decayed).toBe(consumed);
  });

  it('comes to the same in one step and in many, to a millionth', () => {
    let inSteps = 3 * USAGE_ONE;
    for (let minute = 0; minute < 600; minute++) inSteps = decayUsage(inSteps, 40 * USAGE_ONE, MINUTE, HOUR);
    const atOnce = decayUsage(3 * USAGE_ONE, 40 * USAGE_ONE, 600 * MINUTE, HOUR);
    expect(Math.abs(inSteps - atOnce) / atOnce).toBeLessThan(0.001);
  });

  it('a start counts like a minute of running', () => {
    expect(startPenalty(4, HOUR)).toBe(decayUsage(0, 4 * USAGE_ONE, MINUTE, HOUR));
  });
});

describe('computeReservation', () => {
  it.each([
    [50, 1, 0.5],
    [50, 2, 0.25],
    [50, 3, 0.125],
    [25, 2, 0.0625],
    [0, 2, 0],
    [99, 0, 1],
  ])('%i percent with %i active shares keeps %f', (percent, active, fraction) => {
    expect(reservedFraction(percent, active)).toBe(fraction);
    expect(reservedInstances(1000, percent, active)).toBe(Math.floor(fraction * 1000));
  });

  const kept = aQueue(fairShare({ a: 1, b: 1 }, { computeReservation: 50 }));

  it('keeps half for a newcomer while one share is active, and a quarter with two', () => {
    const queue = withJobs(
      kept,
      ...['1', '2', '3', '4', '5', '6', '7', '8'].map((id) => aJob(id, 1, { share: 'a' })),
    );
    const first = queue.settle(0);
    expect(actions(first)).toEqual(['1', '2', '3', '4', '5']);
    expect(waits(first)).toEqual({ 6: 'COMPUTE_RESERVATION' });
    queue.enqueue(aJob('new', 1, { share: 'b' }));
    expect(actions(queue.settle(MINUTE))).toEqual(['new', '6', '7']);
  });

  it('counts a share as active until a decay period after its last job', () => {
    const queue = withJobs(kept, aJob('x', 1, { share: 'b' }));
    queue.settle(0);
    queue.release('x', MINUTE);
    for (const id of ['1', '2', '3', '4', '5', '6', '7', '8']) queue.enqueue(aJob(id, 1, { share: 'a' }));
    expect(actions(queue.settle(2 * MINUTE))).toHaveLength(8);
    queue.release('1', 2 * HOUR);
    queue.release('2', 2 * HOUR);
    queue.enqueue(aJob('9', 1, { share: 'a' }));
    expect(waits(queue.settle(2 * HOUR))).toEqual({ 9: 'COMPUTE_RESERVATION' });
  });

  it('lets a job in that is larger than the rest when nothing else runs', () => {
    const queue = withJobs(kept, aJob('big', 8, { share: 'a' }), aJob('small', 1, { share: 'a' }));
    const outcome = queue.settle(0);
    expect(actions(outcome)).toEqual(['big']);
    expect(waits(outcome)).toEqual({ small: 'COMPUTE_RESERVATION' });
  });
});

describe('fairShare', () => {
  it('the share with the lowest decayed usage × weight goes next, though it was submitted last', () => {
    const low = aJob('low-1', 10, { share: 'LOWPRI' });
    const queue = withJobs(aQueue(fairShare(WEIGHTS)), low);
    queue.settle(0);
    queue.enqueue(aJob('low-2', 10, { share: 'LOWPRI' }));
    queue.enqueue(aJob('mid', 10, { share: 'MIDPRI' }));
    queue.enqueue(aJob('high', 10, { share: 'HIGHPRI' }));
    const order: string[] = [];
    for (let at = HOUR, last = 'low-1'; queue.waitingCount > 0; at += HOUR) {
      queue.release(last, at);
      const [next = ''] = actions(queue.settle(at));
      order.push(next);
      last = next;
    }
    expect(order).toEqual(['high', 'mid', 'low-2']);
  });

  it('gives a burst turns in proportion to the weights', () => {
    const jobs = Object.keys(WEIGHTS).flatMap((share) =>
      Array.from({ length: 40 }, (_, index) => aJob(`${share} ${index}`, 1, { share })),
    );
    const queue = withJobs(aQueue(fairShare(WEIGHTS), { gpu: 46 }), ...jobs);
    const started = actions(queue.settle(0)).map((id) => id.split(' ')[0]);
    const count = (share: string): number => started.filter((name) => name === share).length;
    expect([count('HIGHPRI'), count('MIDPRI'), count('LOWPRI')]).toEqual([30, 10, 6]);
  });

  it('priority decides inside a share only', () => {
    const queue = withJobs(
      aQueue(fairShare({ a: 1, b: 2 })),
      aJob('a-low', 5, { share: 'a', priority: 1 }),
      aJob('a-high', 5, { share: 'a', priority: 9 }),
      aJob('b', 5, { share: 'b', priority: 99 }),
    );
    expect(actions(queue.settle(0))).toEqual(['a-high', 'b']);
  });

  it('a job that does not fit does not block its share or others', () => {
    const queue = withJobs(
      aQueue(fairShare({ a: 1, b: 2 })),
      aJob('big', 11, { share: 'a' }),
      aJob('a', 5, { share: 'a' }),
      aJob('b', 5, { share: 'b' }),
    );
    const outcome = queue.settle(0);
    expect(actions(outcome)).toEqual(['a', 'b']);
    expect(waits(outcome)).toEqual({ big: 'NEVER_FITS' });
  });

  it.each([
    ['team-x', 2],
    ['team-gold-1', 0.5],
    ['team-gold', 7],
    ['other', 1],
  ])('share %s has the weight factor %f', (share, weight) => {
    const setup = fairShare({ 'team-*': 2, 'team-gold-*': 0.5, 'team-gold': 7 }) as FairShareSetup;
    expect(new ShareUsageBook(setup).weightFactor(share)).toBe(weight * 10_000);
  });

  it('goes on with its past after a restart', () => {
    const setup = aQueue(fairShare({ a: 1, b: 1 }));
    const before = withJobs(setup, aJob('a1', 6, { share: 'a' }), aJob('b1', 4, { share: 'b' }));
    before.settle(0);
    before.release('a1', HOUR);
    const waiting = [aJob('a2', 6, { share: 'a' }), aJob('b2', 6, { share: 'b' })];
    const after = new Scheduler(setup, {
      waiting,
      running: before.runningJobs(),
      usage: JSON.parse(JSON.stringify(before.fairShareUsage())) as ReturnType<Scheduler['fairShareUsage']>,
    });
    for (const job of waiting) before.enqueue(job);
    expect(after.settle(HOUR).decisions).toEqual(before.settle(HOUR).decisions);
    expect(after.fairShareUsage()).toEqual(before.fairShareUsage());
    expect(after.running('b2')?.id).toBe('b2');
  });
});
