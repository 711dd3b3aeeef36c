import type { JobSpec } from '../jobs/spec.ts';
import type { Lease, TrainingJobInput } from './contract.ts';
import type { JobStory } from './job-story.ts';
import type { LeaseOutcome, PreemptOrder, TurnedAway } from './queue-contract.ts';

/** Waits between two tries to reach a queue that is missing, or full: doubling. */
export const FIRST_WAIT_MS = 60_000;
export const LONGEST_WAIT_MS = 600_000;

/**
 * A message that a job owes its queue. What it says is read from the story when it is sent, so that one that waited says
 * what is true then; only how an attempt ended is written down.
 */
export type OwedMessage =
  | { readonly kind: 'enqueue' }
  /** Priority and hold, and the lease whose instances are there. */
  | { readonly kind: 'changed'; readonly acquired?: number }
  | { readonly kind: 'release'; readonly lease: number; readonly outcome: LeaseOutcome }
  | { readonly kind: 'withdraw' };

/**
 * What a job in a queue remembers of its dealings with it: plain JSON, a part of the story.
 *
 *   unknown --enqueue got through--> known --a message found no queue, or the queue asks to enrol--> unknown
 *                                          --the queue is full--> unknown, until `full.until`
 *
 * A lease is `granted` until the job takes it (it becomes the live attempt's) or gives it back. Numbers only grow: what is
 * about an older lease than the newest is late.
 */
export interface Membership {
  /** Whether the queue knows the job, as far as the job can tell. */
  known: boolean;
  /** Whether the last message found no queue. */
  missing: boolean;
  /** The queue had no room: how many times in a row, and when to ask again (epoch ms). */
  full?: { readonly times: number; readonly until: number };
  /** The newest lease that ever arrived, and the newest that was launched on; 0 before the first. */
  newestLease: number;
  newestUsed: number;
  granted?: Lease;
  /** For a lease that the job holds, or that has not arrived yet. */
  preempt?: PreemptOrder;
  turnedAway?: TurnedAway;
  preemptions: number;
  /** What the queue was told last. */
  told: { readonly priority: number; readonly held: boolean };
  /** In the order of sending. Bounded: one of each kind, and the releases of one lease or two. */
  owed: OwedMessage[];
  /** On its way; never set when the workflow continues as new. */
  sending?: OwedMessage;
}

/** A job's membership at its start; undefined without a queue. */
export function newMembership(
  job: JobSpec,
  { lease, queued }: Pick<TrainingJobInput, 'lease' | 'queued'>,
): Membership | undefined {
  if (job.queue === undefined) return undefined;
  const known = queued === true || lease !== undefined;
  return {
    known,
    missing: false,
    newestLease: lease?.number ?? 0,
    newestUsed: 0,
    ...(lease === undefined ? {} : { granted: lease }),
    preemptions: 0,
    told: { priority: job.priority, held: false },
    owed: known ? [] : [{ kind: 'enqueue' }],
  };
}

/** What the job holds: the live attempt's lease, or one that it is about to launch on. */
export function heldLease(story: JobStory): Lease | undefined {
  const { live, membership } = story;
  if (live === undefined) return membership?.granted;
  const { lease: number, placement, probe } = live;
  return { number, placement, ...(probe === undefined ? {} : { probe }) };
}

/**
 * A lease arrived. The job keeps the one that it has: any other goes back at once, and the queue is told once more what the
 * job does hold. One that went back before goes back again, because a queue that sends it has not heard of that. A job that
 * is held takes none.
 */
export function receiveLease(story: JobStory, member: Membership, lease: Lease): void {
  const held = heldLease(story);
  if (held?.number === lease.number) return;
  const late = lease.number <= member.newestLease;
  delete member.full;
  if (!late) {
    member.newestLease = lease.number;
    delete member.turnedAway;
  }
  if (held !== undefined) {
    giveBack(story, member, lease.number, 'unused');
    owe(member, { kind: 'enqueue' });
  } else if (member.preempt?.lease === lease.number) {
    yieldUnused(story, member, lease.number);
  } else if (story.held || late) {
    giveBack(story, member, lease.number, 'unused');
  } else {
    member.granted = lease;
  }
}

/** The queue wants a lease back. An order about a lease that went back already is late: its release was sent before. */
export function receivePreempt(story: JobStory, member: Membership, order: PreemptOrder): void {
  if (order.lease < (heldLease(story)?.number ?? member.newestLease + 1)) return;
  if (member.granted?.number === order.lease) yieldUnused(story, member, order.lease);
  else member.preempt = order;
}

/**
 * A job that holds a lease is not turned away for having waited, and the queue, which has dropped it, is told that it does. For
 * another reason it is turned away when it would wait again.
 */
export function receiveTurnedAway(story: JobStory, member: Membership, away: TurnedAway): void {
  if (away.code === 'RUNNABLE_TIME_LIMIT' && heldLease(story) !== undefined) owe(member, { kind: 'enqueue' });
  else member.turnedAway = away;
}

/** The order to give the live attempt's instances back, if there is one. */
export function preemption({ live, membership }: JobStory): PreemptOrder | undefined {
  const order = membership?.preempt;
  return order !== undefined && order.lease === live?.lease ? order : undefined;
}

/** Preempted before anything was launched. */
function yieldUnused(story: JobStory, member: Membership, lease: number): void {
  member.preemptions += 1;
  delete member.preempt;
  giveBack(story, member, lease, 'preempted');
}

/**
 * The queue is full. A job that holds a lease by now has been taken in since, or is when it says so; others ask again after a
 * wait that doubles. `random` is in [0, 1): jobs that were told at the same time should not come back at the same time.
 */
export function receiveFull(
  story: JobStory,
  member: Membership,
  { now, random }: { readonly now: number; readonly random: number },
): void {
  if (heldLease(story) !== undefined) return;
  const times = (member.full?.times ?? 0) + 1;
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (times - 1), LONGEST_WAIT_MS);
  member.known = false;
  member.full = { times, until: now + Math.ceil((longest * (1 + random)) / 2) };
}

/** Whether the job may say `enqueue` now. */
export function mayEnrol({ full }: Membership, now: number): boolean {
  return full === undefined || full.until <= now;
}

/** The job will not launch on a granted lease. */
export function giveBack(
  story: JobStory,
  member: Membership,
  lease: number,
  why: 'unused' | 'preempted',
): void {
  if (member.granted?.number === lease) delete member.granted;
  owe(member, {
    kind: 'release',
    lease,
    outcome: { kind: 'again', why, removed: story.retry.removed },
  });
}

/** Adds a message to those owed, unless one that waits says the same when its turn comes. */
export function owe(member: Membership, message: OwedMessage): void {
  const waits = (kind: OwedMessage['kind']): boolean => member.owed.some((other) => other.kind === kind);
  switch (message.kind) {
    case 'enqueue':
    case 'withdraw':
      if (waits(message.kind)) return;
      break;
    case 'changed':
      // An enqueue says everything that a change does, but for the instances.
      if (message.acquired === undefined && (waits('enqueue') || waits('changed'))) return;
      member.owed = member.owed.filter(({ kind }) => kind !== 'changed');
      break;
    case 'release':
      if (member.owed.some((other) => other.kind === 'release' && other.lease === message.lease)) return;
      break;
  }
  member.owed.push(message);
}
