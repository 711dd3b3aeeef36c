import type { EnvironmentView, QueueSnapshot } from './queue-view.ts';

/** What the shares of a queue leave of an environment, so that the columns of `queue show` add up. Instances. */
export interface Remainder {
  readonly environment: string;
  /** Of what can be used now, in nobody's use. */
  readonly free: number;
  /** In use above the limit, since it was lowered: until jobs end. */
  readonly overLimit: number;
  /** quotaShare: the part of the limit that no share and no group is guaranteed, and how much of it shares borrow. */
  readonly guaranteedToNobody?: { readonly instances: number; readonly lent: number };
}

export function remainders({
  policy,
  environments,
  shares,
}: Pick<QueueSnapshot, 'policy' | 'environments' | 'shares'>): readonly Remainder[] {
  const groups = new Set(shares.map(({ parent }) => parent));
  return environments.map((view) => {
    const { name, limit, used } = view;
    const overLimit = Math.max(0, used - limit);
    const remainder = { environment: name, free: Math.max(0, roomOf(view)), overLimit };
    if (policy !== 'quotaShare') return remainder;
    const here = shares.filter(({ environment }) => environment === name);
    const sum = (of: (usage: (typeof here)[number]) => number): number =>
      here.reduce((total, usage) => total + of(usage), 0);
    const borrowed = sum((usage) => (groups.has(usage.share) ? 0 : usage.borrowed));
    const instances = limit - sum(({ guaranteed }) => guaranteed);
    // What is borrowed, and nobody lends: first what is over the limit.
    const lent = Math.max(0, borrowed - sum((usage) => usage.lent) - overLimit);
    return { ...remainder, guaranteedToNobody: { instances, lent } };
  });
}

/** Negative: more is in use than may be. */
export function roomOf({ usableLimit, used }: Pick<EnvironmentView, 'usableLimit' | 'used'>): number {
  return usableLimit - used;
}
