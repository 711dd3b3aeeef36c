import { describe, expect, it } from 'vitest';
import {
  forgetQueue,
  learn,
  NOTHING_KNOWN,
  readReport,
  type CapacityKnowledge,
} from '../../../src/workflows/capacity-knowledge.ts';
import type { CapacityNews, CapacityReport } from '../../../src/workflows/queue-contract.ts';

const NOW = 1_000_000;
const P4D = 'ml.p4d.24xlarge';
const P5 = 'ml.p5.48xlarge';

const report = (
  queue: string,
  news: readonly CapacityNews[] = [],
  instanceTypes = [P4D],
): CapacityReport => ({
  queue,
  instanceTypes,
  news,
});

/** The knowledge after these reports, all at NOW. */
const after = (...reports: readonly CapacityReport[]): CapacityKnowledge =>
  reports.reduce((known, one) => learn(known, one, NOW).known, NOTHING_KNOWN);

const told = (known: CapacityKnowledge, one: CapacityReport, now = NOW) =>
  learn(known, one, now).parcels.map(({ queue, news }) => [queue, news]);

describe('news of capacity', () => {
  const both = after(report('search'), report('ads'));
  const out: CapacityNews = { instanceType: P4D, outUntil: NOW + 60_000 };

  it('goes to the other queues that use the type, and not back', () => {
    expect(told(both, report('search', [out]))).toEqual([['ads', out]]);
  });

  it('goes to nobody who does not use the type', () => {
    const known = after(report('search'), report('ads', [], [P5]));
    expect(told(known, report('search', [out]))).toEqual([]);
  });

  it('goes out once: what is known already is no news', () => {
    const known = learn(both, report('search', [out]), NOW).known;
    expect(told(known, report('ads', [out]))).toEqual([]);
  });

  it('of a later end replaces an earlier one, and not the other way round', () => {
    const known = learn(both, report('search', [out]), NOW).known;
    const later = { ...out, outUntil: NOW + 120_000 };
    expect(told(known, report('ads', [later]))).toEqual([['search', later]]);
    expect(told(known, report('ads', [{ ...out, outUntil: NOW + 1 }]))).toEqual([]);
  });

  it('that a type is back goes out even after the time when it should have been', () => {
    const known = learn(both, report('search', [out]), NOW).known;
    const back = { instanceType: P4D };
    expect(told(known, report('search', [back]), NOW + 600_000)).toEqual([['ads', back]]);
    expect(told(both, report('search', [back]))).toEqual([]);
  });

  it('of a quota stays when the type is back in stock', () => {
    const quota = { instanceType: P4D, learnedLimit: 8 };
    const known = learn(both, report('search', [{ ...out, learnedLimit: 8 }]), NOW).known;
    expect(told(known, report('search', [{ instanceType: P4D }]))).toEqual([['ads', quota]]);
  });
});

describe('a queue that reports for the first time', () => {
  const known = after(
    report('search', [
      { instanceType: P4D, outUntil: NOW + 60_000 },
      { instanceType: P5, learnedLimit: 4 },
    ]),
  );

  it('is told what is known of its types', () => {
    expect(told(known, report('ads', [], [P4D, P5]))).toEqual([
      ['ads', { instanceType: P4D, outUntil: NOW + 60_000 }],
      ['ads', { instanceType: P5, learnedLimit: 4 }],
    ]);
  });

  it('is not told of a shortage that is over', () => {
    expect(told(known, report('ads'), NOW + 60_000)).toEqual([]);
  });

  it('is told of a type that it names later', () => {
    const later = learn(known, report('ads'), NOW).known;
    expect(told(later, report('ads', [], [P4D, P5]))).toEqual([
      ['ads', { instanceType: P5, learnedLimit: 4 }],
    ]);
  });
});

describe('what the monitor keeps', () => {
  it('is bounded: the queue that was silent for longest is forgotten', () => {
    const known = after(...Array.from({ length: 501 }, (_, index) => report(`queue${index}`)));
    expect(known.queues).toHaveLength(500);
    expect(known.queues[0]?.queue).toBe('queue1');
  });

  it('loses shortages a day after their end', () => {
    const known = after(report('search', [{ instanceType: P4D, outUntil: NOW + 1 }]));
    expect(known.types).toHaveLength(1);
    expect(learn(known, report('search'), NOW + 2 * 86_400_000).known.types).toEqual([]);
  });

  it('loses a queue that is not there any more', () => {
    expect(
      forgetQueue(after(report('search'), report('ads')), 'search').queues.map(({ queue }) => queue),
    ).toEqual(['ads']);
  });
});

it.each([
  ['nothing', undefined],
  ['a text', 'out of p4d'],
  ['no queue', { instanceTypes: [], news: [] }],
  ['types that are no texts', { queue: 'q', instanceTypes: [1], news: [] }],
  ['news without a type', { queue: 'q', instanceTypes: [], news: [{ outUntil: 1 }] }],
  [
    'a time that is no number',
    { queue: 'q', instanceTypes: [], news: [{ instanceType: P4D, outUntil: 'soon' }] },
  ],
])('%s is no report', (_, message) => {
  expect(readReport(message)).toBeUndefined();
});
