import type { JobOutcome } from './actor.ts';
import type { PreemptionEvent } from './driver.ts';

/** Seconds. `p99` is the smallest value that at least 99 of 100 do not exceed (nearest rank). */
export interface Distribution {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

/** How jobs fared, in seconds of virtual time. Jobs that never ended do not count. */
export interface Times {
  /** Without instances, from arrival to end, every wait added up. */
  readonly wait: Distribution;
  /** From arrival to the first start. */
  readonly firstStart: Distribution;
  /** From arrival to end. */
  readonly completion: Distribution;
}

export interface GroupReport extends Times {
  readonly name: string;
  readonly jobs: number;
  /** So many of them ended; the times are theirs. */
  readonly ended: number;
  /** Held by its jobs, lost work included. */
  readonly instanceSeconds: number;
  readonly preemptions: number;
}

const NOTHING: Distribution = { mean: 0, p50: 0, p99: 0 };

/** @param values milliseconds, in any order */
export function distribution(values: readonly number[]): Distribution {
  if (values.length === 0) return NOTHING;
  const sorted = Float64Array.from(values).sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { mean: mean / 1000, p50: quantile(sorted, 0.5) / 1000, p99: quantile(sorted, 0.99) / 1000 };
}

function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

export function timesOf(jobs: readonly JobOutcome[]): Times {
  const waits: number[] = [];
  const starts: number[] = [];
  const completions: number[] = [];
  for (const { job, startedAt, endedAt, heldFor } of jobs) {
    if (startedAt === undefined || endedAt === undefined) continue;
    completions.push(endedAt - job.arrivesAt);
    waits.push(endedAt - job.arrivesAt - heldFor);
    starts.push(startedAt - job.arrivesAt);
  }
  return {
    wait: distribution(waits),
    firstStart: distribution(starts),
    completion: distribution(completions),
  };
}

/** One report per value of a key, in the given order of keys. */
export function groupedBy<Key extends string | number>(
  jobs: readonly JobOutcome[],
  keyOf: (job: JobOutcome) => Key,
  before: (a: Key, b: Key) => number,
): readonly GroupReport[] {
  const groups = new Map<Key, JobOutcome[]>();
  for (const job of jobs) {
    const key = keyOf(job);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [job]);
    else group.push(job);
  }
  return [...groups]
    .sort(([a], [b]) => before(a, b))
    .map(([key, members]) => ({
      name: String(key),
      jobs: members.length,
      ended: members.filter(({ endedAt }) => endedAt !== undefined).length,
      instanceSeconds: members.reduce((sum, { heldInstances }) => sum + heldInstances, 0) / 1000,
      preemptions: members.reduce((sum, { preemptions }) => sum + preemptions, 0),
      ...timesOf(members),
    }));
}

/** How often a job preempted one that had preempted it before: A takes from B, later B takes from A. */
export function flipsIn(preemptions: readonly PreemptionEvent[]): number {
  const taken = new Set<string>();
  let flips = 0;
  for (const { for: taker, victim } of preemptions) {
    if (taken.has(JSON.stringify([victim, taker]))) flips++;
    taken.add(JSON.stringify([taker, victim]));
  }
  return flips;
}

/** How often a job preempted the same victim once more: work that was stopped, started again and stopped for the same job. */
export function repeatsIn(preemptions: readonly PreemptionEvent[]): number {
  const pairs = new Set(preemptions.map(({ for: taker, victim }) => JSON.stringify([taker, victim])));
  return preemptions.length - pairs.size;
}
