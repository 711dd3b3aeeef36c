import type { Placement } from '../jobs/placement.ts';
import type { QueuedJobView } from '../queues/queue-view.ts';
import type { TicketOption } from '../queues/ticket.ts';
import type { Claims } from '../scheduling/claims.ts';
import type { RunningJob, WaitingJob } from '../scheduling/job.ts';

/** What many jobs of a queue have in common (those of a sweep all of it): kept once. */
export interface Profile {
  readonly placements: readonly Placement[];
  /** The share that the job asks for; which one it is in is the policy's to say. */
  readonly asked?: string;
  readonly user?: string;
  readonly limitSeconds?: number;
  readonly checkpointSeconds?: number;
}

/** A lease as the queue knows it. It counts until its release, whatever becomes of the job. */
export interface Grant {
  readonly lease: number;
  readonly option: TicketOption;
  readonly startedAt: number;
  readonly probe?: true;
  /** The job that it has to make room for. */
  readonly evictedFor?: string;
}

/**
 * A job of a queue: what ordering needs, and nothing else.
 *
 *   accepted -> waiting <-> held                       `held`
 *                  |   \--> resting -> waiting         `notBefore`, until then
 *                  |    \-> unplaced -> waiting        no `options`, until the queue is configured
 *                  v
 *               running -> stopping                    `grant`, then `grant.evictedFor`
 *                  |          |
 *                  release ---+--> gone, or waiting again in its old place
 */
export interface Entry {
  readonly id: string;
  readonly profile: Profile;
  share: string;
  /** Placements that the queue offers now, in the job's order. */
  options: readonly TicketOption[];
  priority: number;
  readonly queuedAt: number;
  /** Decides between equals of the same millisecond. */
  readonly sequence: number;
  preemptions: number;
  /** Indices of placements that can never run. */
  removed: readonly number[];
  held: boolean;
  heldSince?: number;
  notBefore?: number;
  /** It was turned away while it held a lease: with that it is gone. */
  leaving?: true;
  /** Since when it has been RUNNABLE without having had instances, less the time of pauses: what RUNNABLE time limits count. */
  runnableSince: number;
  grant?: Grant;
  /** The job that it was last stopped for, until it gets its next lease: what was freed is that one's. */
  yieldsTo?: string;
  /** As the core counts them. */
  claims?: Claims;
}

/** The time of a hold is nobody's lack of capacity. Where a pause of the queue falls into it, the clock does not run ahead of time. */
export function stopClock(entry: Entry, held: boolean, now: number): void {
  if (held) entry.heldSince ??= now;
  else if (entry.heldSince !== undefined) {
    const stood = Math.max(0, now - Math.max(entry.heldSince, entry.runnableSince));
    entry.runnableSince = Math.min(now, entry.runnableSince + stood);
    delete entry.heldSince;
  }
}

export function setClaims(entry: Entry, claims: Claims | undefined): void {
  if (claims === undefined) delete entry.claims;
  else entry.claims = claims;
}

export function standingOf(entry: Entry): QueuedJobView['state'] {
  if (entry.grant !== undefined) return entry.grant.evictedFor === undefined ? 'running' : 'stopping';
  if (entry.held) return 'held';
  if (entry.notBefore !== undefined) return 'resting';
  return entry.options.length === 0 ? 'unplaced' : 'waiting';
}

/** A waiting job, as the core sees it. */
export function waitingJob(entry: Entry): WaitingJob {
  const { id, share, priority, options, queuedAt, sequence, preemptions } = entry;
  const job = { id, share, priority, options, queuedAt, sequence, preemptions, ...traitsOf(entry.profile) };
  if (entry.yieldsTo === undefined && entry.claims === undefined) return job;
  return {
    ...job,
    ...(entry.yieldsTo === undefined ? {} : { yieldsTo: entry.yieldsTo }),
    ...(entry.claims === undefined ? {} : { claims: entry.claims }),
  };
}

type Traits = Pick<WaitingJob, 'user' | 'limitSeconds' | 'checkpointSeconds'>;

/** Put together once for the many jobs of a profile: a queue of 10,000 is built in one workflow task. */
const traits = new WeakMap<Profile, Traits>();

function traitsOf(profile: Profile): Traits {
  const known = traits.get(profile);
  if (known !== undefined) return known;
  const { user, limitSeconds, checkpointSeconds } = profile;
  const found: Traits = {
    ...(user === undefined ? {} : { user }),
    ...(limitSeconds === undefined ? {} : { limitSeconds }),
    ...(checkpointSeconds === undefined ? {} : { checkpointSeconds }),
  };
  traits.set(profile, found);
  return found;
}

/** A job that holds a lease, as the core sees it. What it holds may be gone from the queue file meanwhile. */
export function runningJob(entry: Entry, grant: Grant): RunningJob {
  const index = entry.options.findIndex(({ placement }) => placement === grant.option.placement);
  const same = entry.options[index];
  const kept = same?.environment === grant.option.environment && same.instances === grant.option.instances;
  return {
    ...waitingJob(entry),
    options: kept ? entry.options : [grant.option],
    option: kept ? index : 0,
    startedAt: grant.startedAt,
    ...(grant.evictedFor === undefined ? {} : { evictedFor: grant.evictedFor }),
  };
}
