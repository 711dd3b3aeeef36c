import type { WaitReason } from './decision.ts';

/** The nearer to a start, the earlier: first what ends by itself, then what others or an operator must end. */
const NEARNESS: Readonly<Record<WaitReason['code'], number>> = {
  BEHIND: 0,
  PREEMPTING: 1,
  RELEASE_EXPECTED: 2,
  RESERVED: 3,
  COMPUTE_RESERVATION: 4,
  ENVIRONMENT_FULL: 5,
  NOT_LENT: 5,
  SHARE_LIMIT: 5,
  PROBING: 6,
  COOLING: 7,
  DRAINING: 8,
  NEVER_FITS: 9,
};

/** Instances that are missing; undefined where it is not their number that matters. */
export function shortfall(reason: WaitReason): number | undefined {
  switch (reason.code) {
    case 'ENVIRONMENT_FULL':
      return reason.needed - (reason.usable ?? reason.free);
    case 'NOT_LENT':
      return reason.needed - reason.available;
    case 'SHARE_LIMIT':
      return reason.used + reason.needed - reason.guaranteed - (reason.borrowLimit ?? 0);
    case 'COMPUTE_RESERVATION':
      return reason.needed - (reason.free - reason.reserved);
    case 'NEVER_FITS':
      return reason.needed - reason.most;
    case 'PREEMPTING':
    case 'RELEASE_EXPECTED':
    case 'RESERVED':
    case 'DRAINING':
    case 'COOLING':
    case 'PROBING':
    case 'BEHIND':
      return undefined;
  }
}

/** The reason of the option that came nearest to a start; the job's preference decides between equals. */
export function nearestReason(first: WaitReason, others: readonly WaitReason[]): WaitReason {
  let nearest = first;
  for (const reason of others) {
    const by = NEARNESS[reason.code] - NEARNESS[nearest.code];
    if (by < 0 || (by === 0 && (shortfall(reason) ?? 0) < (shortfall(nearest) ?? 0))) nearest = reason;
  }
  return nearest;
}
