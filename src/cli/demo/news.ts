import type { TrainyardClient } from '../../client/index.ts';
import { TrainyardError, type ErrorCode } from '../../jobs/error-catalogue.ts';
import { isTerminal } from '../../jobs/status.ts';
import type { JobEvent, JobView } from '../../jobs/view.ts';

export interface News {
  readonly jobId: string;
  readonly event: JobEvent;
}

/** What is known of the jobs so far. */
export interface Knowledge {
  readonly known: Map<string, JobView>;
  /** Of each job, the events that were told already. */
  readonly told: Map<string, Set<string>>;
}

type Asked = Pick<TrainyardClient, 'get' | 'events'>;

/** What happened to the jobs that nobody was told yet, oldest first, and their new views into `known`. */
export async function gatherNews(
  client: Asked,
  jobIds: readonly string[],
  knowledge: Knowledge,
): Promise<readonly News[]> {
  const news: News[] = [];
  for (const jobId of jobIds) news.push(...(await newsOf(client, jobId, knowledge)));
  return news.sort((a, b) => a.event.lastAt - b.event.lastAt);
}

async function newsOf(client: Asked, jobId: string, { known, told }: Knowledge): Promise<News[]> {
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

/** The answer, or undefined where the call is refused with this code. */
export async function unless<T>(code: ErrorCode, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof TrainyardError && error.code === code) return undefined;
    throw error;
  }
}
