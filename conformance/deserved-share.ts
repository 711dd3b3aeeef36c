import type { QueueSetup } from '../src/scheduling/setup.ts';
import { WEIGHT_ONE } from '../src/scheduling/setup.ts';
import { Scheduler } from '../src/scheduling/scheduler.ts';
import type { DeservedShareVector } from './vector-file.ts';

export interface Result {
  readonly admit: readonly string[];
  readonly preempt: readonly string[];
  /** Jobs that victims were named for. */
  readonly startAfterPreemption: readonly string[];
  readonly wait: readonly string[];
}

const POOL = 'machine';
const SECOND = 1000;

export function expectedOf({ expect }: DeservedShareVector): Result {
  const { admit, preempt, startAfterPreemption, wait } = expect;
  return sorted({ admit, preempt, startAfterPreemption, wait });
}

/**
 * quotaShare in fair-share order with the nearest setup: deserved as guaranteed, the over-quota weight as weight. What the other
 * model knows besides (jobs of priority 100 and more are not preempted and stay within the deserved share) has no counterpart.
 */
export function decidedOn(vector: DeservedShareVector): Result {
  const scheduler = new Scheduler(setupOf(vector), {
    running: vector.running.map((job, index) => ({
      ...jobOf(job, index),
      option: 0,
      startedAt: index * SECOND,
      checkpointSeconds: 1,
    })),
    waiting: vector.pending.map((job, index) => jobOf(job, vector.running.length + index)),
  });
  const { decisions } = scheduler.settle((vector.running.length + vector.pending.length + 1) * SECOND);
  const admit = new Set<string>();
  const preempt = new Set<string>();
  const after = new Set<string>();
  for (const decision of decisions) {
    if (decision.kind === 'admit') admit.add(decision.job);
    if (decision.kind === 'preempt') {
      preempt.add(decision.victim);
      after.add(decision.for);
    }
  }
  const wait = vector.pending.map(({ id }) => id).filter((id) => !admit.has(id) && !after.has(id));
  return sorted({ admit: [...admit], preempt: [...preempt], startAfterPreemption: [...after], wait });
}

function setupOf(vector: DeservedShareVector): QueueSetup {
  const quotaOf = (deserved: number | undefined): QueueSetup['environments'][number]['limit'] =>
    deserved === -1 ? vector.capacity : (deserved ?? 0);
  const weightOf = (weight = 1): number => Math.round(weight * WEIGHT_ONE);
  // A department's deserved share is that of its queues, which have it already.
  const below = (group: string): number =>
    vector.queues
      .filter((queue) => queue.group === group)
      .reduce((sum, { deserved }) => sum + quotaOf(deserved), 0);
  return {
    environments: [{ name: POOL, limit: vector.capacity }],
    policy: {
      kind: 'quotaShare',
      order: 'fairShare',
      fairRules: ['final', 'initial'],
      groups: vector.groups.map(({ id, parent, deserved }) => ({
        name: `group ${id}`,
        ...(parent === undefined ? {} : { parent: `group ${parent}` }),
        weight: WEIGHT_ONE,
        quota: { [POOL]: { guaranteed: Math.max(0, quotaOf(deserved) - below(id)) } },
      })),
      shares: vector.queues.map(({ id, group, deserved, overQuotaWeight }) => ({
        name: id,
        ...(group === undefined ? {} : { parent: `group ${group}` }),
        weight: weightOf(overQuotaWeight),
        quota: { [POOL]: { guaranteed: quotaOf(deserved) } },
        preemption: { inShare: 'lower', reclaim: 'any' },
        fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
      })),
    },
    preemptionLimits: { minimumRuntimeSeconds: 0 },
  };
}

function jobOf(
  { id, queue, priority, size }: DeservedShareVector['pending'][number],
  index: number,
): {
  id: string;
  share: string;
  priority: number;
  options: { environment: string; instances: number }[];
  queuedAt: number;
  sequence: number;
  preemptions: number;
} {
  return {
    id,
    share: queue,
    priority,
    options: [{ environment: POOL, instances: size }],
    queuedAt: index * SECOND,
    sequence: index,
    preemptions: 0,
  };
}

function sorted({ admit, preempt, startAfterPreemption, wait }: Result): Result {
  return {
    admit: [...admit].sort(),
    preempt: [...preempt].sort(),
    startAfterPreemption: [...startAfterPreemption].sort(),
    wait: [...wait].sort(),
  };
}
