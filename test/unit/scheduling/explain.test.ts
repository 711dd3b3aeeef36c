import { describe, expect, test } from 'vitest';
import { explain, explainNew } from '../../../src/scheduling/explain.ts';
import type { WaitingJob } from '../../../src/scheduling/job.ts';
import type { Scheduler } from '../../../src/scheduling/scheduler.ts';
import { aJob, aQueue, aShare, fairShare, FIFO, HOUR, quotaShares, withJobs } from './queues.ts';

const NOW = 10 * HOUR;
const LATER = 11 * HOUR;

const inShare = (
  id: string,
  share: string,
  priority: number,
  size: number,
  more: Partial<WaitingJob> = {},
): WaitingJob => aJob(id, size, { share, priority, ...more });

/** 100 instances shared 60/40: ProdExp1 uses 75, ProdExp2 25. */
function figureOne(): Scheduler {
  const scheduler = withJobs(
    aQueue(quotaShares(aShare('ProdExp1', 60), aShare('ProdExp2', 40)), { gpu: 100 }),
    ...[80, 50, 30, 10, 5].map((priority) => inShare(`one-${priority}`, 'ProdExp1', priority, 15)),
    inShare('two', 'ProdExp2', 50, 25),
  );
  scheduler.settle(NOW);
  return scheduler;
}

describe('figure 1: 100 instances, 60/40, ProdExp1 borrows 15', () => {
  test('a job of ProdExp1 hears the constraint with its numbers, and what would help', () => {
    const scheduler = figureOne();
    scheduler.enqueue(inShare('late', 'ProdExp1', 3, 15, { user: 'ana' }));
    const explanation = explain(scheduler, 'late', LATER)!;
    expect(explanation.sentence).toBe(
      'ProdExp1 uses 75 of gpu (60 guaranteed, 15 borrowed), and gpu has 0 of 100 instances free: 15 more are needed.',
    );
    expect(explanation.position).toEqual({ inShare: 1, waitingInShare: 1, inQueue: 1, waitingInQueue: 1 });
    expect(explanation.remedies.map(({ sentence }) => sentence)).toEqual([
      'When one-10 ends, by 1970-01-02 10:00:00 UTC at the latest, it would start.',
      'With priority 6 it would preempt others and start when they have stopped.',
      'With 15 more instances in gpu it would start.',
    ]);
    expect(explanation.ahead.map(({ id, state }) => `${id} ${state}`)).toContain('one-80 running');
  });

  test('what borrows can be reclaimed, and by whom is said', () => {
    const explanation = explain(figureOne(), 'one-5', LATER)!;
    expect(explanation.state).toBe('running');
    expect(explanation.preemptibleBy.map(({ sentence }) => sentence)).toEqual([
      'A job of ProdExp1 with priority above 5 could preempt it when the share is at its quota.',
      'A job of ProdExp2 within its guarantee of 40 could preempt it.',
    ]);
  });

  test('a job of ProdExp2 that reclaims is named', () => {
    const scheduler = figureOne();
    scheduler.enqueue(inShare('claim', 'ProdExp2', 50, 15));
    expect(explain(scheduler, 'one-5', LATER)?.preemptibleBy).toEqual([
      {
        cause: 'reclaim',
        job: 'claim',
        sentence:
          'claim would preempt it, because it needs what its share is guaranteed and others borrowed.',
      },
    ]);
    expect(explain(scheduler, 'claim', LATER)).toMatchObject({
      blockedBy: { code: 'PREEMPTING', environment: 'gpu', victims: ['one-5'] },
      sentence: 'It would preempt one-5 on gpu, and start when one-5 has stopped.',
    });
    scheduler.settle(LATER);
    expect(explain(scheduler, 'claim', LATER)?.sentence).toBe(
      'one-5 was preempted for it and must stop first on gpu.',
    );
  });

  test('nothing can take what is within the quota of a share that asks for nothing more', () => {
    const { preemptibleBy, sentence } = explain(figureOne(), 'two', LATER)!;
    expect(preemptibleBy.map(({ cause }) => cause)).toEqual(['withinShare']);
    expect(sentence).toBe('Holds 25 instances of gpu since 1970-01-01 10:00:00 UTC.');
  });
});

describe('figure 2: a share at its quota of 60', () => {
  function figureTwo(): Scheduler {
    const scheduler = withJobs(
      aQueue(quotaShares(aShare('ProdExp1', 60, { quota: { gpu: { guaranteed: 60, borrowLimit: 0 } } })), {
        gpu: 60,
      }),
      ...[80, 50, 30, 10].map((priority) => inShare(`p${priority}`, 'ProdExp1', priority, 15)),
    );
    scheduler.settle(NOW);
    return scheduler;
  }

  test('the least priority that preempts is found', () => {
    const scheduler = figureTwo();
    scheduler.enqueue(inShare('low', 'ProdExp1', 5, 15));
    const remedy = explain(scheduler, 'low', LATER)?.remedies.find(({ kind }) => kind === 'priority');
    expect(remedy).toEqual({
      kind: 'priority',
      priority: 11,
      then: 'preempts',
      sentence: 'With priority 11 it would preempt others and start when they have stopped.',
    });
  });

  test('a dry run says that priority 90 preempts p10', () => {
    const scheduler = figureTwo();
    const explanation = explainNew(scheduler, inShare('new', 'ProdExp1', 90, 15), LATER);
    expect(explanation.blockedBy).toEqual({ code: 'PREEMPTING', environment: 'gpu', victims: ['p10'] });
    expect(explanation.sentence).toBe('It would preempt p10 on gpu, and start when p10 has stopped.');
    expect(scheduler.waiting('new')).toBeUndefined();
  });

  test('of two jobs that ask for the same, the second is told that the first gets what its victim frees', () => {
    const scheduler = figureTwo();
    for (const [id, priority] of [
      ['first', 25],
      ['second', 20],
    ] as const)
      scheduler.enqueue(inShare(id, 'ProdExp1', priority, 15));
    scheduler.settle(LATER);
    expect(explain(scheduler, 'first', LATER)?.blockedBy).toMatchObject({ victims: ['p10'] });
    const { blockedBy, remedies } = explain(scheduler, 'second', LATER)!;
    expect(blockedBy).not.toMatchObject({ code: 'PREEMPTING' });
    expect(remedies.filter(({ kind }) => kind === 'priority')).toMatchObject([{ priority: 26 }]);
  });

  test('what-if answers for another priority and leaves the queue alone', () => {
    const scheduler = figureTwo();
    scheduler.enqueue(inShare('low', 'ProdExp1', 5, 15));
    scheduler.enqueue(inShare('mid', 'ProdExp1', 8, 15));
    expect(explain(scheduler, 'low', LATER)?.position?.inShare).toBe(2);
    expect(explain(scheduler, 'low', LATER, { whatIf: { priority: 90 } })).toMatchObject({
      priority: 90,
      position: { inShare: 1 },
      blockedBy: { code: 'PREEMPTING' },
    });
    expect(scheduler.waiting('low')?.priority).toBe(5);
  });
});

describe('a job that is larger than the guarantee of its share', () => {
  const [A, B] = [aShare('A', 2), aShare('B', 4)];

  function full(limit: number): Scheduler {
    const scheduler = withJobs(
      aQueue(quotaShares(A, B), { gpu: limit }),
      ...Array.from({ length: limit }, (_, n) => inShare(`b${n}`, 'B', 10, 1)),
    );
    scheduler.settle(NOW);
    scheduler.enqueue(inShare('large', 'A', 50, 3));
    return scheduler;
  }
  const sentences = (scheduler: Scheduler): (string | undefined)[] => {
    const { sentence, remedies } = explain(scheduler, 'large', LATER)!;
    return [sentence, remedies.find(({ kind }) => kind === 'quota')?.sentence];
  };

  test('hears that it preempts nobody, and whose guarantee would have to fall', () => {
    expect(sentences(full(6))).toEqual([
      'gpu has 0 of 6 instances free: 3 more are needed. ' +
        'It preempts nobody, because it needs 3, more than the 2 that A is guaranteed.',
      'With the guarantee of A in gpu raised by 1 and that of B lowered by 1 it would preempt others and start when they have stopped.',
    ]);
  });

  test('hears only of its own guarantee where enough is guaranteed to nobody', () => {
    expect(sentences(full(7))[1]).toBe(
      'With the guarantee of A in gpu raised by 1 it would preempt others and start when they have stopped.',
    );
  });
});

test.each<[string, (scheduler: Scheduler) => void]>([
  ['its environment is being drained', (scheduler) => scheduler.setEnvironment('gpu', { kind: 'draining' })],
  [
    'AWS has no capacity',
    (scheduler) => scheduler.setEnvironment('gpu', { kind: 'cooling', until: LATER + HOUR }),
  ],
])('a job above its guarantee hears nothing of that when %s', (_, change) => {
  const scheduler = withJobs(
    aQueue(quotaShares(aShare('A', 2), aShare('B', 4)), { gpu: 6 }),
    inShare('large', 'A', 50, 3),
  );
  change(scheduler);
  scheduler.settle(NOW);
  expect(explain(scheduler, 'large', LATER)!.sentence).not.toContain('preempts nobody');
});

test('no share is told to give up what it has promised to lend', () => {
  const B = aShare('B', 8);
  const lender = { ...B, quota: { gpu: { guaranteed: 8, lendLimit: 8 } } };
  const scheduler = withJobs(
    aQueue(quotaShares(aShare('A', 2), lender), { gpu: 10 }),
    inShare('b', 'B', 10, 9),
  );
  scheduler.settle(NOW);
  scheduler.enqueue(inShare('large', 'A', 50, 3));
  expect(explain(scheduler, 'large', LATER)!.remedies.filter(({ kind }) => kind === 'quota')).toEqual([]);
});

test('a running job is told that it stays in its share', () => {
  const { sentence } = explain(figureOne(), 'one-5', LATER, { whatIf: { share: 'ProdExp2' } })!;
  expect(sentence).toMatch(/^It runs, and stays in ProdExp1 as long as it does\. Holds 15/);
});

test('of a job that is at the limit of its share, and behind a reservation, the limit is said', () => {
  const lab = { ...aShare('lab', 0), quota: { gpu: { guaranteed: 0, borrowLimit: 2 } } };
  const scheduler = withJobs(
    { ...aQueue(quotaShares(aShare('A', 4), lab), { gpu: 12 }), reservation: { afterSeconds: 60 } },
    ...[1, 2].map((n) => inShare(`run-${n}`, 'lab', 90, 1)),
  );
  scheduler.settle(NOW);
  scheduler.enqueue(inShare('big', 'lab', 50, 2, { queuedAt: NOW - HOUR }));
  scheduler.enqueue(inShare('small', 'lab', 10, 1, { queuedAt: NOW }));
  scheduler.settle(NOW);
  expect(explain(scheduler, 'small', NOW)!.sentence).toBe(
    'lab uses 2 of gpu and may use 2 (0 guaranteed, at most 2 borrowed): 1 instance would be 1 too many.',
  );
});

test('a running job that nobody comes to after others hears of no others', () => {
  const scheduler = withJobs(
    aQueue(quotaShares(aShare('A', 4), aShare('B', 6)), { gpu: 10 }),
    inShare('large', 'B', 5, 6),
    inShare('small', 'B', 1, 4),
  );
  scheduler.settle(NOW);
  expect(explain(scheduler, 'large', LATER)!.sentence).not.toContain('would go first');
});

test('a running job that others would go before hears who', () => {
  const scheduler = withJobs(
    aQueue(quotaShares(aShare('A', 2), aShare('B', 3)), { gpu: 5 }),
    ...[10, 20, 30, 40, 50].map((priority) => inShare(`b-${priority}`, 'B', priority, 1)),
  );
  scheduler.settle(NOW);
  const { preemptibleBy, sentence } = explain(scheduler, 'b-50', LATER)!;
  expect(preemptibleBy).toEqual([]);
  expect(sentence).toContain('No single job can preempt it now: b-10, b-20, b-30 and b-40 would go first.');
});

test('jobs of one share start one after the other before those behind them in another, with reservations, too', () => {
  const setup = aQueue(quotaShares(aShare('A', 2), aShare('B', 2)), { gpu: 4 });
  const scheduler = withJobs(
    { ...setup, reservation: { afterSeconds: 3600 } },
    ...[0, 1, 2, 3].map((n) => inShare(`run-${n}`, n < 2 ? 'A' : 'B', 90, 1)),
  );
  scheduler.settle(NOW);
  for (const [id, share] of [
    ['a-1', 'A'],
    ['a-2', 'A'],
    ['b-1', 'B'],
  ] as const)
    scheduler.enqueue(inShare(id, share, share === 'A' ? 50 : 40, 1, { queuedAt: NOW }));
  const positions = ['a-1', 'a-2', 'b-1'].map((id) => explain(scheduler, id, NOW)!.position?.inQueue);
  expect(positions).toEqual([1, 2, 3]);
  scheduler.configure({ ...setup, environments: [{ name: 'gpu', limit: 6 }] }, NOW);
  expect(scheduler.settle(NOW).decisions.flatMap((d) => (d.kind === 'admit' ? [d.job] : []))).toEqual([
    'a-1',
    'a-2',
  ]);
});

test('a job that may preempt in its own share has its turn by its priority, and starts before those behind it', () => {
  const setup = aQueue(
    quotaShares(
      aShare('alpha', 4),
      { ...aShare('beta', 3), quota: { gpu: { guaranteed: 3, borrowLimit: 2 } } },
      { ...aShare('lab', 0), quota: { gpu: { guaranteed: 0, borrowLimit: 2 } } },
    ),
    { gpu: 10 },
  );
  const scheduler = withJobs(
    setup,
    ...[1, 2, 3, 4, 5].map((n) => inShare(`a${n}`, 'alpha', 80, 1)),
    ...[64, 58, 51].map((priority) => inShare(`b-${priority}`, 'beta', priority, 1)),
    ...[1, 2].map((n) => inShare(`l${n}`, 'lab', 90, 1)),
  );
  scheduler.settle(NOW);
  scheduler.enqueue(inShare('alpha-next', 'alpha', 48, 1));
  scheduler.enqueue(inShare('lab-next', 'lab', 56, 2));
  scheduler.enqueue(inShare('beta-next', 'beta', 52, 3));
  scheduler.settle(NOW);
  expect([...scheduler.inTurn(NOW)].map(({ id }) => id)).toEqual(['beta-next', 'alpha-next', 'lab-next']);
  expect(explain(scheduler, 'lab-next', NOW)!.ahead.find(({ id }) => id === 'alpha-next')?.why).toBe(
    'The share of this job is at its limit: its own jobs have to end first.',
  );
  scheduler.configure({ ...setup, environments: [{ name: 'gpu', limit: 12 }] }, NOW);
  expect(scheduler.settle(NOW).decisions.find(({ kind }) => kind !== 'wait')).toMatchObject({
    kind: 'preempt',
    victim: 'b-51',
    for: 'beta-next',
  });
});

describe('who is ahead', () => {
  test('in one line: those who were submitted earlier, and who holds what is needed', () => {
    const scheduler = withJobs(
      aQueue(FIFO),
      aJob('running', 10, { limitSeconds: 7200 }),
      aJob('first', 10),
      aJob('second', 10),
    );
    scheduler.settle(NOW);
    const { ahead, aheadCount } = explain(scheduler, 'second', NOW)!;
    expect(aheadCount).toBe(2);
    expect(ahead.map(({ id, state, why }) => [id, state, why])).toEqual([
      ['first', 'waiting', 'Submitted earlier.'],
      ['running', 'running', 'Holds 10 of gpu, expected until 1970-01-01 12:00:00 UTC.'],
    ]);
  });

  test('in fair shares: a higher priority of its own share, and shares that used less', () => {
    const scheduler = withJobs(
      aQueue(fairShare({ HIGHPRI: 1, LOWPRI: 5 })),
      inShare('running', 'LOWPRI', 0, 10),
      inShare('asked', 'LOWPRI', 10, 10),
      inShare('mine', 'LOWPRI', 90, 10),
    );
    scheduler.withdraw('mine');
    scheduler.withdraw('asked');
    scheduler.settle(NOW);
    for (const job of [
      inShare('asked', 'LOWPRI', 10, 10),
      inShare('mine', 'LOWPRI', 90, 10),
      inShare('high', 'HIGHPRI', 0, 10),
    ])
      scheduler.enqueue(job);
    const waiting = explain(scheduler, 'asked', NOW)!.ahead.filter(({ state }) => state === 'waiting');
    expect(waiting.map(({ id, why }) => [id, why])).toEqual([
      ['high', 'Its share has the lower usage for its weight.'],
      ['mine', 'Higher priority 90.'],
    ]);
  });
});

test('a job that starts with the next decision is told so', () => {
  const explanation = explain(withJobs(aQueue(FIFO), aJob('a', 1)), 'a', NOW, { estimate: true })!;
  expect(explanation.sentence).toBe('Nothing blocks it: it starts with the next decision of the queue.');
  expect(explanation.blockedBy).toBeUndefined();
  expect(explanation.estimate?.startAt).toBe(NOW);
});

test('a job hears how much is in use above a limit that was lowered', () => {
  const scheduler = withJobs(aQueue(FIFO, { gpu: 12 }), aJob('a', 6), aJob('b', 6), aJob('c', 3));
  scheduler.settle(NOW);
  scheduler.configure(aQueue(FIFO, { gpu: 6 }), LATER);
  const { sentence, remedies } = explain(scheduler, 'c', LATER)!;
  expect(sentence).toBe(
    'default uses 12 of gpu, and gpu has 12 of 6 instances in use, 6 over the limit: 9 must come free.',
  );
  expect(remedies).toContainEqual(expect.objectContaining({ kind: 'instances', instances: 9 }));
});

test('a drained environment is opened by an operator', () => {
  const scheduler = withJobs(aQueue(FIFO), aJob('a', 1));
  scheduler.setEnvironment('gpu', { kind: 'draining' });
  expect(explain(scheduler, 'a', NOW)?.remedies).toEqual([
    {
      kind: 'operator',
      what: 'undrain',
      then: 'starts',
      sentence: 'When the environment takes jobs again it would start.',
    },
  ]);
});

test('time alone is a remedy for a cooling environment', () => {
  const scheduler = withJobs(aQueue(FIFO), aJob('a', 1));
  scheduler.setEnvironment('gpu', { kind: 'cooling', until: LATER });
  expect(explain(scheduler, 'a', NOW)?.remedies.map(({ kind }) => kind)).toContain('time');
});

test('a fair-share queue never preempts, and says so', () => {
  const scheduler = withJobs(aQueue(fairShare({ a: 1 })), inShare('a', 'a', 0, 1));
  scheduler.settle(NOW);
  const { preemptibleBy, sentence } = explain(scheduler, 'a', NOW)!;
  expect(preemptibleBy).toEqual([]);
  expect(sentence).toContain('Nothing can preempt it: a fairShare queue never preempts.');
});

test('an unknown job has no explanation', () => {
  expect(explain(withJobs(aQueue(FIFO)), 'nobody', NOW)).toBeUndefined();
});
