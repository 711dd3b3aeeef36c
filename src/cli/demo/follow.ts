import { setTimeout as sleep } from 'node:timers/promises';
import type { TrainyardClient } from '../../client/index.ts';
import type { JobSpec } from '../../jobs/spec.ts';
import { isTerminal } from '../../jobs/status.ts';
import type { Board } from './board.ts';
import { gatherNews, type Knowledge, unless } from './news.ts';
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

/** What has happened so far. */
interface Course extends Knowledge {
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
    for (const { jobId, event } of await gatherNews(client, course.submitted, course))
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
