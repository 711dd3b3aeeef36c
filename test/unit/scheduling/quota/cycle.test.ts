import { describe, expect, it } from 'vitest';
import type { RunningJob } from '../../../../src/scheduling/job.ts';
import { quotaCycle, quotaOffers } from '../../../../src/scheduling/quota/cycle.ts';
import {
  aGroup,
  aRunningJob,
  aShare,
  aWaitingJob,
  aWorld,
  inWords,
  NOW,
  P4,
} from '../../../support/a-world.ts';

const never = { inShare: 'never', reclaim: 'never' } as const;

describe('who starts', () => {
  it('a job that fits its guarantee, and one that borrows says how much', () => {
    const world = aWorld([aShare('a', 4), aShare('b', 6)]);
    expect(world.cycle(aWaitingJob('x', 'a', 7), aWaitingJob('y', 'b', 3))).toMatchObject([
      { kind: 'admit', job: 'y', borrowed: 0, why: { code: 'FITS' } },
      { kind: 'admit', job: 'x', borrowed: 3, why: { code: 'BORROWS' } },
    ]);
  });

  it('the one whose quota is nearer by comes first, whatever the priorities', () => {
    const world = aWorld([aShare('a', 2), aShare('b', 4)]);
    const decisions = world.cycle(
      aWaitingJob('borrows', 'a', 4, { priority: 90 }),
      aWaitingJob('owns', 'b', 4, { priority: 10 }),
    );
    expect(inWords(decisions)).toEqual(['owns starts in p4', 'borrows waits: ENVIRONMENT_FULL']);
  });

  it('in fair-share order the one that leaves its share lower comes first', () => {
    const running = [aRunningJob('r', 'a', 2)];
    const world = aWorld([aShare('a', 0), aShare('b', 0)], {
      order: 'fairShare',
      environments: { p4: 4 },
      running,
    });
    const decisions = world.cycle(
      aWaitingJob('x', 'a', 2, { priority: 90 }),
      aWaitingJob('y', 'b', 2, { priority: 10 }),
    );
    expect(inWords(decisions)).toEqual(['y starts in p4', 'x waits: ENVIRONMENT_FULL']);
  });

  it('a decision before counts: two that fit alone do not start together', () => {
    const world = aWorld([aShare('a', 0), aShare('b', 0)], { environments: { p4: 4 } });
    const decisions = world.cycle(aWaitingJob('x', 'a', 3, { priority: 60 }), aWaitingJob('y', 'b', 3));
    expect(inWords(decisions)).toEqual(['x starts in p4', 'y waits: ENVIRONMENT_FULL']);
  });

  it('two heads of one share are a mistake of the caller', () => {
    const world = aWorld([aShare('a', 4)]);
    expect(() => world.cycle(aWaitingJob('x', 'a', 1), aWaitingJob('y', 'a', 1))).toThrow('two heads');
  });
});

describe('which option', () => {
  const fallback = { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' } as const;
  const either = [
    ['p4', 2],
    ['p5', 2],
  ] as const;

  it('the first that fits', () => {
    const world = aWorld([aShare('a', { p4: 2, p5: 2 })]);
    expect(inWords(world.cycle(aWaitingJob('x', 'a', either)))).toEqual(['x starts in p4']);
  });

  it('the next when the first needs borrowing and the share looks further', () => {
    const shares = [aShare('a', { p4: 0, p5: 2 }, { fallback: { ...fallback, ifBorrowing: 'next' } })];
    const world = aWorld(shares, { environments: { p4: 2 } });
    expect(inWords(world.cycle(aWaitingJob('x', 'a', either)))).toEqual(['x starts in p5']);
  });

  it('the first again when none fits better', () => {
    const shares = [aShare('a', { p4: 0, p5: 0 }, { fallback: { ...fallback, ifBorrowing: 'next' } })];
    const world = aWorld(shares, { environments: { p4: 2, p5: 2 } });
    expect(inWords(world.cycle(aWaitingJob('x', 'a', either)))).toEqual(['x starts in p4']);
  });

  it('goes on, in the next cycle, behind the one that it stopped at', () => {
    const running = [
      aRunningJob('r', 'a', [['p4', 2]], { priority: 90 }),
      aRunningJob('s', 'b', [['p5', 2]]),
    ];
    const shares = [
      aShare('a', { p4: 2, p5: 2 }, { fallback: { ...fallback, ifPreempting: 'stop' } }),
      aShare('b', { p4: 0, p5: 0 }),
    ];
    const world = aWorld(shares, { running });
    const job = aWaitingJob('x', 'a', [...either, ['p4', 1]]);
    expect(inWords(world.cycle(job))).toEqual(['s stops for x (reclaim)', 'x waits: PREEMPTING']);
    expect(inWords(quotaCycle([{ job, resumeAt: 2 }], world.world, world.policy))).toEqual([
      'x waits: ENVIRONMENT_FULL',
    ]);
  });
});

describe('who is preempted', () => {
  it('what another share borrows, when the guarantee is needed; the waiting job names them', () => {
    const running = [
      aRunningJob('r1', 'a', 60, { startedAt: NOW - 90_000 }),
      aRunningJob('r2', 'a', 15),
      aRunningJob('s', 'b', 25),
    ];
    const world = aWorld([aShare('a', 60), aShare('b', 40)], { running });
    expect(world.cycle(aWaitingJob('x', 'b', 15))).toMatchObject([
      { kind: 'preempt', victim: 'r2', for: 'x', cause: 'reclaim', environment: P4, instances: 15 },
      { kind: 'wait', job: 'x', why: { code: 'PREEMPTING', victims: ['r2'] } },
    ]);
  });

  it('in its own share only a lower priority, and only at the guarantee', () => {
    const running = [
      aRunningJob('high', 'a', 15, { priority: 80 }),
      aRunningJob('low', 'a', 15, { priority: 10 }),
      aRunningJob('other', 'b', 20, { priority: 5 }),
    ];
    const full = aWorld([aShare('a', 30), aShare('b', 20)], { running });
    expect(inWords(full.cycle(aWaitingJob('x', 'a', 15, { priority: 90 })))).toEqual([
      'low stops for x (withinShare)',
      'x waits: PREEMPTING',
    ]);
    const roomy = aWorld([aShare('a', 45), aShare('b', 20)], { running });
    expect(inWords(roomy.cycle(aWaitingJob('x', 'a', 15, { priority: 90 })))).toEqual(['x starts in p4']);
  });

  // 60 s since the start: with a checkpoint each 7 s 4 s are lost, with one each 13 s 8 s.
  it.each<readonly [string, Partial<RunningJob>, Partial<RunningJob>, readonly string[]]>([
    [
      'the one that loses least since its last checkpoint',
      { checkpointSeconds: 13 },
      { checkpointSeconds: 7 },
      ['r2'],
    ],
    ['the one that started later, when they lose the same', {}, { startedAt: NOW - 1000 }, ['r2']],
    ['one that is being stopped already, which needs no decision', { priority: 60, evictedFor: 'y' }, {}, []],
    ['the lower priority before the lesser loss', {}, { priority: 40, checkpointSeconds: 7 }, ['r2']],
    ['the first by id when all else is equal', {}, {}, ['r1']],
  ])('among equals: %s', (_, first, second, victims) => {
    const running = [aRunningJob('r1', 'a', 2, first), aRunningJob('r2', 'a', 2, second)];
    const world = aWorld([aShare('a', 0), aShare('b', 4)], { running });
    const decisions = world.cycle(aWaitingJob('x', 'b', 2));
    expect(decisions.flatMap((decision) => (decision.kind === 'preempt' ? [decision.victim] : []))).toEqual(
      victims,
    );
  });

  it('nobody in the first minutes of a minimum runtime, or too often', () => {
    const running = [aRunningJob('r', 'a', 4)];
    const shares = [aShare('a', 0), aShare('b', 4)];
    const decide = (limits: { minimumRuntimeSeconds: number; perJob?: number }): string[] =>
      inWords(aWorld(shares, { running, limits }).cycle(aWaitingJob('x', 'b', 4)));
    expect(decide({ minimumRuntimeSeconds: 61 })).toEqual(['x waits: ENVIRONMENT_FULL']);
    expect(decide({ minimumRuntimeSeconds: 0, perJob: 0 })).toEqual(['x waits: ENVIRONMENT_FULL']);
    expect(decide({ minimumRuntimeSeconds: 60, perJob: 1 })).toEqual([
      'r stops for x (reclaim)',
      'x waits: PREEMPTING',
    ]);
  });

  it('no more than needed: a victim that turns out not to be is put back', () => {
    const running = [
      aRunningJob('small', 'a', 1, { priority: 1 }),
      aRunningJob('big', 'a', 4, { priority: 2 }),
    ];
    const world = aWorld([aShare('a', 0), aShare('b', 5)], { running });
    expect(inWords(world.cycle(aWaitingJob('x', 'b', 4)))).toEqual([
      'big stops for x (reclaim)',
      'x waits: PREEMPTING',
    ]);
  });

  it('nobody when all of them together would not be enough', () => {
    const running = [aRunningJob('r', 'a', 3), aRunningJob('s', 'b', 3, { priority: 60 })];
    const world = aWorld([aShare('a', 2), aShare('b', 4)], { running });
    expect(inWords(world.cycle(aWaitingJob('x', 'b', 4)))).toEqual(['x waits: ENVIRONMENT_FULL']);
  });
});

describe('what earlier heads keep', () => {
  it('instances whose victims must stop first are not given to the next', () => {
    const running = [aRunningJob('r', 'a', 2)];
    const world = aWorld([aShare('a', 0), aShare('b', 4), aShare('c', 0)], { running });
    expect(inWords(world.cycle(aWaitingJob('x', 'b', 4), aWaitingJob('y', 'c', 2)))).toEqual([
      'r stops for x (reclaim)',
      'x waits: PREEMPTING',
      'y waits: RESERVED',
    ]);
  });

  it('a second job that needs the same victim waits for the release, when what comes free is enough for both', () => {
    const running = [aRunningJob('r', 'a', 4)];
    const world = aWorld([aShare('a', 0), aShare('b', 2), aShare('c', 2)], { running });
    expect(world.cycle(aWaitingJob('x', 'b', 2, { priority: 60 }), aWaitingJob('y', 'c', 2))).toMatchObject([
      { kind: 'preempt', victim: 'r', for: 'x' },
      { kind: 'wait', job: 'x', why: { code: 'PREEMPTING' } },
      { kind: 'wait', job: 'y', why: { code: 'RELEASE_EXPECTED', from: ['r'] } },
    ]);
  });

  it.each<readonly ['lower' | 'any', readonly string[], string]>([
    ['lower', ['x waits: ENVIRONMENT_FULL', 'y waits: RESERVED'], 'its share may not get it back'],
    ['any', ['x waits: ENVIRONMENT_FULL', 'y starts in p4'], 'its share can always take it back'],
  ])('a job without victims keeps its guarantee with reclaim %s: %o, since %s', (reclaim, words) => {
    const running = [aRunningJob('r', 'c', 2, { priority: 90 })];
    const shares = [
      aShare('b', 4, { preemption: { inShare: 'never', reclaim } }),
      aShare('c', 2, { preemption: never }),
      aShare('d', 0, { preemption: never }),
    ];
    // Six, of which two are not there: x finds no victims.
    const world = aWorld(shares, { running, free: () => 2, environments: { p4: 6 } });
    expect(
      inWords(world.cycle(aWaitingJob('x', 'b', 4), aWaitingJob('y', 'd', 2, { priority: 10 }))),
    ).toEqual(words);
  });
});

describe('physical room', () => {
  it('a victim holds its instances until it is gone: nobody starts on them in the same cycle', () => {
    const running = [aRunningJob('big', 'a', 6)];
    const world = aWorld([aShare('a', 0), aShare('b', 4), aShare('c', 4)], { running });
    const decisions = world.cycle(aWaitingJob('x', 'b', 4), aWaitingJob('y', 'c', 2, { priority: 40 }));
    const started = decisions.filter(({ kind }) => kind === 'admit');
    expect(inWords(started)).toEqual(['y starts in p4']);
    expect(started.length).toBe(1);
  });

  it('a closed environment says why, and the next option is taken', () => {
    const world = aWorld([aShare('a', { p4: 2, p5: 2 })], {
      free: (environment) => (environment === 'p4' ? -Infinity : 2),
      whyNoRoom: (environment) => ({ code: 'DRAINING', environment }),
    });
    const either = [
      ['p4', 2],
      ['p5', 2],
    ] as const;
    expect(inWords(world.cycle(aWaitingJob('x', 'a', either)))).toEqual(['x starts in p5']);
    expect(inWords(world.cycle(aWaitingJob('y', 'a', [['p4', 2]])))).toEqual(['y waits: DRAINING']);
  });

  it('one job at a time probes an environment', () => {
    const world = aWorld([aShare('a', 2), aShare('b', 2)], { probing: () => true });
    expect(
      inWords(world.cycle(aWaitingJob('x', 'a', 1, { priority: 60 }), aWaitingJob('y', 'b', 1))),
    ).toEqual(['x starts in p4', 'y waits: PROBING']);
  });
});

describe('why a job waits, in numbers', () => {
  it('the share at its borrow limit', () => {
    const running = [aRunningJob('r', 'a', 5)];
    const world = aWorld(
      [aShare('a', { guaranteed: 4, borrowLimit: 2 }, { preemption: never }), aShare('b', 4)],
      { running },
    );
    expect(world.cycle(aWaitingJob('x', 'a', 2))[0]).toMatchObject({
      why: {
        code: 'SHARE_LIMIT',
        node: 'a',
        environment: P4,
        needed: 2,
        used: 5,
        guaranteed: 4,
        borrowLimit: 2,
      },
    });
  });

  it('a group at its borrow limit', () => {
    const groups = [aGroup('team', { guaranteed: 0, borrowLimit: 1 })];
    const running = [aRunningJob('r', 'a', 2)];
    const world = aWorld([aShare('a', 2, { parent: 'team', preemption: never }), aShare('b', 4)], {
      groups,
      running,
    });
    expect(world.cycle(aWaitingJob('x', 'a', 2))[0]).toMatchObject({
      why: { code: 'SHARE_LIMIT', node: 'team', needed: 2, used: 2, guaranteed: 2, borrowLimit: 1 },
    });
  });

  it('free, but not lent', () => {
    const running = [aRunningJob('r', 'b', 2)];
    const world = aWorld(
      [aShare('a', { guaranteed: 4, lendLimit: 0 }), aShare('b', 2, { preemption: never })],
      { running },
    );
    // b could have 2 at most, so 2 more can be had one day.
    expect(world.cycle(aWaitingJob('x', 'b', 2))[0]).toMatchObject({
      why: { code: 'NOT_LENT', needed: 2, available: 0, free: 4 },
    });
  });

  it.each([
    ['the environment', aShare('a', 4), 5, { most: 4, limitedBy: 'environment' }],
    [
      'its borrow limit',
      aShare('a', { guaranteed: 1, borrowLimit: 2 }),
      4,
      { most: 3, limitedBy: 'borrowLimit' },
    ],
    ['what others do not lend', aShare('a', 1), 4, { most: 3, limitedBy: 'share' }],
  ])('never fits, limited by %s', (_, share, instances, reason) => {
    const guaranteed = share.quota[P4]?.guaranteed ?? 0;
    const lendLimit = reason.limitedBy === 'borrowLimit' ? 3 : 2;
    const others = aShare('b', { guaranteed: 4 - guaranteed, lendLimit });
    const world = aWorld([share, others], { environments: { p4: 4 } });
    expect(world.cycle(aWaitingJob('x', 'a', instances))[0]).toMatchObject({
      why: { code: 'NEVER_FITS', needed: instances, ...reason },
    });
  });

  it('one reason for each option, in the order of the job', () => {
    const world = aWorld([aShare('a', { p4: 1, p5: 1 })]);
    const decision = world.cycle(
      aWaitingJob('x', 'a', [
        ['p5', 2],
        ['p4', 3],
      ]),
    )[0];
    expect(decision?.kind === 'wait' && decision.reasons).toMatchObject([
      { code: 'NEVER_FITS', environment: 'p5', needed: 2 },
      { code: 'NEVER_FITS', environment: 'p4', needed: 3 },
    ]);
  });
});

describe('what a share offers', () => {
  it('the first of its jobs that can do something; those before it wait', () => {
    const world = aWorld([aShare('a', 4)]);
    const line = [
      aWaitingJob('huge', 'a', 9, { priority: 90 }),
      aWaitingJob('fits', 'a', 4),
      aWaitingJob('later', 'a', 1),
    ];
    const read: string[] = [];
    const heads = function* (): Iterable<{ job: (typeof line)[number]; resumeAt: number }> {
      for (const job of line) {
        read.push(job.id);
        yield { job, resumeAt: 0 };
      }
    };
    const offers = quotaOffers([heads()], world.world, world.policy);
    expect(offers.heads.map(({ job }) => job.id)).toEqual(['fits']);
    expect(inWords(offers.hopeless)).toEqual(['huge waits: NEVER_FITS']);
    expect(read).toEqual(['huge', 'fits']);
  });
});
