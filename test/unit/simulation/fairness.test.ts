import { describe, expect, test } from 'vitest';
import { fairnessError, weightedShares } from '../../../src/simulation/fairness.ts';

describe('weighted shares', () => {
  test.each([
    {
      name: 'alone, a share is entitled to everything, as far as it asks for it',
      queues: { A: { weight: 1, demand: 30 } },
      entitled: { A: 1 },
      capped: { A: 0.3 },
      uncapped: { A: 1 },
    },
    {
      name: 'with enough demand the weights decide',
      queues: { A: { weight: 2, demand: 500 }, B: { weight: 3, demand: 500 } },
      entitled: { A: 0.4, B: 0.6 },
      capped: { A: 0.4, B: 0.6 },
      uncapped: { A: 0.4, B: 0.6 },
    },
    {
      name: 'what one leaves goes to the others, by weight',
      queues: {
        A: { weight: 2, demand: 10 },
        B: { weight: 1, demand: 500 },
        C: { weight: 1, demand: 500 },
      },
      entitled: { A: 0.5, B: 0.25, C: 0.25 },
      capped: { A: 0.1, B: 0.45, C: 0.45 },
      uncapped: { A: 0.5, B: 0.45, C: 0.45 },
    },
    {
      name: 'a share of weight 0 gets nothing, whatever it asks for',
      queues: { A: { weight: 0, demand: 500 }, B: { weight: 1, demand: 500 } },
      entitled: { A: 0, B: 1 },
      capped: { A: 0, B: 1 },
      uncapped: { A: 0, B: 1 },
    },
  ])('$name', ({ queues, entitled, capped, uncapped }) => {
    const shares = weightedShares(100, queues);
    const close = (values: Readonly<Record<string, number>>): object =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, Math.round(value * 1e9) / 1e9]),
      );
    expect(close(shares.entitled)).toEqual(entitled);
    expect(close(shares.entitledCappedByDemand)).toEqual(capped);
    expect(close(shares.entitledIfDemandWereInfinite)).toEqual(uncapped);
  });

  test('no weights at all: nobody is entitled to anything', () => {
    expect(weightedShares(10, { A: { weight: 0, demand: 5 } })).toEqual({
      entitled: { A: 0 },
      entitledCappedByDemand: { A: 0 },
      entitledIfDemandWereInfinite: { A: 0 },
    });
  });
});

describe('the fairness error', () => {
  test.each([
    ['nobody lacks anything', { A: 0.5, B: 0.5 }, { A: 50, B: 50 }, 0],
    ['what shares lack is added up', { A: 0.5, B: 0.5 }, { A: 30, B: 40 }, 0.3],
    ['more than one is entitled to makes up for nothing', { A: 0.5, B: 0.5 }, { A: 90, B: 10 }, 0.4],
    ['who has nothing at all lacks everything', { A: 0.25 }, {}, 0.25],
  ])('%s', (_, entitled, allocated, error) => {
    expect(fairnessError({ capacity: 100, entitled: entitled, allocated })).toBeCloseTo(error, 12);
  });

  test('is 0 without capacity', () => {
    expect(fairnessError({ capacity: 0, entitled: { A: 1 }, allocated: {} })).toBe(0);
  });
});
