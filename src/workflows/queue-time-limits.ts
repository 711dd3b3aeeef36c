import type { RunnableTimeLimit } from '../queues/queue-spec.ts';
import type { WaitReason } from '../scheduling/decision.ts';
import { neverFits } from '../scheduling/never-fits.ts';
import { duration } from '../scheduling/wording/amounts.ts';
import { waitSentence } from '../scheduling/wording/decisions.ts';
import { signalsFromQueue } from './messages.ts';
import { standingOf, type Entry } from './queue-entry.ts';
import type { QueueRun } from './queue-run.ts';
import type { QueueStory } from './queue-story.ts';

/** A job that is over its time for another reason than the limit names is looked at again after this. */
const LOOK_AGAIN_MS = 60_000;
/** Looks in one turn. */
const MOST_LOOKS = 100;

/** AWS Batch's keys of what keeps a job RUNNABLE (UG, job queue state time limit actions). */
const KEYS = {
  CAPACITY: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Unable to provision requested compute resources',
  ENVIRONMENT:
    'MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE - Service environment(s) associated with the job queue cannot meet the capacity requirement of the job.',
  SHARE:
    'MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED - Job requirements exceed quota share capacity limits.',
  BORROW:
    'MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED - Job requirements exceed quota share capacity limits and borrow limits.',
} as const;

/** Why a job is RUNNABLE, as far as time limits tell the reasons apart. `key` is Batch's, where it has one. */
interface Cause {
  readonly reason: RunnableTimeLimit['reason'];
  readonly key?: string;
  readonly sentence: string;
}

/**
 * Turns away jobs that have been RUNNABLE for longer than the queue allows. Time that a job is held or its queue is paused does not
 * count, and while it is paused nobody is turned away: Batch's limits have a reason that keeps the job RUNNABLE, and an operator's
 * pause is none of them. Time in which it was scheduled without ever getting instances does count (as in Batch). Returns when to
 * look again.
 */
export function limitRunnableTimes(run: QueueRun, now: number): number | undefined {
  const { story } = run;
  const limits = story.spec.runnableTimeLimits;
  if (limits.length === 0 || story.paused) return undefined;
  const shortestMs = Math.min(...limits.map(({ maxTimeSeconds }) => maxTimeSeconds)) * 1000;
  // Nobody that comes later is due before the shortest limit.
  if (now < run.timeLimitsAt) return Math.min(run.timeLimitsAt, now + shortestMs);
  let next = now + shortestMs;
  let looks = 0;
  for (const entry of [...story.entries()]) {
    const standing = standingOf(entry);
    if (standing === 'running' || standing === 'stopping' || standing === 'held') continue;
    if (story.accepted.has(entry.id)) continue;
    const ms = now - entry.runnableSince;
    if (ms < shortestMs) {
      next = Math.min(next, entry.runnableSince + shortestMs);
      continue;
    }
    const lookedAt = run.lookedAt.get(entry.id) ?? -Infinity;
    if (now < lookedAt + LOOK_AGAIN_MS) {
      next = Math.min(next, lookedAt + LOOK_AGAIN_MS);
      continue;
    }
    if (looks >= MOST_LOOKS) {
      // The others in the next turn, which is soon.
      next = now + 1_000;
      break;
    }
    looks += 1;
    run.lookedAt.set(entry.id, now);
    next = Math.min(next, now + LOOK_AGAIN_MS);
    const cause = causeOf(story, entry, now);
    const limit = limits.find(
      ({ reason, maxTimeSeconds }) =>
        ms >= maxTimeSeconds * 1000 && (reason === 'ANY' || reason === cause.reason),
    );
    if (limit === undefined) continue;
    story.remove(entry, now);
    run.lookedAt.delete(entry.id);
    // It may have kept room that others can use.
    run.dirty = true;
    run.outbox.tell(entry.id, signalsFromQueue.turnedAway, {
      code: 'RUNNABLE_TIME_LIMIT',
      sentence: sentenceOf(cause, limit, ms),
    });
  }
  run.timeLimitsAt = next;
  return next;
}

function sentenceOf({ key, sentence }: Cause, { maxTimeSeconds }: RunnableTimeLimit, ms: number): string {
  const told = key === undefined ? '' : ` Terminated by JobStateTimeLimit action due to reason: ${key}`;
  return `RUNNABLE for ${duration(ms / 1000)}, and the queue allows ${duration(maxTimeSeconds)}: ${sentence}${told}`;
}

function causeOf(story: QueueStory, entry: Entry, now: number): Cause {
  if (entry.options.length === 0) {
    return {
      reason: 'MISCONFIGURATION',
      key: KEYS.ENVIRONMENT,
      sentence: 'no environment of the queue offers what it asks for.',
    };
  }
  const never = neverFits(story.spec, entry);
  if (never !== undefined) {
    const keys = { environment: KEYS.ENVIRONMENT, share: KEYS.SHARE, borrowLimit: KEYS.BORROW };
    return { reason: 'MISCONFIGURATION', key: keys[never.limitedBy], sentence: waitSentence(never) };
  }
  const reasons = entry.notBefore === undefined ? story.look().whyWaiting(entry.id, now) : [];
  const [first] = reasons;
  const sentence = first === undefined ? 'its turn has not come.' : waitSentence(first);
  return reasons.length > 0 && reasons.every(isLackOfCapacity)
    ? { reason: 'CAPACITY', key: KEYS.CAPACITY, sentence }
    : { reason: 'ANY', sentence };
}

/** Full or out of stock. A quota that was learned to be too small (NEVER_FITS with the limits of now) is no better. */
function isLackOfCapacity({ code }: WaitReason): boolean {
  switch (code) {
    case 'ENVIRONMENT_FULL':
    case 'COOLING':
    case 'PROBING':
    case 'NEVER_FITS':
      return true;
    case 'SHARE_LIMIT':
    case 'NOT_LENT':
    case 'PREEMPTING':
    case 'RELEASE_EXPECTED':
    case 'RESERVED':
    case 'COMPUTE_RESERVATION':
    case 'DRAINING':
    case 'BEHIND':
      return false;
  }
}
