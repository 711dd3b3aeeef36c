import type { RunningTimes } from '../scheduling/explanation.ts';

/** Newest running times in whole seconds, by share; plain JSON. */
export type RunTimes = Readonly<Record<string, readonly number[]>>;

/** Of each share: enough for guesses that follow a change of habits. */
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

/** What estimates rest on: the running times of each share, and of all under the empty name. */
export function runningTimes(times: RunTimes): RunningTimes {
  const lists = [...Object.entries(times), ['', Object.values(times).flat()] as const];
  return {
    ended: Object.fromEntries(lists.map(([share, list]) => [share, [...list].sort((a, b) => a - b)])),
  };
}
