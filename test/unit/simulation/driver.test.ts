import { describe, expect, test } from 'vitest';
import { play, type Run } from '../../../src/simulation/driver.ts';
import { aJob, aQueue, aWorld, LENDING, SECOND } from './worlds.ts';

/** Start and end of each job, in seconds. */
function spans({ jobs }: Run): Record<string, readonly [number | undefined, number | undefined]> {
  const seconds = (ms: number | undefined): number | undefined =>
    ms === undefined ? undefined : ms / SECOND;
  return Object.fromEntries(
    jobs.map(({ job, startedAt, endedAt }) => [job.id, [seconds(startedAt), seconds(endedAt)]]),
  );
}

describe('jobs run one after the other when there is room for one only', () => {
  const run = play(
    aWorld([
      aJob('first', { instances: 10 }),
      aJob('second', { instances: 10, arrives: 1, runs: 5 }),
      aJob('third', { instances: 10, arrives: 30 }),
    ]),
  );

  test('each starts when the one before ends, or when it arrives', () => {
    expect(spans(run)).toEqual({ first: [0, 10], second: [10, 15], third: [30, 40] });
  });

  test('what they hold is added up, and the gap counts as offered', () => {
    expect(run.usage.held).toBe(10 * (10 + 5 + 10) * SECOND);
    expect(run.usage.offered).toBe(10 * 40 * SECOND);
  });
});

describe('preemption', () => {
  // a borrows all ten instances; at 25 s b wants its four back.
  const load = [
    aJob('borrower', { runs: 100, instances: 5, checkpointSeconds: 10 }),
    aJob('other', { runs: 100, instances: 5, checkpointSeconds: 15 }),
    aJob('owner', { share: 'b', arrives: 25, runs: 30, instances: 4 }),
  ];
  const world = aWorld(load, { setup: aQueue(LENDING), stopFor: 2 * SECOND });

  test('takes the job that loses least, and gives its instances on when it has stopped', () => {
    const run = play(world);
    expect(run.preemptions).toEqual([
      { at: 25 * SECOND, victim: 'borrower', for: 'owner', cause: 'reclaim' },
    ]);
    // Its checkpoint is 5 s old, the other's 10 s.
    expect(spans(run)['owner']).toEqual([27, 57]);
  });

  test('goes on from the last checkpoint: 20 of 25 seconds are kept', () => {
    const borrower = play(world).jobs.find(({ job }) => job.id === 'borrower');
    expect(borrower).toMatchObject({
      startedAt: 0,
      // Six instances are a's until 57 s, of which the other job has five: it waits for the owner's.
      endedAt: (57 + 80) * SECOND,
      heldFor: (27 + 80) * SECOND,
      heldInstances: 5 * (27 + 80) * SECOND,
      preemptions: 1,
      lost: 5 * (5 + 2) * SECOND,
    });
  });

  test('loses everything without checkpoints', () => {
    const [borrower, other, owner] = load;
    const { checkpointSeconds: _, ...without } = borrower!;
    const { checkpointSeconds: __, ...neither } = other!;
    const run = play(aWorld([without, neither, owner!], { setup: aQueue(LENDING), stopFor: 0 }));
    const [victim] = run.preemptions;
    expect(run.jobs.find(({ job }) => job.id === victim?.victim)).toMatchObject({
      lost: 5 * 25 * SECOND,
      endedAt: (55 + 100) * SECOND,
    });
  });

  test('that comes at the moment at which the victim ends comes too late', () => {
    const run = play(
      aWorld(
        [
          aJob('borrower', { runs: 25, instances: 10 }),
          aJob('owner', { share: 'b', arrives: 25, instances: 4 }),
        ],
        { setup: aQueue(LENDING) },
      ),
    );
    expect(run.preemptions).toEqual([]);
    expect(spans(run)).toEqual({ borrower: [0, 25], owner: [25, 35] });
  });
});

describe('capacity over time', () => {
  const p4 = { environment: 'P4' } as const;

  test('a lowered limit stops nobody, and lets nobody start', () => {
    const run = play(
      aWorld([aJob('running', { instances: 8, runs: 20 }), aJob('later', { instances: 2, arrives: 6 })], {
        capacity: [{ ...p4, kind: 'limit', at: 5 * SECOND, limit: 4 }],
      }),
    );
    expect(spans(run)).toEqual({ running: [0, 20], later: [20, 30] });
  });

  test('a raised limit lets waiting jobs start at once', () => {
    const run = play(
      aWorld([aJob('one', { instances: 10, runs: 60 }), aJob('two', { instances: 10 })], {
        capacity: [{ ...p4, kind: 'limit', at: 7 * SECOND, limit: 20 }],
      }),
    );
    expect(spans(run)).toEqual({ one: [0, 60], two: [7, 17] });
  });

  test('in an outage what runs goes on and nothing starts', () => {
    const run = play(
      aWorld([aJob('running', { runs: 30 }), aJob('waiting', { arrives: 6 })], {
        capacity: [
          { ...p4, kind: 'outage', at: 5 * SECOND },
          { ...p4, kind: 'restored', at: 12 * SECOND },
        ],
      }),
    );
    expect(spans(run)).toEqual({ running: [0, 30], waiting: [12, 22] });
  });

  test('a job with a second choice takes it while its first one is out', () => {
    const options = ['P4', 'P5'].map((environment) => ({ environment, instances: 2 }));
    const run = play(
      aWorld([aJob('either', { arrives: 6, options }), aJob('only', { arrives: 6 })], {
        setup: aQueue({}, { P4: 10, P5: 5 }),
        capacity: [
          { ...p4, kind: 'outage', at: 5 * SECOND },
          { ...p4, kind: 'restored', at: 60 * SECOND },
        ],
      }),
    );
    expect(spans(run)).toEqual({ either: [6, 16], only: [60, 70] });
    expect(run.usage.steps.filter(({ change }) => change > 0)).toMatchObject([
      { environment: 'P5', change: 2 },
      { environment: 'P4', change: 1 },
    ]);
  });
});

describe('jobs that do not get far', () => {
  test('a limit ends an attempt', () => {
    expect(spans(play(aWorld([aJob('long', { runs: 100, limitSeconds: 30 })])))).toEqual({ long: [0, 30] });
  });

  test('what could never start is refused; what only a change makes possible is not', () => {
    const world = aWorld([aJob('huge', { instances: 30 }), aJob('big', { instances: 15 })], {
      capacity: [{ environment: 'P4', kind: 'limit', at: 50 * SECOND, limit: 20 }],
    });
    const run = play(world);
    expect(run.refused.map(({ id }) => id)).toEqual(['huge']);
    expect(spans(run)).toEqual({ big: [50, 60] });
  });

  test('a job that nothing can help any more is left waiting, and the simulation ends', () => {
    const run = play(
      aWorld([aJob('early'), aJob('late', { arrives: 20 })], {
        capacity: [{ environment: 'P4', kind: 'outage', at: 15 * SECOND }],
      }),
    );
    expect(spans(run)).toEqual({ early: [0, 10], late: [undefined, undefined] });
  });
});

describe('the fairness error', () => {
  // Two shares of the same weight; b waits behind a for the first 10 of 20 seconds.
  const world = aWorld([aJob('a', { instances: 10 }), aJob('b', { share: 'b', instances: 10 })]);

  test('is half of the capacity while a share that is entitled to half has nothing', () => {
    expect(play(world).usage.fairnessError).toEqual({ mean: 0.25, max: 0.5 });
  });

  test('does not count what a share of no weight lacks', () => {
    const weight = (share: string): number => (share === 'a' ? 1 : 0);
    expect(play({ ...world, weight }).usage.fairnessError).toEqual({ mean: 0, max: 0 });
  });
});

test('the same world is played the same way', () => {
  const world = aWorld(
    Array.from({ length: 60 }, (_, index) =>
      aJob(`j${index}`, {
        share: index % 3 === 0 ? 'b' : 'a',
        priority: (index * 7) % 5,
        arrives: (index * 13) % 40,
        runs: 5 + ((index * 11) % 17),
        instances: 1 + (index % 4),
      }),
    ),
    { setup: aQueue(LENDING), stopFor: 2 * SECOND },
  );
  expect(play(world)).toEqual(play(world));
});

test('progress ends at all jobs, and the stopwatch adds up the time in the scheduler', () => {
  const seen: (readonly [number, number])[] = [];
  let clock = 0;
  const run = play(aWorld([aJob('one'), aJob('two', { arrives: 5 })]), {
    onProgress: (ended, jobs) => seen.push([ended, jobs]),
    stopwatch: () => (clock += 3),
  });
  expect(seen.at(-1)).toEqual([2, 2]);
  // Two arrivals and the first end let it decide: 3 ms each.
  expect(run.schedulingTime).toBe(12);
});
