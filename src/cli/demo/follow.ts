import { setTimeout as sleep } from 'node:timers/promises';
import type { TrainyardClient } from '../../client/index.ts';
import { TrainyardError, type ErrorCode } from '../../jobs/error-catalogue.ts';
import type { JobSpec } from '../../jobs/spec.ts';
import { isTerminal } from '../../jobs/status.ts';
import type { JobEvent, JobView } from '../../jobs/view.ts';
import type { Board } from './board.ts';
import { CANCEL_REASON, CANCEL_WHEN, SUBMIT_WHEN } from './storyline.ts';

const POLL_MS = 700;

export interface FollowOptions {
  readonly client: Pick<TrainyardClient, 'submit' | 'cancel' | 'get' | 'events'>;
  readonly board: Board;
  readonly signal: AbortSignal;
  /** Epoch milliseconds at which the examples are given up. */
  readonly deadline: number;
  readonly now: () => number;
  /** Between two looks. (Default: 700 ms) */
  readonly pollMs?: number;
}

interface News {
  readonly jobId: string;
  readonly event: JobEvent;
}

/** What has happened so far. */
interface Course {
  readonly known: Map<string, JobView>;
  /** Of each job, the events that were told already. */
  readonly told: Map<string, Set<string>>;
  readonly submitted: string[];
  readonly cancelled: Set<string>;
}

/**
 * Submits the examples and acts on them as the storyline says, until all have ended or time is up.
 * Returns the job ids of those that were submitted.
 */
export async function followExamples(
  examples: readonly JobSpec[],
  options: FollowOptions,
): Promise<readonly string[]> {
  const { client, board, signal, deadline, now, pollMs = POLL_MS } = options;
  const course: Course = { known: new Map(), told: new Map(), submitted: [], cancelled: new Set() };
  const { known } = course;
  for (;;) {
    await submitDue(client, examples, course);
    const news: News[] = [];
    for (const jobId of course.submitted) news.push(...(await newsOf(client, jobId, course)));
    for (const { jobId, event } of news.sort((a, b) => a.event.lastAt - b.event.lastAt))
      board.tell(jobId, event);
    board.show(
      examples.map(({ jobId }) => ({ jobId, job: known.get(jobId) })),
      now(),
    );
    await cancelDue(client, course);
    const ended = [...known.values()].filter(({ status }) => isTerminal(status)).length;
    if (ended === examples.length || now() > deadline) return course.submitted;
    await sleep(pollMs, undefined, { signal });
  }
}

async function submitDue(
  client: FollowOptions['client'],
  examples: readonly JobSpec[],
  { known, submitted }: Course,
): Promise<void> {
  for (const job of examples) {
    const isTime = SUBMIT_WHEN[job.jobId] ?? ((): boolean => true);
    if (submitted.includes(job.jobId) || !isTime(known)) continue;
    await client.submit(job);
    submitted.push(job.jobId);
  }
}

async function cancelDue(client: FollowOptions['client'], { known, cancelled }: Course): Promise<void> {
  for (const [jobId, isTime] of Object.entries(CANCEL_WHEN)) {
    if (cancelled.has(jobId) || !known.has(jobId) || !isTime(known)) continue;
    cancelled.add(jobId);
    // A job that ended on its own is the summary's business.
    await unless('JOB_ENDED', () => client.cancel(jobId, { reason: CANCEL_REASON }));
  }
}

/** The events of a job that nobody was told yet, and its new view into `known`. */
async function newsOf(
  client: FollowOptions['client'],
  jobId: string,
  { known, told }: Course,
): Promise<News[]> {
  const before = known.get(jobId);
  if (before !== undefined && isTerminal(before.status)) return [];
  // A worker that was killed is started again by whoever killed it; until then there is no news.
  const story = await unless('WORKER_NOT_ANSWERING', () => client.events(jobId));
  const seen = told.get(jobId) ?? new Set();
  told.set(jobId, seen);
  const fresh = (story ?? []).filter((event) => !seen.has(identity(event)));
  if (fresh.length === 0) return [];
  const job = await client.get(jobId);
  if (job.incomplete !== undefined) return [];
  known.set(jobId, job);
  for (const event of fresh) seen.add(identity(event));
  return fresh.map((event) => ({ jobId, event }));
}

/** A repetition counts up and moves to the end of the story, so its count tells it from what was told before. */
const identity = ({ at, status, reason, count }: JobEvent): string =>
  `${at} ${status} ${reason.code} ${count}`;

async function unless<T>(code: ErrorCode, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof TrainyardError && error.code === code) return undefined;
    throw error;
  }
}
