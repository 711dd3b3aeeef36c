import { resolveQueue, type QueueInput } from '../../../src/queues/queue-schema.ts';
import type { QueueSpec } from '../../../src/queues/queue-spec.ts';
import type { World } from '../../../src/simulation/driver.ts';
import { inOrderOfArrival, type SimulatedJob } from '../../../src/simulation/scenario.ts';

export const SECOND = 1000;

type Policy = Pick<QueueInput, 'fairShare' | 'quotaShare' | 'reservation' | 'preemption'>;

/** A queue of ten P4 instances (and of five P5, when wanted); FIFO unless a policy is given. */
export function aQueue(
  policy: Policy = {},
  limits: Readonly<Record<string, number>> = { P4: 10 },
): QueueSpec {
  const { fairShare, quotaShare } = policy;
  return resolveQueue({
    name: 'q',
    serviceEnvironments: Object.entries(limits).map(([name, limit]) => ({
      name,
      family: name === 'P4' ? 'p4d' : 'p5',
      limit,
    })),
    ...(fairShare === undefined && quotaShare === undefined ? { fifo: {} } : {}),
    reservation: false,
    ...policy,
  });
}

/** Shares of six and four instances that lend, borrow and take back. */
export const LENDING: Policy = {
  quotaShare: {
    shares: [
      { name: 'a', guaranteed: { P4: 6 } },
      { name: 'b', guaranteed: { P4: 4 } },
    ],
  },
};

/** One instance of P4 for ten seconds, from the beginning on. Times in seconds. */
export function aJob(
  id: string,
  {
    arrives = 0,
    runs = 10,
    instances = 1,
    ...rest
  }: { arrives?: number; runs?: number; instances?: number } & Partial<SimulatedJob> = {},
): SimulatedJob {
  return {
    id,
    share: 'a',
    priority: 0,
    options: [{ environment: 'P4', instances }],
    arrivesAt: arrives * SECOND,
    runsFor: runs * SECOND,
    ...rest,
  };
}

export function aWorld(jobs: readonly SimulatedJob[], rest: Partial<World> = {}): World {
  return {
    setup: aQueue(),
    jobs: inOrderOfArrival(jobs),
    capacity: [],
    stopFor: 0,
    weight: () => 1,
    ...rest,
  };
}
