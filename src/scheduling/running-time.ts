import type { RunningTimes } from './explanation.ts';
import type { RunningJob, WaitingJob } from './job.ts';

/** SageMaker stops a training job after a day when its request sets no limit. */
export const DEFAULT_LIMIT_SECONDS = 86_400;

/** What a guess of a running time rests on. */
export type TimeBasis =
  /** Ended jobs of the share (`''`: of the whole queue), and their median. */
  | { readonly kind: 'history'; readonly share: string; readonly count: number; readonly median: number }
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
 * How long a job takes that has run for `ranSeconds`: the median of those ended jobs of its share, else of the whole queue, that took longer
 * than it has run; without history its limit; never more than its limit. When it has outlasted all of them, the longest of their times is
 * doubled until it lies ahead: of jobs whose running times spread over orders of magnitude, about half of those that reach a time
 * also reach twice that time. So the guess moves in steps, and not away with every look.
 */
export function expectedTime(job: Timed, ranSeconds: number, times: RunningTimes | undefined): GuessedTime {
  const longest = longestTime(job);
  const known = endedLike(job.share, times);
  if (known === undefined) return longest;
  const { ended, share } = known;
  const seconds = medianAbove(ended, ranSeconds) ?? doubledBeyond(ended.at(-1) ?? 0, ranSeconds);
  if (seconds >= longest.seconds) return longest;
  const median = ended[middle(0, ended.length)] ?? seconds;
  return { seconds, basis: { kind: 'history', share, count: ended.length, median } };
}

function endedLike(
  share: string,
  times: RunningTimes | undefined,
): { readonly share: string; readonly ended: readonly number[] } | undefined {
  for (const name of [share, '']) {
    const ended = times?.ended[name];
    if (ended !== undefined && ended.length > 0) return { share: name, ended };
  }
  return undefined;
}

/** Of an ascending list, the lower middle of what is greater. */
function medianAbove(ascending: readonly number[], seconds: number): number | undefined {
  const from = ascending.findIndex((each) => each > seconds);
  return from < 0 ? undefined : ascending[middle(from, ascending.length)];
}

const middle = (from: number, to: number): number => Math.floor((from + to - 1) / 2);

function doubledBeyond(seconds: number, ran: number): number {
  // From no time at all it would never get there.
  let beyond = Math.max(1, seconds);
  while (beyond <= ran) beyond *= 2;
  return beyond;
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
