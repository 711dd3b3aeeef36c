import { describePlacement, type Placement } from '../jobs/placement.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { Option } from '../scheduling/job.ts';
import { neverFits } from '../scheduling/never-fits.ts';
import { waitSentence } from '../scheduling/wording/decisions.ts';
import type { QueueSpec } from './queue-spec.ts';

/** What a queue has to know of a job to say whether it can run there. */
export type TicketJob = Pick<JobSpec, 'jobId' | 'share' | 'placements'>;

/** A placement of the job as the core counts it. */
export interface TicketOption extends Option {
  /** Index in the job's placements. */
  readonly placement: number;
}

/** Codes of the error catalogue. */
export type TicketRefusal = 'SHARE_MISSING' | 'SHARE_NOT_FOUND' | 'PLACEMENT_NOT_IN_QUEUE' | 'NEVER_FITS';

export type Ticket =
  | { readonly ok: true; readonly share: string; readonly options: readonly TicketOption[] }
  | { readonly ok: false; readonly code: TicketRefusal; readonly message: string };

/** The share of jobs in a fifo queue, whatever they say. */
export const FIFO_SHARE = 'default';

/**
 * Whether a queue takes a job: its share must exist, one of its placements must be in an environment, and it must fit on an
 * empty queue with the limits of the queue file.
 */
export function admitToQueue(job: TicketJob, spec: QueueSpec): Ticket {
  const share = shareOf(job.share, spec);
  if (typeof share !== 'string')
    return { ok: false, code: share.code, message: `Job ${job.jobId} ${share.why}` };
  const options = optionsOf(job.placements, spec);
  if (options.length === 0) {
    return { ok: false, code: 'PLACEMENT_NOT_IN_QUEUE', message: notInQueue(job, spec) };
  }
  const never = neverFits(spec, { share, options });
  if (never === undefined) return { ok: true, share, options };
  return {
    ok: false,
    code: 'NEVER_FITS',
    message: `Job ${job.jobId} can never start in queue ${spec.name}: ${waitSentence(never)}`,
  };
}

/** The share that a job belongs to which asks for `asked`. */
export function shareOf(
  asked: string | undefined,
  { name, policy }: Pick<QueueSpec, 'name' | 'policy'>,
): string | { readonly code: 'SHARE_MISSING' | 'SHARE_NOT_FOUND'; readonly why: string } {
  if (policy.kind === 'fifo') return FIFO_SHARE;
  const covers = (share: string): boolean =>
    share === asked ||
    (policy.kind === 'fairShare' && share.endsWith('*') && asked?.startsWith(share.slice(0, -1)) === true);
  if (asked !== undefined && policy.shares.some((share) => covers(share.name))) return asked;
  const list = `The shares of queue ${name}: ${policy.shares.map((share) => share.name).join(', ')}.`;
  if (asked === undefined) return { code: 'SHARE_MISSING', why: `names no share. ${list}` };
  const group = policy.kind === 'quotaShare' && policy.groups.some((node) => node.name === asked);
  const what = group
    ? `names ${asked}, which is a group of shares; a job belongs to a single share`
    : `names the share ${asked}, which queue ${name} does not have`;
  return { code: 'SHARE_NOT_FOUND', why: `${what}. ${list}` };
}

/** The placements that an environment of the queue offers, in the job's order, without those at the indices in `removed`. */
export function optionsOf(
  placements: readonly Placement[],
  { environments }: Pick<QueueSpec, 'environments'>,
  removed: readonly number[] = [],
): TicketOption[] {
  return placements.flatMap((placement, index): TicketOption[] => {
    if (placement.kind !== 'instances' || removed.includes(index)) return [];
    const { instanceType, instanceCount } = placement;
    const environment = environments.find(({ instanceTypes }) => instanceTypes.includes(instanceType));
    return environment === undefined
      ? []
      : [{ environment: environment.name, instances: instanceCount, placement: index }];
  });
}

function notInQueue({ jobId, placements }: TicketJob, { name, environments }: QueueSpec): string {
  const types = environments.flatMap(({ instanceTypes }) => instanceTypes).join(', ');
  const [only] = placements;
  if (only.kind === 'asWritten') {
    return (
      `Job ${jobId} leaves the choice of instances to SageMaker (${describePlacement(only)}), so that queue ${name} cannot ` +
      `count them. Name one instance type and a count. Queue ${name} has: ${types}.`
    );
  }
  const wanted = placements.map(describePlacement).join(', ');
  return `Job ${jobId} asks for ${wanted}, and no environment of queue ${name} offers that. It has: ${types}.`;
}
