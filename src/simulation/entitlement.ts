import { WEIGHT_ONE, type PolicySetup, type QueueSetup } from '../scheduling/setup.ts';

/**
 * What a share is entitled to of an environment, as a weight among the shares: the yardstick of the fairness error. With quota
 * shares it is the guaranteed number of instances, with fair shares the inverse of the weight factor; under `fifo` all shares
 * are worth the same.
 */
export function entitlementWeight(policy: PolicySetup, share: string, environment: string): number {
  switch (policy.kind) {
    case 'fifo':
      return 1;
    case 'fairShare': {
      const rule = fairShareRule(policy.shares, share);
      return rule === undefined ? 0 : WEIGHT_ONE / rule.weightFactor;
    }
    case 'quotaShare':
      return policy.shares.find(({ name }) => name === share)?.quota[environment]?.guaranteed ?? 0;
  }
}

/** Whether jobs may name the share. Under `fifo` any name may be used, since it is only shown. */
export function hasShare(policy: PolicySetup, share: string): boolean {
  switch (policy.kind) {
    case 'fifo':
      return true;
    case 'fairShare':
      return fairShareRule(policy.shares, share) !== undefined;
    case 'quotaShare':
      return policy.shares.some(({ name }) => name === share);
  }
}

/** The names that a person may write for a share; wildcards as they are. */
export function shareNames(policy: PolicySetup): readonly string[] {
  return policy.kind === 'fifo' ? [] : policy.shares.map(({ name }) => name);
}

/** Jobs of a `fifo` queue are all of one share, whatever they say. */
export function coreShare({ policy }: QueueSetup, share: string): string {
  return policy.kind === 'fifo' ? 'default' : share;
}

interface FairShareRule {
  readonly name: string;
  readonly weightFactor: number;
}

/** The entry of that name, or the longest wildcard that begins so. */
function fairShareRule(rules: readonly FairShareRule[], share: string): FairShareRule | undefined {
  const exact = rules.find(({ name }) => name === share);
  if (exact !== undefined) return exact;
  return rules
    .filter(({ name }) => name.endsWith('*') && share.startsWith(name.slice(0, -1)))
    .reduce<FairShareRule | undefined>(
      (best, rule) => (best === undefined || rule.name.length > best.name.length ? rule : best),
      undefined,
    );
}
