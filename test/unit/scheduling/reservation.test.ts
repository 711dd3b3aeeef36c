import { describe, expect, it } from 'vitest';
import type { WaitingJob } from '../../../src/scheduling/job.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import {
  actions,
  aJob,
  aQueue,
  aShare,
  fairShare,
  FIFO,
  MINUTE,
  quotaShares,
  SECOND,
  waits,
  withJobs,
} from './queues.ts';

const AFTER = { reservation: { afterSeconds: 600 } };

/** Ten instances, six of them in use until minute 30 by its limit; `big` needs eight and has waited for long enough at minute 10. */
function waitingForBig(...others: readonly WaitingJob[]): ReturnType<typeof withJobs> {
  const queue = withJobs(
    aQueue(FIFO, { gpu: 10 }, AFTER),
    aJob('first', 6, { limitSeconds: 1800 }),
    aJob('big', 8),
  );
  queue.settle(0);
  for (const job of others) queue.enqueue(job);
  return queue;
}

describe('reservations', () => {
  it('nobody holds one before the time is over; the queue says when that is', () => {
    const queue = waitingForBig();
    queue.enqueue(aJob('small', 4, { queuedAt: MINUTE }));
    const outcome = queue.settle(9 * MINUTE);
    expect(actions(outcome)).toEqual(['small']);
    expect(outcome.wakeAt).toBe(10 * MINUTE);
  });

  it.each([
    { what: 'a job that ends before the holder can start passes it', size: 4, limit: 1200, starts: true },
    { what: 'one second longer and it waits', size: 4, limit: 1201, starts: false },
    { what: 'a job without a limit waits', size: 4, limit: undefined, starts: false },
    { what: 'what the holder does not need is free for anybody', size: 2, limit: undefined, starts: true },
  ])('$what', ({ size, limit, starts }) => {
    const job = aJob('late', size, {
      queuedAt: 5 * MINUTE,
      ...(limit === undefined ? {} : { limitSeconds: limit }),
    });
    const outcome = waitingForBig(job).settle(10 * MINUTE);
    expect(actions(outcome)).toEqual(starts ? ['late'] : []);
    expect(waits(outcome)).toEqual(
      starts ? { big: 'ENVIRONMENT_FULL' } : { big: 'ENVIRONMENT_FULL', late: 'RESERVED' },
    );
  });

  it('several small jobs together may not take more than the holder can spare', () => {
    const late = ['x', 'y', 'z'].map((id) => aJob(id, 1, { queuedAt: MINUTE }));
    expect(actions(waitingForBig(...late).settle(10 * MINUTE))).toEqual(['x', 'y']);
  });

  it('nor may several of one share that start together', () => {
    const late = ['x', 'y', 'z'].map((id) => aJob(id, 1, { share: 'other', queuedAt: MINUTE }));
    const policy = quotaShares(aShare('default', 0), aShare('other', 0));
    const queue = new Scheduler(aQueue(policy, { gpu: 10 }, AFTER), {
      running: [{ ...aJob('first', 6, { limitSeconds: 1800 }), option: 0, startedAt: 0 }],
      waiting: [aJob('big', 8), ...late],
    });
    const outcome = queue.settle(10 * MINUTE);
    expect(actions(outcome)).toEqual(['x', 'y']);
    expect(waits(outcome)).toEqual({ big: 'ENVIRONMENT_FULL', z: 'RESERVED' });
  });

  it('a decision ends where a share has jobs that preempt, and its largest is held up by another reservation', () => {
    const inP4 = (instances: number): WaitingJob['options'] => [{ environment: 'p4', instances }];
    const inP5 = (instances: number): WaitingJob['options'] => [{ environment: 'p5', instances }];
    const own = aShare('own', 0, {
      quota: { p4: { guaranteed: 3 }, p5: { guaranteed: 3 } },
      preemption: { inShare: 'lower', reclaim: 'never' },
      fallback: { ifBorrowing: 'stop', ifPreempting: 'stop', prefer: 'borrow' },
    });
    const ofOwn = (id: string, priority: number, options: WaitingJob['options']): WaitingJob =>
      aJob(id, 0, { share: 'own', priority, options });
    const queue = new Scheduler(aQueue(quotaShares(own), { p4: 4, p5: 13 }, AFTER), {
      running: [
        aJob('guest-p4', 0, { options: inP4(1) }),
        aJob('guest-p5', 0, { options: inP5(4) }),
        ofOwn('own-p5', 2, inP5(2)),
        ofOwn('own-p4', 2, inP4(3)),
      ].map((job) => ({ ...job, option: 0, startedAt: 0 })),
      waiting: [
        ofOwn('first', 5, inP4(2)),
        ofOwn('second', 5, inP4(2)),
        ofOwn('large', 1, inP5(8)),
        aJob('guest-large', 0, { options: inP5(4) }),
      ],
    });
    expect(actions(queue.settle(10 * MINUTE))).toEqual(['-own-p4 for first']);
  });

  it('says for whom the instances are kept', () => {
    const outcome = waitingForBig(aJob('late', 3, { queuedAt: MINUTE })).settle(10 * MINUTE);
    expect(outcome.decisions).toContainEqual(
      expect.objectContaining({
        job: 'late',
        why: { code: 'RESERVED', environment: 'gpu', for: 'big', needed: 3, free: 4 },
      }),
    );
  });

  it('without limits the oldest running jobs are taken to end first', () => {
    const queue = withJobs(aQueue(FIFO, { gpu: 10 }, AFTER), aJob('first', 6), aJob('big', 8));
    queue.settle(0);
    queue.enqueue(aJob('short', 3, { queuedAt: MINUTE, limitSeconds: 1 }));
    queue.enqueue(aJob('fits beside it', 2, { queuedAt: MINUTE }));
    expect(actions(queue.settle(10 * MINUTE))).toEqual(['fits beside it']);
  });

  it('the holder starts when its turn has come, and the others go on', () => {
    const queue = waitingForBig(
      aJob('late', 2, { queuedAt: MINUTE }),
      aJob('later', 2, { queuedAt: 2 * MINUTE }),
    );
    expect(actions(queue.settle(10 * MINUTE))).toEqual(['late']);
    queue.release('first', 20 * MINUTE);
    expect(actions(queue.settle(20 * MINUTE))).toEqual(['big']);
    queue.release('big', 40 * MINUTE);
    expect(actions(queue.settle(40 * MINUTE))).toEqual(['later']);
  });

  it('when the holder is withdrawn, those held up start', () => {
    const queue = waitingForBig(aJob('late', 4, { queuedAt: MINUTE }));
    queue.settle(10 * MINUTE);
    queue.withdraw('big');
    expect(actions(queue.settle(10 * MINUTE))).toEqual(['late']);
  });

  it('jobs that come before the holder are not held up', () => {
    const queue = withJobs(
      aQueue(fairShare({ a: 1 }), { gpu: 10 }, AFTER),
      aJob('first', 6, { share: 'a' }),
      aJob('big', 8, { share: 'a' }),
      aJob('urgent', 4, { share: 'a', priority: 9, queuedAt: 9 * MINUTE }),
    );
    queue.settle(0);
    queue.release('urgent', 10 * MINUTE, {});
    expect(actions(queue.settle(10 * MINUTE))).toEqual(['urgent']);
  });

  it('a share within its guarantee is not held up by one that would borrow', () => {
    const policy = quotaShares(aShare('one', 5), aShare('two', 5));
    const queue = withJobs(
      aQueue(policy, { gpu: 10 }, AFTER),
      aJob('running', 4, { share: 'two' }),
      aJob('big', 8, { share: 'one' }),
    );
    queue.settle(0);
    queue.enqueue(aJob('borrows', 3, { share: 'two', queuedAt: MINUTE }));
    queue.enqueue(aJob('guaranteed', 1, { share: 'two', queuedAt: 2 * MINUTE }));
    const outcome = queue.settle(10 * MINUTE);
    expect(actions(outcome)).toEqual(['guaranteed']);
    expect(waits(outcome)).toMatchObject({ borrows: 'RESERVED' });
  });
});

describe('environments', () => {
  it.each([
    { what: 'draining', state: { kind: 'draining' } as const, code: 'DRAINING' },
    { what: 'cooling', state: { kind: 'cooling', until: MINUTE } as const, code: 'COOLING' },
    { what: 'probed by another', state: { kind: 'probing', job: 'x' } as const, code: 'PROBING' },
  ])('nobody starts where it is $what', ({ state, code }) => {
    const queue = withJobs(aQueue(FIFO), aJob('a', 1));
    queue.setEnvironment('gpu', state);
    expect(waits(queue.settle(0))).toEqual({ a: code });
    queue.setEnvironment('gpu', { kind: 'open' });
    expect(actions(queue.settle(0))).toEqual(['a']);
  });

  it.each([
    ['fifo', FIFO],
    ['quotaShare', quotaShares(aShare('default', 10), aShare('other', 0))],
  ])('%s: after cooling one job probes, and the next only when it is known how that went', (_, policy) => {
    const queue = withJobs(aQueue(policy), aJob('a', 1), aJob('b', 1), aJob('c', 2, { share: 'other' }));
    queue.setEnvironment('gpu', { kind: 'cooling', until: MINUTE });
    expect(queue.settle(0).wakeAt).toBe(MINUTE);
    expect(actions(queue.settle(MINUTE))).toEqual(['a']);
    expect(queue.environments(MINUTE)).toMatchObject([{ state: { kind: 'probing', job: 'a' } }]);
    queue.release('a', MINUTE + SECOND);
    expect(actions(queue.settle(MINUTE + SECOND))).toEqual(['b']);
    queue.setEnvironment('gpu', { kind: 'open' });
    expect(actions(queue.settle(MINUTE + SECOND))).toEqual(['c']);
  });

  it('jobs of a share or environment that vanished run to their end', () => {
    const both = [{ environment: 'old', instances: 1 }];
    const queue = withJobs(
      aQueue(quotaShares(aShare('gone', 5), aShare('stays', 5)), { gpu: 10, old: 2 }),
      aJob('a', 0, { share: 'gone', options: both }),
      aJob('b', 2, { share: 'gone' }),
    );
    queue.settle(0);
    queue.enqueue(aJob('c', 8, { share: 'gone', options: [...both, { environment: 'gpu', instances: 8 }] }));
    queue.configure(aQueue(quotaShares(aShare('stays', 5))), MINUTE);
    expect(queue.environments()).toMatchObject([
      { name: 'gpu', used: 2 },
      { name: 'old', limit: 0, used: 1 },
    ]);
    expect(actions(queue.settle(MINUTE))).toEqual(['c']);
    queue.release('a', MINUTE);
    expect(queue.environments()).toMatchObject([{ name: 'gpu', used: 10, free: 0 }]);
    expect(queue.usage().find(({ share }) => share === 'gone')).toMatchObject({
      guaranteed: 0,
      used: 10,
      borrowed: 10,
    });
  });
});
