import type { QueueState } from './queue-state.ts';
import type { EnvironmentUsage, ShareUsage } from './usage.ts';
import { byCodeUnits } from './order.ts';

/** Sorted by node and environment: the shares, and with quotaShare the groups above them. */
export function shareUsages(state: QueueState, shares: readonly string[]): readonly ShareUsage[] {
  const { policy } = state;
  const environments = environmentsOf(state);
  if (policy.kind !== 'quotaShare') {
    return [...shares].sort(byCodeUnits).flatMap((share) =>
      environments.map((environment) => ({
        share,
        environment,
        guaranteed: 0,
        used: state.running.usedBy(share, environment),
        borrowed: 0,
        lent: 0,
        ...waitingFor(state, share, environment),
      })),
    );
  }
  const { ledger, setup } = policy;
  const setups = new Map([...setup.groups, ...setup.shares].map((node) => [node.name, node]));
  // Who lends how much is found for all nodes of an environment together.
  const lent = new Map(environments.map((environment) => [environment, ledger.lent(environment)]));
  const nodes = [...new Set([...shares, ...setup.groups.map(({ name }) => name)])].sort(byCodeUnits);
  return nodes.flatMap((node) =>
    environments.map((environment) => {
      const named = setups.get(node);
      const borrowLimit = named?.quota[environment]?.borrowLimit;
      return {
        share: node,
        ...(named?.parent === undefined ? {} : { parent: named.parent }),
        environment,
        guaranteed: ledger.guaranteed(node, environment),
        used: ledger.used(node, environment),
        borrowed: ledger.borrowed(node, environment),
        lent: lent.get(environment)?.get(node) ?? 0,
        ...(borrowLimit === undefined ? {} : { borrowLimit }),
        ...waitingFor(state, node, environment),
      };
    }),
  );
}

function waitingFor(
  { waiting }: QueueState,
  share: string,
  environment: string,
): Pick<ShareUsage, 'waitingJobs' | 'waitingInstances'> {
  const { jobs: waitingJobs = 0, instances: waitingInstances = 0 } =
    waiting.counts(share)?.get(environment) ?? {};
  return { waitingJobs, waitingInstances };
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
