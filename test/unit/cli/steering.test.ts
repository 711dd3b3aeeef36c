import { describe, expect, test } from 'vitest';
import type { JobFilter, SteeringAnswer } from '../../../src/client/index.ts';
import type { Trainyard } from '../../../src/cli/terminal.ts';
import { TrainyardError } from '../../../src/jobs/error-catalogue.ts';
import type { JobStatus } from '../../../src/jobs/status.ts';
import { reason } from '../../../src/jobs/reason.ts';
import { listing, trainyard, type Outcome } from './fake-terminal.ts';
import { job, summary } from './job-builders.ts';

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

describe('cancel --filter', () => {
  async function cancel(
    args: readonly string[],
    jobs: readonly string[] = ['a', 'b'],
    world: { columns?: number; answer?: string } = {},
  ): Promise<Outcome & { filter: JobFilter | undefined; asked: readonly string[] }> {
    let filter: JobFilter | undefined;
    const asked: string[] = [];
    const outcome = await trainyard(['cancel', ...args], {
      ...world,
      client: {
        list: (wanted) => {
          filter = wanted;
          return listing(...jobs.map((jobId) => summary({ jobId })));
        },
        cancel: (jobId) => {
          asked.push(jobId);
          return Promise.resolve(cancelled(jobId));
        },
      },
    });
    return { ...outcome, filter, asked };
  }
  const unfinished = ['SUBMITTED', 'RUNNABLE', 'SCHEDULED', 'STARTING', 'RUNNING'];

  test.each<[string, readonly string[], JobFilter]>([
    [
      'of a queue',
      ['queue=search'],
      { statuses: ['SUBMITTED', 'RUNNABLE', 'SCHEDULED', 'STARTING', 'RUNNING'], queue: 'search' },
    ],
    [
      'of which all must hold',
      ['share=Lab', 'user=ana', 'name=sweep-*', 'instance-type=ml.p4d.24xlarge'],
      {
        statuses: ['SUBMITTED', 'RUNNABLE', 'SCHEDULED', 'STARTING', 'RUNNING'],
        share: 'Lab',
        user: 'ana',
        name: 'sweep-*',
        instanceType: 'ml.p4d.24xlarge',
      },
    ],
    ['of several statuses', ['status=runnable', 'status=RUNNING'], { statuses: ['RUNNABLE', 'RUNNING'] }],
  ])('cancels the unfinished jobs %s', async (_, filters, want) => {
    const { filter, asked, stdout, code } = await cancel([
      ...filters.flatMap((one) => ['--filter', one]),
      '-y',
    ]);
    expect(filter).toEqual(want);
    expect(asked).toEqual(['a', 'b']);
    expect({ stdout, code }).toEqual({ stdout: 'a  STOPPED  Cancelled.\nb  STOPPED  Cancelled.\n', code: 0 });
  });

  test('asks with the count and the first of them', async () => {
    const jobs = Array.from({ length: 37 }, (_, index) => `job-${index}`);
    const { stderr, asked, code } = await cancel(['--filter', 'queue=search'], jobs, {
      columns: 80,
      answer: 'n',
    });
    expect(stderr).toContain('Cancel 37 jobs (job-0, job-1, job-2, job-3, job-4, ...)? [y/N] ');
    expect({ asked, code }).toEqual({ asked: [], code: 1 });
  });

  test('needs --yes where nobody can be asked', async () => {
    expect(await cancel(['--filter', 'queue=search'])).toMatchObject({ code: 2, asked: [] });
  });

  test('that matches nothing does nothing, and that is fine', async () => {
    const { stdout, stderr, code } = await cancel(['--filter', 'user=nobody'], []);
    expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
    expect(stderr).toContain('No unfinished jobs match');
    expect((await cancel(['--filter', 'user=nobody', '-o', 'json'], [])).stdout).toBe('[]\n');
  });

  test('of a queue that never was is an error', async () => {
    const { code, stderr } = await trainyard(['cancel', '--filter', 'queue=serch', '-y'], {
      client: { list: () => listing(), queueNames: () => Promise.resolve(['lab', 'search']) },
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/There is no queue serch.*\n.*Did you mean search\?.*\[QUEUE_NOT_FOUND\]/);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['an unknown key', ['--filter', 'quee=search'], /Did you mean queue=/],
    ['no value', ['--filter', 'queue='], /Write a value behind queue=/],
    ['two in one', ['--filter', 'queue=search,share=Lab'], /Write --filter again for each/],
    ['no key at all', ['--filter', 'search'], /Write key=value/],
    ['a status that has ended', ['--filter', 'status=FAILED'], /Jobs that are FAILED have ended/],
    ['the same key twice', ['--filter', 'queue=a', '--filter', 'queue=b'], /queue is given twice/],
    ['ids besides', ['x', '--filter', 'queue=a'], /exclude each other/],
    ['neither ids nor a filter', [], /No job is named/],
  ])('is refused with %s', async (_, args, message) => {
    const { stderr, code, filter } = await cancel(args);
    expect(stderr).toMatch(message);
    expect({ code, filter }).toEqual({ code: 2, filter: undefined });
  });

  describe('with a status', () => {
    const spared = (jobId: string, as: JobStatus): SteeringAnswer => ({
      jobId,
      answered: true,
      job: job({ jobId, status: as }),
      spared: as,
    });
    const runnable = async (
      jobIds: readonly string[],
      answers: (jobId: string) => SteeringAnswer,
      ...args: string[]
    ): Promise<Outcome & { requests: readonly unknown[] }> => {
      const requests: unknown[] = [];
      const outcome = await trainyard(['cancel', '--filter', 'status=RUNNABLE', '-y', ...args], {
        client: {
          list: () => listing(...jobIds.map((jobId) => summary({ jobId }))),
          cancel: (jobId, request) => {
            requests.push(request);
            return Promise.resolve(answers(jobId));
          },
        },
      });
      return { ...outcome, requests };
    };

    test('asks for it once more of each job, and says which had another one by then', async () => {
      const { stdout, stderr, code, requests } = await runnable(
        ['a', 'b', 'c'],
        (jobId) => (jobId === 'a' ? cancelled(jobId) : spared(jobId, jobId === 'b' ? 'RUNNING' : 'STARTING')),
        '--reason',
        'late',
      );
      expect(requests).toEqual(Array.from({ length: 3 }, () => ({ reason: 'late', statuses: ['RUNNABLE'] })));
      expect({ stdout, code }).toEqual({ stdout: 'a  STOPPED  Cancelled.\n', code: 0 });
      expect(stderr).toBe('Spared, because no longer RUNNABLE when asked: b (RUNNING), c (STARTING).\n');
    });

    test('counts them when they are many', async () => {
      const many = Array.from({ length: 30 }, (_, index) => `job-${index}`);
      const { stderr } = await runnable(many, (jobId) =>
        spared(jobId, jobId.endsWith('7') ? 'STARTING' : 'RUNNING'),
      );
      expect(stderr).toBe(
        '30 jobs were spared, because no longer RUNNABLE when asked: 3 STARTING, 27 RUNNING.\n',
      );
    });

    test('tells programs which were spared', async () => {
      const { stdout } = await runnable(['b'], (jobId) => spared(jobId, 'RUNNING'), '-o', 'json');
      expect(JSON.parse(stdout)).toMatchObject([{ jobId: 'b', answered: true, spared: 'RUNNING' }]);
    });

    test('without a worker says that it counts when one comes', async () => {
      const { stderr } = await runnable(['a'], (jobId) => ({ jobId, answered: false }));
      expect(stderr).toContain('What is kept cancels a job only if it is RUNNABLE then.');
    });
  });

  test('without a status asks for none', async () => {
    const requests: unknown[] = [];
    await trainyard(['cancel', '--filter', 'queue=search', '-y'], {
      client: {
        list: () => listing(summary({ jobId: 'a' })),
        cancel: (jobId, request) => {
          requests.push(request);
          return Promise.resolve(cancelled(jobId));
        },
      },
    });
    expect(requests).toEqual([{}]);
  });

  test('never means ended jobs', async () => {
    expect((await cancel(['--filter', 'queue=search', '-y'])).filter?.statuses).toEqual(unfinished);
  });
});
