import { describe, expect, test } from 'vitest';
import { claimsAfter, pauseEnds, withClaim } from '../../../src/scheduling/claims.ts';
import type { RunningJob, WaitingJob } from '../../../src/scheduling/job.ts';

const SECOND = 1000;
const job: WaitingJob = {
  id: 'j',
  share: 'a',
  priority: 0,
  options: [{ environment: 'p4', instances: 1 }],
  queuedAt: 0,
  sequence: 0,
  preemptions: 0,
};
const claiming = (times: number, at = 0): WaitingJob => ({ ...job, claims: { times, at } });
const running = (times: number): RunningJob => ({ ...claiming(times), option: 0, startedAt: 100 * SECOND });

describe('a job that has others stopped again and again', () => {
  test.each([
    ['never did: need not pause', job, undefined],
    ['did once: need not pause', claiming(1), undefined],
    ['did twice: pauses for half a minute', claiming(2), 30 * SECOND],
    ['did three times: pauses twice as long', claiming(3), 60 * SECOND],
    ['did ten times: pauses for hours', claiming(10), 30 * 256 * SECOND],
    ['counts its pause from when the last of them were gone', claiming(2, 7 * SECOND), 37 * SECOND],
  ])('%s', (_, given, ends) => {
    expect(pauseEnds(given, 0)).toBe(ends);
  });

  test('need not pause any more once the pause is over', () => {
    expect(pauseEnds(claiming(2), 30 * SECOND - 1)).toBe(30 * SECOND);
    expect(pauseEnds(claiming(2), 30 * SECOND)).toBeUndefined();
  });

  test('is counted when all of them are gone', () => {
    const once = withClaim(job, 5);
    expect(once.claims).toEqual({ times: 1, at: 5 });
    expect(withClaim(once, 9).claims).toEqual({ times: 2, at: 9 });
  });

  test.each([
    ['once, and ran for 29 seconds: it counts', 1, 29, { times: 1, at: 0 }],
    ['once, and ran for 30 seconds: forgotten', 1, 30, undefined],
    ['four times, and ran for less than its pause: it counts', 4, 119, { times: 4, at: 0 }],
    ['four times, and ran for as long as its pause: forgotten', 4, 120, undefined],
  ])('%s', (_, times, seconds, left) => {
    expect(claimsAfter(running(times), (100 + seconds) * SECOND)).toEqual(left);
  });
});
