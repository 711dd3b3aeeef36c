import { expect, it } from 'vitest';
import { addRun, runningTimes, type RunTimes } from '../../../src/queues/run-times.ts';

const after = (...runs: [string, number][]): RunTimes =>
  runs.reduce<RunTimes>((times, [share, seconds]) => addRun(times, share, seconds), {});

it('the running times of each share, and of all, in order', () => {
  const times = runningTimes(after(['red', 10], ['red', 1_000], ['red', 30], ['blue', 5]));
  expect(times).toEqual({ ended: { red: [10, 30, 1_000], blue: [5], '': [5, 10, 30, 1_000] } });
});

it('nothing is known before a job has ended', () => {
  expect(runningTimes({})).toEqual({ ended: { '': [] } });
});

it('only the newest count, so that a change of habits is followed', () => {
  const habits = after(...Array.from({ length: 60 }, (_, n): [string, number] => ['red', n < 30 ? 1 : 100]));
  expect(runningTimes(habits).ended['red']).toEqual(new Array(30).fill(100));
});

it('what is kept is bounded, however many shares there are', () => {
  const many = after(...Array.from({ length: 1_000 }, (_, n): [string, number] => [`share-${n}`, n]));
  expect(Object.keys(many)).toHaveLength(200);
  expect(many['share-999']).toEqual([999]);
});
