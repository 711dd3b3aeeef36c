import { resolveQueue, type QueueInput } from '../../queues/queue-schema.ts';
import { generate } from '../generator.ts';
import { Random } from '../random.ts';
import type { Scenario } from '../scenario.ts';

const JOBS = 1000;
const INSTANCES = 100;
const MINUTE = 60_000;

/** Shares of the load, and Batch's weights: the lower, the more capacity. */
const SHARES = [
  { name: 'HIGHPRI', weightFactor: 1, load: 20, guaranteed: 50 },
  { name: 'MIDPRI', weightFactor: 3, load: 30, guaranteed: 30 },
  { name: 'LOWPRI', weightFactor: 5, load: 50, guaranteed: 20 },
] as const;

/**
 * The load of Gavel's simulator (stanford-futuredata/gavel): Poisson arrivals; 70, 10, 15 and 5 % of the jobs take 1, 2, 4 and
 * 8 instances; 80 % run 60·10^U(1.5, 3) s, 20 % run 60·10^U(3, 4) s. The rate keeps 100 instances busy to about 85 %.
 */
export function calmPreset(seed: number): Scenario {
  const jobs = generate(
    {
      name: 'job',
      jobs: JOBS,
      start: 0,
      arrivals: { perHour: 2.7 },
      share: SHARES.map(({ name, load }) => [name, load]),
      priority: [
        [50, 80],
        [80, 20],
      ],
      instances: [
        [1, 70],
        [2, 10],
        [4, 15],
        [8, 5],
      ],
      environments: ['p4d'],
      runs: {
        mixture: [
          { weight: 80, runs: { logUniform: [MINUTE * 10 ** 1.5, MINUTE * 1e3] } },
          { weight: 20, runs: { logUniform: [MINUTE * 1e3, MINUTE * 1e4] } },
        ],
      },
      checkpoint: 30 * MINUTE,
    },
    new Random(seed).fork('calm'),
  );
  return {
    name: 'calm',
    about: "Gavel's load on 100 instances, about 85 % busy",
    seed,
    policies: [
      {
        name: 'fairShare',
        setup: calmQueue({
          fairShare: {
            shareDecaySeconds: 86_400,
            shares: SHARES.map(({ name, weightFactor }) => ({ name, weightFactor })),
          },
        }),
      },
      {
        name: 'quotaShare',
        setup: calmQueue({
          quotaShare: {
            shares: SHARES.map(({ name, guaranteed }) => ({ name, guaranteed: { p4d: guaranteed } })),
          },
        }),
      },
    ],
    jobs,
    capacity: [],
    stopFor: 2 * MINUTE,
  };
}

function calmQueue(
  policy: Pick<QueueInput, 'quotaShare' | 'fairShare'>,
): Scenario['policies'][number]['setup'] {
  return resolveQueue({
    name: 'calm',
    serviceEnvironments: [{ name: 'p4d', family: 'p4d', limit: INSTANCES }],
    ...policy,
  });
}
