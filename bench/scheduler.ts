import { performance } from 'node:perf_hooks';
import { cpuUsage } from 'node:process';
import { explain } from '../src/scheduling/explain.ts';
import type { WaitingJob } from '../src/scheduling/job.ts';
import { Scheduler } from '../src/scheduling/scheduler.ts';
import type { QueueSetup, QuotaShareQueueSetup, QuotaShareSetup } from '../src/scheduling/setup.ts';
import { compare } from '../src/simulation/comparison.ts';
import { kueuePreset } from '../src/simulation/presets/kueue.ts';
import { atLeast, below, type Bar, type BenchReport } from './report.ts';

const GROUP_SIZE = 6;
const GUARANTEED = 20;
const SIZES = [1, 1, 1, 2, 5, 20];
const PRIORITIES = [50, 100, 200];
/** Seconds. What a reservation lets pass depends on them. */
const LIMITS = [600, 900, 1_800, 3_600, 5_400, 7_200, 14_400, 28_800, 43_200, 86_400];
const WORLDS = [
  ['priority', false],
  ['priority', true],
  ['fairShare', false],
  ['fairShare', true],
] as const;

/** The decision core alone: one thread, virtual time, no I/O. Bars: scheduler-anchors §3.3. */
export function benchScheduler(): Promise<BenchReport> {
  const measured: Record<string, number> = {};
  const bars: Bar[] = [];
  for (const [waiting, bar] of [
    [10_000, 5],
    [100_000, 20],
  ] as const) {
    for (const [order, saving] of WORLDS) {
      const times = cycles(queueOf(treeOf(30, GROUP_SIZE, order), waiting, saving), 500, 60);
      const world = `30 shares, ${waiting} waiting, ${order} order${saving ? ', reservations' : ''}`;
      measured[`cycle p50, ms, ${world}`] = quantile(times.cycle, 0.5);
      bars.push(below(`cycle p99, ms, ${world}`, quantile(times.cycle, 0.99), bar));
      measured[`to the fixed point p50, ms, ${world}`] = quantile(times.settle, 0.5);
      measured[`to the fixed point p99, ms, ${world}`] = quantile(times.settle, 0.99);
    }
  }
  for (const order of ['priority', 'fairShare'] as const) {
    const restarted = queueAfterRestart(treeOf(1000, 100, order));
    const first = timed(() => restarted.scheduler.clone().cycle(restarted.now));
    measured[`first cycle after a restart, every share has a head, ms, 1,000 shares, ${order} order`] =
      first.ms;
    // Guarantees are taken back in the first moments after a restart, a thousand at once.
    const times = cycles(restarted, 12, 10);
    measured[`cycle p50, ms, 1,000 shares, ${order} order`] = quantile(times.cycle, 0.5);
    bars.push(below(`cycle p99, ms, 1,000 shares, ${order} order`, quantile(times.cycle, 0.99), 100));
    measured[`to the fixed point p50, ms, 1,000 shares, ${order} order`] = quantile(times.settle, 0.5);
  }
  const busy = queueOf(treeOf(30, GROUP_SIZE, 'priority'), 100_000);
  const made = decisionsPerSecond(busy, 3_000);
  bars.push(atLeast('decisions/s, 100,000 waiting', made.decisions, 5_000));
  measured['of these, starts and preemptions/s, 100,000 waiting'] = made.actions;
  measured['decisions per second of CPU, 100,000 waiting'] = made.decisionsPerCpuSecond;
  const saving = queueOf(treeOf(30, GROUP_SIZE, 'priority'), 100_000, true);
  measured['decisions/s, 100,000 waiting, reservations'] = decisionsPerSecond(saving, 500).decisions;
  bars.push(
    below(
      'explain, slowest of 60, ms, 100,000 waiting, reservations',
      Math.max(...explanations(saving, 60)),
      50,
    ),
  );
  const fifo = queueOf({ kind: 'fifo' }, 100_000);
  measured['decisions/s, 100,000 waiting, fifo'] = decisionsPerSecond(fifo, 20_000).decisions;
  const fair = queueOf(fairShareOf(30), 100_000);
  measured['decisions/s, 100,000 waiting, fairShare'] = decisionsPerSecond(fair, 20_000).decisions;

  measured['copy of a queue with 100,000 waiting, ms'] = timed(() => busy.scheduler.clone()).ms;
  const explained = explanations(busy, 60);
  measured['explain p50, ms, 100,000 waiting'] = quantile(explained, 0.5);
  bars.push(below('explain, slowest of 60, ms, 100,000 waiting', Math.max(...explained), 50));

  const played = timed(() => compare(kueuePreset(1)));
  bars.push(below('kueue preset, s', played.ms / 1000, 5));
  measured['kueue preset, s of CPU'] = played.cpuMs / 1000;
  for (const policy of played.result.policies)
    measured[`kueue preset, makespan, s, ${policy.name}`] = policy.makespanSeconds;
  return Promise.resolve({ name: 'scheduler', measured, bars });
}

/** A queue that is full, and what keeps it going. */
interface BusyQueue {
  readonly scheduler: Scheduler;
  /** Its next job. */
  readonly next: () => WaitingJob;
  readonly random: (limit: number) => number;
  now: number;
}

/** `saving`: with reservations, as queue files have them, of which each share that lacks something large holds one. */
function queueOf(policy: QueueSetup['policy'], waiting: number, saving = false): BusyQueue {
  const shares = policy.kind === 'fifo' ? ['default'] : policy.shares.map(({ name }) => name);
  const random = randomIntegers(7);
  let count = 0;
  const next = (): WaitingJob => ({
    id: `job-${count}`,
    share: shares[random(shares.length)] ?? '',
    priority: PRIORITIES[random(PRIORITIES.length)] ?? 0,
    options: [{ environment: 'gpu', instances: SIZES[random(SIZES.length)] ?? 1 }],
    queuedAt: count,
    sequence: count++,
    limitSeconds: saving ? (LIMITS[random(LIMITS.length)] ?? 600) : 600,
    preemptions: 0,
  });
  const setup: QueueSetup = {
    environments: [{ name: 'gpu', limit: Math.max(600, shares.length * GUARANTEED) }],
    policy,
    preemptionLimits: { minimumRuntimeSeconds: 0 },
    ...(saving ? { reservation: { afterSeconds: 60 } } : {}),
  };
  const scheduler = new Scheduler(setup, { waiting: Array.from({ length: waiting }, next) });
  const queue = { scheduler, next, random, now: 1_000_000 };
  // Until priorities and quotas have found their level.
  for (let round = 0; round < 5; round++) {
    scheduler.settle(queue.now);
    replaceVictims(queue);
  }
  scheduler.settle(queue.now);
  return queue;
}

function replaceVictims({ scheduler, now }: BusyQueue): void {
  for (const { id, evictedFor } of [...scheduler.runningJobs()])
    if (evictedFor !== undefined) scheduler.release(id, now, {});
}

interface CycleTimes {
  /** One cycle over all shares. Milliseconds. */
  readonly cycle: readonly number[];
  /** Until nothing changes any more. Milliseconds. */
  readonly settle: readonly number[];
}

/** One running job ends and a new one arrives; how long the next decisions take. */
function cycles(queue: BusyQueue, count: number, warm = 30): CycleTimes {
  const { scheduler, random } = queue;
  const cycle: number[] = [];
  const settle: number[] = [];
  for (let event = 0; event < count + warm; event++) {
    queue.now += 1000;
    const running = [...scheduler.runningJobs()];
    scheduler.release(running[random(running.length)]?.id ?? '', queue.now);
    scheduler.enqueue(queue.next());
    // On a copy: what one cycle would start, another one of the same moment might take back.
    const copy = scheduler.clone();
    const one = timed(() => copy.cycle(queue.now));
    const all = timed(() => scheduler.settle(queue.now));
    if (event >= warm) {
      cycle.push(one.ms);
      settle.push(all.ms);
    }
    replaceVictims(queue);
  }
  return { cycle, settle };
}

/** Every share has a head; of two shares one borrows half of what the other is guaranteed. */
function queueAfterRestart(policy: QuotaShareQueueSetup): BusyQueue {
  const random = randomIntegers(11);
  let count = 0;
  const aJob = (share: string, instances: number): WaitingJob => ({
    id: `job-${count}`,
    share,
    priority: PRIORITIES[random(PRIORITIES.length)] ?? 0,
    options: [{ environment: 'gpu', instances }],
    queuedAt: count,
    sequence: count++,
    preemptions: 0,
  });
  const size = (): number => SIZES[random(SIZES.length)] ?? 1;
  const setup: QueueSetup = {
    environments: [{ name: 'gpu', limit: policy.shares.length * GUARANTEED }],
    policy,
    preemptionLimits: { minimumRuntimeSeconds: 0 },
  };
  const names = policy.shares.map(({ name }) => name);
  const running = names.flatMap((share, index) =>
    Array.from({ length: index % 2 === 0 ? 6 : 2 }, () => ({
      ...aJob(share, 5),
      option: 0,
      startedAt: random(1_000_000),
    })),
  );
  const waiting = names.flatMap((share) => Array.from({ length: 20 }, () => aJob(share, size())));
  return {
    scheduler: new Scheduler(setup, { running, waiting }),
    next: () => aJob(names[random(names.length)] ?? '', size()),
    random,
    now: 1_000_000,
  };
}

/**
 * Jobs end and arrive, a handful at a time, with the queue as long as before. A decision is what the core says of a job that it
 * looked at: start, stop for another one, or wait, with the reasons. A job that waits counts once per event, however often it was
 * offered in between.
 */
function decisionsPerSecond(
  queue: BusyQueue,
  leastActions: number,
): { readonly decisions: number; readonly actions: number; readonly decisionsPerCpuSecond: number } {
  const { scheduler, random } = queue;
  let decisions = 0;
  let actions = 0;
  let ms = 0;
  let cpuMs = 0;
  while (actions < leastActions) {
    queue.now += 1000;
    const running = [...scheduler.runningJobs()];
    const ending = Array.from({ length: 20 }, () => running[random(running.length)]?.id ?? '');
    const arriving = Array.from({ length: 20 }, queue.next);
    const step = timed(() => {
      for (const id of ending) scheduler.release(id, queue.now);
      for (const job of arriving) scheduler.enqueue(job);
      replaceVictims(queue);
      return scheduler.settle(queue.now);
    });
    ms += step.ms;
    cpuMs += step.cpuMs;
    decisions += step.result.decisions.length;
    actions += step.result.decisions.filter(({ kind }) => kind !== 'wait').length;
  }
  const perSecond = (count: number): number => (count / ms) * 1000;
  return {
    decisions: perSecond(decisions),
    actions: perSecond(actions),
    decisionsPerCpuSecond: (decisions / cpuMs) * 1000,
  };
}

function explanations({ scheduler, now, random }: BusyQueue, count: number): number[] {
  const waiting = [...scheduler.inOrder()];
  const asked = Array.from({ length: count }, () => waiting[random(waiting.length)]?.id ?? '');
  // Until the code is compiled: a queue's worker explains more than once.
  for (const id of asked.slice(0, 15)) explain(scheduler, id, now);
  return asked.map((id) => timed(() => explain(scheduler, id, now)).ms);
}

function treeOf(
  shares: number,
  groupSize: number,
  order: QuotaShareQueueSetup['order'],
): QuotaShareQueueSetup {
  const groups = Array.from({ length: Math.ceil(shares / groupSize) }, (_, index) => `group-${index}`);
  return {
    kind: 'quotaShare',
    order,
    fairRules: ['final', 'initial'],
    groups: groups.map((name) => ({ name, weight: 10_000, quota: {} })),
    shares: Array.from({ length: shares }, (_, index): QuotaShareSetup => ({
      name: `share-${index}`,
      parent: groups[Math.floor(index / groupSize)] ?? '',
      weight: 10_000,
      quota: { gpu: { guaranteed: GUARANTEED, borrowLimit: 100 } },
      preemption: { inShare: 'lower', reclaim: 'any' },
      fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
    })),
  };
}

function fairShareOf(shares: number): QueueSetup['policy'] {
  const weights = Array.from({ length: shares }, (_, index) => ({
    name: `share-${index}`,
    weightFactor: 10_000 * (1 + (index % 5)),
  }));
  return { kind: 'fairShare', shareDecaySeconds: 3600, computeReservation: 25, shares: weights };
}

/** By the clock, and by what the process computed: on a busy machine the two are far apart. */
function timed<T>(act: () => T): { readonly result: T; readonly ms: number; readonly cpuMs: number } {
  const cpu = cpuUsage();
  const before = performance.now();
  const result = act();
  const ms = performance.now() - before;
  const { user, system } = cpuUsage(cpu);
  return { result, ms, cpuMs: (user + system) / 1000 };
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

/** The same numbers in every run (Park and Miller). */
function randomIntegers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}
