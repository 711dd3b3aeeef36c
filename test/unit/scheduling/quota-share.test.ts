import { describe, expect, it } from 'vitest';
import type { RunningJob, WaitingJob } from '../../../src/scheduling/job.ts';
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

  describe.each(['priority', 'fairShare'] as const)('in %s order', (order) => {
    const queueOf = (...waiting: WaitingJob[]): Scheduler => {
      const setup = aQueue({ ...quotaShares(aShare('one', 6), aShare('two', 4)), order });
      const running = Array.from({ length: 10 }, (_, index) => aJob(`one-${index}`, 1, { share: 'one' }));
      return new Scheduler(setup, {
        running: running.map((job) => ({ ...job, option: 0, startedAt: 0 })),
        waiting,
      });
    };

    it('takes a guarantee back for all jobs of its share at once, and no more than that', () => {
      const queue = queueOf(
        ...Array.from({ length: 6 }, (_, index) => aJob(`two-${index}`, 1, { share: 'two' })),
      );
      const outcome = queue.settle(MINUTE);
      expect(actions(outcome)).toEqual([
        '-one-0 for two-0',
        '-one-1 for two-1',
        '-one-2 for two-2',
        '-one-3 for two-3',
      ]);
      expect(waits(outcome)).toMatchObject({ 'two-3': 'PREEMPTING', 'two-4': 'ENVIRONMENT_FULL' });
      expect(actions(queue.settle(2 * MINUTE))).toEqual([]);
      queue.release('one-2', 2 * MINUTE, {});
      expect(actions(queue.settle(2 * MINUTE))).toEqual(['two-0']);
      for (const id of ['one-0', 'one-1', 'one-3']) queue.release(id, 3 * MINUTE, {});
      expect(actions(queue.settle(3 * MINUTE))).toEqual(['two-1', 'two-2', 'two-3']);
    });

    it('counts on what stops leave over before it stops others', () => {
      const queue = new Scheduler(aQueue({ ...quotaShares(aShare('one', 6), aShare('two', 4)), order }), {
        running: [
          { ...aJob('small', 6, { share: 'one', priority: 1 }), option: 0, startedAt: 0 },
          { ...aJob('large', 4, { share: 'one' }), option: 0, startedAt: 0 },
        ],
        waiting: [1, 2, 1].map((size, index) => aJob(`two-${index}`, size, { share: 'two' })),
      });
      const outcome = queue.settle(MINUTE);
      expect(actions(outcome)).toEqual(['-large for two-0']);
      expect(waits(outcome)).toMatchObject({
        'two-0': 'PREEMPTING',
        'two-1': 'RELEASE_EXPECTED',
        'two-2': 'RELEASE_EXPECTED',
      });
      queue.release('large', 2 * MINUTE, {});
      expect(actions(queue.settle(2 * MINUTE))).toEqual(['two-0', 'two-1', 'two-2']);
    });

    it('a better job that comes meanwhile gets what the stops leave, and the one before it has others stopped', () => {
      const queue = queueOf(aJob('two-0', 1, { share: 'two' }));
      expect(actions(queue.settle(MINUTE))).toEqual(['-one-0 for two-0']);
      queue.enqueue(aJob('better', 1, { share: 'two', priority: 9 }));
      const outcome = queue.settle(2 * MINUTE);
      expect(actions(outcome)).toEqual(['-one-1 for two-0']);
      expect(queue.running('one-0')?.evictedFor).toBe('better');
      queue.release('one-0', 3 * MINUTE, {});
      expect(actions(queue.settle(3 * MINUTE))).toEqual(['better']);
    });
  });

  it('stops nobody else for a job that others are being stopped for already', () => {
    const wanted = [
      { environment: 'gpu', instances: 1 },
      { environment: 'other', instances: 1 },
    ];
    const owner = aShare('owner', 1, { quota: { gpu: { guaranteed: 1 }, other: { guaranteed: 1 } } });
    const setup = aQueue(quotaShares(aShare('guest', 0), owner), { gpu: 1, other: 1 });
    const held = (id: string, environment: string): RunningJob => ({
      ...aJob(id, 1, { share: 'guest', options: [{ environment, instances: 1 }] }),
      option: 0,
      startedAt: 0,
    });
    const queue = new Scheduler(setup, {
      running: [held('in-gpu', 'gpu'), held('in-other', 'other')],
      waiting: [aJob('wants-either', 1, { share: 'owner', options: wanted })],
    });
    queue.setEnvironment('gpu', { kind: 'draining' });
    expect(actions(queue.settle(MINUTE))).toEqual(['-in-other for wants-either']);
    queue.setEnvironment('gpu', { kind: 'open' });
    expect(actions(queue.settle(2 * MINUTE))).toEqual([]);
    queue.release('in-other', 3 * MINUTE);
    expect(actions(queue.settle(3 * MINUTE))).toEqual(['wants-either']);
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
