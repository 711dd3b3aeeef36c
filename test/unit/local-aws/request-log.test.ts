import { describe, expect, it } from 'vitest';
import { RequestLog } from '../../../src/local-aws/wire/request-log.ts';

describe('the request log', () => {
  it('counts by operation, job and time, and has the answers', () => {
    const log = new RequestLog();
    log.received({ operation: 'CreateTrainingJob', at: 1, job: 'a' })({
      status: 400,
      error: 'ResourceInUse',
    });
    log.received({ operation: 'CreateTrainingJob', at: 2, job: 'b' })({ status: 200 });
    log.received({ operation: 'ListTrainingJobs', at: 3 });
    expect(log.query({ operation: 'Create*' })).toEqual({
      count: 2,
      times: [1, 2],
      requests: [
        { operation: 'CreateTrainingJob', at: 1, job: 'a', status: 400, error: 'ResourceInUse' },
        { operation: 'CreateTrainingJob', at: 2, job: 'b', status: 200 },
      ],
    });
    expect(log.query({ job: 'b' }).count).toBe(1);
    expect(log.query({ since: 2 }).times).toEqual([2, 3]);
    expect(log.query({ limit: 1 })).toMatchObject({ count: 3, times: [3] });
  });

  it('stays small, and counts on', () => {
    const log = new RequestLog();
    for (let i = 0; i < 50_000; i++) log.received({ operation: 'ListTrainingJobs', at: i });
    expect(log.query({ limit: 100_000 }).requests.length).toBeLessThanOrEqual(20_000);
    expect(log.query({ operation: 'ListTrainingJobs' }).count).toBe(50_000);
    for (let i = 0; i < 5_000; i++) log.received({ operation: `${i}`.padEnd(10_000, 'x'), at: i });
    expect(log.query({ operation: '(others)' }).count).toBeGreaterThan(0);
    expect(log.query({}).requests.every(({ operation }) => operation.length <= 128)).toBe(true);
  });
});
