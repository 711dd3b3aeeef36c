import { resolveQueue, type QueueInput } from '../../queues/queue-schema.ts';
import { generate } from '../generator.ts';
import { Random } from '../random.ts';
import { inOrderOfArrival, type Scenario } from '../scenario.ts';

/*
 * The baseline load of Kueue's own performance test (kubernetes-sigs/kueue at ff69552e79,
 * test/performance/scheduler/configs/baseline/generator.yaml): cohorts of queues that are all alike. Kueue needs 351 s for it
 * (rangespec.yaml there, mean of five runs); without any latency its rules need 67.0 s without preemption, and 76.8 s with.
 */
const COHORTS = 5;
const QUEUES = 6;
const NOMINAL = 20;
const BORROWING_LIMIT = 100;

/** Milliseconds. The runner of Kueue's test waits for the interval before each job, the first one included. */
const CLASSES = [
  { name: 'small', jobs: 350, every: 100, runs: 200, priority: 50, instances: 1 },
  { name: 'medium', jobs: 100, every: 500, runs: 500, priority: 100, instances: 5 },
  { name: 'large', jobs: 50, every: 1200, runs: 1000, priority: 200, instances: 20 },
] as const;

const shareName = (cohort: number, queue: number): string => `cohort-${cohort}-cq-${queue}`;

const SHARES = Array.from({ length: COHORTS }, (_, cohort) =>
  Array.from({ length: QUEUES }, (_, queue) => ({ cohort, name: shareName(cohort, queue) })),
).flat();

/** Nothing is drawn, so that the seed changes nothing. */
export function kueuePreset(seed: number): Scenario {
  const jobs = SHARES.flatMap(({ name: share }) =>
    CLASSES.flatMap(({ name, jobs: count, every, runs, priority, instances }) =>
      generate(
        {
          name: `${share}-${name}`,
          jobs: count,
          start: every,
          arrivals: { every },
          share: [[share, 1]],
          priority: [[priority, 1]],
          instances: [[instances, 1]],
          environments: ['default'],
          runs,
        },
        new Random(seed),
      ),
    ),
  );
  return {
    name: 'kueue',
    about: "Kueue's baseline load; Kueue itself needs 351 s for it",
    seed,
    policies: [
      { name: 'baseline policies', setup: kueueQueue({ inSharePreemption: 'lower', reclaim: 'any' }) },
      { name: 'no preemption', setup: kueueQueue({ inSharePreemption: 'never', reclaim: 'never' }) },
    ],
    jobs: inOrderOfArrival(jobs),
    capacity: [],
    stopFor: 0,
  };
}

type Preemption = Pick<
  NonNullable<QueueInput['quotaShare']>['shares'][number],
  'inSharePreemption' | 'reclaim'
>;

/** Cohorts are groups that neither lend to each other nor borrow. */
function kueueQueue(preemption: Preemption): Scenario['policies'][number]['setup'] {
  const queue: QueueInput = {
    name: 'kueue-baseline',
    serviceEnvironments: [{ name: 'default', family: 'p4d', limit: COHORTS * QUEUES * NOMINAL }],
    quotaShare: {
      order: 'priority',
      groups: Array.from({ length: COHORTS }, (_, cohort) => ({
        name: `cohort-${cohort}`,
        borrowLimit: { default: 0 },
        lendLimit: { default: 0 },
      })),
      shares: SHARES.map(({ cohort, name }) => ({
        name,
        group: `cohort-${cohort}`,
        guaranteed: { default: NOMINAL },
        borrowLimit: { default: BORROWING_LIMIT },
        ...preemption,
      })),
    },
    reservation: false,
  };
  return resolveQueue(queue);
}
