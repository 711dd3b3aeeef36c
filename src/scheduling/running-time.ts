import type { RunningTimes } from './explanation.ts';
import type { RunningJob, WaitingJob } from './job.ts';

/** SageMaker stops a training job after a day when its request sets no limit. */
export const DEFAULT_LIMIT_SECONDS = 86_400;

/** What a guess of a running time rests on. */
export type TimeBasis =
  | { readonly kind: 'median'; readonly share: string; readonly count: number; readonly seconds: number }
  | { readonly kind: 'limit' }
  | { readonly kind: 'default' };

export interface GuessedTime {
  readonly seconds: number;
  readonly basis: TimeBasis;
}

type Timed = Pick<WaitingJob, 'share' | 'limitSeconds'>;

/** The longest that one attempt can take. */
export function longestTime({ limitSeconds }: Timed): GuessedTime {
  return limitSeconds === undefined
    ? { seconds: DEFAULT_LIMIT_SECONDS, basis: { kind: 'default' } }
    : { seconds: limitSeconds, basis: { kind: 'limit' } };
}

/**
 * How long a job takes that has run for `ranSeconds`: the median of the ended jobs of its share, else of the whole queue, else
 * its limit; never more than its limit. A job that ran longer than the median is no ordinary one, so the median is doubled until
 * it lies ahead: of jobs whose running times spread over orders of magnitude, about half of those that reach a time also
 * reach twice that time. The guess stays the same from one look to the next, instead of moving away with every look.
 */
export function expectedTime(job: Timed, ranSeconds: number, times: RunningTimes | undefined): GuessedTime {
  const longest = longestTime(job);
  const known = medianFor(job.share, times);
  if (known === undefined) return longest;
  let { seconds } = known;
  while (seconds <= ranSeconds && seconds < longest.seconds) seconds *= 2;
  return seconds >= longest.seconds
    ? longest
    : { seconds, basis: { kind: 'median', share: known.share, count: known.count, seconds: known.seconds } };
}

function medianFor(
  share: string,
  times: RunningTimes | undefined,
): { share: string; seconds: number; count: number } | undefined {
  for (const name of [share, '']) {
    const seconds = times?.median[name];
    const count = times?.count[name] ?? 0;
    // Half a second of running time would make the doubling above long, and no training takes less.
    if (seconds !== undefined && count > 0) return { share: name, seconds: Math.max(1, seconds), count };
  }
  return undefined;
}

/**
 * When a running job is expected to give its instances back, in epoch milliseconds: its start plus its running time as
 * guessed above. A job that is being stopped, or is past its limit, needs `stopSeconds` from now on. So it is never in the past.
 */
export function expectedEnd(
  job: RunningJob,
  now: number,
  times: RunningTimes | undefined,
  stopSeconds: number,
): number {
  const end = job.startedAt + expectedTime(job, (now - job.startedAt) / 1000, times).seconds * 1000;
  const stopped = now + stopSeconds * 1000;
  if (job.evictedFor !== undefined) return end > now ? Math.min(end, stopped) : stopped;
  return end > now ? end : stopped;
}
