import { describe, expect, test } from 'vitest';
import type { WaitReason } from '../../../src/scheduling/decision.ts';
import type { Consequence } from '../../../src/scheduling/explanation.ts';
import { duration, jobList } from '../../../src/scheduling/wording/amounts.ts';
import {
  decisionSentence,
  environmentSentence,
  victimSentence,
  waitSentence,
} from '../../../src/scheduling/wording/decisions.ts';
import {
  basisSentence,
  type BareRemedy,
  preemptorSentence,
  remedySentence,
} from '../../../src/scheduling/wording/explanations.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const environment = 'p4';

describe('why a job waits is one sentence with numbers', () => {
  const cases: [WaitReason, string][] = [
    [
      { code: 'ENVIRONMENT_FULL', environment, needed: 15, free: 0, limit: 100 },
      'p4 has 0 of 100 instances free: 15 more are needed.',
    ],
    [
      { code: 'ENVIRONMENT_FULL', environment, needed: 4, free: 3, limit: 100 },
      'p4 has 3 of 100 instances free: 1 more is needed.',
    ],
    [
      { code: 'ENVIRONMENT_FULL', environment, needed: 4, free: 3, limit: 100, usable: 2 },
      'p4 has 3 of 100 instances free, but its share may use only 2 of them, for the others are guaranteed to shares that do not lend: 2 more are needed.',
    ],
    [
      { code: 'ENVIRONMENT_FULL', environment, needed: 2, free: 1, limit: 12, usable: 0 },
      'p4 has 1 of 12 instances free, but its share may not use it, for it is guaranteed to shares that do not lend: 2 more are needed.',
    ],
    [
      { code: 'ENVIRONMENT_FULL', environment, needed: 4, free: 2, limit: 12, usable: -1 },
      'p4 has 2 of 12 instances free, but its share may not use them, for they are guaranteed to shares that do not lend, and so is the next 1: 5 must come free.',
    ],
    [
      { code: 'ENVIRONMENT_FULL', environment, needed: 3, free: 0, limit: 12, usable: -1 },
      'p4 has 0 of 12 instances free, and the next 1 is guaranteed to shares that do not lend: 4 must come free.',
    ],
    [
      { code: 'ENVIRONMENT_FULL', environment, needed: 3, free: -2, limit: 6, usable: -3 },
      'p4 has 8 of 6 instances in use, 2 over the limit, and the next 1 is guaranteed to shares that do not lend: 6 must come free.',
    ],
    [
      {
        code: 'SHARE_LIMIT',
        environment,
        node: 'prod',
        needed: 5,
        used: 70,
        guaranteed: 60,
        borrowLimit: 12,
      },
      'prod uses 70 of p4 and may use 72 (60 guaranteed, at most 12 borrowed): 5 instances would be 3 too many.',
    ],
    [
      { code: 'SHARE_LIMIT', environment, node: 'prod', needed: 1, used: 60, guaranteed: 60, borrowLimit: 0 },
      'prod uses 60 of p4 and may use 60 (its guarantee, and it may borrow nothing): 1 instance would be 1 too many.',
    ],
    [
      { code: 'NOT_LENT', environment, needed: 8, available: 5, free: 20 },
      'p4 has 20 instances free, but its share may use only 5 of them, for the others are guaranteed to shares that do not lend: 3 more are needed.',
    ],
    [
      { code: 'PREEMPTING', environment, victims: ['a', 'b'] },
      'a and b were preempted for it and must stop first on p4.',
    ],
    [
      { code: 'RELEASE_EXPECTED', environment, from: ['a'] },
      'a is stopping on p4 already, and what that frees will be enough.',
    ],
    [
      { code: 'RESERVED', environment, for: 'big', needed: 2, free: 6 },
      '6 of p4 are free for it, but saved up for big, which came before it and has waited long: 2 are needed beside that.',
    ],
    [
      { code: 'COMPUTE_RESERVATION', environment, reserved: 8, needed: 4, free: 10 },
      'p4 has 10 instances free, of which 8 are kept for shares without jobs (computeReservation): 2 more are needed.',
    ],
    [{ code: 'DRAINING', environment }, 'p4 is being drained and takes no new jobs.'],
    [
      { code: 'COOLING', environment, until: NOON },
      'AWS had no capacity for p4; it is tried again at 2026-11-21 12:00:00 UTC.',
    ],
    [
      { code: 'PROBING', environment, job: 'a' },
      'a is finding out whether AWS has capacity for p4 again; nobody else may start there before.',
    ],
    [{ code: 'BEHIND', job: 'a' }, 'a comes first.'],
    [
      { code: 'NEVER_FITS', environment, needed: 120, most: 100, limitedBy: 'environment' },
      'It needs 120 instances of p4, and p4 has a limit of 100.',
    ],
    [
      { code: 'NEVER_FITS', environment, needed: 70, most: 60, limitedBy: 'borrowLimit' },
      'It needs 70 instances of p4, and its share could never get more than 60, guaranteed and borrowed.',
    ],
  ];
  test.each(cases)('%o', (why, sentence) => {
    expect(waitSentence(why)).toBe(sentence);
  });

  test.each<[WaitReason, string]>([
    [
      { code: 'PREEMPTING', environment, victims: ['a'] },
      'It would preempt a on p4, and start when a has stopped.',
    ],
    [
      { code: 'PREEMPTING', environment, victims: ['a', 'b'] },
      'It would preempt a and b on p4, and start when they have stopped.',
    ],
    [
      { code: 'RELEASE_EXPECTED', environment, from: ['a'] },
      'a would be preempted on p4 for others, and what that frees would be enough.',
    ],
  ])('as a supposition, when nobody was asked to stop: %o', (why, sentence) => {
    expect(waitSentence(why, { supposed: true })).toBe(sentence);
  });

  test('when more is in use than a lowered limit allows', () => {
    expect(waitSentence({ code: 'ENVIRONMENT_FULL', environment, needed: 3, free: -6, limit: 6 })).toBe(
      'p4 has 12 of 6 instances in use, 6 over the limit: 9 must come free.',
    );
  });

  test('with what the share uses before it', () => {
    const share = { share: 'ProdExp1', used: 75, guaranteed: 60, borrowed: 15 };
    const why = { code: 'ENVIRONMENT_FULL', environment, needed: 15, free: 0, limit: 100 } as const;
    expect(waitSentence(why, { share })).toBe(
      'ProdExp1 uses 75 of p4 (60 guaranteed, 15 borrowed), and p4 has 0 of 100 instances free: 15 more are needed.',
    );
  });
});

describe('decisions', () => {
  test('a start says what it borrows', () => {
    const admit = {
      kind: 'admit',
      job: 'a',
      share: 'prod',
      option: 0,
      environment,
      instances: 5,
      borrowed: 3,
    } as const;
    expect(decisionSentence({ ...admit, why: { code: 'BORROWS' } })).toBe(
      'a of prod starts with 5 instances of p4, with which prod borrows 3.',
    );
    expect(decisionSentence({ ...admit, borrowed: 0, why: { code: 'BACKFILLS', past: 'big' } })).toBe(
      'a of prod starts with 5 instances of p4, passing big, which cannot start yet.',
    );
  });

  test('a preemption says for whom, why and what is lost', () => {
    const preempt = { kind: 'preempt', victim: 'v', for: 'a', environment, instances: 15 } as const;
    expect(decisionSentence({ ...preempt, cause: 'reclaim', lostInstanceSeconds: 5400 })).toBe(
      'v is preempted and gives back 15 instances of p4, because a needs what its share is guaranteed and others borrowed; ' +
        '1 h 30 min of instance time since its last checkpoint are lost.',
    );
    expect(decisionSentence({ ...preempt, cause: 'withinShare', lostInstanceSeconds: 0 })).toBe(
      'v is preempted and gives back 15 instances of p4, because a comes first in the same share, which has no room left; no work is lost.',
    );
    // What the victim gives is not what the other one needs.
    expect(victimSentence({ ...preempt, cause: 'withinShare', lostInstanceSeconds: 0 })).toBe(
      'It gives 15 instances of p4 back for a, because that job comes first in the same share, which has no room left; no work is lost.',
    );
  });
});

describe('remedies', () => {
  const cases: [BareRemedy, Consequence, string][] = [
    [
      { kind: 'instances', environment, instances: 1 },
      'starts',
      'With 1 more instance in p4 it would start.',
    ],
    [
      { kind: 'jobsEnd', jobs: ['a', 'b'], expectedAt: NOON },
      'starts',
      'When a and b have ended, by 2026-11-21 12:00:00 UTC at the latest, and nobody else has started in between, it would start.',
    ],
    [
      { kind: 'quota', node: 'prod', environment, by: 3, which: 'borrowLimit' },
      'starts',
      'With the borrow limit of prod in p4 raised by 3 it would start.',
    ],
    [
      { kind: 'priority', priority: 51 },
      'preempts',
      'With priority 51 it would preempt others and start when they have stopped.',
    ],
    [{ kind: 'time', at: NOON }, 'starts', 'At 2026-11-21 12:00:00 UTC it starts, if nothing else changes.'],
    [
      { kind: 'operator', what: 'undrain' },
      'starts',
      'When the environment takes jobs again it would start.',
    ],
  ];
  test.each(cases)('%o: %s', (remedy, consequence, sentence) => {
    expect(remedySentence(remedy, consequence)).toBe(sentence);
  });
});

test('an open environment needs no sentence', () => {
  expect(environmentSentence('p4', { kind: 'open' })).toBeUndefined();
  expect(environmentSentence('p4', { kind: 'draining' })).toBe('p4 is being drained and takes no new jobs.');
});

test('what an estimate rests on is said with its numbers', () => {
  const basis = {
    histories: [{ share: 'prod', count: 12, median: 5400 }],
    byLimit: 2,
    byDefault: 1,
    stops: 0,
  };
  expect(basisSentence({ ...basis, end: 'started' })).toBe(
    'Rests on the running times of 12 ended jobs of prod (median 1 h 30 min), the time limits of 2 jobs and ' +
      'the limit of one day that SageMaker sets by default for 1 job without a limit, if nothing else is submitted or changed.',
  );
});

test.each([
  [
    'of one share and of the whole queue, which has others',
    [
      { share: 'prod', count: 12, median: 90 },
      { share: '', count: 20, median: 60 },
    ],
    'Rests on the running times of 12 ended jobs of prod (median 90 s) and ' +
      'the running times of all 20 ended jobs (median 60 s) for shares without any, ',
  ],
  [
    'of one share, which is the whole queue: said once',
    [
      { share: 'prod', count: 1, median: 90 },
      { share: '', count: 1, median: 90 },
    ],
    'Rests on the running times of 1 ended job of prod (median 90 s), for other shares, too, ',
  ],
  [
    'of the whole queue alone',
    [{ share: '', count: 1, median: 90 }],
    'Rests on the running times of 1 ended job (median 90 s), ',
  ],
])('running times %s', (_, histories, beginning) => {
  const basis = { histories, byLimit: 0, byDefault: 0, stops: 0 };
  expect(basisSentence({ ...basis, end: 'started' })).toBe(
    `${beginning}if nothing else is submitted or changed.`,
  );
});

test('an estimate that waits for preempted jobs says so', () => {
  const basis = { histories: [], byLimit: 0, byDefault: 0, stops: 2 };
  expect(basisSentence({ ...basis, end: 'started' })).toBe(
    'Rests on the time that 2 preempted jobs may take to stop, if nothing else is submitted or changed.',
  );
});

test('kinds of jobs that could preempt are named with their numbers', () => {
  expect(preemptorSentence({ code: 'GUARANTEE', share: 'ProdExp2', guaranteed: 40 })).toBe(
    'A job of ProdExp2 within its guarantee of 40 could preempt it.',
  );
  expect(preemptorSentence({ code: 'SAME_SHARE', share: 'ProdExp1', above: 10 })).toBe(
    'A job of ProdExp1 with priority above 10 could preempt it when the share is at its quota.',
  );
});

test('long lists are cut', () => {
  expect(jobList(['a'])).toBe('a');
  expect(jobList(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c and 3 more');
});

test.each([
  [119, '119 s'],
  [120, '2 min'],
  [3600, '1 h'],
  [7500, '2 h 5 min'],
  [86_400, '24 h'],
  [273_600, '3 d 4 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
