import { describe, expect, test } from 'vitest';
import type { SteeringAnswer } from '../../../src/client/index.ts';
import type { Trainyard } from '../../../src/cli/terminal.ts';
import { TrainyardError } from '../../../src/jobs/error-catalogue.ts';
import { reason } from '../../../src/jobs/reason.ts';
import { trainyard } from './fake-terminal.ts';
import { job } from './job-builders.ts';

const cancelled = (jobId: string): SteeringAnswer => ({
  jobId,
  answered: true,
  job: job({ jobId, status: 'STOPPED', reason: reason('CANCELLED', {}) }),
});

describe('cancel', () => {
  test('passes the reason on and prints the new state', async () => {
    const asked: unknown[] = [];
    const { stdout, code } = await trainyard(['cancel', 'a', 'b', '-y', '--reason', 'wrong data'], {
      client: {
        cancel: (jobId, request) => {
          asked.push([jobId, request]);
          return Promise.resolve(cancelled(jobId));
        },
      },
    });
    expect(asked).toEqual([
      ['a', { reason: 'wrong data' }],
      ['b', { reason: 'wrong data' }],
    ]);
    expect({ stdout, code }).toEqual({ stdout: 'a  STOPPED  Cancelled.\nb  STOPPED  Cancelled.\n', code: 0 });
  });

  test('asks on a terminal, and yes cancels', async () => {
    const { stderr, code } = await trainyard(['cancel', 'a'], {
      columns: 80,
      answer: 'y',
      client: { cancel: (jobId) => Promise.resolve(cancelled(jobId)) },
    });
    expect({ stderr, code }).toEqual({ stderr: 'Cancel job a? [y/N] ', code: 0 });
  });

  test('anything but yes cancels nothing', async () => {
    const { stderr, code } = await trainyard(['cancel', 'a', 'b'], { columns: 80, answer: '' });
    expect(stderr).toContain('Cancel 2 jobs (a, b)? [y/N] Nothing was cancelled.');
    expect(code).toBe(1);
  });

  test('Ctrl-C at the question cancels nothing', async () => {
    const answer = Object.assign(new Error('Aborted with Ctrl+C'), { name: 'AbortError' });
    const { stderr, code } = await trainyard(['cancel', 'a'], { columns: 80, answer });
    expect(stderr).toContain('Nothing was done.');
    expect(code).toBe(130);
  });

  test('never asks where nobody can answer', async () => {
    const { stderr, code } = await trainyard(['cancel', 'a']);
    expect(stderr).toContain('--yes');
    expect(code).toBe(2);
  });

  test('goes on after a job that has ended, and ends with the code of the conflict', async () => {
    const { stdout, stderr, code } = await trainyard(['cancel', 'a', 'b', '-y'], {
      client: {
        cancel: (jobId) =>
          jobId === 'a'
            ? Promise.reject(new TrainyardError('JOB_ENDED', 'Job a is SUCCEEDED.'))
            : Promise.resolve(cancelled(jobId)),
      },
    });
    expect(stdout).toBe('b  STOPPED  Cancelled.\n');
    expect(stderr).toContain('Job a is SUCCEEDED.');
    expect(code).toBe(5);
  });

  test('checks all ids before it cancels one', async () => {
    const { stdout, code } = await trainyard(['cancel', 'a', 'typo', '-y'], {
      client: {
        resolve: (text) =>
          text === 'typo'
            ? Promise.reject(new TrainyardError('JOB_NOT_FOUND', 'There is no job typo.'))
            : Promise.resolve(text),
      },
    });
    expect({ stdout, code }).toEqual({ stdout: '', code: 3 });
  });
});

describe('the other verbs', () => {
  test.each<[string, readonly string[], Partial<Trainyard>]>([
    ['hold', ['hold', 'a'], { hold: (jobId) => Promise.resolve({ jobId, answered: false }) }],
    ['release', ['release', 'a'], { release: (jobId) => Promise.resolve({ jobId, answered: false }) }],
    [
      'priority',
      ['priority', 'a', '90'],
      {
        setPriority: (jobId, priority) =>
          Promise.resolve({ jobId: `${jobId}${priority === 90 ? '' : '!'}`, answered: false }),
      },
    ],
  ])('%s without a worker says that the request is kept', async (_, args, client) => {
    const { stdout, stderr, code } = await trainyard(args, { client });
    expect({ stdout, stderr, code }).toEqual({
      stdout: '',
      stderr: 'a: no worker answers; the request is kept and takes effect when one comes.\n',
      code: 0,
    });
  });

  test.each(['-1', '10000', 'high', '1.5'])(
    'priority %s is refused before anything is sent',
    async (priority) => {
      const { code, stderr, connectedWith } = await trainyard(['priority', 'a', '--', priority]);
      expect({ code, connectedWith }).toEqual({ code: 2, connectedWith: undefined });
      expect(stderr).toContain('whole number from 0 to 9999');
    },
  );

  test('answers are JSON for programs', async () => {
    const { stdout } = await trainyard(['hold', 'a', '-o', 'json'], {
      client: { hold: (jobId) => Promise.resolve({ jobId, answered: false }) },
    });
    expect(JSON.parse(stdout)).toEqual([{ jobId: 'a', answered: false }]);
  });
});
