import { instanceTypesOfFamily } from '../jobs/instance-types.ts';
import {
  type GroupSetup,
  type PolicySetup,
  type PreemptionSetup,
  type QuotaSetup,
  type QuotaShareSetup,
  WEIGHT_ONE,
} from '../scheduling/setup.ts';
import type { WrittenQueue } from './queue-schema.ts';
import type { QueueSpec } from './queue-spec.ts';

type WrittenPolicy = NonNullable<WrittenQueue['quotaShare']>;
type WrittenShare = WrittenPolicy['shares'][number];
type WrittenGroup = WrittenPolicy['groups'][number];

/** The specification of a queue file that has passed the schema and the rules. */
export function specOf(written: WrittenQueue): QueueSpec {
  const { reservation, preemption } = written;
  const environments = written.serviceEnvironments.map(({ name, instanceTypes, family = '', limit }) => ({
    name,
    instanceTypes: instanceTypes ?? instanceTypesOfFamily(family),
    limit,
  }));
  return {
    specVersion: 1,
    name: written.name,
    environments,
    policy: policyOf(
      written,
      environments.map(({ name }) => name),
    ),
    ...(reservation === false ? {} : { reservation }),
    preemptionLimits: preemption,
    runnableTimeLimits: written.jobStateTimeLimitActions.map(({ reason, maxTimeSeconds }) => ({
      reason,
      maxTimeSeconds,
    })),
    maxWaiting: written.maxWaiting,
  };
}

function policyOf({ fairShare, quotaShare }: WrittenQueue, environments: readonly string[]): PolicySetup {
  if (fairShare !== undefined) {
    const shares = fairShare.shares.map(({ name, weightFactor }) => ({
      name,
      weightFactor: tenThousandths(weightFactor),
    }));
    return { kind: 'fairShare', ...fairShare, shares };
  }
  if (quotaShare !== undefined) {
    return {
      kind: 'quotaShare',
      order: quotaShare.order,
      fairRules: quotaShare.fairRules ?? ['final', 'initial'],
      groups: quotaShare.groups.map((group) => groupOf(group, environments)),
      shares: quotaShare.shares.map((share) => shareOf(share, environments)),
    };
  }
  return { kind: 'fifo' };
}

function shareOf(share: WrittenShare, environments: readonly string[]): QuotaShareSetup {
  const { name, group, weight, fallback } = share;
  return {
    name,
    ...(group === undefined ? {} : { parent: group }),
    weight: tenThousandths(weight),
    quota: quotaOf(share, environments, share.sharing),
    preemption: preemptionOf(share),
    fallback,
  };
}

function groupOf(group: WrittenGroup, environments: readonly string[]): GroupSetup {
  const { name, parent, weight } = group;
  return {
    name,
    ...(parent === undefined ? {} : { parent }),
    weight: tenThousandths(weight),
    quota: quotaOf(group, environments, 'LEND_AND_BORROW'),
  };
}

/**
 * What is guaranteed first, in its order, then the other environments as far as something is limited there. RESERVE is a
 * lend limit of 0 and a borrow limit of 0, LEND a borrow limit of 0.
 */
function quotaOf(
  { guaranteed, borrowLimit, lendLimit }: WrittenGroup,
  environments: readonly string[],
  sharing: WrittenShare['sharing'],
): Record<string, QuotaSetup> {
  const named = new Map(Object.entries(guaranteed));
  const inOrder = [...named.keys(), ...environments.filter((environment) => !named.has(environment))];
  const quotas = inOrder.flatMap((environment): [string, QuotaSetup][] => {
    const own = named.get(environment) ?? 0;
    const borrows = sharing === 'LEND_AND_BORROW' ? limitIn(borrowLimit, environment, own) : 0;
    const lends = sharing === 'RESERVE' ? 0 : limitIn(lendLimit, environment, own);
    const says = named.has(environment) || borrows !== undefined;
    const quota = {
      guaranteed: own,
      ...(borrows === undefined ? {} : { borrowLimit: borrows }),
      ...(lends === undefined ? {} : { lendLimit: lends }),
    };
    return says ? [[environment, quota]] : [];
  });
  return Object.fromEntries(quotas);
}

/** Undefined: no limit. A percentage is of the guarantee, rounded down. */
function limitIn(limit: WrittenGroup['borrowLimit'], environment: string, own: number): number | undefined {
  if (typeof limit !== 'string') return new Map(Object.entries(limit ?? {})).get(environment);
  return Math.floor((own * Number(limit.slice(0, -1))) / 100);
}

function preemptionOf({ inSharePreemption, reclaim, whileBorrowing }: WrittenShare): PreemptionSetup {
  const others = { reclaim, ...(whileBorrowing === undefined ? {} : { whileBorrowing }) };
  switch (inSharePreemption) {
    case 'ENABLED':
      return { inShare: 'lower', ...others };
    case 'DISABLED':
      return { inShare: 'never', ...others };
    case 'never':
    case 'lower':
    case 'lowerOrNewerEqual':
      return { inShare: inSharePreemption, ...others };
  }
}

const tenThousandths = (weight: number): number => Math.round(weight * WEIGHT_ONE);
