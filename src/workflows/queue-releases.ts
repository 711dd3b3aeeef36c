import { log } from '@temporalio/workflow';
import {
  afterInstances,
  afterNoCapacity,
  afterProbe,
  afterQuota,
  type EnvironmentHealth,
} from '../queues/environment-health.ts';
import { learn, onlyType, report } from './queue-capacity.ts';
import { neverFits } from '../scheduling/never-fits.ts';
import { waitSentence } from '../scheduling/wording/decisions.ts';
import { signalsFromQueue } from './messages.ts';
import type { LeaseOutcome, ReleaseRequest, WithdrawRequest } from './queue-contract.ts';
import type { Entry, Grant } from './queue-entry.ts';
import { answered, suspect, type QueueRun } from './queue-run.ts';

/** The instances of a lease are back. What is about another lease than the job's is late, or was sent twice. */
export function release(run: QueueRun, { jobId, lease, outcome }: ReleaseRequest, now: number): void {
  const { story } = run;
  const entry = story.get(jobId);
  const grant = entry?.grant;
  if (entry === undefined || grant?.lease !== lease) {
    log.debug('release of another lease ignored', { jobId, lease, held: grant?.lease });
    return;
  }
  const { environment } = grant.option;
  const health = healthAfter(run, entry, grant, outcome, now);
  switch (outcome.kind) {
    case 'ended':
      if (outcome.status === 'SUCCEEDED') story.ran(entry.share, outcome.ranSeconds);
      story.remove(entry, now);
      break;
    case 'again': {
      if (entry.leaving === true) {
        story.remove(entry, now);
        break;
      }
      const { why, notBefore } = outcome;
      if (why === 'failed' || why === 'preempted') entry.runnableSince = now;
      else run.timeLimitsAt = 0;
      const removed = [...new Set([...entry.removed, ...outcome.removed])].sort((a, b) => a - b);
      const preemptions = entry.preemptions + (why === 'preempted' ? 1 : 0);
      story.released(entry, { removed, preemptions, notBefore }, now);
      if (outcome.removed.length > 0) refuseWithoutPlacement(run, entry, now);
      break;
    }
  }
  learn(run, environment, health, now);
}

/** What this queue has for the job can never run: the placements that are left are not in its environments, or too big. */
function refuseWithoutPlacement(run: QueueRun, entry: Entry, now: number): void {
  const { story, outbox } = run;
  const never = entry.options.length === 0 ? undefined : neverFits(story.spec, entry);
  if (entry.options.length > 0 && never === undefined) return;
  story.remove(entry, now);
  const sentence =
    never === undefined
      ? `None of the placements that can run in this account and region is in an environment of queue ${story.spec.name}.`
      : waitSentence(never);
  outbox.tell(entry.id, signalsFromQueue.turnedAway, { code: 'NEVER_FITS', sentence });
}

/** A job is over that waited, or that never used its newest lease. */
export function withdraw(run: QueueRun, { jobId, lease = 0 }: WithdrawRequest, now: number): void {
  answered(run, jobId, now);
  const entry = run.story.get(jobId);
  if (entry === undefined) return;
  if (entry.grant === undefined || entry.grant.lease > lease) giveUp(run, entry, now);
  // Its release should have come before: whether the instances are gone is not the job's to say now.
  else suspect(run, now);
}

/** The job is gone for good, and with it what it held. */
export function giveUp(run: QueueRun, entry: Entry, now: number): void {
  const { story } = run;
  const environment = entry.grant?.option.environment;
  story.remove(entry, now);
  if (environment !== undefined)
    learn(run, environment, afterProbe(story.healthOf(environment), entry.id, now), now);
}

/** What the end of an attempt says about its environment. */
function healthAfter(
  run: QueueRun,
  entry: Entry,
  grant: Grant,
  outcome: LeaseOutcome,
  now: number,
): EnvironmentHealth {
  const { environment, instances, placement } = grant.option;
  const health = run.story.healthOf(environment);
  const probeOver = afterProbe(health, entry.id, now);
  if (outcome.kind === 'ended')
    return health.probe === entry.id && outcome.ranSeconds > 0 ? afterInstances(health) : probeOver;
  switch (outcome.why) {
    case 'capacity':
      return afterNoCapacity(health, { now, random: Math.random(), grantedAt: grant.startedAt });
    case 'quota': {
      // A type that the region does not have says nothing about the others.
      if (outcome.removed.includes(placement)) return probeOver;
      const { learnedLimit } = outcome;
      if (learnedLimit !== undefined && learnedLimit.instanceType === onlyType(run, environment)) {
        const ours = instancesIn(run, environment) - instances;
        const learned = afterQuota(probeOver, learnedLimit, { now, ours });
        const { instanceType, limit } = learnedLimit;
        report(run, [{ instanceType, learnedLimit: limit }]);
        // Where the quota says that the job cannot fit now, the limit keeps it waiting; else only time can.
        if (learned.learned !== undefined && ours + instances > learned.learned.limit) return learned;
      }
      return afterNoCapacity(health, { now, random: Math.random(), grantedAt: grant.startedAt });
    }
    case 'failed':
    case 'preempted':
    case 'unused':
      return probeOver;
  }
}

function instancesIn({ story }: QueueRun, environment: string): number {
  let sum = 0;
  for (const { grant } of story.granted()) {
    if (grant?.option.environment === environment) sum += grant.option.instances;
  }
  return sum;
}
