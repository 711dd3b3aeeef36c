/** The figures are judged by what SageMaker recorded: a record that tells another story must not pass. */
import { describe, expect, test } from 'vitest';
import type { TrainingEvidence } from '../../../src/cli/demo/evidence.ts';
import { borrowing } from '../../../src/cli/demo/figures/borrowing.ts';
import type { Figure } from '../../../src/cli/demo/figures/figure.ts';
import { rolesOf } from '../../../src/cli/demo/figures/play.ts';
import { formatUsage, judgeFigure } from '../../../src/cli/demo/figures/print.ts';
import { priority } from '../../../src/cli/demo/figures/priority.ts';
import { SageMakerRecord } from '../../../src/cli/demo/figures/record.ts';
import { tutorial } from '../../../src/cli/demo/figures/tutorial.ts';

interface Ran {
  readonly jobId: string;
  readonly from: number;
  readonly to: number;
  readonly status?: string;
  readonly firstEpoch?: number;
}

/** The record of a figure in which these training jobs ran, times in seconds. */
function recordOf(figure: Figure, ran: readonly Ran[]): SageMakerRecord {
  const roles = rolesOf(figure);
  const trainings = new Map<string, TrainingEvidence[]>();
  for (const { jobId, from, to, status = 'Completed', firstEpoch = 1 } of ran) {
    const earlier = trainings.get(jobId) ?? [];
    const instances = roles.find((role) => role.jobId === jobId)?.instances ?? 0;
    const training: TrainingEvidence = {
      name: `ty-${jobId}-${earlier.length + 1}`,
      status,
      transitions: [],
      instanceCount: instances,
      spot: false,
      metrics: { 'train:first-epoch': firstEpoch },
      createdAt: from * 1000,
      endedAt: to * 1000,
    };
    trainings.set(jobId, [...earlier, training]);
  }
  return new SageMakerRecord(roles, trainings);
}

const unproven = (figure: Figure, ran: readonly Ran[]): readonly string[] =>
  judgeFigure(figure, recordOf(figure, ran)).flatMap(({ says, verdict }) => (verdict.holds ? [] : [says]));

const FIGURE_1: readonly Ran[] = [
  { jobId: 'exp2-quiet', from: 0, to: 40 },
  ...['a', 'b', 'c', 'd'].map((name) => ({ jobId: `exp1-${name}`, from: 0, to: 40 })),
  { jobId: 'exp1-e', from: 1, to: 10, status: 'Stopped' },
  { jobId: 'exp2-back', from: 11, to: 20 },
  { jobId: 'exp1-e', from: 21, to: 50, firstEpoch: 8 },
];

const FIGURE_2: readonly Ran[] = [
  { jobId: 'exp2-full', from: 0, to: 40 },
  ...[80, 50, 30].map((n) => ({ jobId: `exp1-p${n}`, from: 0, to: 30 })),
  { jobId: 'exp1-p10', from: 0, to: 10, status: 'Stopped' },
  { jobId: 'exp1-p90', from: 11, to: 20 },
  { jobId: 'exp1-p10', from: 21, to: 40, firstEpoch: 8 },
];

const TUTORIAL: readonly Ran[] = [
  ...[1, 2, 3, 4].map((n) => ({ jobId: `cpu-${n}`, from: n, to: n + 1 })),
  { jobId: 'low-1', from: 0, to: 5 },
  { jobId: 'high-1', from: 5, to: 6 },
  { jobId: 'mid-1', from: 6, to: 7 },
  { jobId: 'low-2', from: 7, to: 8 },
];

const without = (ran: readonly Ran[], index: number, change: Partial<Ran>): readonly Ran[] =>
  ran.map((one, at) => (at === index ? { ...one, ...change } : one));

describe('a record that shows the figure passes', () => {
  test.each([
    ['figure 1', borrowing, FIGURE_1],
    ['figure 2', priority, FIGURE_2],
    ['the tutorial', tutorial, TUTORIAL],
  ] as const)('%s', (_name, figure, ran) => {
    expect(unproven(figure, ran)).toEqual([]);
  });
});

describe('a record that shows something else does not', () => {
  test.each<[string, Figure, readonly Ran[], RegExp]>([
    ['ProdExp1 never borrowed', borrowing, FIGURE_1.filter(({ jobId }) => jobId !== 'exp1-e'), /grew to 15/],
    ['nobody was preempted', borrowing, without(FIGURE_1, 5, { status: 'Completed' }), /was preempted/],
    ['the victim began anew', borrowing, without(FIGURE_1, 7, { firstEpoch: 1 }), /from its checkpoint/],
    [
      'the owner did not wait for the instances',
      borrowing,
      without(FIGURE_1, 6, { from: 9 }),
      /never more than 20/,
    ],
    ['another one went', priority, without(FIGURE_2, 4, { jobId: 'exp1-p30' }), /priority 10 went/],
    [
      'the urgent job started before the other had stopped',
      priority,
      without(FIGURE_2, 5, { from: 9 }),
      /ran on its instances/,
    ],
    ['a later CPU job overtook', tutorial, without(TUTORIAL, 1, { from: 4.5 }), /order of their submission/],
    ['HIGHPRI came last', tutorial, without(TUTORIAL, 6, { from: 9 }), /HIGHPRI/],
  ])('%s', (_name, figure, ran, claim) => {
    expect(unproven(figure, ran)).toEqual(expect.arrayContaining([expect.stringMatching(claim)]));
  });
});

test('the use of instances is shown from each moment at which it changed', () => {
  const text = formatUsage(recordOf(borrowing, FIGURE_1), undefined, (_style: string, cell: string) => cell);
  expect(text.split('\n').slice(0, 6)).toEqual([
    'SECOND  ProdExp1  ProdExp2  IN USE',
    '   0.0        12         5  ████████████░░░░░',
    '   1.0        15         5  ███████████████░░░░░',
    '  10.0        12         5  ████████████░░░░░',
    '  11.0        12         8  ████████████░░░░░░░░',
    '  20.0        12         5  ████████████░░░░░',
  ]);
});
