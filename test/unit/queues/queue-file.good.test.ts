import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../../src/jobs/job-problem.ts';
import { checkQueueFile, parseQueueFile } from '../../../src/queues/queue-file.ts';
import { resolveQueue } from '../../../src/queues/queue-schema.ts';
import type { QueueSpec } from '../../../src/queues/queue-spec.ts';
import type { QuotaShareSetup } from '../../../src/scheduling/setup.ts';
import { aQueue } from '../../support/a-queue.ts';
import { FAIR_SHARE_FILE, GOOD_QUEUE_FILE, SMALLEST_QUEUE_FILE, withChange } from './queue-file.fixture.ts';

const options = { file: 'queue.yaml' };

function parse(text: string): QueueSpec {
  const [queue] = parseQueueFile(text, options);
  if (queue === undefined) throw new Error('no queue');
  return queue;
}

function shareOf(text: string, name = 'ProdExp1'): QuotaShareSetup {
  const { policy } = parse(text);
  const share = policy.kind === 'quotaShare' ? policy.shares.find((one) => one.name === name) : undefined;
  if (share === undefined) throw new Error(`no share ${name}`);
  return share;
}

describe('a queue file', () => {
  test('says everything about a queue', () => {
    expect(parse(GOOD_QUEUE_FILE)).toEqual({
      specVersion: 1,
      name: 'search',
      environments: [
        { name: 'P4', instanceTypes: ['ml.p4d.24xlarge', 'ml.p4de.24xlarge'], limit: 100 },
        { name: 'P5', instanceTypes: ['ml.p5en.48xlarge'], limit: 20 },
      ],
      policy: {
        kind: 'quotaShare',
        order: 'priority',
        fairRules: ['final', 'initial'],
        groups: [
          {
            name: 'prod',
            weight: 20_000,
            quota: { P5: { guaranteed: 4, borrowLimit: 2, lendLimit: 2 } },
          },
        ],
        shares: [
          {
            name: 'ProdExp1',
            parent: 'prod',
            weight: 5_000,
            quota: {
              P4: { guaranteed: 60, borrowLimit: 15, lendLimit: 10 },
              P5: { guaranteed: 8, borrowLimit: 2 },
            },
            preemption: {
              inShare: 'lowerOrNewerEqual',
              reclaim: 'lower',
              whileBorrowing: { maxPriority: 100 },
            },
            fallback: { ifBorrowing: 'next', ifPreempting: 'next', prefer: 'preempt' },
          },
          {
            name: 'ProdExp2',
            weight: 10_000,
            quota: { P4: { guaranteed: 40 } },
            preemption: { inShare: 'lower', reclaim: 'any' },
            fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
          },
        ],
      },
      reservation: { afterSeconds: 600 },
      preemptionLimits: { minimumRuntimeSeconds: 300, perJob: 3 },
      runnableTimeLimits: [{ reason: 'CAPACITY', maxTimeSeconds: 86_400 }],
      maxWaiting: 5_000,
    } satisfies QueueSpec);
  });

  test('may leave out almost everything', () => {
    expect(parse(SMALLEST_QUEUE_FILE)).toEqual({
      specVersion: 1,
      name: 'cpu',
      environments: [{ name: 'C5', instanceTypes: ['ml.c5.xlarge'], limit: 4 }],
      policy: { kind: 'fifo' },
      reservation: { afterSeconds: 3_600 },
      preemptionLimits: { minimumRuntimeSeconds: 0 },
      runnableTimeLimits: [],
      maxWaiting: 10_000,
    } satisfies QueueSpec);
  });

  test('has weights that become ten-thousandths', () => {
    expect(parse(FAIR_SHARE_FILE).policy).toEqual({
      kind: 'fairShare',
      shareDecaySeconds: 3_600,
      computeReservation: 50,
      shares: [
        { name: 'HIGHPRI', weightFactor: 10_000 },
        { name: 'MIDPRI', weightFactor: 30_000 },
        { name: 'LOW*', weightFactor: 1 },
      ],
    });
  });

  test('has no warnings when it is good', () => {
    const text = [GOOD_QUEUE_FILE, SMALLEST_QUEUE_FILE, FAIR_SHARE_FILE].join('---\n');
    const { queues, problems } = checkQueueFile(text, options);
    expect(problems.map(formatProblem)).toEqual([]);
    expect(queues.map(({ name }) => name)).toEqual(['search', 'cpu', 'lab']);
  });

  test.each<[string, string]>([
    ['JSON', JSON.stringify(parse(GOOD_QUEUE_FILE))],
    ['Windows line ends', GOOD_QUEUE_FILE.replaceAll('\n', '\r\n')],
    ['an empty document behind it', `${GOOD_QUEUE_FILE}---\n# the end\n`],
  ])('means the same as %s', (_, text) => {
    expect(parse(text)).toEqual(parse(GOOD_QUEUE_FILE));
  });

  test.each([GOOD_QUEUE_FILE, SMALLEST_QUEUE_FILE, FAIR_SHARE_FILE])(
    'is resolved once and for all',
    (text) => {
      const queue = parse(text);
      expect(resolveQueue(queue)).toEqual(queue);
      expect(JSON.stringify(resolveQueue(queue))).toBe(JSON.stringify(queue));
    },
  );

  test('has a form that tests may build by hand', () => {
    expect(resolveQueue(aQueue('q'))).toEqual(aQueue('q'));
  });

  test('warns of a group that nothing belongs to', () => {
    const { queues, problems } = checkQueueFile(withChange('      group: prod\n', ''), options);
    expect(queues).toHaveLength(1);
    expect(problems.map(formatProblem)).toEqual([
      'queue.yaml:9:15: warning: quotaShare.groups[0].name: no share or group belongs to this group.',
    ]);
  });
});

describe('what a share gives and takes', () => {
  const share = (lines: string): string =>
    withChange(
      'guaranteed: { P4: 60, P5: 8 }\n      sharing: LEND_AND_BORROW\n      borrowLimit: 25%\n      lendLimit: { P4: 10 }',
      lines,
    );

  test.each<[string, string, QuotaShareSetup['quota']]>([
    ['LEND_AND_BORROW without limits is the default', 'guaranteed: { P4: 60 }', { P4: { guaranteed: 60 } }],
    [
      'RESERVE neither lends nor borrows, anywhere',
      'guaranteed: { P4: 60 }\n      sharing: RESERVE',
      {
        P4: { guaranteed: 60, borrowLimit: 0, lendLimit: 0 },
        P5: { guaranteed: 0, borrowLimit: 0, lendLimit: 0 },
      },
    ],
    [
      'LEND lends up to its limit and borrows nowhere',
      'guaranteed: { P4: 60 }\n      sharing: LEND\n      lendLimit: 50%',
      {
        P4: { guaranteed: 60, borrowLimit: 0, lendLimit: 30 },
        P5: { guaranteed: 0, borrowLimit: 0, lendLimit: 0 },
      },
    ],
    [
      'a percentage is of the guarantee, rounded down, as in AWS Batch',
      'guaranteed: { P4: 7 }\n      borrowLimit: 50%',
      { P4: { guaranteed: 7, borrowLimit: 3 }, P5: { guaranteed: 0, borrowLimit: 0 } },
    ],
    [
      'a limit by environment leaves the others without one',
      'guaranteed: { P4: 60 }\n      borrowLimit: { P5: 2 }',
      { P4: { guaranteed: 60 }, P5: { guaranteed: 0, borrowLimit: 2 } },
    ],
    [
      'the order of preference is that of the guarantees',
      'guaranteed: { P5: 1, P4: 2 }',
      { P5: { guaranteed: 1 }, P4: { guaranteed: 2 } },
    ],
  ])('%s', (_, lines, want) => {
    const { quota } = shareOf(share(lines));
    expect(quota).toEqual(want);
    expect(Object.keys(quota)).toEqual(Object.keys(want));
  });

  test.each([
    ['ENABLED', 'lower'],
    ['DISABLED', 'never'],
  ])("Batch's word %s for preemption in the share is %s", (word, want) => {
    const text = withChange('inSharePreemption: lowerOrNewerEqual', `inSharePreemption: ${word}`);
    expect(shareOf(text).preemption.inShare).toBe(want);
  });

  test('no reservation is wanted with false', () => {
    const queue = parse(withChange('reservation: { afterSeconds: 600 }', 'reservation: false'));
    expect(queue.reservation).toBeUndefined();
  });
});

describe('the bounds', () => {
  test('1,000 shares in 50 environments are a file that can be read, and read again', () => {
    const environments = Array.from({ length: 50 }, (_, index) => ({
      name: `E${index}`,
      instanceTypes: [typeNumber(index)],
      limit: 100_000,
    }));
    const shares = Array.from({ length: 1_000 }, (_, index) => ({
      name: `share-${index}`,
      guaranteed: { [`E${index % 50}`]: 10 },
    }));
    const queue = resolveQueue({ name: 'big', serviceEnvironments: environments, quotaShare: { shares } });
    expect(resolveQueue(queue)).toEqual(queue);
    const text = JSON.stringify({ name: 'big', serviceEnvironments: environments, quotaShare: { shares } });
    expect(parse(text)).toEqual(queue);
  });
});

function typeNumber(index: number): string {
  const families = ['c5', 'c6i', 'c7i', 'm5', 'm6i', 'm7i', 'r5', 'r6i', 'r7i', 'g5'];
  const sizes = ['xlarge', '2xlarge', '4xlarge', '12xlarge', '24xlarge'];
  const family = families[index % 10] ?? '';
  const size =
    family === 'c5' && index >= 30
      ? ['9xlarge', '18xlarge'][Math.floor(index / 10) - 3]
      : sizes[Math.floor(index / 10)];
  return `ml.${family}.${size ?? ''}`;
}
