import type { WaitingJob } from './job.ts';

/** Negative: `a` is offered before `b`. A total order: 0 only for the same job. */
export type JobOrder = (a: WaitingJob, b: WaitingJob) => number;

/** The same on every machine, unlike the order of a language. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Who came first. */
export const byAge: JobOrder = (a, b) =>
  a.queuedAt - b.queuedAt || a.sequence - b.sequence || byCodeUnits(a.id, b.id);

/** Higher priority, then who came first. */
export const byPriority: JobOrder = (a, b) => b.priority - a.priority || byAge(a, b);
