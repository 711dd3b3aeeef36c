import { describe, expect, it } from 'vitest';
import { actions, aJob, aQueue, aShare, MINUTE, quotaShares, waits, withJobs } from './queues.ts';

/** The brief's example in tenths: 10 instances, shared 6 to 4. */
const sixtyForty = aQueue(quotaShares(aShare('one', 6), aShare('two', 4)));

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
});
