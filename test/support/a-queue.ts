import type { QueueSpec } from '../../src/queues/queue-spec.ts';
import type { QuotaShareSetup } from '../../src/scheduling/setup.ts';

interface Wishes {
  readonly limit?: number;
  readonly policy?: QueueSpec['policy'];
  readonly environments?: QueueSpec['environments'];
  readonly reservation?: QueueSpec['reservation'];
  readonly preemptionLimits?: QueueSpec['preemptionLimits'];
  readonly runnableTimeLimits?: QueueSpec['runnableTimeLimits'];
  readonly maxWaiting?: number;
}

/** A normalised queue: FIFO over one environment of P4 instances, unless wished otherwise. */
export function aQueue(name: string, wishes: Wishes = {}): QueueSpec {
  const { limit = 10, reservation, ...rest } = wishes;
  return {
    specVersion: 1,
    name,
    environments: [{ name: 'P4', instanceTypes: ['ml.p4d.24xlarge'], limit }],
    policy: { kind: 'fifo' },
    preemptionLimits: { minimumRuntimeSeconds: 0 },
    runnableTimeLimits: [],
    maxWaiting: 10_000,
    ...rest,
    ...(reservation === undefined ? {} : { reservation }),
  };
}

/** A quota share policy over P4: guaranteed instances by share, lending and borrowing without limits. */
export function quotaShares(guaranteed: Readonly<Record<string, number>>): QueueSpec['policy'] {
  const shares = Object.entries(guaranteed).map(([name, instances]): QuotaShareSetup => ({
    name,
    weight: 10_000,
    quota: { P4: { guaranteed: instances } },
    preemption: { inShare: 'lower', reclaim: 'any' },
    fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
  }));
  return { kind: 'quotaShare', order: 'priority', fairRules: ['final', 'initial'], groups: [], shares };
}
