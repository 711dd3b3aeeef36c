import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compute, whyNotApplicable } from '../../../conformance/numbers.ts';
import { decidedOn, expectedOf } from '../../../conformance/quota-tree.ts';
import { report } from '../../../conformance/report.ts';
import {
  parseVectorFile,
  type QuotaTreeVector,
  readVectorFile,
  VectorFileError,
} from '../../../conformance/vector-file.ts';

const path = fileURLToPath(new URL('../../fixtures/scheduling-vectors.json', import.meta.url));
const { vectors = [], numbers = [] } = readVectorFile(path);
const trees = vectors.filter((vector): vector is QuotaTreeVector => vector.model === 'quota-tree');

describe('decision vectors', () => {
  it.each(trees.map((vector) => [`${vector.id}: ${vector.says ?? ''}`, vector] as const))(
    '%s',
    (_, vector) => {
      expect(decidedOn(vector)).toEqual(expectedOf(vector));
    },
  );

  it('come out the same in whatever order groups, queues, jobs and pools are listed', () => {
    const differing = trees.flatMap((vector) => {
      const wanted = JSON.stringify(expectedOf(vector));
      const seeds = [1, 2, 3, 4, 5];
      return seeds.every((seed) => JSON.stringify(decidedOn(shuffled(vector, seed))) === wanted)
        ? []
        : [vector.id];
    });
    expect(differing).toEqual([]);
  });

  it('of the other models agree as often as docs/conformance.md says', () => {
    const { lines } = report(vectors, []);
    expect(lines.filter((line) => /^(deserved-share|rounds):/.test(line))).toEqual([
      'deserved-share: 18 passed, 5 failed',
      'rounds: 6 passed, 5 failed',
    ]);
  });
});

describe('number vectors', () => {
  const applicable = numbers.filter(({ formula }) => whyNotApplicable(formula) === undefined);

  it.each(applicable.map((vector) => [`${vector.id}: ${vector.formula}`, vector] as const))(
    '%s',
    (_, vector) => {
      const { passed, want, got } = compute(vector);
      expect(got, `wanted ${want}`).toSatisfy(() => passed);
    },
  );
});

describe('a file that cannot be used', () => {
  it.each([
    ['not JSON', '{', /f\.json: not JSON/],
    ['neither vectors nor numbers', '{"what": 1}', /the file: has neither "vectors" nor "numbers"/],
    ['empty lists', '{"vectors": [], "numbers": []}', /the file: holds neither a vector nor a number/],
    ['an empty list', '{"numbers": []}', /the file: holds neither a vector nor a number/],
    ['an unknown model', '{"vectors": [{"id": "x", "model": "y"}]}', /vectors\[0\]\.model/],
    ['a size that is no number', badSize(), /vectors\[0\]\.pending\[0\]\.size/],
  ])('says what is wrong and where: %s', (_, text, message) => {
    expect(() => parseVectorFile(text, 'f.json')).toThrow(VectorFileError);
    expect(() => parseVectorFile(text, 'f.json')).toThrow(message);
  });

  it('may hold fields that nobody knows, and only one of the two lists', () => {
    const one = { id: 'n', formula: 'f', in: {}, out: {} };
    const text = JSON.stringify({ numbers: [one], author: 'me' });
    expect(parseVectorFile(text, 'f.json')).toMatchObject({ numbers: [one], author: 'me' });
  });
});

function badSize(): string {
  const pending = [{ id: 'p', queue: 'q', size: 'big' }];
  return JSON.stringify({
    vectors: [{ id: 'x', model: 'quota-tree', mode: 'classic', queues: [{ id: 'q' }], pending, expect: {} }],
  });
}

/** All lists, and the pools of objects whose order means nothing, in another order. */
function shuffled(vector: QuotaTreeVector, seed: number): QuotaTreeVector {
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const shuffle = <T>(list: readonly T[]): T[] =>
    list
      .map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  return {
    ...vector,
    // The pools of a queue are in its order of preference; those of a group are in none.
    groups: shuffle(vector.groups).map((group) => ({
      ...group,
      ...(group.quota === undefined
        ? {}
        : { quota: Object.fromEntries(shuffle(Object.entries(group.quota))) }),
    })),
    queues: shuffle(vector.queues),
    running: shuffle(vector.running),
    pending: shuffle(vector.pending),
  };
}
