import type { QueueSetup } from '../src/scheduling/setup.ts';
import { WEIGHT_ONE } from '../src/scheduling/setup.ts';
import { Scheduler } from '../src/scheduling/scheduler.ts';
import type { RoundsVector } from './vector-file.ts';

/** Per round: who started, and who was preempted. Jobs are called queue/round/index. */
export type Result = readonly { readonly start: readonly string[]; readonly preempt: readonly string[] }[];

const POOL = 'cluster';
const SECOND = 1000;

export function expectedOf(vector: RoundsVector): Result {
  return vector.rounds.map(({ expectStart, expectPreempt }, round) => ({
    start: expectStart.flatMap(({ queue, from, to }) => names(queue, round, from, to)).sort(),
    preempt: expectPreempt
      .flatMap(({ queue, submittedInRound, from, to }) => names(queue, submittedInRound, from, to))
      .sort(),
  }));
}

/**
 * quotaShare in fair-share order, without guarantees: all capacity is divided by weight (1 / priority factor). A round is played
 * to its end: victims are gone at once, and who did not start is withdrawn. Nodes are one pool: there is no packing. Classes that
 * are not preemptible, and the protected fraction, have no counterpart.
 */
export function decidedOn(vector: RoundsVector): Result {
  const scheduler = new Scheduler(setupOf(vector));
  let sequence = 0;
  return vector.rounds.map(({ submit }, round) => {
    const submitted = new Map<string, number>();
    const waiting: string[] = [];
    for (const { queue, class: name, size, count } of submit) {
      for (let copy = 0; copy < count; copy += 1) {
        const index = submitted.get(queue) ?? 0;
        submitted.set(queue, index + 1);
        const id = `${queue}/${round}/${index}`;
        waiting.push(id);
        sequence += 1;
        scheduler.enqueue({
          id,
          share: queue,
          priority: vector.classes[name]?.priority ?? 0,
          options: [{ environment: POOL, instances: size }],
          // Each a moment later than the one before, so that the newest is known.
          queuedAt: sequence,
          sequence,
          checkpointSeconds: 1,
          preemptions: 0,
        });
      }
    }
    const start: string[] = [];
    const preempt: string[] = [];
    // One start at a time, so that it is known who started last; and whole seconds, so that everybody has just written a checkpoint.
    for (let step = 1; ; step += 1) {
      const now = (round * 10_000 + step) * SECOND;
      const { decisions } = scheduler.settle(now, 1);
      const victims = decisions.flatMap((decision) => (decision.kind === 'preempt' ? [decision.victim] : []));
      for (const decision of decisions) if (decision.kind === 'admit') start.push(decision.job);
      for (const victim of victims) scheduler.release(victim, now);
      preempt.push(...victims);
      const acted = decisions.some(({ kind }) => kind !== 'wait');
      if (!acted || step > 5_000) break;
    }
    for (const id of waiting) scheduler.withdraw(id);
    return { start: start.sort(), preempt: preempt.sort() };
  });
}

function setupOf(vector: RoundsVector): QueueSetup {
  return {
    environments: [{ name: POOL, limit: vector.nodes.reduce((sum, size) => sum + size, 0) }],
    policy: {
      kind: 'quotaShare',
      order: 'fairShare',
      fairRules: ['final', 'initial'],
      groups: [],
      shares: Object.entries(vector.priorityFactor).map(([name, factor]) => ({
        name,
        weight: Math.round(WEIGHT_ONE / factor),
        quota: {},
        preemption: { inShare: 'lower', reclaim: 'any' },
        fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
      })),
    },
    preemptionLimits: { minimumRuntimeSeconds: 0 },
  };
}

function names(queue: string, round: number, from: number, to: number): string[] {
  return Array.from(
    { length: Math.max(0, to - from + 1) },
    (_, index) => `${queue}/${round}/${from + index}`,
  );
}
