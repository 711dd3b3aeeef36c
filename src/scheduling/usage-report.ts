import type { QueueState } from './queue-state.ts';
import type { EnvironmentUsage, ShareUsage } from './usage.ts';
import { byCodeUnits } from './order.ts';

/** Sorted by node and environment: the shares, and with quotaShare the groups above them. */
export function shareUsages(state: QueueState, shares: readonly string[]): readonly ShareUsage[] {
  const { policy } = state;
  const groups = policy.kind === 'quotaShare' ? policy.setup.groups.map(({ name }) => name) : [];
  const nodes = [...new Set([...shares, ...groups])].sort(byCodeUnits);
  return nodes.flatMap((node) =>
    environmentsOf(state).map((environment) => usageOf(state, node, environment)),
  );
}

function usageOf(state: QueueState, node: string, environment: string): ShareUsage {
  const waiting = state.waiting.counts(node)?.get(environment);
  const counted = { waitingJobs: waiting?.jobs ?? 0, waitingInstances: waiting?.instances ?? 0 };
  const { policy } = state;
  if (policy.kind !== 'quotaShare') {
    const used = state.running.usedBy(node, environment);
    return { share: node, environment, guaranteed: 0, used, borrowed: 0, lent: 0, ...counted };
  }
  const { ledger, setup } = policy;
  const named = [...setup.shares, ...setup.groups].find(({ name }) => name === node);
  const borrowLimit = named?.quota[environment]?.borrowLimit;
  return {
    share: node,
    ...(named?.parent === undefined ? {} : { parent: named.parent }),
    environment,
    guaranteed: ledger.guaranteed(node, environment),
    used: ledger.used(node, environment),
    borrowed: ledger.borrowed(node, environment),
    lent: ledger.lent(node, environment),
    ...(borrowLimit === undefined ? {} : { borrowLimit }),
    ...counted,
  };
}

/** Those of the queue, and those that it had and where jobs still run; sorted. `now` decides whether one that cools is closed. */
export function environmentUsages(state: QueueState, now: number): readonly EnvironmentUsage[] {
  return environmentsOf(state).map((name) => {
    const limit = state.environments.limit(name);
    const used = state.running.used(name);
    const blocked = state.environments.closed(name, now);
    return {
      name,
      limit,
      used,
      free: Math.max(0, limit - used),
      state: state.environments.state(name),
      ...(blocked === undefined ? {} : { blocked }),
    };
  });
}

function environmentsOf(state: QueueState): readonly string[] {
  return [...new Set([...state.environments.names(), ...state.running.environments()])].sort(byCodeUnits);
}
