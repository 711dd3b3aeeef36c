import type { RetryState } from '../jobs/next-step.ts';
import type { Placement } from '../jobs/placement.ts';
import { reason, type Reason } from '../jobs/reason.ts';
import type { JobSpec, NotifyEvent } from '../jobs/spec.ts';
import { isTerminal, type JobStatus } from '../jobs/status.ts';
import type { TrainingChanged } from '../jobs/training-change.ts';
import type { AttemptView, JobEvent, JobView } from '../jobs/view.ts';
import { heldLease, type Membership } from './membership.ts';
import type { PreemptOrder } from './queue-contract.ts';

/** Newest kept; older ones only count. */
const ATTEMPTS_KEPT = 20;
const EVENTS_KEPT = 100;
const NOTIFICATIONS_KEPT = 10;

/** Why Trainyard itself ends an attempt. */
export type StopOrder =
  | { readonly cause: 'cancel'; readonly reason?: string }
  | {
      readonly cause: 'timeLimit';
      readonly limit: 'attemptSeconds' | 'waitingSeconds' | 'totalSeconds';
      readonly seconds: number;
    }
  | ({ readonly cause: 'preempted' } & PreemptOrder);

/** The attempt that may hold instances right now. */
export interface LiveAttempt {
  readonly attempt: number;
  readonly name: string;
  readonly placement: Placement;
  readonly lease: number;
  /** Of the lease; `acquired` once its queue was told that there are instances. */
  readonly probe?: true;
  acquired?: boolean;
  readonly launchedAt: number;
  /** Of the job, when the attempt was launched. */
  readonly ranMsBefore: number;
  /** What it is being stopped for. */
  stop?: StopOrder;
}

/** Everything a job remembers: plain JSON, bounded, and all that continue-as-new carries. */
export interface JobStory {
  status: JobStatus;
  reason: Reason;
  statusSince: number;
  readonly submittedAt: number;
  startedAt?: number;
  endedAt?: number;
  nextTryAt?: number;
  held: boolean;
  priority: number;
  cancel?: { readonly reason?: string };
  /** What retrying and placement selection remember between attempts. */
  retry: RetryState;
  live?: LiveAttempt;
  /** The newest news of the live attempt that nobody has looked at. */
  news?: TrainingChanged;
  /** Jobs in a queue only. */
  readonly membership?: Membership;
  attemptCount: number;
  attempts: AttemptView[];
  events: JobEvent[];
  /** Milliseconds up to `statusSince`. */
  waitingMs: number;
  runningMs: number;
  costUsd?: number;
  metrics: JobView['metrics'];
  modelUri?: string;
  notified: NotifyEvent[];
  notifications: string[];
}

export function newStory(job: JobSpec, retry: RetryState, now: number, membership?: Membership): JobStory {
  const accepted = reason('ACCEPTED');
  return {
    status: 'SUBMITTED',
    reason: accepted,
    statusSince: now,
    submittedAt: now,
    held: false,
    priority: job.priority,
    retry,
    ...(membership === undefined ? {} : { membership }),
    attemptCount: 0,
    attempts: [],
    events: [{ at: now, lastAt: now, count: 1, status: 'SUBMITTED', reason: accepted }],
    waitingMs: 0,
    runningMs: 0,
    metrics: [],
    notified: [],
    notifications: [],
  };
}

/** Whether the status means that instances are held: the rest is waiting. */
function holdsInstances(status: JobStatus): boolean {
  return status === 'STARTING' || status === 'RUNNING';
}

/** Milliseconds spent waiting so far, the current status included. */
export function waitedMs(story: JobStory, now: number): number {
  const waiting = !holdsInstances(story.status) && !isTerminal(story.status);
  return story.waitingMs + (waiting ? Math.max(0, now - story.statusSince) : 0);
}

/** Milliseconds spent with instances so far, the current status included. */
export function ranMs(story: JobStory, now: number): number {
  return story.runningMs + (holdsInstances(story.status) ? Math.max(0, now - story.statusSince) : 0);
}

/** Enters a status for a reason; the same status for another reason is still the same status. */
export function enter(story: JobStory, status: JobStatus, why: Reason, now: number): void {
  if (story.status !== status) {
    const elapsed = Math.max(0, now - story.statusSince);
    if (holdsInstances(story.status)) story.runningMs += elapsed;
    else if (!isTerminal(story.status)) story.waitingMs += elapsed;
    story.statusSince = now;
    story.status = status;
  }
  story.reason = why;
  if (status === 'RUNNING') story.startedAt ??= now;
  if (isTerminal(status)) story.endedAt = now;
  record(story, why, now);
}

/** Adds a line to the job's story. What a job passes again and again is one line with a count, moved to the end. */
export function record(story: JobStory, why: Reason, now: number): void {
  const attempt = story.attemptCount > 0 ? { attempt: story.attemptCount } : {};
  const repeated =
    story.retry.rounds === 0 ? -1 : story.events.findIndex((event) => repeats(event, story, why));
  const earlier = story.events[repeated];
  if (earlier !== undefined) {
    story.events.splice(repeated, 1);
    story.events.push({ ...earlier, reason: why, lastAt: now, count: earlier.count + 1, ...attempt });
    return;
  }
  story.events.push({ at: now, lastAt: now, count: 1, status: story.status, reason: why, ...attempt });
  if (story.events.length > EVENTS_KEPT) story.events.splice(1, story.events.length - EVENTS_KEPT);
}

/** Whether a job that goes round for capacity comes past the same point again: same status, same words but for times. */
function repeats(event: JobEvent, story: JobStory, why: Reason): boolean {
  if (event.status !== story.status || event.reason.code !== why.code || !REPEATING.has(why.code))
    return false;
  return why.code === 'WAITING_FOR_CAPACITY' || event.reason.sentence === why.sentence;
}

/** Reasons that a job out of capacity passes again and again; told once, with a count. */
const REPEATING: ReadonlySet<string> = new Set([
  'WAITING_FOR_CAPACITY',
  'BACK_IN_QUEUE',
  'TRYING_NEXT_PLACEMENT',
  'LAUNCHING',
  'WAITING_FOR_INSTANCES',
  'READY',
]);

/**
 * Counts an attempt that has ended by SageMaker's own times, where it gave them: news can come late, when a worker or the
 * server was away.
 */
export function settleTimes(
  story: JobStory,
  live: LiveAttempt,
  training: { readonly trainingStartedAt?: number; readonly trainingEndedAt?: number },
  now: number,
): void {
  const { trainingStartedAt, trainingEndedAt } = training;
  if (trainingStartedAt === undefined || trainingEndedAt === undefined) return;
  const ran = Math.max(0, Math.min(trainingEndedAt, now) - Math.max(trainingStartedAt, live.launchedAt));
  story.runningMs = live.ranMsBefore + ran;
  story.waitingMs = now - story.submittedAt - story.runningMs;
  story.statusSince = now;
}

/** Keeps news if it is about the live attempt; the end of an attempt is never replaced by older news. */
export function receiveNews(story: JobStory, news: TrainingChanged): void {
  if (story.live?.attempt === news.attempt && story.news?.end === undefined) story.news = news;
}

export function beginAttempt(story: JobStory, live: LiveAttempt): void {
  story.live = live;
  delete story.news;
  story.attemptCount = live.attempt;
  story.attempts.push({
    attempt: live.attempt,
    trainingJobName: live.name,
    placement: live.placement,
    launchedAt: live.launchedAt,
  });
  if (story.attempts.length > ATTEMPTS_KEPT) story.attempts.shift();
}

/** Changes what is shown of the newest attempt. */
export function amendAttempt(story: JobStory, change: Partial<AttemptView>): void {
  const newest = story.attempts.at(-1);
  if (newest !== undefined) story.attempts[story.attempts.length - 1] = { ...newest, ...change };
}

export function noteNotification(story: JobStory, line: string): void {
  story.notifications.push(line);
  if (story.notifications.length > NOTIFICATIONS_KEPT) story.notifications.shift();
}

const seconds = (ms: number): number => Math.round(ms / 1000);

/** The job as everybody outside sees it. */
export function viewOf(job: JobSpec, story: JobStory): JobView {
  const placement = story.live?.placement ?? story.attempts.at(-1)?.placement;
  const lease = heldLease(story)?.number;
  return {
    jobId: job.jobId,
    status: story.status,
    reason: story.reason,
    held: story.held,
    priority: story.priority,
    ...(job.queue === undefined ? {} : { queue: job.queue }),
    ...(job.share === undefined ? {} : { share: job.share }),
    ...(story.membership === undefined ? {} : { preemptions: story.membership.preemptions }),
    ...(story.membership === undefined || lease === undefined ? {} : { lease }),
    ...(job.user === undefined ? {} : { user: job.user }),
    submittedAt: story.submittedAt,
    statusSince: story.statusSince,
    ...(story.startedAt === undefined ? {} : { startedAt: story.startedAt }),
    ...(story.endedAt === undefined ? {} : { endedAt: story.endedAt }),
    ...(story.nextTryAt === undefined ? {} : { nextTryAt: story.nextTryAt }),
    ...(placement === undefined ? {} : { placement }),
    placements: job.placements,
    attemptCount: story.attemptCount,
    attempts: story.attempts,
    waitingSeconds: seconds(story.waitingMs),
    runningSeconds: seconds(story.runningMs),
    ...(story.costUsd === undefined ? {} : { costUsd: story.costUsd }),
    metrics: story.metrics,
    ...(story.modelUri === undefined ? {} : { modelUri: story.modelUri }),
    notifications: story.notifications,
  };
}
