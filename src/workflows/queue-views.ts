import { describePlacement } from '../jobs/placement.ts';
import { ApplicationFailure } from '@temporalio/workflow';
import { usableLimit } from '../queues/environment-health.ts';
import type {
  EnvironmentView,
  QueuedJobView,
  QueueSnapshot,
  ShareUsageView,
  SnapshotRequest,
} from '../queues/queue-view.ts';
import type { WaitReason } from '../scheduling/decision.ts';
import { nearestReason } from '../scheduling/nearest-reason.ts';
import type { Scheduler } from '../scheduling/scheduler.ts';
import { clockTime } from '../scheduling/wording/amounts.ts';
import { environmentSentence, waitSentence } from '../scheduling/wording/decisions.ts';
import { snapshotRequest } from './queue-message-shapes.ts';
import { standingOf, type Entry } from './queue-entry.ts';
import type { QueueStory } from './queue-story.ts';

const PAGE = 20;
const LARGEST_PAGE = 1_000;
/** Jobs of a page that are told why they wait: each costs a look of the core. */
const REASONS = 5;

export function snapshot(
  story: QueueStory,
  request: SnapshotRequest | undefined,
  now: number,
): QueueSnapshot {
  const read = snapshotRequest().safeParse(request ?? {});
  if (!read.success) {
    throw ApplicationFailure.nonRetryable(
      `The query takes {"offset", "limit", "share"}, got ${JSON.stringify(request)}.`,
      'USAGE',
    );
  }
  const { offset = 0, limit = PAGE, share } = read.data;
  const scheduler = story.look();
  const page = { from: offset, to: offset + Math.min(limit, LARGEST_PAGE) };
  return {
    name: story.spec.name,
    at: now,
    paused: story.paused,
    policy: story.spec.policy.kind,
    spec: story.spec,
    environments: environmentViews(story, scheduler, now),
    shares: usageViews(scheduler),
    counts: counts(story, scheduler),
    front: front(story, scheduler, page, share, now),
    running: running(story, page, share),
    lastDecisions: story.lastDecisions,
  };
}

export function shareViews(story: QueueStory): ShareUsageView[] {
  return usageViews(story.look());
}

export function usageViews(scheduler: Scheduler): ShareUsageView[] {
  return scheduler.usage().map(({ waitingInstances: _, ...usage }) => usage);
}

export function environmentViews(story: QueueStory, scheduler: Scheduler, now: number): EnvironmentView[] {
  return scheduler.environments(now).map(({ name, limit, used, state }) => {
    const setup = story.spec.environments.find((environment) => environment.name === name);
    const blocked = [environmentSentence(name, state), learnedSentence(story, name)]
      .filter((sentence) => sentence !== undefined)
      .join(' ');
    return {
      name,
      instanceTypes: setup?.instanceTypes ?? [],
      limit: setup?.limit ?? 0,
      usableLimit: limit,
      used,
      state,
      ...(blocked === '' ? {} : { blocked }),
    };
  });
}

function learnedSentence(story: QueueStory, name: string): string | undefined {
  const { learned } = story.healthOf(name);
  const limit = story.spec.environments.find((environment) => environment.name === name)?.limit ?? 0;
  if (learned === undefined || usableLimit(story.healthOf(name), limit) === limit) return undefined;
  return (
    `The account's quota leaves ${learned.limit} of its ${limit} instances; whether it was raised is tried after ` +
    `${clockTime(learned.until)}.`
  );
}

export function counts(story: QueueStory, scheduler: Scheduler): QueueSnapshot['counts'] {
  let stopping = 0;
  for (const { grant } of story.granted()) if (grant?.evictedFor !== undefined) stopping += 1;
  let held = 0;
  let others = 0;
  for (const entry of story.aside()) {
    if (entry.held) held += 1;
    else others += 1;
  }
  return { waiting: scheduler.waitingCount + others, held, running: story.grantedSize - stopping, stopping };
}

interface Page {
  readonly from: number;
  readonly to: number;
}

/** Waiting jobs in the order of their turns, then those that have none yet. */
function front(
  story: QueueStory,
  scheduler: Scheduler,
  { from, to }: Page,
  share: string | undefined,
  now: number,
): QueuedJobView[] {
  const views: QueuedJobView[] = [];
  let index = 0;
  for (const { id } of share === undefined ? scheduler.inTurn(now) : scheduler.inOrder(share)) {
    if (index >= to) return views;
    const entry = index >= from ? story.get(id) : undefined;
    index += 1;
    if (entry === undefined) continue;
    const reason = views.length < REASONS ? waitingReason(story, scheduler, entry, now) : undefined;
    views.push({ ...viewOf(entry), position: index, ...(reason === undefined ? {} : { reason }) });
  }
  for (const entry of story.aside()) {
    if (share !== undefined && entry.share !== share) continue;
    if (index >= to) return views;
    if (index >= from) views.push({ ...viewOf(entry), reason: asideReason(entry) });
    index += 1;
  }
  return views;
}

function running(story: QueueStory, { from, to }: Page, share: string | undefined): QueuedJobView[] {
  const views: QueuedJobView[] = [];
  let index = 0;
  for (const entry of story.granted()) {
    if (share !== undefined && entry.share !== share) continue;
    if (index >= to) break;
    if (index >= from) views.push(viewOf(entry));
    index += 1;
  }
  return views;
}

export function viewOf(entry: Entry): QueuedJobView {
  const { id, share, priority, profile, queuedAt, grant, notBefore, preemptions } = entry;
  const option = grant?.option ?? entry.options[0];
  return {
    jobId: id,
    share,
    priority,
    ...(profile.user === undefined ? {} : { user: profile.user }),
    queuedAt,
    state: standingOf(entry),
    environment: option?.environment ?? '',
    instances: option?.instances ?? 0,
    ...(grant === undefined ? {} : { startedAt: grant.startedAt, lease: grant.lease }),
    ...(grant !== undefined || notBefore === undefined ? {} : { notBefore }),
    preemptions,
    ...(grant?.evictedFor === undefined ? {} : { reason: `Stops to make room for ${grant.evictedFor}.` }),
  };
}

function waitingReason(
  story: QueueStory,
  scheduler: Scheduler,
  entry: Entry,
  now: number,
): string | undefined {
  if (story.paused) return PAUSED;
  const [first, ...others]: readonly WaitReason[] = scheduler.whyWaiting(entry.id, now);
  return first === undefined ? undefined : stopsFor(scheduler, entry.id, nearestReason(first, others));
}

/** Those that stop already stop for whom they were told to, also when they would be this job's victims. */
function stopsFor(scheduler: Scheduler, id: string, why: WaitReason): string {
  if (why.code !== 'PREEMPTING') return waitSentence(why);
  const takers = why.victims.map((victim) => scheduler.running(victim)?.evictedFor);
  if (takers.includes(id)) return waitSentence(why);
  const job = takers.find((taker) => taker !== undefined);
  return job === undefined ? waitSentence(why, { supposed: true }) : waitSentence({ code: 'BEHIND', job });
}

export const PAUSED = 'The queue is paused: nothing starts until it is resumed.';

/** Why a job is not offered to the core. */
export function asideReason(entry: Entry): string {
  if (entry.held) return 'It is held: it waits until it is released.';
  if (entry.notBefore !== undefined)
    return `It rests until ${clockTime(entry.notBefore)} after its last attempt.`;
  const asked = entry.profile.placements.map(describePlacement).join(' or ');
  return `No environment of the queue offers what it asks for (${asked}) any more.`;
}
