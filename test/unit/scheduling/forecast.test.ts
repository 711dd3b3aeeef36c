import { describe, expect, test } from 'vitest';
import { DEFAULT_STOP_SECONDS, forecast } from '../../../src/scheduling/forecast.ts';
import type { RunningTimes } from '../../../src/scheduling/explanation.ts';
import type { RunningJob, WaitingJob } from '../../../src/scheduling/job.ts';
import { expectedEnd } from '../../../src/scheduling/running-time.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import type { QueueSetup } from '../../../src/scheduling/setup.ts';
import { aJob, aQueue, aShare, FIFO, HOUR, MINUTE, quotaShares } from './queues.ts';

const NOW = 10 * HOUR;

const running = (job: WaitingJob, startedAt: number, more: Partial<RunningJob> = {}): RunningJob => ({
  ...job,
  option: 0,
  startedAt,
  ...more,
});

/** Seven ended jobs each, all of the same length. */
const times = (seconds: Readonly<Record<string, number>>): RunningTimes => ({
  ended: Object.fromEntries(
    Object.entries(seconds).map(([share, each]) => [share, new Array<number>(7).fill(each)]),
  ),
});

function aLiveQueue(setup: QueueSetup, runs: readonly RunningJob[], waits: readonly WaitingJob[]): Scheduler {
  const scheduler = new Scheduler(setup, { running: runs, waiting: waits });
  scheduler.settle(NOW);
  return scheduler;
}

describe('the expected end of a running job', () => {
  const limit = { limitSeconds: 7200 };
  const cases: [string, RunningJob, RunningTimes | undefined, number][] = [
    [
      'is its start plus the median',
      running(aJob('a', 1, limit), NOW - 10 * MINUTE),
      times({ '': 3600 }),
      50 * MINUTE,
    ],
    [
      'prefers the history of its share',
      running(aJob('a', 1, limit), NOW),
      times({ '': 3600, default: 600 }),
      10 * MINUTE,
    ],
    [
      'goes by those that took longer than it has run',
      running(aJob('a', 1, limit), NOW - 10 * MINUTE),
      { ended: { '': [60, 300, 600, 601, 1800, 3000, 6000] } },
      20 * MINUTE,
    ],
    [
      'doubles the longest when it has outlasted all',
      running(aJob('a', 1, limit), NOW - 25 * MINUTE),
      times({ '': 600 }),
      15 * MINUTE,
    ],
    [
      'never passes its limit',
      running(aJob('a', 1, limit), NOW - 90 * MINUTE),
      times({ '': 4000 }),
      30 * MINUTE,
    ],
    ['is its limit without history', running(aJob('a', 1, limit), NOW - HOUR), undefined, HOUR],
    ['is a day without limit and history', running(aJob('a', 1), NOW - HOUR), undefined, 23 * HOUR],
    ['is a stop away beyond its limit', running(aJob('a', 1, limit), NOW - 3 * HOUR), undefined, 2 * MINUTE],
    [
      'is a stop away when it is being stopped',
      running(aJob('a', 1, limit), NOW, { evictedFor: 'b' }),
      undefined,
      2 * MINUTE,
    ],
  ];
  test.each(cases)('%s', (_, job, history, after) => {
    expect(expectedEnd(job, NOW, history, DEFAULT_STOP_SECONDS) - NOW).toBe(after);
  });
});

describe('an estimated start', () => {
  const holder = running(aJob('holder', 10, { limitSeconds: 7200 }), NOW - 10 * MINUTE);

  test('is when the jobs in front of it have run to their limits, without history', () => {
    const first = aJob('first', 10, { limitSeconds: 3600 });
    const second = aJob('second', 10);
    const estimates = forecast(aLiveQueue(aQueue(FIFO), [holder], [first, second]), ['first', 'second'], NOW);
    expect(estimates.get('first')).toEqual({
      startAt: NOW + 110 * MINUTE,
      latestAt: NOW + 110 * MINUTE,
      environment: 'gpu',
      basis: 'Rests on the time limits of 1 job, if nothing else is submitted or changed.',
    });
    expect(estimates.get('second')?.startAt).toBe(NOW + 170 * MINUTE);
  });

  test('uses running times of ended jobs, with limits as the latest', () => {
    const scheduler = aLiveQueue(aQueue(FIFO), [holder], [aJob('next', 10)]);
    expect(forecast(scheduler, ['next'], NOW, times({ default: 1800 })).get('next')).toEqual({
      startAt: NOW + 20 * MINUTE,
      earliestAt: NOW + 20 * MINUTE,
      latestAt: NOW + 110 * MINUTE,
      environment: 'gpu',
      basis:
        'Rests on the running times of 7 ended jobs of default (median 30 min), if nothing else is submitted or changed.',
    });
  });

  test('names the limit that SageMaker sets by default', () => {
    const endless = running(aJob('endless', 10), NOW);
    const estimate = forecast(aLiveQueue(aQueue(FIFO), [endless], [aJob('next', 1)]), ['next'], NOW).get(
      'next',
    );
    expect(estimate?.startAt).toBe(NOW + 24 * HOUR);
    expect(estimate?.basis).toContain('the limit of one day that SageMaker sets by default for 1 job');
  });

  test('counts the time that victims need to stop, and starts them again later', () => {
    const setup = aQueue(quotaShares(aShare('prod', 6), aShare('lab', 4)));
    const victim = running(
      aJob('victim', 10, { share: 'prod', limitSeconds: 7200, checkpointSeconds: 600 }),
      NOW - HOUR,
    );
    const scheduler = aLiveQueue(setup, [victim], [aJob('claim', 4, { share: 'lab', limitSeconds: 600 })]);
    const estimates = forecast(scheduler, ['claim'], NOW, undefined, { stopSeconds: 60 });
    expect(estimates.get('claim')?.startAt).toBe(NOW + MINUTE);
  });

  test('of a job that can never start says so', () => {
    const scheduler = aLiveQueue(aQueue(FIFO), [holder], [aJob('huge', 11)]);
    const estimate = forecast(scheduler, ['huge'], NOW).get('huge');
    expect(estimate?.startAt).toBeUndefined();
    expect(estimate?.basis).toMatch(
      /^No estimate: it does not start even when everything before it has ended/,
    );
  });

  test('stops at its bound and says until when the job waits at least', () => {
    const queue = Array.from({ length: 20 }, (_, index) => aJob(`w${index}`, 10, { limitSeconds: 3600 }));
    const estimate = forecast(aLiveQueue(aQueue(FIFO), [holder], queue), ['w19'], NOW, undefined, {
      maxSteps: 8,
    });
    const { earliestAt, startAt, basis } = estimate.get('w19') ?? { basis: '' };
    expect(startAt).toBeUndefined();
    expect(earliestAt).toBeGreaterThan(NOW + HOUR);
    expect(basis).toMatch(/^No estimate: the simulation was stopped/);
  });

  test('expects a cooling environment to have capacity when it is tried again', () => {
    const scheduler = aLiveQueue(aQueue(FIFO), [], []);
    scheduler.setEnvironment('gpu', { kind: 'cooling', until: NOW + 5 * MINUTE });
    scheduler.enqueue(aJob('a', 4));
    scheduler.enqueue(aJob('b', 4));
    const estimates = forecast(scheduler, ['a', 'b'], NOW);
    expect(estimates.get('a')?.startAt).toBe(NOW + 5 * MINUTE);
    expect(estimates.get('b')?.startAt).toBe(NOW + 5 * MINUTE);
  });

  test('is only given for jobs that wait', () => {
    expect([...forecast(aLiveQueue(aQueue(FIFO), [holder], []), ['holder', 'nobody'], NOW)]).toEqual([]);
  });
});
