import { describe, expect, test } from 'vitest';
import type { JobFilter, JobSummary } from '../../../src/client/index.ts';
import { HOUR, listing, MINUTE, NOON, trainyard, type Outcome } from './fake-terminal.ts';
import { summary } from './job-builders.ts';

const jobs: readonly JobSummary[] = [
  summary(),
  summary({
    jobId: 'sweep-7-trial-00012',
    status: 'RUNNABLE',
    priority: 0,
    user: 'bartholomew.longname@example.com',
    share: 'ProdExp2',
    submittedAt: NOON - 12 * MINUTE,
  }),
  summary({
    jobId: 'ablation',
    status: 'FAILED',
    priority: 9_999,
    instanceType: 'ml.p5.48xlarge',
    submittedAt: NOON - 26 * HOUR,
    endedAt: NOON - HOUR,
  }),
];

async function list(
  args: readonly string[],
  world: { columns?: number; jobs?: readonly JobSummary[] } = {},
): Promise<Outcome & { filter: JobFilter | undefined }> {
  let filter: JobFilter | undefined;
  const outcome = await trainyard(['list', ...args], {
    ...(world.columns === undefined ? {} : { columns: world.columns }),
    client: {
      list: (asked) => {
        filter = asked;
        return listing(...(world.jobs ?? jobs));
      },
    },
  });
  return { ...outcome, filter };
}

describe('the table of jobs', () => {
  test.each([
    ['on a terminal of 80 cells', 80, 'list-80.txt'],
    ['on a terminal of 120 cells', 120, 'list-120.txt'],
    ['in a pipe, in full and without colours', undefined, 'list-pipe.txt'],
  ])('%s', async (_, columns, golden) => {
    const { stdout } = await list([], columns === undefined ? {} : { columns });
    await expect(stdout).toMatchFileSnapshot(`golden/${golden}`);
  });

  test('can have absolute times and no headers', async () => {
    const { stdout } = await list(['--time-format', 'iso', '--no-headers']);
    expect(stdout.split('\n')[0]).toContain('2026-11-21T10:00:00Z');
    expect(stdout).not.toContain('STATUS');
  });
});

describe('for programs', () => {
  test('JSON is an array with ISO times', async () => {
    const { stdout } = await list(['-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject([
      { jobId: 'rank-lr-3', status: 'RUNNING', submittedAt: '2026-11-21T10:00:00.000Z' },
      { jobId: 'sweep-7-trial-00012' },
      { jobId: 'ablation', endedAt: '2026-11-21T11:00:00.000Z' },
    ]);
  });

  test('jsonl is an object per line, name an id per line', async () => {
    const { stdout } = await list(['--output', 'jsonl']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as JobSummary).jobId),
    ).toEqual(jobs.map(({ jobId }) => jobId));
    expect((await list(['-oname'])).stdout).toBe('rank-lr-3\nsweep-7-trial-00012\nablation\n');
  });

  test('YAML is a sequence', async () => {
    const { stdout } = await list(['-o', 'yaml']);
    expect(stdout).toMatch(/^- jobId: rank-lr-3\n {2}status: RUNNING\n/);
  });
});

describe('an empty list', () => {
  test.each([
    [[], 'No unfinished jobs, and none that ended within the last day (--all shows older ones).'],
    [['--all'], 'No jobs.'],
    [['-u', 'nobody'], 'No jobs match.'],
  ])('of %j is a sentence on stderr and code 0', async (args, sentence) => {
    expect(await list(args, { jobs: [] })).toMatchObject({ code: 0, stdout: '', stderr: `${sentence}\n` });
  });

  test('of a queue that exists is empty, of another one an error', async () => {
    const empty = (queue: string): Promise<Outcome> =>
      trainyard(['list', '-q', queue], {
        client: { list: () => listing(), queueNames: () => Promise.resolve(['lab', 'search']) },
      });
    expect(await empty('lab')).toMatchObject({ code: 0, stderr: 'No jobs match.\n' });
    const { code, stderr } = await empty('serch');
    expect(code).toBe(3);
    expect(stderr).toMatch(/There is no queue serch.*\n.*Did you mean search\?.*\[QUEUE_NOT_FOUND\]/);
  });

  test('is [] in JSON', async () => {
    expect((await list(['-o', 'json'], { jobs: [] })).stdout).toBe('[]\n');
  });
});

describe('filters', () => {
  test.each<[string, readonly string[], JobFilter]>([
    ['nothing but a limit', [], { limit: 101 }],
    [
      'statuses, in any case, repeated or with commas',
      ['-s', 'running,Failed', '--status', 'STOPPED'],
      { statuses: ['RUNNING', 'FAILED', 'STOPPED'], limit: 101 },
    ],
    ['user and name', ['-u', 'ana', '--name', 'sweep-*'], { user: 'ana', name: 'sweep-*', limit: 101 }],
    ['how long ago', ['--since', '2h'], { since: NOON - 2 * HOUR, limit: 101 }],
    ['since a date', ['--since', '2026-11-20'], { since: Date.UTC(2026, 10, 20), limit: 101 }],
    ['everything that is kept', ['-a', '-n', '0'], { endedSince: 0 }],
  ])('%s', async (_, args, want) => {
    expect((await list(args)).filter).toEqual(want);
  });

  test('the limit says when there is more', async () => {
    const { stdout, stderr } = await list(['-n', '2', '-o', 'name']);
    expect(stdout).toBe('rank-lr-3\nsweep-7-trial-00012\n');
    expect(stderr).toBe('There are more jobs than these 2; raise --limit (0 for all).\n');
  });

  test.each([
    ['priority', ['ablation', 'rank-lr-3', 'sweep-7-trial-00012']],
    ['submitted', ['sweep-7-trial-00012', 'rank-lr-3', 'ablation']],
    ['id', ['ablation', 'rank-lr-3', 'sweep-7-trial-00012']],
    ['status', ['ablation', 'sweep-7-trial-00012', 'rank-lr-3']],
  ])('sorted by %s', async (key, want) => {
    expect((await list(['--sort', key, '-o', 'name'])).stdout.trimEnd().split('\n')).toEqual(want);
  });

  test('sorting sees all jobs before the limit cuts', async () => {
    const { stdout, filter } = await list(['--sort', 'priority', '-n', '1', '-o', 'name']);
    expect(stdout).toBe('ablation\n');
    expect(filter).toEqual({});
  });
});

describe('bad values are usage errors that say what is allowed', () => {
  test.each([
    [['--status', 'DONE'], /DONE is no status\. They are SUBMITTED, RUNNABLE/],
    [['--limit', 'many'], /whole number of at least 0|whole number from 0/],
    [['--since', 'yesterday'], /90m, 2h, 7d/],
    [['--sort', 'colour'], /status, id, user, priority, submitted, ended/],
    [['--output', 'xml'], /table, json, jsonl, yaml, name/],
    [['--staus', 'RUNNING'], /Did you mean --status/],
    [['extra'], /too many arguments/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await list(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toContain('[USAGE]');
  });
});

describe('watching', () => {
  async function watch(args: readonly string[], columns?: number): Promise<Outcome> {
    const states: readonly JobSummary['status'][] = ['RUNNING', 'SUCCEEDED'];
    let polls = 0;
    let ctrlC = (): void => undefined;
    return await trainyard(['list', '--watch', ...args], {
      ...(columns === undefined ? {} : { columns }),
      onKeyboard: (press) => {
        ctrlC = press;
      },
      client: {
        list: () => {
          const status = states[polls++];
          if (status === undefined) ctrlC();
          return listing(summary({ status: status ?? 'SUCCEEDED' }));
        },
      },
    });
  }

  test('prints a line per change in a pipe, and ends with 130 at Ctrl-C', async () => {
    const { stdout, code } = await watch([]);
    expect(stdout).toBe(
      '2026-11-21T12:00:00Z  rank-lr-3  RUNNING\n2026-11-21T12:00:00Z  rank-lr-3  SUCCEEDED\n',
    );
    expect(code).toBe(130);
  });

  test('turns JSON into jsonl', async () => {
    const { stdout } = await watch(['-o', 'json']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as JobSummary).status),
    ).toEqual(['RUNNING', 'SUCCEEDED']);
  });

  test('draws the table again on a terminal', async () => {
    const { stdout } = await watch([], 80);
    expect(stdout.match(/\u001B\[H\u001B\[2J/g)).toHaveLength(3);
  });
});
