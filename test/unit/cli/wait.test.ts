import { describe, expect, test } from 'vitest';
import type { JobReport } from '../../../src/client/index.ts';
import type { Trainyard } from '../../../src/cli/terminal.ts';
import { TrainyardError } from '../../../src/jobs/error-catalogue.ts';
import { reason } from '../../../src/jobs/reason.ts';
import { listing, trainyard } from './fake-terminal.ts';
import { attempt, job, summary } from './job-builders.ts';

const done = { status: 'SUCCEEDED', reason: reason('CANCELLED', { reason: 'not really' }) } as const;

function ending(ends: Record<string, Partial<JobReport>>): Partial<Trainyard> {
  return {
    list: () => listing(),
    wait: (jobId) => Promise.resolve(job({ jobId, ...done, ...ends[jobId] })),
  };
}

const crashed = {
  status: 'FAILED',
  attempts: [
    attempt({
      failure: {
        class: 'algorithm',
        message: 'AlgorithmError: ExecuteUserScriptError: ExitCode 42 ErrorMessage ""',
      },
    }),
  ],
} as const;

describe('the exit code', () => {
  test.each<[string, readonly string[], Record<string, Partial<JobReport>>, number]>([
    ['0 when all succeeded', ['a', 'b'], {}, 0],
    ['1 when one failed', ['a', 'b'], { b: { status: 'FAILED' } }, 1],
    ['1 when one was stopped', ['a'], { a: { status: 'STOPPED' } }, 1],
    ["1 for a failed script, unless the script's own code is asked for", ['a'], { a: crashed }, 1],
    ["the script's own code when asked for", ['a', '--exit-code-from-job'], { a: crashed }, 42],
    [
      '1 when asked for a code that nobody knows',
      ['a', '--exit-code-from-job'],
      { a: { status: 'STOPPED' } },
      1,
    ],
  ])('is %s', async (_, args, ends, want) => {
    expect((await trainyard(['wait', ...args], { client: ending(ends) })).code).toBe(want);
  });

  test('is 124 when the time is over; the message names the limit that was given', async () => {
    const waited: unknown[] = [];
    const { code, stderr } = await trainyard(['wait', 'a', '--timeout', '2h'], {
      client: {
        list: () => listing(),
        wait: (_, options) => {
          waited.push(options?.timeoutMs);
          return Promise.reject(new TrainyardError('WAIT_TIMED_OUT', 'not after 7199.998 s'));
        },
      },
    });
    expect(code).toBe(124);
    expect(waited).toEqual([7_200_000]);
    expect(stderr).toContain('Job a had not ended after 2h; it goes on.');
  });
});

describe('the output', () => {
  test('is a line per job as it ends', async () => {
    const { stdout } = await trainyard(['wait', 'a', 'b'], { client: ending({ b: { status: 'FAILED' } }) });
    expect(stdout).toBe('a  SUCCEEDED  Cancelled: not really.\nb  FAILED  Cancelled: not really.\n');
  });

  test('is one JSON array, in the order of the arguments', async () => {
    const { stdout } = await trainyard(['wait', 'b', 'a', '-o', 'json'], { client: ending({}) });
    expect(JSON.parse(stdout)).toMatchObject([{ jobId: 'b' }, { jobId: 'a' }]);
  });

  test('is an object per line as jsonl', async () => {
    const { stdout } = await trainyard(['wait', 'a', 'b', '-o', 'jsonl'], { client: ending({}) });
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('tells each change of status on stderr, once', async () => {
    let looks = 0;
    let finish = (): void => undefined;
    const { stderr } = await trainyard(['wait', 'a'], {
      client: {
        list: () => {
          if (++looks === 4) finish();
          return listing(summary({ jobId: 'a', status: looks < 3 ? 'SCHEDULED' : 'RUNNING' }));
        },
        get: (jobId) => Promise.resolve(job({ jobId, status: looks < 3 ? 'SCHEDULED' : 'RUNNING' })),
        wait: (jobId) =>
          new Promise((resolve) => {
            finish = () => resolve(job({ jobId, ...done }));
          }),
      },
    });
    expect(stderr).toBe(
      'a  SCHEDULED  Training on 4 × ml.g5.48xlarge.\na  RUNNING  Training on 4 × ml.g5.48xlarge.\n',
    );
  });
});
