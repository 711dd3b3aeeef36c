import { afterNews, type EnvironmentHealth } from '../queues/environment-health.ts';
import { defineSignal } from '@temporalio/workflow';
import { MONITOR_SIGNALS, type CapacityNews, type CapacityReport } from './queue-contract.ts';
import type { QueueRun } from './queue-run.ts';

const capacityReport = defineSignal<[CapacityReport]>(MONITOR_SIGNALS.capacityReport);

/**
 * Notes what was found out about an environment, and tells the account's monitor what other queues should know. Only where an
 * environment has a single instance type does a shortage of the one mean a shortage of the other.
 */
export function learn(run: QueueRun, environment: string, health: EnvironmentHealth, now: number): void {
  const { story } = run;
  const before = story.healthOf(environment);
  story.setHealth(environment, health, now);
  const instanceType = onlyType(run, environment);
  if (instanceType === undefined) return;
  const { cooling } = health;
  const news: CapacityNews[] = [];
  if (cooling !== undefined && cooling.until > now && cooling.until !== before.cooling?.until)
    news.push({ instanceType, outUntil: cooling.until });
  if (cooling === undefined && before.cooling !== undefined) news.push({ instanceType });
  if (news.length > 0) report(run, news);
}

/** Tells the monitor; without news, only which instance types the queue wants to hear of. */
export function report({ story, outbox }: QueueRun, news: readonly CapacityNews[]): void {
  if (story.monitor === undefined) return;
  const instanceTypes = story.spec.environments.flatMap((environment) => environment.instanceTypes);
  const queue = story.spec.name;
  outbox.tellWorkflow(story.monitor, capacityReport, { queue, instanceTypes, news });
}

/**
 * What the monitor says about the account. A quota that another queue met says nothing about what is left for this one, which
 * learns it by its first refusal.
 */
export function hear({ story }: QueueRun, { learnedLimit: _, ...news }: CapacityNews, now: number): void {
  for (const { name, instanceTypes } of story.spec.environments) {
    if (instanceTypes.length !== 1 || instanceTypes[0] !== news.instanceType) continue;
    story.setHealth(name, afterNews(story.healthOf(name), news, now), now);
  }
}

/** The instance type of an environment that has a single one. */
export function onlyType({ story }: QueueRun, environment: string): string | undefined {
  const types = story.spec.environments.find(({ name }) => name === environment)?.instanceTypes ?? [];
  return types.length === 1 ? types[0] : undefined;
}
