import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuotaLedger } from '../../../../src/scheduling/quota/ledger.ts';
import { compareShares, roundedShare, shareOf } from '../../../../src/scheduling/quota/share-fraction.ts';
import { aGroup, aShare, P4 } from '../../../support/a-world.ts';

const p4 = (limit: number) => [{ name: P4, limit }];

describe('what a share may use', () => {
  it('is its guarantee and what the others and the root do not use', () => {
    const ledger = new QuotaLedger({ groups: [], shares: [aShare('a', 60), aShare('b', 40)] }, p4(110));
    ledger.add('a', P4, 30);
    expect(ledger.available('b', P4)).toBe(80);
    ledger.add('b', P4, 75);
    expect([ledger.used('b', P4), ledger.borrowed('b', P4), ledger.available('a', P4)]).toEqual([75, 35, 5]);
  });

  it('ends at its borrow limit, and names the share as what binds', () => {
    const ledger = new QuotaLedger(
      { groups: [], shares: [aShare('a', { guaranteed: 4, borrowLimit: 2 }), aShare('b', 6)] },
      p4(10),
    );
    expect([ledger.available('a', P4), ledger.potential('a', P4)]).toEqual([6, 6]);
    expect(ledger.binding(ledger.tree.indexOf('a'), 0)).toEqual({ node: 'a', by: 'borrowLimit' });
  });

  it('leaves others what they do not lend', () => {
    const ledger = new QuotaLedger(
      { groups: [], shares: [aShare('a', { guaranteed: 4, lendLimit: 1 }), aShare('b', 6)] },
      p4(10),
    );
    expect([ledger.available('b', P4), ledger.potential('b', P4)]).toEqual([7, 7]);
    expect(ledger.binding(ledger.tree.indexOf('b'), 0)).toEqual({ node: '', by: 'quota' });
    ledger.add('a', P4, 4);
    expect(ledger.available('b', P4)).toBe(6);
  });

  it('ends at the borrow limit of a group above it, and names the group', () => {
    const ledger = new QuotaLedger(
      {
        groups: [aGroup('team', { guaranteed: 1, borrowLimit: 2 })],
        shares: [aShare('a', 2, { parent: 'team' }), aShare('b', 7)],
      },
      p4(10),
    );
    expect(ledger.available('a', P4)).toBe(5);
    expect(ledger.binding(ledger.tree.indexOf('a'), 0)).toEqual({ node: 'team', by: 'borrowLimit' });
  });

  it('never falls below zero when a limit was lowered under what is in use', () => {
    const ledger = new QuotaLedger({ groups: [], shares: [aShare('a', 0)] }, p4(3));
    ledger.add('a', P4, 5);
    expect(ledger.available('a', P4)).toBe(0);
  });

  it('is the same after any use was added and taken away again', () => {
    const ledger = new QuotaLedger(
      {
        groups: [aGroup('team', { guaranteed: 2, lendLimit: 1 })],
        shares: [aShare('a', { guaranteed: 3, lendLimit: 1 }, { parent: 'team' }), aShare('b', 5)],
      },
      p4(12),
    );
    const before = ledger.available('b', P4);
    for (const amount of [1, 2, 4]) ledger.add('a', P4, amount);
    for (const amount of [2, 4, 1]) ledger.remove('a', P4, amount);
    expect(ledger.available('b', P4)).toBe(before);
  });

  it('of a copy does not touch the original', () => {
    const ledger = new QuotaLedger({ groups: [], shares: [aShare('a', 4)] }, p4(4));
    ledger.clone().add('a', P4, 3);
    expect(ledger.used('a', P4)).toBe(0);
  });

  it.each([
    ['a parent that is not a group', { groups: [], shares: [aShare('a', 1, { parent: 'nobody' })] }],
    [
      'groups in a circle',
      { groups: [aGroup('x', 0, { parent: 'y' }), aGroup('y', 0, { parent: 'x' })], shares: [] },
    ],
  ])('is not defined for %s', (_, policy) => {
    expect(() => new QuotaLedger(policy, p4(1))).toThrow(RangeError);
  });
});

describe('what is lent', () => {
  it('is the 15 of the brief: 60 and 40 guaranteed, one uses 75 and the other 25', () => {
    const ledger = new QuotaLedger({ groups: [], shares: [aShare('exp1', 60), aShare('exp2', 40)] }, p4(100));
    ledger.add('exp1', P4, 75);
    ledger.add('exp2', P4, 25);
    expect([ledger.borrowed('exp1', P4), ledger.lent(P4).get('exp2'), ledger.lent(P4).get('exp1')]).toEqual([
      15, 15, 0,
    ]);
  });

  it('comes from what the root has of its own first, then from the others in proportion to what they leave', () => {
    const shares = [aShare('a', 10), aShare('b', 20), aShare('c', 0)];
    const ledger = new QuotaLedger({ groups: [], shares }, p4(35));
    ledger.add('c', P4, 5);
    expect([ledger.lent(P4).get('a'), ledger.lent(P4).get('b')]).toEqual([0, 0]);
    ledger.add('c', P4, 10);
    // 10 of 30: one third each, the larger remainder to b.
    expect([ledger.lent(P4).get('a'), ledger.lent(P4).get('b')]).toEqual([3, 7]);
  });

  it('comes from what a group has of its own before what its children leave, and from those beside the group', () => {
    const ledger = new QuotaLedger(
      {
        groups: [aGroup('team', 2)],
        shares: [aShare('a', 4, { parent: 'team' }), aShare('b', 4, { parent: 'team' }), aShare('c', 1)],
      },
      p4(12),
    );
    ledger.add('a', P4, 9);
    ledger.add('c', P4, 2);
    // a borrows 5, c 1.
    expect(Object.fromEntries(ledger.lent(P4))).toMatchObject({ team: 2, a: 0, b: 3, c: 0, '': 1 });
  });

  it('is what is borrowed, all told, in any tree, and no more of anybody than is guaranteed', () => {
    const amount = fc.nat({ max: 6 });
    const parents = fc.constantFrom(undefined, 'g', 'h');
    const tree = fc.record({
      g: amount,
      h: fc.record({ guaranteed: amount, inG: fc.boolean() }),
      shares: fc.array(
        fc.record({ guaranteed: amount, lend: fc.option(amount), parent: parents, used: amount }),
        { minLength: 1, maxLength: 5 },
      ),
      more: amount,
    });
    fc.assert(
      fc.property(tree, ({ g, h, shares, more }) => {
        const nominal = g + h.guaranteed + shares.reduce((sum, { guaranteed }) => sum + guaranteed, 0);
        const ledger = new QuotaLedger(
          {
            groups: [aGroup('g', g), { ...aGroup('h', h.guaranteed), ...(h.inG ? { parent: 'g' } : {}) }],
            shares: shares.map(({ guaranteed, lend, parent }, index) =>
              aShare(
                `s${index}`,
                { guaranteed, ...(lend === null ? {} : { lendLimit: Math.min(lend, guaranteed) }) },
                parent === undefined ? {} : { parent },
              ),
            ),
          },
          p4(nominal + more),
        );
        // As much as the quotas allow.
        shares.forEach(({ used }, index) =>
          ledger.add(`s${index}`, P4, Math.min(used, ledger.available(`s${index}`, P4))),
        );
        const lent = [...ledger.lent(P4)];
        const borrowed = shares.reduce((sum, _, index) => sum + ledger.borrowed(`s${index}`, P4), 0);
        expect(lent.reduce((sum, [, amountLent]) => sum + amountLent, 0)).toBe(borrowed);
        for (const [node, amountLent] of lent)
          expect(amountLent).toBeLessThanOrEqual(ledger.guaranteed(node, P4));
      }),
    );
  });
});

describe('how far up borrowed quota comes from', () => {
  const ledger = new QuotaLedger(
    {
      groups: [aGroup('team', 2)],
      shares: [aShare('a', 2, { parent: 'team' }), aShare('b', 4)],
    },
    p4(8),
  );
  const a = ledger.tree.indexOf('a');

  it.each([
    [2, { height: 0, belowRoot: true }, 'its own guarantee'],
    [4, { height: 1, belowRoot: true }, "its group's"],
    [5, { height: 2, belowRoot: false }, 'the root'],
    [9, { height: 2, belowRoot: false }, 'nowhere: as far as the root'],
  ])('for %i instances is %o: %s', (instances, height) => {
    expect(ledger.borrowHeight(a, 0, instances)).toEqual(height);
  });
});

describe('the share of a node', () => {
  const shareWith = (weight: number, used: number) => {
    const ledger = new QuotaLedger({ groups: [], shares: [aShare('a', 2, { weight })] }, p4(9));
    ledger.add('a', P4, used);
    return shareOf(ledger, ledger.tree.indexOf('a'));
  };

  it.each([
    [1, 2, 0, 'nothing borrowed'],
    [1, 3, 112, 'one ninth, in thousandths, rounded up'],
    [2, 3, 56, 'with twice the weight half of it'],
    [0, 2, 0, 'weight zero inside the guarantee'],
    [0, 3, Infinity, 'weight zero while borrowing'],
  ])('with weight %d and %d in use is %d: %s', (weight, used, share) => {
    expect(roundedShare(shareWith(weight, used))).toBe(share);
  });

  it('is compared exactly, beyond what a double can tell apart', () => {
    const a = {
      borrowed: 9_007_199_254_740_991,
      lendable: 9_007_199_254_740_990,
      weight: 10_000,
      borrows: true,
    };
    const b = {
      borrowed: 9_007_199_254_740_990,
      lendable: 9_007_199_254_740_989,
      weight: 10_000,
      borrows: true,
    };
    expect(compareShares(a, b)).toBeLessThan(0);
    expect(compareShares(b, a)).toBeGreaterThan(0);
    expect(compareShares(a, a)).toBe(0);
  });

  it('is infinite with weight zero, and two infinite ones are compared by what they borrow', () => {
    expect(compareShares(shareWith(0, 3), shareWith(1, 9))).toBeGreaterThan(0);
    expect(compareShares(shareWith(0, 3), shareWith(0, 4))).toBeLessThan(0);
    expect(compareShares(shareWith(0, 2), shareWith(1, 3))).toBeLessThan(0);
  });
});
