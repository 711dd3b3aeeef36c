import { describe, expect, test } from 'vitest';
import {
  formatPath,
  formatProblem,
  InvalidInputError,
  type ProblemCode,
} from '../../../src/jobs/job-problem.ts';
import { checkQueueFile, parseQueueFile } from '../../../src/queues/queue-file.ts';
import { checkQueue, resolveQueue } from '../../../src/queues/queue-schema.ts';
import { aQueue, quotaShares } from '../../support/a-queue.ts';
import { FAIR_SHARE_FILE, GOOD_QUEUE_FILE, SMALLEST_QUEUE_FILE, withChange } from './queue-file.fixture.ts';

const options = { file: 'queue.yaml' };

interface BadQueueFile {
  readonly text: string;
  readonly wantCode: ProblemCode;
  readonly wantPath: string;
  readonly wantLine: number;
  readonly wantText: string;
}

const SHARE = 'quotaShare.shares[0]';
const GROUPS =
  '    - { name: prod, weight: 2, guaranteed: { P5: 4 }, borrowLimit: { P5: 2 }, lendLimit: 50% }\n';

export const mistakes: Record<string, BadQueueFile> = {
  'a key with a letter missing': {
    text: withChange('serviceEnvironments:', 'serviceEnvironment:'),
    wantCode: 'QUEUE_KEY_UNKNOWN',
    wantPath: 'serviceEnvironment',
    wantLine: 3,
    wantText: 'Did you mean "serviceEnvironments"?',
  },
  'a policy without a value': {
    text: withChange('fifo: {}\n', 'fifo:\n', SMALLEST_QUEUE_FILE),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'fifo',
    wantLine: 3,
    wantText: 'has no value. Allowed: an empty mapping, {}.',
  },
  'a key in an empty mapping': {
    text: withChange('fifo: {}\n', 'fifo: { order: age }\n', SMALLEST_QUEUE_FILE),
    wantCode: 'QUEUE_KEY_UNKNOWN',
    wantPath: 'fifo.order',
    wantLine: 3,
    wantText: 'unknown key. Allowed: no keys, only {}.',
  },
  'no name': {
    text: withChange('name: search\n', ''),
    wantCode: 'QUEUE_KEY_MISSING',
    wantPath: 'name',
    wantLine: 2,
    wantText: 'is missing. Allowed: 1-128 letters',
  },
  'a name with a blank': {
    text: withChange('name: search', 'name: sea rch'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'name',
    wantLine: 2,
    wantText: '"sea rch" is not allowed',
  },
  'a name that is a number': {
    text: withChange('name: search', 'name: 5'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'name',
    wantLine: 2,
    wantText: 'Write "5" in quotes.',
  },
  'no policy': {
    text: withChange('fifo: {}\n', '', SMALLEST_QUEUE_FILE),
    wantCode: 'QUEUE_KEY_MISSING',
    wantPath: '',
    wantLine: 1,
    wantText: 'Allowed: exactly one of fifo, fairShare, quotaShare. Write `fifo: {}`',
  },
  'two policies': {
    text: `${GOOD_QUEUE_FILE}fifo: {}\n`,
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'quotaShare',
    wantLine: 6,
    wantText: 'cannot be given together with fifo',
  },
  'no environment': {
    text: withChange('[{ name: C5, instanceTypes: [ml.c5.xlarge], limit: 4 }]', '[]', SMALLEST_QUEUE_FILE),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'serviceEnvironments',
    wantLine: 2,
    wantText: 'a list of 1 to 50 entries',
  },
  'an instance type with a letter missing': {
    text: withChange('ml.p4d.24xlarge', 'ml.p4d.24xlarg'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'serviceEnvironments[0].instanceTypes[0]',
    wantLine: 4,
    wantText: 'Did you mean "ml.p4d.24xlarge"?',
  },
  'a family that does not exist': {
    text: withChange('p5en', 'p5x'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'serviceEnvironments[1].family',
    wantLine: 5,
    wantText: '"p5x" is not allowed',
  },
  'neither instance types nor a family': {
    text: withChange('family: p5en, ', ''),
    wantCode: 'QUEUE_KEY_MISSING',
    wantPath: 'serviceEnvironments[1].instanceTypes',
    wantLine: 5,
    wantText: 'either instanceTypes or family',
  },
  'instance types and a family': {
    text: withChange('family: p5en', 'family: p5en, instanceTypes: [ml.p5e.48xlarge]'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'serviceEnvironments[1].family',
    wantLine: 5,
    wantText: 'cannot be given together with instanceTypes',
  },
  'an instance type in two environments': {
    text: withChange('family: p5en', 'family: p4de'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'serviceEnvironments[1].family',
    wantLine: 5,
    wantText: 'ml.p4de.24xlarge is in the environment P4 already',
  },
  'two environments of one name': {
    text: withChange('name: P5', 'name: P4'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'serviceEnvironments[1].name',
    wantLine: 5,
    wantText: '"P4" is the name of another environment already',
  },
  'an environment whose name looks like a number': {
    text: withChange('name: P5,', "name: '5',"),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'serviceEnvironments[1].name',
    wantLine: 5,
    wantText: 'beginning with a letter',
  },
  'an environment that is called like what every object has': {
    text: withChange('name: P5,', 'name: constructor,'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'serviceEnvironments[1].name',
    wantLine: 5,
    wantText: '"constructor" is reserved. Choose another name.',
  },
  'a negative limit': {
    text: withChange('limit: 20', 'limit: -1'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'serviceEnvironments[1].limit',
    wantLine: 5,
    wantText: '-1 is not allowed. Allowed: a whole number of instances from 0 to 100000',
  },
  'half an instance': {
    text: withChange('limit: 20', 'limit: 0.5'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'serviceEnvironments[1].limit',
    wantLine: 5,
    wantText: '0.5 is not allowed',
  },
  'a guarantee in an environment that does not exist': {
    text: withChange('guaranteed: { P4: 60, P5: 8 }', 'guaranteed: { P4: 60, P6: 8 }'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.guaranteed.P6`,
    wantLine: 14,
    wantText: 'there is no service environment "P6". Allowed: P4, P5. Did you mean "P4"?',
  },
  'a borrow limit in an environment that does not exist': {
    text: withChange('borrowLimit: 25%', 'borrowLimit: { p: 1 }'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.borrowLimit.p`,
    wantLine: 16,
    wantText: 'there is no service environment "p"',
  },
  'guarantees above the limit': {
    text: withChange('guaranteed: { P4: 40 }', 'guaranteed: { P4: 41 }'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'quotaShare.shares[1].guaranteed.P4',
    wantLine: 23,
    wantText:
      '41 brings the guarantees in P4 to 101, and its limit is 100. Allowed: guarantees that add up to at most 100.',
  },
  'guarantees of groups and shares that are above the limit together': {
    text: withChange('P4: 60, P5: 8', 'P4: 60, P5: 17'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.guaranteed.P5`,
    wantLine: 14,
    wantText: '17 brings the guarantees in P5 to 21',
  },
  'a guarantee that is not a number of instances': {
    text: withChange('guaranteed: { P4: 40 }', 'guaranteed: { P4: 40% }'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'quotaShare.shares[1].guaranteed.P4',
    wantLine: 23,
    wantText: '"40%" is not allowed',
  },
  'a guarantee without its environment': {
    text: withChange('guaranteed: { P4: 40 }', 'guaranteed: 40'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'quotaShare.shares[1].guaranteed',
    wantLine: 23,
    wantText: 'a mapping from environments to instances, such as { P4: 60 }',
  },
  'a share in a group that does not exist': {
    text: withChange('group: prod', 'group: prot'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.group`,
    wantLine: 12,
    wantText: 'there is no group "prot". Allowed: prod. Did you mean "prod"?',
  },
  'a share in a group, and no groups': {
    text: withChange(`  groups:\n${GROUPS}`, ''),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.group`,
    wantLine: 10,
    wantText: 'Allowed: nothing, as the queue has no groups.',
  },
  'groups in a circle': {
    text: withChange(
      GROUPS,
      '    - { name: prod, parent: a }\n    - { name: a, parent: b }\n    - { name: b, parent: prod }\n',
    ),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'quotaShare.groups[0].parent',
    wantLine: 9,
    wantText: 'the groups go in a circle: prod -> a -> b -> prod',
  },
  'a group that is its own parent': {
    text: withChange(GROUPS, '    - { name: prod, parent: prod }\n'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'quotaShare.groups[0].parent',
    wantLine: 9,
    wantText: 'prod -> prod',
  },
  'two shares of one name': {
    text: withChange('name: ProdExp2', 'name: ProdExp1'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'quotaShare.shares[1].name',
    wantLine: 22,
    wantText: '"ProdExp1" is the name of another share or group already',
  },
  'a share that is called like a group': {
    text: withChange('name: ProdExp2', 'name: prod'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'quotaShare.shares[1].name',
    wantLine: 22,
    wantText: '"prod" is the name of another share or group already',
  },
  'a wildcard in a quota share': {
    text: withChange('name: ProdExp2', 'name: ProdExp*'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'quotaShare.shares[1].name',
    wantLine: 22,
    wantText: '"ProdExp*" is not allowed',
  },
  'a weight of nothing': {
    text: withChange('weight: 0.5', 'weight: 0'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: `${SHARE}.weight`,
    wantLine: 13,
    wantText: '0 is not allowed. Allowed: a number from 0.0001 to 999.9999',
  },
  'a weight that is finer than a ten-thousandth': {
    text: withChange('weight: 0.5', 'weight: 0.50001'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: `${SHARE}.weight`,
    wantLine: 13,
    wantText: 'with at most four decimals',
  },
  'a way of sharing that does not exist': {
    text: withChange('sharing: LEND_AND_BORROW', 'sharing: BORROW'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: `${SHARE}.sharing`,
    wantLine: 15,
    wantText: 'one of RESERVE, LEND, LEND_AND_BORROW',
  },
  'a borrow limit of a share that only lends': {
    text: withChange('sharing: LEND_AND_BORROW', 'sharing: LEND'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.borrowLimit`,
    wantLine: 16,
    wantText: 'has no meaning with sharing: LEND, which never borrows',
  },
  'a lend limit of a share that keeps all': {
    text: withChange('sharing: LEND_AND_BORROW\n      borrowLimit: 25%', 'sharing: RESERVE'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.lendLimit`,
    wantLine: 16,
    wantText: 'which never lends',
  },
  'a lend limit above the guarantee': {
    text: withChange('lendLimit: { P4: 10 }', 'lendLimit: { P4: 61 }'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.lendLimit.P4`,
    wantLine: 17,
    wantText: '61 is more than the 60 that are guaranteed',
  },
  'a lend limit above 100%': {
    text: withChange('lendLimit: 50%', 'lendLimit: 150%'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'quotaShare.groups[0].lendLimit',
    wantLine: 9,
    wantText: '150% is more than the guarantee. Allowed: from 0% to 100%.',
  },
  "Batch's borrow limit without its sign": {
    text: withChange('borrowLimit: 25%', 'borrowLimit: 25'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: `${SHARE}.borrowLimit`,
    wantLine: 16,
    wantText: 'a percentage of the guarantee, such as 200%, or a mapping',
  },
  'a preference where the search ends before': {
    text: withChange('ifBorrowing: next', 'ifBorrowing: stop'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.fallback.prefer`,
    wantLine: 21,
    wantText: 'has no meaning unless ifBorrowing and ifPreempting are both next',
  },
  'preemption while borrowing without reclaim': {
    text: withChange('reclaim: lower', 'reclaim: never'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.whileBorrowing`,
    wantLine: 20,
    wantText: 'cannot be given together with reclaim: never',
  },
  'preemption while borrowing in fair-share order': {
    text: withChange('order: priority', 'order: fairShare'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: `${SHARE}.whileBorrowing`,
    wantLine: 20,
    wantText: 'has a meaning in priority order only',
  },
  'fair rules in priority order': {
    text: withChange('order: priority', 'fairRules: [initial]'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'quotaShare.fairRules',
    wantLine: 7,
    wantText: 'has a meaning in fair-share order only',
  },
  'shares of which one covers the other': {
    text: withChange('name: MIDPRI', 'name: LOWEST', FAIR_SHARE_FILE),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'fairShare.shares[2].name',
    wantLine: 9,
    wantText: '"LOW*" overlaps "LOWEST"',
  },
  'wildcards that overlap': {
    text: withChange('name: MIDPRI', 'name: L*', FAIR_SHARE_FILE),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'fairShare.shares[2].name',
    wantLine: 9,
    wantText: '"LOW*" overlaps "L*"',
  },
  'a wildcard in the middle': {
    text: withChange('LOW*', 'L*W', FAIR_SHARE_FILE),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'fairShare.shares[2].name',
    wantLine: 9,
    wantText: 'at most one * at the end',
  },
  'all of the capacity reserved': {
    text: withChange('computeReservation: 50', 'computeReservation: 100', FAIR_SHARE_FILE),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'fairShare.computeReservation',
    wantLine: 5,
    wantText: 'from 0 to 99',
  },
  'a reservation that is only switched on': {
    text: withChange('reservation: { afterSeconds: 600 }', 'reservation: true'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'reservation',
    wantLine: 24,
    wantText: 'false, or a mapping with the key afterSeconds',
  },
  'two time limits for one reason': {
    text: withChange('maxWaiting: 5000', '  - { reason: CAPACITY, maxTimeSeconds: 5 }\nmaxWaiting: 5000'),
    wantCode: 'QUEUE_CONTRADICTION',
    wantPath: 'jobStateTimeLimitActions[1].reason',
    wantLine: 28,
    wantText: 'CAPACITY has a limit in entry 0 already',
  },
  'more waiting jobs than a queue can hold': {
    text: withChange('maxWaiting: 5000', 'maxWaiting: 10001'),
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: 'maxWaiting',
    wantLine: 28,
    wantText: 'from 1 to 10000',
  },
  'nothing but comments': {
    text: '# soon\n',
    wantCode: 'QUEUE_FILE_UNREADABLE',
    wantPath: '',
    wantLine: 1,
    wantText: 'the file holds no queue, only blanks or comments',
  },
  'a bracket that never ends': {
    text: 'name: search\nserviceEnvironments: [\n',
    wantCode: 'QUEUE_FILE_SYNTAX',
    wantPath: '',
    wantLine: 3,
    wantText: 'bracket',
  },
  'a key that occurs twice': {
    text: `${SMALLEST_QUEUE_FILE}fifo: {}\n`,
    wantCode: 'QUEUE_FILE_SYNTAX',
    wantPath: 'fifo',
    wantLine: 4,
    wantText: 'the key occurs twice, first in line 3',
  },
  'a list instead of a queue': {
    text: '- name: search\n',
    wantCode: 'QUEUE_VALUE_INVALID',
    wantPath: '',
    wantLine: 1,
    wantText: 'a mapping with the keys name',
  },
  'a mistake in the second of two queues': {
    text: `${SMALLEST_QUEUE_FILE}---\n${SMALLEST_QUEUE_FILE.replace('limit: 4', 'limt: 4')}`,
    wantCode: 'QUEUE_KEY_UNKNOWN',
    wantPath: 'serviceEnvironments[0].limt',
    wantLine: 6,
    wantText: 'Did you mean "limit"?',
  },
};

describe('a bad queue file', () => {
  test.each(Object.entries(mistakes))('%s', (_, { text, wantCode, wantPath, wantLine, wantText }) => {
    const { problems } = checkQueueFile(text, options);
    const shown = problems.map((problem) => ({
      code: problem.code,
      path: formatPath(problem.path),
      line: problem.line,
      text: formatProblem(problem),
    }));
    expect(shown).toContainEqual({
      code: wantCode,
      path: wantPath,
      line: wantLine,
      text: expect.stringContaining(wantText) as string,
    });
    expect(() => parseQueueFile(text, options)).toThrow(InvalidInputError);
  });

  test.each(Object.entries(mistakes).filter(([name]) => !name.startsWith('two ')))(
    'tells nothing else that is wrong: %s',
    (_, { text, wantPath, wantCode }) => {
      const { problems } = checkQueueFile(text, options);
      const errors = problems.filter(({ severity }) => severity === 'error');
      const others = errors.filter(({ path, code }) => formatPath(path) !== wantPath || code !== wantCode);
      const follow = ['QUEUE_KEY_MISSING', 'QUEUE_CONTRADICTION'];
      expect(others.filter(({ code }) => !follow.includes(code)).map(formatProblem)).toEqual([]);
    },
  );

  test('comes with all its problems in the order of the file', () => {
    const text = withChange('P5: 8', 'P6: 8')
      .replace('limit: 20', 'limit: many')
      .replace('reclaim: lower', 'reclaim: all');
    let error: unknown;
    try {
      parseQueueFile(text, options);
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof InvalidInputError)) throw new Error('expected an InvalidInputError');
    expect(error.code).toBe('QUEUE_INVALID');
    expect(error.place).toMatchObject({ file: 'queue.yaml', line: 5, path: 'serviceEnvironments[1].limit' });
    expect(error.problems.map(({ line }) => line)).toEqual([5, 14, 19]);
  });
});

describe('a queue in TypeScript', () => {
  test.each<[string, unknown, string]>([
    ['that is no object', 'search', 'a mapping with the keys name'],
    ['with a function in it', { name: () => 'x' }, 'a value of type function is not allowed'],
    ['of another version', { ...aQueue('q'), specVersion: 2 }, 'specVersion: 2 is not allowed. Allowed: 1.'],
    [
      'already resolved, whose guarantees are above the limit',
      aQueue('q', { limit: 10, policy: quotaShares({ A: 6, B: 5 }) }),
      'policy.shares[1].quota.P4.guaranteed: 5 brings the guarantees in P4 to 11, and its limit is 10.',
    ],
    [
      'already resolved, with a key that does not exist',
      { ...aQueue('q'), polciy: 1 },
      'polciy: unknown key.',
    ],
  ])('%s is refused', (_, value, want) => {
    const { queue, problems } = checkQueue(value);
    expect(queue).toBeUndefined();
    expect(problems.map(formatProblem).join('\n')).toContain(want);
    expect(() => resolveQueue(value)).toThrow(InvalidInputError);
  });
});
