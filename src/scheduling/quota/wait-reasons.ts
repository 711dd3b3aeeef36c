import type { WaitReason } from '../decision.ts';
import type { Option, WaitingJob } from '../job.ts';
import type { CycleState, Request } from './cycle-state.ts';

/** What keeps a job from using one of its options now, as the cycle stands. */
export function whyNot(state: CycleState, job: WaitingJob, option: Option): WaitReason {
  const { tree } = state.ledger;
  const environment = tree.findEnvironment(option.environment);
  const needed = option.instances;
  if (environment === undefined) {
    return { code: 'NEVER_FITS', environment: option.environment, needed, most: 0, limitedBy: 'environment' };
  }
  const request = { job, share: tree.indexOf(job.share), environment, instances: needed };
  return neverFits(state, request) ?? whyNotNow(state, request);
}

/** The reason that a person should hear first: that of the first option that is not out of the question. */
export function mainReason(reasons: readonly WaitReason[]): WaitReason {
  const reason = reasons.find(({ code }) => code !== 'NEVER_FITS') ?? reasons[0];
  if (reason === undefined) throw new RangeError('a waiting job has at least one option');
  return reason;
}

function neverFits(state: CycleState, request: Request): WaitReason | undefined {
  const { tree } = state.ledger;
  const { share, environment, instances: needed } = request;
  const { limit = 0, name = '' } = tree.environments[environment] ?? {};
  const { potential } = tree.quota(share, environment);
  if (needed <= Math.min(potential, limit)) return undefined;
  if (limit <= potential)
    return { code: 'NEVER_FITS', environment: name, needed, most: limit, limitedBy: 'environment' };
  const limited = [share, ...tree.node(share).ancestors].some((node) => {
    const { local, potential: most, subtree, borrowLimit } = tree.quota(node, environment);
    const { parent } = tree.node(node);
    // Its borrow limit, and not what the node above could give.
    return (
      parent !== undefined &&
      most === subtree + borrowLimit &&
      most < local + tree.quota(parent, environment).potential
    );
  });
  const limitedBy = limited ? 'borrowLimit' : 'share';
  return { code: 'NEVER_FITS', environment: name, needed, most: potential, limitedBy };
}

function whyNotNow(state: CycleState, request: Request): WaitReason {
  // As if nobody were saving up.
  const { inUse, world } = state;
  const { job, share, environment, instances: needed } = request;
  const { limit = 0, name = '' } = inUse.tree.environments[environment] ?? {};
  const probe = state.startedIn(environment);
  const now = state.roomNow(request);
  const atLimit = atBorrowLimit(state, request, name);
  if (now === -Infinity) {
    const closed = world.whyNoRoom?.(name, job);
    // Its own limit is nearer than what somebody else saves up for.
    if (closed?.code === 'RESERVED' && atLimit !== undefined) return atLimit;
    if (closed !== undefined) return closed;
    return probe === undefined
      ? { code: 'ENVIRONMENT_FULL', environment: name, needed, free: 0, limit }
      : { code: 'PROBING', environment: name, job: probe };
  }

  const available = inUse.availableTo(share, environment);
  const free = Math.max(0, now);
  if (needed <= available && needed <= now) {
    const first = state.reservations.find((reservation) => reservation.request.environment === environment);
    if (first !== undefined) {
      return {
        code: 'RESERVED',
        environment: name,
        for: first.request.job.id,
        needed,
        free: Math.min(available, free),
      };
    }
  }
  const full = { code: 'ENVIRONMENT_FULL', environment: name, needed, free: now, limit } as const;
  if (needed <= available) return world.whyNoRoom?.(name, job) ?? full;
  if (atLimit !== undefined) return atLimit;
  const balance = inUse.balanceOf(share, environment);
  if (needed <= now) return { code: 'NOT_LENT', environment: name, needed, available: balance, free };
  return world.whyNoRoom?.(name, job) ?? (balance < now ? { ...full, usable: balance } : full);
}

/** When the share, or a group above it, may not use so much, whatever is free. */
function atBorrowLimit(
  { inUse }: CycleState,
  { share, environment, instances: needed }: Request,
  name: string,
): WaitReason | undefined {
  if (needed <= inUse.availableTo(share, environment)) return undefined;
  const binding = inUse.binding(share, environment);
  if (binding.by !== 'borrowLimit') return undefined;
  const node = inUse.tree.indexOf(binding.node);
  const { subtree: guaranteed, borrowLimit } = inUse.tree.quota(node, environment);
  const used = inUse.usage(node, environment);
  return {
    code: 'SHARE_LIMIT',
    environment: name,
    node: binding.node,
    needed,
    used,
    guaranteed,
    borrowLimit,
  };
}
