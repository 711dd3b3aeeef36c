import { backoffCeilingMs } from '../jobs/backoff.ts';
import type { BackoffPolicy } from '../jobs/spec.ts';
import type { EnvironmentState } from '../scheduling/job.ts';

/**
 * What a queue has learned about an environment, apart from who uses it. Plain JSON; times are epoch milliseconds.
 *
 *   open --no capacity--> cooling --time is over, a job is admitted--> probing --instances--> open
 *                            ^-----------no capacity: longer---------------|
 *                            ^-----------the probe is gone without a word--|  (the next job may probe at once)
 *
 * `draining` hides all of it. A learned quota lowers the usable limit for a while; then one job probes whether it still holds.
 */
export interface EnvironmentHealth {
  readonly draining?: true;
  /** Times in a row that there was no capacity. */
  readonly failures: number;
  readonly cooling?: { readonly since: number; readonly until: number };
  /** Id of the job that probes. */
  readonly probe?: string;
  readonly learned?: { readonly limit: number; readonly until: number };
}

export const HEALTHY: EnvironmentHealth = { failures: 0 };

/** Longest wait after the n-th find of no capacity in a row; the shortest is half of it. */
export const COOLING: BackoffPolicy = { initialSeconds: 60, maxSeconds: 1800, factor: 2 };

/** How long a learned quota counts. */
export const LEARNED_FOR_MS = 30 * 60_000;

/**
 * A job found no capacity. One that was granted its place before the environment began to cool tells of the same shortage
 * once more, which changes nothing. `random` is in [0, 1).
 */
export function afterNoCapacity(
  health: EnvironmentHealth,
  { now, random, grantedAt }: { readonly now: number; readonly random: number; readonly grantedAt: number },
): EnvironmentHealth {
  if (health.cooling !== undefined && grantedAt < health.cooling.since) return health;
  const failures = health.failures + 1;
  const half = backoffCeilingMs(COOLING, failures) / 2;
  const until = now + Math.ceil(half + random * half);
  return { ...without(health, 'probe'), failures, cooling: { since: now, until } };
}

/** A job got its instances: there is capacity. */
export function afterInstances(health: EnvironmentHealth): EnvironmentHealth {
  const { draining, learned } = health;
  return {
    failures: 0,
    ...(draining === undefined ? {} : { draining }),
    ...(learned === undefined ? {} : { learned }),
  };
}

/**
 * SageMaker named the account's quota. `ours`: instances that other jobs of the queue hold there. What the account uses
 * besides is not the queue's to give.
 */
export function afterQuota(
  health: EnvironmentHealth,
  { limit, inUse }: { readonly limit: number; readonly inUse: number },
  { now, ours }: { readonly now: number; readonly ours: number },
): EnvironmentHealth {
  const usable = Math.max(0, limit - Math.max(0, inUse - ours));
  return { ...health, learned: { limit: usable, until: now + LEARNED_FOR_MS } };
}

/** The environment has cooled and a job is admitted: it probes. */
export function beginProbe(health: EnvironmentHealth, job: string): EnvironmentHealth {
  return health.cooling === undefined ? health : { ...health, probe: job };
}

/** The job is gone, and nobody knows whether there was capacity. */
export function afterProbe(health: EnvironmentHealth, job: string, now: number): EnvironmentHealth {
  if (health.probe !== job) return health;
  return { ...without(health, 'probe'), cooling: { since: now, until: now } };
}

/** News from elsewhere in the account, about the environment's only instance type. A probe under way knows better. */
export function afterNews(
  health: EnvironmentHealth,
  news: { readonly outUntil?: number; readonly learnedLimit?: number },
  now: number,
): EnvironmentHealth {
  const { outUntil, learnedLimit } = news;
  const learned =
    learnedLimit === undefined
      ? health
      : { ...health, learned: { limit: learnedLimit, until: now + LEARNED_FOR_MS } };
  if (learned.probe !== undefined) return learned;
  if (outUntil === undefined) return learnedLimit === undefined ? afterInstances(learned) : learned;
  if (outUntil <= Math.max(now, learned.cooling?.until ?? 0)) return learned;
  return { ...learned, cooling: { since: learned.cooling?.since ?? now, until: outUntil } };
}

/** Forgets a learned quota whose time is over: the next job probes. */
export function expire(health: EnvironmentHealth, now: number): EnvironmentHealth {
  if (health.learned === undefined || now < health.learned.until) return health;
  const rest = without(health, 'learned');
  return rest.cooling === undefined ? { ...rest, cooling: { since: now, until: now } } : rest;
}

export function drained(health: EnvironmentHealth, draining: boolean): EnvironmentHealth {
  return draining ? { ...health, draining: true } : without(health, 'draining');
}

/** Most instances that can be used now, of a configured `limit`. */
export function usableLimit(health: EnvironmentHealth, limit: number): number {
  return Math.min(limit, health.learned?.limit ?? limit);
}

/** For the core. */
export function stateOf(health: EnvironmentHealth): EnvironmentState {
  if (health.draining === true) return { kind: 'draining' };
  if (health.probe !== undefined) return { kind: 'probing', job: health.probe };
  if (health.cooling !== undefined) return { kind: 'cooling', until: health.cooling.until };
  return { kind: 'open' };
}

function without<K extends 'draining' | 'probe' | 'learned'>(
  health: EnvironmentHealth,
  member: K,
): Omit<EnvironmentHealth, K> {
  const { [member]: _, ...rest } = health;
  return rest;
}
