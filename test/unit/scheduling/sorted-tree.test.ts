import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ForkedMap } from '../../../src/scheduling/forked-map.ts';
import { SortedTree } from '../../../src/scheduling/sorted-tree.ts';

const ascending = (a: number, b: number): number => a - b;
const steps = fc.array(fc.tuple(fc.constantFrom('with', 'without'), fc.integer({ min: 0, max: 60 })), {
  maxLength: 300,
});

describe('a sorted tree', () => {
  test('is the sorted set that its steps make, with ranks, and old versions stay as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 })), steps, (begin, changes) => {
        let tree = SortedTree.of(ascending, begin);
        const set = new Set(begin);
        for (const [what, item] of changes) {
          const old = tree;
          const before = [...old];
          tree = what === 'with' ? tree.with(item) : tree.without(item);
          if (what === 'with') set.add(item);
          else set.delete(item);
          expect([...old]).toEqual(before);
        }
        const sorted = [...set].sort(ascending);
        expect([...tree]).toEqual(sorted);
        expect(tree.size).toBe(sorted.length);
        expect(tree.first()).toBe(sorted[0]);
        expect(tree.last()).toBe(sorted.at(-1));
        for (let item = -1; item <= 61; item++) {
          const before = sorted.filter((other) => other < item);
          expect(tree.countBefore(item)).toBe(before.length);
          expect(tree.at(before.length)).toBe(sorted[before.length]);
          expect(tree.has(item)).toBe(set.has(item));
          expect([...tree.from(before.length)]).toEqual(sorted.slice(before.length));
          expect([...tree.backwardsFrom(item)]).toEqual(before.reverse());
        }
      }),
      { numRuns: 60 },
    );
  });

  test('stays balanced when items come in order', () => {
    let compared = 0;
    let tree = SortedTree.of<number>((a, b) => {
      compared++;
      return a - b;
    });
    for (let item = 0; item < 4096; item++) tree = tree.with(item);
    for (let item = 0; item < 2048; item++) tree = tree.without(item);
    compared = 0;
    tree.countBefore(4095);
    expect(compared).toBeLessThan(30);
  });
});

describe('a forked map', () => {
  test('and its fork are maps of their own', () => {
    const key = fc.integer({ min: 0, max: 99 }).map((n) => `k${n}`);
    const change = fc.tuple(
      fc.constantFrom('mine', 'theirs'),
      key,
      fc.option(fc.integer(), { nil: undefined }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, fc.integer())),
        fc.array(fc.array(change, { maxLength: 90 })),
        (begin, rounds) => {
          const item = (at: string, value: number): { at: string; value: number } => ({ at, value });
          const items = begin.map(([at, value]) => item(at, value));
          const made = (): ForkedMap<{ value: number }> => ForkedMap.by(items, ({ at }) => at);
          let maps = { mine: made(), theirs: made() };
          const models = { mine: new Map(begin), theirs: new Map(begin) };
          for (const changes of rounds) {
            for (const [side, at, value] of changes) {
              if (value === undefined) {
                maps[side].delete(at);
                models[side].delete(at);
              } else {
                maps[side].set(at, item(at, value));
                models[side].set(at, value);
              }
            }
            for (const side of ['mine', 'theirs'] as const) {
              expect(maps[side].size).toBe(models[side].size);
              for (let n = 0; n < 100; n++)
                expect(maps[side].get(`k${n}`)?.value).toBe(models[side].get(`k${n}`));
            }
            maps = { mine: maps.mine, theirs: maps.mine.fork() };
            models.theirs = new Map(models.mine);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
