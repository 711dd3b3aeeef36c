import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AppliedQueue, QueueSpec, QueueSummary, SnapshotRequest } from '../../../src/client/index.ts';
import { TrainyardError } from '../../../src/jobs/error-catalogue.ts';
import { NOON, trainyard, type Outcome } from './fake-terminal.ts';
import { explanation } from './explanation-builder.ts';
import { searchQueue } from './queue-builders.ts';

const queueText = (name: string, more = ''): string =>
  `name: ${name}\nserviceEnvironments: [{ name: C5, family: c5, limit: 4 }]\nfifo: {}\n${more}`;

describe('queue apply', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'trainyard-queue-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));
  const file = (name: string, text: string): void => {
    mkdirSync(join(cwd, name, '..'), { recursive: true });
    writeFileSync(join(cwd, name), text);
  };

  async function apply(
    args: readonly string[],
    answer: (name: string) => AppliedQueue['outcome'] | TrainyardError = () => 'created',
  ): Promise<Outcome & { applied: readonly string[] }> {
    const applied: string[] = [];
    const outcome = await trainyard(['queue', 'apply', ...args], {
      cwd,
      stdin: queueText('from-stdin'),
      client: {
        applyQueue: (queue) => {
          const { name } = queue as QueueSpec;
          applied.push(name);
          const said = answer(name);
          return said instanceof TrainyardError
            ? Promise.reject(said)
            : Promise.resolve({ name, workflowId: `queue/${name}`, outcome: said });
        },
      },
    });
    return { ...outcome, applied };
  }

  test.each<[string, readonly string[], readonly string[]]>([
    ['one file', ['-f', 'a.yaml'], ['a']],
    ['files as arguments', ['a.yaml', 'two.yaml'], ['a', 'b', 'c']],
    ['a folder', ['.'], ['a', 'b', 'c']],
    ['standard input', ['-f', '-'], ['from-stdin']],
  ])('takes %s', async (_, args, want) => {
    file('a.yaml', queueText('a'));
    file('two.yaml', `${queueText('b')}---\n${queueText('c')}`);
    const { applied, stdout, code } = await apply(args);
    expect(applied).toEqual(want);
    expect(stdout).toBe(want.map((name) => `${name}  created\n`).join(''));
    expect(code).toBe(0);
  });

  test('says what came of each, as JSON too', async () => {
    file('two.yaml', `${queueText('b')}---\n${queueText('c')}`);
    const answer = (name: string): AppliedQueue['outcome'] => (name === 'b' ? 'changed' : 'unchanged');
    expect((await apply(['two.yaml'], answer)).stdout).toBe('b  changed\nc  unchanged\n');
    expect(JSON.parse((await apply(['two.yaml', '-o', 'json'], answer)).stdout)).toEqual([
      { name: 'b', workflowId: 'queue/b', outcome: 'changed' },
      { name: 'c', workflowId: 'queue/c', outcome: 'unchanged' },
    ]);
  });

  test('applies nothing when one file is broken, and tells every problem with its line', async () => {
    file('a.yaml', queueText('a'));
    file('b.yaml', queueText('b', 'maxWating: 5\n'));
    const { applied, stderr, code, connectedWith } = await apply(['a.yaml', 'b.yaml']);
    expect({ applied, code, connectedWith }).toEqual({ applied: [], code: 2, connectedWith: undefined });
    expect(stderr).toMatch(/b\.yaml:4:1: maxWating: unknown key.*Did you mean "maxWaiting"\?/);
    expect(stderr).toContain('[QUEUE_INVALID]');
  });

  test('refuses two queues of one name', async () => {
    file('a.yaml', queueText('same'));
    file('b.yaml', queueText('same'));
    const { stderr, code } = await apply(['a.yaml', 'b.yaml']);
    expect(stderr).toContain('b.yaml: name: there is another queue same in these files.');
    expect(code).toBe(2);
  });

  test('checks without a server in a dry run', async () => {
    file('a.yaml', queueText('a'));
    const { stdout, stderr, connectedWith } = await apply(['a.yaml', '--dry-run']);
    expect(stdout).toBe('a  ok, fifo\n');
    expect(stderr).toContain('nothing was applied');
    expect(connectedWith).toBeUndefined();
  });

  test('goes on after a queue that refuses, and ends with the code of the conflict', async () => {
    file('two.yaml', `${queueText('b')}---\n${queueText('c')}`);
    const { stdout, stderr, code } = await apply(['two.yaml'], (name) =>
      name === 'b' ? new TrainyardError('QUEUE_CHANGE_REFUSED', 'b has jobs.') : 'changed',
    );
    expect({ stdout, code }).toEqual({ stdout: 'c  changed\n', code: 5 });
    expect(stderr).toContain('b has jobs.');
  });

  test('warns of waiting jobs that can never start any more', async () => {
    file('a.yaml', queueText('search'));
    const [job] = searchQueue().front;
    const front = [
      { ...job!, jobId: 'gone', state: 'unplaced' as const, environment: '', instances: 0 },
      { ...job!, jobId: 'big', instances: 101 },
      { ...job!, jobId: 'elsewhere', instances: 102 },
      { ...job!, jobId: 'fine' },
    ];
    const never = {
      code: 'NEVER_FITS',
      environment: 'P4',
      needed: 101,
      most: 100,
      limitedBy: 'environment',
    } as const;
    const full = { code: 'ENVIRONMENT_FULL', environment: 'P5', needed: 1, free: 0, limit: 20 } as const;
    const { stderr, stdout, code } = await trainyard(['queue', 'apply', 'a.yaml'], {
      cwd,
      client: {
        applyQueue: () => Promise.resolve({ name: 'search', workflowId: 'queue/search', outcome: 'changed' }),
        queue: () => Promise.resolve(searchQueue({ front })),
        explain: (jobId) =>
          Promise.resolve({
            jobId,
            status: 'RUNNABLE',
            sentence: '',
            explanation: explanation({ blockedByOption: jobId === 'big' ? [never] : [never, full] }),
          }),
      },
    });
    expect({ stdout, code }).toEqual({ stdout: 'search  changed\n', code: 0 });
    expect(stderr).toContain(
      'warning: 2 waiting jobs of queue search can never start as it is now: gone and big.',
    );
  });

  test('needs a file', async () => {
    expect(await apply([])).toMatchObject({ code: 2, applied: [] });
  });
});

describe('queue list', () => {
  const queues: readonly QueueSummary[] = [
    {
      name: 'lab',
      startedAt: NOON,
      incomplete: { code: 'QUEUE_NOT_ANSWERING', message: 'No worker answered.' },
    },
    { ...searchQueue(), startedAt: NOON },
  ];
  const list = (args: readonly string[], all = queues): Promise<Outcome> =>
    trainyard(['queue', 'list', ...args], { client: { listQueues: () => Promise.resolve(all) } });

  test('shows what waits, what runs and what is in use', async () => {
    const { stdout, stderr, code } = await list([]);
    expect(stdout).toBe(
      [
        'NAME    POLICY      STATE      WAITING  HELD  RUNNING  STOPPING  IN USE',
        'lab     unknown     no worker        ?     ?        ?         ?',
        'search  quotaShare  open             3     1        5         1  P4 100/100, P5 6/20',
        '',
      ].join('\n'),
    );
    expect(stderr).toContain('warning: lab: No worker answered. [QUEUE_NOT_ANSWERING]');
    expect(code).toBe(0);
  });

  test('for programs', async () => {
    expect(JSON.parse((await list(['-o', 'json'])).stdout)).toMatchObject([
      { name: 'lab', startedAt: '2026-11-21T12:00:00.000Z', incomplete: { code: 'QUEUE_NOT_ANSWERING' } },
      { name: 'search', counts: { waiting: 3 } },
    ]);
    expect((await list(['-o', 'name'])).stdout).toBe('lab\nsearch\n');
  });

  test('says when there are none', async () => {
    expect(await list([], [])).toMatchObject({ stdout: '', code: 0 });
    expect((await list([], [])).stderr).toContain('There are no queues.');
    expect((await list(['-o', 'json'], [])).stdout).toBe('[]\n');
  });
});

describe('queue show', () => {
  async function show(
    args: readonly string[] = [],
    world: { columns?: number; queue?: ReturnType<typeof searchQueue> } = {},
  ): Promise<Outcome & { asked: SnapshotRequest | undefined }> {
    let asked: SnapshotRequest | undefined;
    const outcome = await trainyard(['queue', 'show', 'search', ...args], {
      ...(world.columns === undefined ? {} : { columns: world.columns }),
      client: {
        queue: (_, page) => {
          asked = page;
          return Promise.resolve(world.queue ?? searchQueue());
        },
        queueUrl: () => 'http://ui/queue',
      },
    });
    return { ...outcome, asked };
  }

  test.each([
    ['on a terminal of 80 cells', 80, 'queue-show-80.txt'],
    ['on a terminal of 120 cells', 120, 'queue-show-120.txt'],
    ['in a pipe', undefined, 'queue-show-pipe.txt'],
  ])('%s', async (_, columns, golden) => {
    const { stdout } = await show([], columns === undefined ? {} : { columns });
    await expect(stdout).toMatchFileSnapshot(`golden/${golden}`);
  });

  test('the table of shares adds up', async () => {
    const { stdout } = await show();
    const rows = [
      ...stdout.matchAll(/^ {2}(\S.*?) {2,}(P\d) +(-?\d+) +(\(?\d+\)?) +(\(?\d+\)?) +(-?\d+) /gm),
    ].map(([, name = '', environment, ...numbers]) => ({
      name,
      environment,
      numbers: numbers.map((n) => (n.startsWith('(') ? 0 : Number(n))),
    }));
    for (const environment of ['P4', 'P5']) {
      const own = rows.filter((row) => row.environment === environment);
      const parts = own.filter(({ name }) => name !== 'total');
      const total = own.find(({ name }) => name === 'total');
      expect(parts.length).toBeGreaterThan(2);
      const sums = [0, 1, 2, 3].map((column) =>
        parts.reduce((sum, { numbers }) => sum + (numbers[column] ?? 0), 0),
      );
      expect(sums).toEqual(total?.numbers);
      expect(sums[2]).toBe(sums[3]);
    }
  });

  test('of which more is in use than a lowered limit allows says how much is over', async () => {
    const { environments, shares } = searchQueue();
    const [p4, p5] = environments;
    const lowered = searchQueue({
      environments: [{ ...p4!, limit: 80, usableLimit: 80 }, p5!],
      shares: shares.map((usage) =>
        usage.environment === 'P4' && usage.guaranteed === 40
          ? { ...usage, guaranteed: 20, lent: 0, used: 25, borrowed: 5 }
          : usage,
      ),
    });
    const { stdout } = await show([], { queue: lowered });
    expect(stdout).toMatch(/^ {2}P4 +ml\.p4d\.24xlarge +80 +100 +20 over +open$/m);
    expect(stdout).toMatch(/^ {2}over the limit +P4 +0 +0 +0 +20 /m);
    expect(stdout).not.toMatch(/guaranteed to nobody +P4/);
    const { stdout: json } = await trainyard(['queue', 'show', 'search', '-o', 'json'], {
      client: { queue: () => Promise.resolve(lowered) },
    });
    expect(JSON.parse(json)).toMatchObject({
      remainders: [
        { environment: 'P4', free: 0, overLimit: 20, guaranteedToNobody: { instances: 0, lent: 0 } },
        { environment: 'P5', free: 10, overLimit: 0, guaranteedToNobody: { instances: 16, lent: 2 } },
      ],
    });
  });

  test('a job that no environment offers anything to has no size', async () => {
    const [first] = searchQueue().front;
    const front = [{ ...first!, state: 'unplaced' as const, environment: '', instances: 0 }];
    const { stdout } = await show([], { queue: searchQueue({ front }) });
    expect(stdout).toMatch(/rank-lr-9 .* - +12m/);
  });

  test('asks for the page and the share that are wanted', async () => {
    expect((await show()).asked).toEqual({ limit: 10, offset: 0 });
    const { asked, stdout } = await show(['--share', 'ProdExp2', '-n', '50', '--offset', '10']);
    expect(asked).toEqual({ limit: 50, offset: 10, share: 'ProdExp2' });
    expect(stdout).toContain('Front of the queue of ProdExp2');
    expect(stdout).not.toContain('ProdExp1    P4');
  });

  test('says first of all that it is paused, and how to go on', async () => {
    const { stdout } = await show([], { queue: searchQueue({ paused: true }) });
    expect(stdout.split('\n')[0]).toContain('PAUSED: it starts no jobs until it is resumed');
    expect(stdout).toContain('trainyard queue resume search');
  });

  test('for programs: everything, times as ISO 8601', async () => {
    const { stdout } = await show(['-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'search',
      at: '2026-11-21T12:00:00.000Z',
      webUiUrl: 'http://ui/queue',
      environments: [{ name: 'P4' }, { state: { until: '2026-11-21T12:05:00.000Z' } }],
      front: [{ jobId: 'rank-lr-9', queuedAt: '2026-11-21T11:48:00.000Z' }, {}, {}, {}],
    });
  });

  test('of a queue without jobs has no empty tables', async () => {
    const { stdout } = await show([], { queue: searchQueue({ front: [], running: [], lastDecisions: [] }) });
    expect(stdout).not.toMatch(/Front|Running|decisions/);
  });

  test('of a queue that does not exist ends with 3', async () => {
    const { stderr, code } = await trainyard(['queue', 'show', 'nope'], {
      client: {
        queue: () => Promise.reject(new TrainyardError('QUEUE_NOT_FOUND', 'There is no queue nope.')),
      },
    });
    expect(stderr).toContain('There is no queue nope.');
    expect(code).toBe(3);
  });
});

describe('operating a queue', () => {
  test.each<
    [
      string,
      readonly string[],
      'pauseQueue' | 'resumeQueue' | 'drainEnvironment' | 'undrainEnvironment',
      readonly string[],
      string,
      string,
    ]
  >([
    [
      'pause',
      ['pause', 'search'],
      'pauseQueue',
      ['search'],
      'search  paused; what runs goes on\n',
      'search  was paused already\n',
    ],
    [
      'resume',
      ['resume', 'search'],
      'resumeQueue',
      ['search'],
      'search  resumed\n',
      'search  was not paused\n',
    ],
    [
      'drain',
      ['drain', 'search', 'P4'],
      'drainEnvironment',
      ['search', 'P4'],
      'search  P4 takes no new jobs; what runs there goes on\n',
      'search  P4 was being drained already\n',
    ],
    [
      'drain --undo',
      ['drain', 'search', 'P4', '--undo'],
      'undrainEnvironment',
      ['search', 'P4'],
      'search  P4 takes jobs again\n',
      'search  P4 was not being drained\n',
    ],
  ])('%s', async (_, args, method, want, changed, unchanged) => {
    const asked: (readonly string[])[] = [];
    const answer = (result: boolean): Promise<Outcome> =>
      trainyard(['queue', ...args], {
        client: {
          [method]: (...given: string[]) => {
            asked.push(given);
            return Promise.resolve({ changed: result });
          },
        },
      });
    expect((await answer(true)).stdout).toBe(changed);
    expect((await answer(false)).stdout).toBe(unchanged);
    expect(asked).toEqual([want, want]);
  });

  test('for programs', async () => {
    const { stdout } = await trainyard(['queue', 'drain', 'search', 'P4', '-o', 'json'], {
      client: { drainEnvironment: () => Promise.resolve({ changed: true }) },
    });
    expect(JSON.parse(stdout)).toEqual({ name: 'search', environment: 'P4', changed: true });
  });

  test('delete asks first', async () => {
    const deleted: string[] = [];
    const client = {
      deleteQueue: (name: string) => {
        deleted.push(name);
        return Promise.resolve();
      },
    };
    expect(await trainyard(['queue', 'delete', 'search'], { client })).toMatchObject({ code: 2 });
    expect(
      await trainyard(['queue', 'delete', 'search'], { client, columns: 80, answer: 'n' }),
    ).toMatchObject({ code: 1 });
    expect(deleted).toEqual([]);
    expect(await trainyard(['queue', 'delete', 'search', '-y'], { client })).toMatchObject({
      code: 0,
      stdout: 'search  deleted\n',
    });
    expect(deleted).toEqual(['search']);
    const { stdout } = await trainyard(['queue', 'delete', 'search', '-y', '-o', 'json'], { client });
    expect(JSON.parse(stdout)).toEqual({ name: 'search', changed: true });
  });

  test('a verb that does not exist is a usage error', async () => {
    expect(await trainyard(['queue', 'pasue', 'search'])).toMatchObject({ code: 2 });
  });
});
