import type { WaitingJob } from '../job.ts';
import { byCodeUnits } from './code-units.ts';

/** The order in which a share offers its jobs: higher priority, then who came first. Total. */
export function offerOrder(a: WaitingJob, b: WaitingJob): number {
  return b.priority - a.priority || arrivalOrder(a, b);
}

/** Who came first. Total. */
export function arrivalOrder(a: WaitingJob, b: WaitingJob): number {
  return a.queuedAt - b.queuedAt || a.sequence - b.sequence || byCodeUnits(a.id, b.id);
}

/** The one job that each share offers. */
export function firstOfEachShare(jobs: Iterable<WaitingJob>): WaitingJob[] {
  const first = new Map<string, WaitingJob>();
  for (const job of jobs) {
    const best = first.get(job.share);
    if (best === undefined || offerOrder(job, best) < 0) first.set(job.share, job);
  }
  return [...first.values()];
}
