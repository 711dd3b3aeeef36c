import { quotaCycle } from '../src/scheduling/quota/cycle.ts';
import { QuotaLedger } from '../src/scheduling/quota/ledger.ts';
import type { PreemptionCause } from '../src/scheduling/decision.ts';
import type { RunningJob, WaitingJob } from '../src/scheduling/job.ts';
import {
  type EnvironmentSetup,
  type QuotaSetup,
  type QuotaShareQueueSetup,
  WEIGHT_ONE,
} from '../src/scheduling/setup.ts';
import { waitingRules } from '../src/scheduling/queue-state.ts';
import { WaitingIndex } from '../src/scheduling/waiting-index.ts';
import type { QuotaTreeVector } from './vector-file.ts';

/** What a world comes to, in the vectors' words. Lists are sorted. */
export interface Result {
  readonly admit: readonly string[];
  readonly preempt: readonly string[];
  readonly wait: readonly string[];
}

const KINDS = {
  withinShare: 'within-queue',
  reclaim: 'reclaim',
  reclaimWhileBorrowing: 'reclaim-while-borrowing',
  fairShare: 'fair-share',
} as const satisfies Record<PreemptionCause, string>;

/**
 * Jobs that already evict are left out on both sides: they are being stopped, so whether a scheduler names them once more is
 * no decision.
 */
export function expectedOf(vector: QuotaTreeVector): Result {
  const evicting = new Set(vector.running.filter((job) => job.evicting).map(({ id }) => id));
  const { admit, preempt, wait } = vector.expect;
  return sorted({
    admit: Object.entries(admit).map(([job, pool]) => `${job} in ${pool}`),
    preempt: preempt
      .filter(({ job }) => !evicting.has(job))
      .map((victim) => `${victim.job} for ${victim.for ?? '?'} (${victim.kind ?? '?'})`),
    wait,
  });
}

/** The core's decisions on a vector's world. Trees share nothing, so each is a queue of its own. */
export function decidedOn(vector: QuotaTreeVector): Result {
  const admit: string[] = [];
  const preempt: string[] = [];
  const admitted = new Set<string>();
  for (const tree of treesOf(vector)) {
    for (const decision of quotaCycle(tree.heads, tree.world, tree.policy)) {
      if (decision.kind === 'admit') {
        admitted.add(decision.job);
        admit.push(`${decision.job} in ${decision.environment}`);
      } else if (decision.kind === 'preempt') {
        preempt.push(`${decision.victim} for ${decision.for} (${KINDS[decision.cause]})`);
      }
    }
  }
  const wait = vector.pending.map(({ id }) => id).filter((id) => !admitted.has(id));
  return sorted({ admit, preempt, wait });
}

interface Tree {
  readonly policy: QuotaShareQueueSetup;
  readonly heads: Parameters<typeof quotaCycle>[0];
  readonly world: Parameters<typeof quotaCycle>[1];
}

type Queue = QuotaTreeVector['queues'][number];

function treesOf(vector: QuotaTreeVector): Tree[] {
  const parents = new Map(vector.groups.map(({ id, parent }) => [id, parent]));
  const rootOf = (group: string): string => {
    const above = new Set<string>();
    let root = group;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) {
      if (above.has(root)) throw new Error(`the group ${root} is above itself`);
      above.add(root);
      root = parent;
    }
    return root;
  };
  const trees = new Map<string, { root: string | undefined; queues: Queue[] }>();
  for (const queue of vector.queues) {
    const root = queue.group === undefined ? undefined : rootOf(queue.group);
    const key = root === undefined ? `queue ${queue.id}` : `group ${root}`;
    const tree = trees.get(key);
    if (tree === undefined) trees.set(key, { root, queues: [queue] });
    else tree.queues.push(queue);
  }
  for (const { id, queue } of [...vector.running, ...vector.pending]) {
    if (!vector.queues.some((known) => known.id === queue))
      throw new Error(`${id} is in the queue ${queue}, which does not exist`);
  }
  return [...trees.values()].map(({ root, queues }) => {
    const groups = root === undefined ? [] : vector.groups.filter(({ id }) => rootOf(id) === root);
    return treeOf(vector, root, groups, queues);
  });
}

function treeOf(
  vector: QuotaTreeVector,
  root: string | undefined,
  groups: QuotaTreeVector['groups'],
  queues: readonly Queue[],
): Tree {
  const pools = [
    ...new Set([...vector.groups, ...vector.queues].flatMap(({ quota }) => Object.keys(quota ?? {}))),
  ];
  if (pools.length === 0) pools.push('no pool');
  const scale = weightScale([...groups, ...queues].map(({ weight }) => weight ?? 1));
  const weightOf = (weight = 1): number => Math.round(weight * scale);
  const parentOf = (group: string | undefined): { parent?: string } =>
    group === undefined || group === root ? {} : { parent: groupName(group) };
  const policy: QuotaShareQueueSetup = {
    kind: 'quotaShare',
    order: vector.mode === 'classic' ? 'priority' : 'fairShare',
    fairRules: vector.fairStrategies ?? ['final', 'initial'],
    groups: groups
      .filter(({ id }) => id !== root)
      .map(({ id, parent, weight, quota }) => ({
        name: groupName(id),
        ...parentOf(parent),
        weight: weightOf(weight),
        quota: quotaOf(quota ?? {}),
      })),
    shares: queues.map((queue) => ({
      name: queue.id,
      ...parentOf(queue.group),
      weight: weightOf(queue.weight),
      // A queue may use only the pools that it has a line for.
      quota: { ...Object.fromEntries(pools.map((pool) => [pool, NOTHING])), ...quotaOf(queue.quota) },
      preemption: preemptionOf(queue),
      fallback: queue.fallback,
    })),
  };
  // The limit is what all nodes have together: then the root has what the vector's root group has of its own.
  const environments: EnvironmentSetup[] = pools.map((pool) => ({
    name: pool,
    limit: [...groups, ...queues].reduce((sum, { quota }) => sum + (quota?.[pool]?.nominal ?? 0), 0),
  }));

  const rank = ranksOf(vector);
  const running = new Map<string, RunningJob[]>(queues.map(({ id }) => [id, []]));
  const ledger = new QuotaLedger(policy, environments);
  for (const job of vector.running) {
    const jobs = running.get(job.queue);
    if (jobs === undefined) continue;
    // A job here holds instances of one environment: one that uses several pools is entered once for each.
    for (const [environment, instances] of Object.entries(job.use)) {
      if (instances === 0) continue;
      if (!pools.includes(environment))
        throw new Error(`${job.id} uses ${environment}, of which no queue has a line`);
      ledger.add(job.queue, environment, instances);
      jobs.push({
        id: job.id,
        share: job.queue,
        priority: job.priority,
        options: [{ environment, instances }],
        option: 0,
        queuedAt: rank(job.submittedAt ?? job.startedAt),
        sequence: 0,
        startedAt: rank(job.startedAt),
        // The vectors give equal lost work to all: everybody has just written a checkpoint.
        checkpointSeconds: 1,
        preemptions: 0,
        ...(job.evicting ? { evictedFor: 'another job' } : {}),
      });
    }
  }
  const pending = vector.pending.flatMap((job): WaitingJob[] => {
    const queue = queues.find(({ id }) => id === job.queue);
    if (queue === undefined) return [];
    const inOrder = [...Object.keys(queue.quota), ...pools.filter((pool) => !(pool in queue.quota))];
    return [
      {
        id: job.id,
        share: job.queue,
        priority: job.priority,
        options: inOrder.map((environment) => ({ environment, instances: job.size })),
        queuedAt: rank(job.submittedAt),
        sequence: 0,
        preemptions: 0,
      },
    ];
  });
  const lines = new WaitingIndex(waitingRules({ policy }), pending);
  return {
    policy,
    heads: lines.lanes().flatMap((lane) => {
      const job = lines.head(lane);
      return job === undefined ? [] : [{ job, resumeAt: 0 }];
    }),
    world: {
      ledger,
      runningOf: (share) => running.get(share) ?? [],
      free: () => Infinity,
      limits: { minimumRuntimeSeconds: 0 },
      now: rank(Infinity),
    },
  };
}

const NOTHING: QuotaSetup = { guaranteed: 0, borrowLimit: 0 };

/** Groups and queues may have the same name in a vector. */
function groupName(group: string): string {
  return `group ${group}`;
}

function quotaOf(quota: NonNullable<QuotaTreeVector['groups'][number]['quota']>): Record<string, QuotaSetup> {
  return Object.fromEntries(
    Object.entries(quota).map(([pool, { nominal, borrowLimit, lendLimit }]) => [
      pool,
      {
        guaranteed: nominal,
        ...(borrowLimit === undefined ? {} : { borrowLimit }),
        ...(lendLimit === undefined ? {} : { lendLimit }),
      },
    ]),
  );
}

function preemptionOf({ preempt }: Queue): QuotaShareQueueSetup['shares'][number]['preemption'] {
  const { own, reclaim, whileBorrowing } = preempt;
  const maxPriority = whileBorrowing?.maxPriority;
  return {
    inShare: own === 'lower-or-newer-equal' ? 'lowerOrNewerEqual' : own,
    reclaim,
    ...(whileBorrowing === undefined
      ? {}
      : { whileBorrowing: maxPriority === undefined ? {} : { maxPriority } }),
  };
}

/** Weights are compared with each other only, so any factor that makes all of them whole will do. */
function weightScale(weights: readonly number[]): number {
  let scale = WEIGHT_ONE;
  while (
    scale < 1e12 &&
    weights.some((weight) => Math.abs(weight * scale - Math.round(weight * scale)) > 1e-6)
  )
    scale *= 10;
  return scale;
}

/** The times of a vector say only what was earlier: whole seconds in that order. */
function ranksOf(vector: QuotaTreeVector): (time: number) => number {
  const times = [
    ...vector.running.flatMap(({ startedAt, submittedAt }) => [startedAt, submittedAt ?? startedAt]),
    ...vector.pending.map(({ submittedAt }) => submittedAt),
  ];
  const ranks = new Map(
    [...new Set(times)].sort((a, b) => a - b).map((time, index) => [time, (index + 1) * 1000]),
  );
  return (time) => ranks.get(time) ?? (ranks.size + 1) * 1000;
}

function sorted({ admit, preempt, wait }: Result): Result {
  return { admit: [...admit].sort(), preempt: [...new Set(preempt)].sort(), wait: [...wait].sort() };
}
