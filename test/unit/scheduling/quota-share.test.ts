import { describe, expect, it } from 'vitest';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import { actions, aJob, aQueue, aShare, MINUTE, quotaShares, waits, withJobs } from './queues.ts';

/** The brief's example in tenths: 10 instances, shared 6 to 4. */
const sixtyForty = aQueue(quotaShares(aShare('one', 6), aShare('two', 4)));

/** 4 instances, and nothing guaranteed but to `c`: `low` of `a` has to make room for `taker`. */
function whereLowIsStopped(guaranteedToC: number): Scheduler {
  const policy = quotaShares(aShare('a', 0), aShare('b', 0), aShare('c', guaranteedToC));
  return new Scheduler(aQueue({ ...policy, order: 'fairShare' }, { gpu: 4 }), {
    running: [
      { ...aJob('low', 2, { share: 'a', priority: 10 }), option: 0, startedAt: 0 },
      { ...aJob('high', 2, { share: 'b', priority: 90 }), option: 0, startedAt: 0 },
    ],
    waiting: [aJob('taker', 2, { share: 'a', priority: 50 })],
  });
}

describe('quotaShare', () => {
  it('lends what others leave, and takes it back for its owner', () => {
    const jobs = Array.from({ length: 10 }, (_, index) => aJob(`one-${index}`, 1, { share: 'one' }));
    const queue = withJobs(sixtyForty, ...jobs);
    expect(actions(queue.settle(0))).toHaveLength(10);

    queue.enqueue(aJob('two-0', 3, { share: 'two' }));
    const outcome = queue.settle(MINUTE);
    expect(actions(outcome)).toEqual(['-one-0 for two-0', '-one-1 for two-0', '-one-2 for two-0']);
    expect(waits(outcome)).toEqual({ 'two-0': 'PREEMPTING' });

    for (const id of ['one-0', 'one-1', 'one-2']) queue.release(id, 2 * MINUTE, {});
    expect(actions(queue.settle(2 * MINUTE))).toEqual(['two-0']);
    expect(queue.waiting('one-0')?.preemptions).toBe(1);
  });

  it('what is freed for a job is its own, though one that came later and would borrow, too, is more urgent', () => {
    const queue = whereLowIsStopped(0);
    expect(actions(queue.settle(MINUTE))).toEqual(['-low for taker']);
    queue.enqueue(aJob('urgent', 2, { share: 'c', priority: 90 }));
    expect(actions(queue.settle(MINUTE))).toEqual([]);
    queue.release('low', 2 * MINUTE, {});
    expect(actions(queue.settle(2 * MINUTE))).toEqual(['taker']);
  });

  it('but not of one that is within its guarantee', () => {
    const queue = whereLowIsStopped(2);
    expect(actions(queue.settle(MINUTE))).toEqual(['-low for taker']);
    queue.enqueue(aJob('owner', 2, { share: 'c' }));
    queue.settle(MINUTE);
    queue.release('low', 2 * MINUTE, {});
    expect(actions(queue.settle(2 * MINUTE))).toEqual(['owner']);
  });

  it('stops nobody who would be entitled to come back at once', () => {
    const policy = quotaShares(
      aShare('small', 1, { preemption: { inShare: 'never', reclaim: 'any' } }),
      aShare('large', 4),
    );
    const queue = new Scheduler(aQueue({ ...policy, order: 'fairShare' }, { gpu: 5 }), {
      running: [
        { ...aJob('one', 1, { share: 'small', priority: 3 }), option: 0, startedAt: 0 },
        { ...aJob('four', 4, { share: 'small', priority: 1 }), option: 0, startedAt: 0 },
      ],
      waiting: [aJob('all', 5, { share: 'large', priority: 3 })],
    });
    // Kueue would stop both, start them again, and so on.
    expect(actions(queue.settle(MINUTE))).toEqual([]);
    queue.enqueue(aJob('within', 4, { share: 'large', priority: 2 }));
    expect(actions(queue.settle(MINUTE))).toEqual(['-four for within']);
  });
});
