import type { RunningTimes } from '../scheduling/explanation.ts';

/** Newest running times in whole seconds, by share; plain JSON. */
export type RunTimes = Readonly<Record<string, readonly number[]>>;

/** Of each share: enough for a median that follows a change of habits. */
const KEPT = 30;
const MOST_SHARES = 200;

/** Adds how long a job ran. Of too many shares the one that has not ended a job for longest is forgotten. */
export function addRun(times: RunTimes, share: string, seconds: number): RunTimes {
  const { [share]: earlier = [], ...others } = times;
  const names = Object.keys(others);
  const rest =
    names.length < MOST_SHARES ? others : Object.fromEntries(Object.entries(others).slice(1 - MOST_SHARES));
  return { ...rest, [share]: [...earlier, Math.round(seconds)].slice(-KEPT) };
}

/** What estimates rest on: the median of each share, and of all under the empty name. */
export function runningTimes(times: RunTimes): RunningTimes {
  const lists = new Map([...Object.entries(times), ['', Object.values(times).flat()] as const]);
  const median: Record<string, number> = {};
  const count: Record<string, number> = {};
  for (const [share, seconds] of lists) {
    const middle = [...seconds].sort((a, b) => a - b)[Math.floor((seconds.length - 1) / 2)];
    if (middle === undefined) continue;
    median[share] = middle;
    count[share] = seconds.length;
  }
  return { median, count };
}
