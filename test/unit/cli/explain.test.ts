import { describe, expect, test } from 'vitest';
import type { ExplainOptions, JobExplanation } from '../../../src/client/index.ts';
import { TrainyardError } from '../../../src/jobs/error-catalogue.ts';
import { explanation } from './explanation-builder.ts';
import { MINUTE, NOON, trainyard, type Outcome } from './fake-terminal.ts';

function waiting(over: Partial<JobExplanation> = {}): JobExplanation {
  const own = explanation();
  return {
    jobId: 'rank-lr-9',
    status: 'RUNNABLE',
    queue: 'search',
    sentence: own.sentence,
    explanation: own,
    ...over,
  };
}

async function explain(
  args: readonly string[] = [],
  answer: JobExplanation = waiting(),
  columns?: number,
): Promise<Outcome & { asked: ExplainOptions | undefined }> {
  let asked: ExplainOptions | undefined;
  const outcome = await trainyard(['explain', 'rank-lr-9', ...args], {
    ...(columns === undefined ? {} : { columns }),
    client: {
      explain: (_, options) => {
        asked = options;
        return Promise.resolve(answer);
      },
    },
  });
  return { ...outcome, asked };
}

describe('explain', () => {
  test.each([
    ['on a terminal of 80 cells', 80, 'explain-80.txt'],
    ['in a pipe', undefined, 'explain-pipe.txt'],
  ])('of a waiting job %s', async (_, columns, golden) => {
    const { stdout } = await explain([], waiting(), columns);
    await expect(stdout).toMatchFileSnapshot(`golden/${golden}`);
  });

  test('says the answer in its first line', async () => {
    expect((await explain()).stdout.split('\n')[0]).toBe(explanation().sentence);
  });

  test('of a job with several placements says why none of them does', async () => {
    const several = explanation({
      blockedByOption: [
        { code: 'ENVIRONMENT_FULL', environment: 'P4', needed: 15, free: 3, limit: 100 },
        { code: 'DRAINING', environment: 'P5' },
      ],
      sentenceByOption: [
        'P4 has 3 of 100 instances free: 12 more are needed.',
        'P5 is being drained and takes no new jobs.',
      ],
    });
    const { stdout } = await explain([], waiting({ explanation: several }));
    expect(stdout).toContain('By placement\n');
    expect(stdout).toContain('  2. P5 is being drained and takes no new jobs.\n');
  });

  test('of a running job says what could preempt it', async () => {
    const { position: _, estimate: __, blockedBy: ___, ...rest } = explanation();
    const running = waiting({
      status: 'RUNNING',
      sentence: 'Holds 15 instances of P4.',
      explanation: {
        ...rest,
        state: 'running',
        ahead: [],
        aheadCount: 0,
        remedies: [],
        blockedByOption: [],
        preemptibleBy: [
          { cause: 'reclaim', sentence: 'A job of ProdExp2 within its guarantee of 40 could preempt it.' },
        ],
      },
    });
    const { stdout } = await explain([], running);
    expect(stdout).toBe(
      [
        'Holds 15 instances of P4.',
        'rank-lr-9  RUNNING  queue search  share ProdExp1  priority 50',
        '',
        'What could preempt it',
        '  - A job of ProdExp2 within its guarantee of 40 could preempt it.',
        '',
        'Next',
        '  trainyard queue show search',
        '',
      ].join('\n'),
    );
  });

  test('of a job without a queue is its own reason', async () => {
    const { stdout, code } = await explain([], {
      jobId: 'rank-lr-9',
      status: 'RUNNABLE',
      sentence: 'Ready to launch.',
    });
    expect(stdout).toBe('Ready to launch.\nrank-lr-9  RUNNABLE  in no queue\n');
    expect(code).toBe(0);
  });

  test('without a worker says what is known, and warns', async () => {
    const { explanation: _, ...rest } = waiting();
    const { stdout, stderr, code } = await explain([], {
      ...rest,
      sentence: 'The job was accepted.',
      incomplete: {
        code: 'QUEUE_NOT_ANSWERING',
        message: 'No worker answered for queue search within 10 s.',
      },
    });
    expect(stdout).toContain('The job was accepted.');
    expect(stderr).toContain('[QUEUE_NOT_ANSWERING]');
    expect(code).toBe(0);
  });

  test('for programs: the whole answer, times as ISO 8601', async () => {
    const { stdout } = await explain(['-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      jobId: 'rank-lr-9',
      explanation: {
        position: { inShare: 3 },
        blockedBy: { code: 'ENVIRONMENT_FULL' },
        estimate: { startAt: '2026-11-21T12:18:00.000Z' },
      },
    });
  });
});

describe('what if', () => {
  test.each<[readonly string[], ExplainOptions]>([
    [[], { estimate: true }],
    [['--no-estimate'], { estimate: false }],
    [['--what-if', 'priority=90'], { estimate: true, whatIf: { priority: 90 } }],
    [
      ['--what-if', 'priority=90', '--what-if', 'share=Lab'],
      { estimate: true, whatIf: { priority: 90, share: 'Lab' } },
    ],
  ])('%j', async (args, want) => {
    expect((await explain(args)).asked).toEqual(want);
  });

  test.each(['priority', 'priority=', 'priority=10000', 'priority=-1', 'share=', 'user=ana'])(
    '%s is a usage error',
    async (text) => {
      expect(await explain(['--what-if', text])).toMatchObject({ code: 2, asked: undefined });
    },
  );

  test('is shown beside how it is', async () => {
    const better = explanation({
      sentence: 'Nothing blocks it: it starts with the next decision of the queue.',
      position: { inShare: 1, waitingInShare: 12, inQueue: 1, waitingInQueue: 40 },
      estimate: { startAt: NOON, basis: 'Nothing has to end first.' },
      priority: 90,
    });
    const { stdout } = await explain(
      ['--what-if', 'priority=90'],
      waiting({ whatIf: { priority: 90, explanation: better } }),
    );
    expect(stdout).toContain(
      [
        'With priority 90',
        '  Nothing blocks it: it starts with the next decision of the queue.',
        '  position  1 of 12 in ProdExp1, 1 of 40 in the queue (as it is: 3 of 12, 7 of 40)',
        '  starts    probably now (as it is: probably in 18m (earliest in 10m, latest in 40m) on P4)',
        '',
      ].join('\n'),
    );
  });

  test('of a job in no queue is a conflict', async () => {
    const { stderr, code } = await trainyard(['explain', 'x', '--what-if', 'priority=1'], {
      client: {
        explain: () => Promise.reject(new TrainyardError('JOB_NOT_QUEUED', 'Job x is in no queue.')),
      },
    });
    expect(stderr).toContain('Job x is in no queue.');
    expect(code).toBe(5);
  });

  test('an estimate that nobody can give says so', async () => {
    const { startAt: _, ...none } = { startAt: NOON + MINUTE, basis: 'No estimate: it does not start.' };
    const { stdout } = await explain([], waiting({ explanation: explanation({ estimate: none }) }));
    expect(stdout).toContain('  starts    nobody can tell\n            No estimate: it does not start.\n');
  });
});
