import { describe, expect, it } from 'vitest';
import { actions, aJob, aQueue, FIFO, MINUTE, waits, withJobs } from './queues.ts';

describe('fifo', () => {
  it('starts jobs in the order of submission, whatever their share and priority', () => {
    const queue = withJobs(
      aQueue(FIFO),
      aJob('a', 4),
      aJob('b', 4, { priority: 99, share: 'x' }),
      aJob('c', 4),
    );
    expect(actions(queue.settle(0))).toEqual(['a', 'b']);
  });

  it('lets a job pass one that does not fit, and says so', () => {
    const queue = withJobs(aQueue(FIFO), aJob('a', 8), aJob('big', 5), aJob('small', 2));
    const outcome = queue.settle(0);
    expect(actions(outcome)).toEqual(['a', 'small']);
    expect(outcome.decisions).toContainEqual(
      expect.objectContaining({ job: 'small', why: { code: 'BACKFILLS', past: 'big' } }),
    );
    expect(waits(outcome)).toEqual({ big: 'ENVIRONMENT_FULL' });
  });

  it('uses the first of several environments that has room', () => {
    const options = [
      { environment: 'p5', instances: 2 },
      { environment: 'p4', instances: 4 },
    ];
    const queue = withJobs(
      aQueue(FIFO, { p5: 2, p4: 4 }),
      aJob('a', 0, { options }),
      aJob('b', 0, { options }),
    );
    expect(queue.settle(0).decisions).toMatchObject([
      { job: 'a', environment: 'p5', option: 0 },
      { job: 'b', environment: 'p4', option: 1, instances: 4 },
    ]);
  });

  it('a job that comes back keeps its place', () => {
    const queue = withJobs(aQueue(FIFO), aJob('a', 10), aJob('b', 10));
    queue.settle(0);
    queue.release('a', MINUTE, {});
    expect(actions(queue.settle(MINUTE))).toEqual(['a']);
  });

  it('stops at the limit of admissions and goes on from there', () => {
    const queue = withJobs(aQueue(FIFO), aJob('a', 1), aJob('b', 1), aJob('c', 1));
    const first = queue.settle(0, 2);
    expect([actions(first), first.more]).toEqual([['a', 'b'], true]);
    const second = queue.settle(0, 2);
    expect([actions(second), second.more]).toEqual([['c'], undefined]);
  });
});
