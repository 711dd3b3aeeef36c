import { beginProbe, expire } from '../queues/environment-health.ts';
import type { Admission, Preemption } from '../scheduling/decision.ts';
import { victimSentence } from '../scheduling/wording/decisions.ts';
import { signalsFromQueue } from './messages.ts';
import type { QueueRun } from './queue-run.ts';
import { limitRunnableTimes } from './queue-time-limits.ts';
import { applySurvey, reconcile } from './queue-reconcile.ts';

/** Starts in one turn: the rest follows in the next workflow task, so that none of them takes long. */
const MOST_ADMISSIONS = 200;

/**
 * One turn. Messages have changed the story when they came; now what time has brought is folded in, the core decides until
 * nothing changes, and its decisions are applied and sent. Returns when the next turn is due without a message (epoch ms).
 */
export function turn(run: QueueRun, now: number): number | undefined {
  const { story, outbox } = run;
  const wakeUps: (number | undefined)[] = [];
  for (const { name } of story.spec.environments) {
    story.setHealth(name, expire(story.healthOf(name), now), now);
    wakeUps.push(story.healthOf(name).learned?.until);
  }
  for (const entry of [...story.aside()]) {
    if (entry.notBefore === undefined) continue;
    if (entry.notBefore <= now) story.amend(entry, { notBefore: undefined }, now);
    else if (!entry.held) wakeUps.push(entry.notBefore);
  }
  applySurvey(run, now);
  if (!run.rolling) {
    if (!story.paused && !story.seeking) wakeUps.push(decide(run, now));
    wakeUps.push(limitRunnableTimes(run, now), reconcile(run, now));
  }
  outbox.startJobs();
  return earliest(wakeUps);
}

function decide(run: QueueRun, now: number): number | undefined {
  const { decisions, wakeAt, more } = run.story.scheduler().settle(now, MOST_ADMISSIONS);
  for (const decision of decisions) {
    switch (decision.kind) {
      case 'admit':
        admit(run, decision, now);
        break;
      case 'preempt':
        preempt(run, decision, now);
        break;
      case 'wait':
        break;
    }
  }
  run.story.followStops();
  return more === true ? now + 1 : wakeAt;
}

function admit({ story, outbox }: QueueRun, decision: Admission, now: number): void {
  const entry = story.get(decision.job);
  const option = entry?.options[decision.option];
  const placement = option === undefined ? undefined : entry?.profile.placements[option.placement];
  if (entry === undefined || option === undefined || placement === undefined)
    throw new RangeError(`The scheduler admitted ${decision.job}, which the queue does not know.`);
  const health = story.healthOf(option.environment);
  const probe = health.cooling !== undefined;
  if (probe) story.setHealth(option.environment, beginProbe(health, entry.id), now);
  const grant = story.admitted(entry, option, now, probe);
  story.decided(decision, now);
  if (outbox.startsLater(entry.id)) return;
  const lease = {
    number: grant.lease,
    placement,
    ...(grant.probe === undefined ? {} : { probe: grant.probe }),
  };
  outbox.tell(entry.id, signalsFromQueue.lease, lease);
}

function preempt(run: QueueRun, decision: Preemption, now: number): void {
  const { story, outbox } = run;
  const entry = story.get(decision.victim);
  const grant = entry?.grant;
  if (entry === undefined || grant === undefined)
    throw new RangeError(`The scheduler preempted ${decision.victim}, which holds nothing.`);
  if (grant.evictedFor !== undefined) return;
  story.evicted(entry, grant, decision.for);
  story.decided(decision, now);
  if (outbox.startsLater(entry.id)) {
    // No lease has left yet, so there is nothing to wait for: the job is started without one.
    story.released(entry, { preemptions: entry.preemptions + 1 }, now);
    run.dirty = true;
    return;
  }
  outbox.tell(entry.id, signalsFromQueue.preempt, {
    lease: grant.lease,
    by: decision.for,
    sentence: victimSentence(decision),
  });
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const time of times) if (time !== undefined && (first === undefined || time < first)) first = time;
  return first;
}
