import type { QueueSetup, QuotaSetup, QuotaShareQueueSetup } from './setup.ts';

/** A set-up with another limit of one environment. */
export function withLimit(setup: QueueSetup, environment: string, limit: number): QueueSetup {
  const environments = setup.environments.map((known) =>
    known.name === environment ? { ...known, limit } : known,
  );
  return { ...setup, environments };
}

/** What a share or group has of an environment. */
export function quotaOf(policy: QuotaShareQueueSetup, node: string, environment: string): QuotaSetup {
  const found = [...policy.shares, ...policy.groups].find(({ name }) => name === node);
  return found?.quota[environment] ?? { guaranteed: 0 };
}

/** A set-up in which one share or group has other quotas in one environment. */
export function withQuota(
  setup: QueueSetup,
  node: string,
  environment: string,
  change: Partial<QuotaSetup>,
): QueueSetup {
  const { policy } = setup;
  if (policy.kind !== 'quotaShare') return setup;
  const changed = <N extends QuotaShareQueueSetup['groups'][number]>(each: N): N =>
    each.name === node
      ? {
          ...each,
          quota: { ...each.quota, [environment]: { ...quotaOf(policy, node, environment), ...change } },
        }
      : each;
  return {
    ...setup,
    policy: { ...policy, groups: policy.groups.map(changed), shares: policy.shares.map(changed) },
  };
}
