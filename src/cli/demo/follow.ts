import { setTimeout as sleep } from 'node:timers/promises';
import { type TrainyardClient } from '../../client/index.ts';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import { type JobSpec } from '../../jobs/spec.ts';
import { isTerminal } from '../../jobs/status.ts';
import { type JobEvent, type JobView } from '../../jobs/view.ts';
import { type Board } from './board.ts';
import { CANCEL_REASON, CANCELLED, SUBMITTED_LATER } from './storyline.ts';

const POLL_MS = 700;

export interface FollowOptions {
  readonly client: Pick<TrainyardClient, 'submit' | 'cancel' | 'get' | 'events'>;
  readonly board: Board;
  readonly signal: AbortSignal;
  /** Epoch milliseconds at which the examples are given up. */
  readonly deadline: number;
  readonly now: () => number;
}

/**
 * Submits the examples and acts on them as the storyline says, until all have ended or time is up.
 * Returns the job ids of those that were submitted.
 */
export async function followExamples(
  examples: readonly JobSpec[],
  options: FollowOptions,
): Promise<readonly string[]> {
  const { client, board, signal, deadline, now } = options;
  const known = new Map<string, JobView>();
  const stories = new Map<string, readonly JobEvent[]>();
  const submitted: string[] = [];
  const cancelled = new Set<string>();
  for (;;) {
    for (const job of examples) {
      if (submitted.includes(job.jobId) || SUBMITTED_LATER[job.jobId]?.(known) === false) continue;
      await client.submit(job);
      submitted.push(job.jobId);
    }
    const news: { jobId: string; event: JobEvent }[] = [];
    for (const jobId of submitted) {
      const job = known.get(jobId);
      if (job !== undefined && isTerminal(job.status)) continue;
      const before = stories.get(jobId) ?? [];
      const story = (await storyOf(client, jobId)) ?? before;
      if (job !== undefined && JSON.stringify(story) === JSON.stringify(before)) continue;
      stories.set(jobId, story);
      known.set(jobId, await client.get(jobId));
      news.push(...story.slice(before.length).map((event) => ({ jobId, event })));
    }
    for (const { jobId, event } of news.sort((a, b) => a.event.at - b.event.at)) board.tell(jobId, event);
    board.show(
      examples.map(({ jobId }) => ({ jobId, job: known.get(jobId) })),
      now(),
    );
    for (const [jobId, isTime] of Object.entries(CANCELLED)) {
      if (cancelled.has(jobId) || !isTime(known)) continue;
      cancelled.add(jobId);
      await client.cancel(jobId, { reason: CANCEL_REASON });
    }
    const ended = [...known.values()].filter(({ status }) => isTerminal(status)).length;
    if (ended === examples.length || now() > deadline) return submitted;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Undefined while no worker answers: one that was killed is started again by whoever killed it. */
async function storyOf(
  client: FollowOptions['client'],
  jobId: string,
): Promise<readonly JobEvent[] | undefined> {
  try {
    return await client.events(jobId);
  } catch (error) {
    if (error instanceof TrainyardError && error.code === 'WORKER_NOT_ANSWERING') return undefined;
    throw error;
  }
}
