import { describe, expect, it } from 'vitest';
import { faultSchema } from '../../../src/local-aws/faults/fault.ts';
import { FaultBook } from '../../../src/local-aws/faults/fault-book.ts';
import { seededRandom } from '../../../src/local-aws/faults/random.ts';
import { Throttles } from '../../../src/local-aws/faults/throttles.ts';
import { globMatches } from '../../../src/local-aws/glob.ts';

const book = (...faults: object[]): FaultBook => {
  const made = new FaultBook(seededRandom(1));
  made.configure(faults.map((fault) => faultSchema.parse(fault)));
  return made;
};
const kinds = (faults: readonly { kind: string }[]): string[] => faults.map(({ kind }) => kind);

describe('faults of requests', () => {
  it('strike only the operation and the job that they name', () => {
    const faults = book({ kind: 'error', operation: 'Create*', job: 'ty-*' });
    expect(kinds(faults.strikeRequest('CreateTrainingJob', 'ty-1'))).toEqual(['error']);
    expect(faults.strikeRequest('CreateTrainingJob', 'other')).toEqual([]);
    expect(faults.strikeRequest('ListTrainingJobs', 'ty-1')).toEqual([]);
    expect(faults.strikeRequest('CreateTrainingJob', undefined)).toEqual([]);
  });

  it('strike as often as they say, after those they skip', () => {
    const faults = book({ kind: 'throttle', times: 2, skip: 1 });
    const struck = Array.from({ length: 5 }, () => faults.strikeRequest('X', undefined).length);
    expect(struck).toEqual([0, 1, 1, 0, 0]);
    expect(faults.list()).toMatchObject([{ matched: 3, struck: 2 }]);
  });

  it('strike by chance in a way that the seed repeats', () => {
    const run = (): number[] => {
      const faults = book({ kind: 'slow', seconds: 1, probability: 0.5 });
      return Array.from({ length: 200 }, () => faults.strikeRequest('X', undefined).length);
    };
    const first = run();
    expect(run()).toEqual(first);
    const total = first.reduce((a, b) => a + b);
    expect(total).toBeGreaterThan(60);
    expect(total).toBeLessThan(140);
  });

  it('strike together', () => {
    const faults = book({ kind: 'slow', seconds: 1 }, { kind: 'lostAnswer' });
    expect(kinds(faults.strikeRequest('X', undefined))).toEqual(['slow', 'lostAnswer']);
  });
});

describe('faults of jobs', () => {
  it('strike one at a time', () => {
    const faults = book(
      { kind: 'internalError', times: 1 },
      { kind: 'internalError', times: 1, afterSeconds: 5 },
    );
    expect(faults.strikeJob('internalError', 'a')).toMatchObject({ afterSeconds: 0 });
    expect(faults.strikeJob('internalError', 'a')).toMatchObject({ afterSeconds: 5 });
    expect(faults.strikeJob('internalError', 'a')).toBeUndefined();
    expect(faults.strikeJob('capacityError', 'a')).toBeUndefined();
  });
});

describe('the book of faults', () => {
  it('keeps the counts of faults that a new config leaves as they are', () => {
    const once = faultSchema.parse({ kind: 'lostAnswer', times: 1 });
    const faults = book({ kind: 'lostAnswer', times: 1 });
    faults.strikeRequest('X', undefined);
    faults.configure([faultSchema.parse({ kind: 'slow', seconds: 1 }), once]);
    expect(kinds(faults.strikeRequest('X', undefined))).toEqual(['slow']);
  });

  it('keeps the faults of the control path over a new config, until they are removed', () => {
    const faults = book();
    const { id } = faults.add(faultSchema.parse({ kind: 'throttle' }));
    faults.configure([]);
    expect(faults.strikeRequest('X', undefined)).toHaveLength(1);
    expect([faults.remove(id), faults.remove(id)]).toEqual([true, false]);
    expect(faults.strikeRequest('X', undefined)).toEqual([]);
  });
});

describe('throttles', () => {
  it('let a burst pass, then as many as the rate allows', () => {
    const throttles = new Throttles();
    throttles.configure({ List: { perSecond: 2 } });
    const at = (now: number): boolean => throttles.allows('List', now);
    expect([at(0), at(0), at(0)]).toEqual([true, true, false]);
    expect([at(499), at(500), at(500)]).toEqual([false, true, false]);
    expect([at(10_000), at(10_000), at(10_000)]).toEqual([true, true, false]);
  });

  it('know slow rates and long bursts', () => {
    const throttles = new Throttles();
    throttles.configure({ A: { perSecond: 0.1 }, B: { perSecond: 1, burst: 5 } });
    expect([throttles.allows('A', 0), throttles.allows('A', 9_000), throttles.allows('A', 10_000)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(Array.from({ length: 6 }, () => throttles.allows('B', 0))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('leave other operations alone, and those whose limit is lifted', () => {
    const throttles = new Throttles();
    throttles.configure({ List: false });
    expect(throttles.allows('List', 0) && throttles.allows('toString', 0)).toBe(true);
  });

  it('keep their level over a config that changes something else', () => {
    const throttles = new Throttles();
    throttles.configure({ List: { perSecond: 1 } });
    throttles.allows('List', 0);
    throttles.configure({ List: { perSecond: 1 }, Other: { perSecond: 1 } });
    expect(throttles.allows('List', 0)).toBe(false);
  });
});

describe('globs', () => {
  it.each([
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abcd', false],
    ['ml.p?.*', 'ml.p4.x', true],
    ['ml.p?.*', 'ml.p4d.x', false],
    ['a.c', 'abc', false],
    ['**x**', 'yxz', true],
    ['', 'a', false],
  ])('%s on "%s": %s', (pattern, text, want) => {
    expect(globMatches(pattern, text)).toBe(want);
  });
});
