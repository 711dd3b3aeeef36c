import type { Option } from '../scheduling/job.ts';
import type { QueueSetup } from '../scheduling/setup.ts';

/** A job of a simulated load. Times are virtual milliseconds, from the start of the simulation. */
export interface SimulatedJob {
  readonly id: string;
  readonly share: string;
  /** Higher first. */
  readonly priority: number;
  readonly user?: string;
  /** In order of preference, at least one. */
  readonly options: readonly Option[];
  readonly arrivesAt: number;
  /** How long it has to hold its instances, all attempts together, if no work is lost. At least 1. */
  readonly runsFor: number;
  /** Most of one attempt, after which the job ends. What backfill and estimates know of its running time. */
  readonly limitSeconds?: number;
  /** Between two checkpoints. Absent: an attempt that is preempted is lost from its start. */
  readonly checkpointSeconds?: number;
}

/** From `at` on an environment has another limit, or starts nothing new, or is as it was again. */
export type CapacityChange = { readonly at: number; readonly environment: string } & (
  | { readonly kind: 'limit'; readonly limit: number }
  /** AWS has no instances to give: what runs goes on, nothing starts. */
  | { readonly kind: 'outage' }
  | { readonly kind: 'restored' }
);

export interface SimulatedPolicy {
  readonly name: string;
  readonly setup: QueueSetup;
}

/** A queue, a load and what happens to the capacity: everything that a simulation depends on. */
export interface Scenario {
  readonly name: string;
  /** One line for people. */
  readonly about?: string;
  /** What the load was drawn from; the same seed gives the same report. */
  readonly seed: number;
  /** The queue's own policy, then those to compare it with. All have the same environments. FIFO is always added. */
  readonly policies: readonly [SimulatedPolicy, ...SimulatedPolicy[]];
  /** In order of arrival. */
  readonly jobs: readonly SimulatedJob[];
  /** In order of time. */
  readonly capacity: readonly CapacityChange[];
  /** How long a preempted job keeps its instances before they are free, in milliseconds. */
  readonly stopFor: number;
}

/** Larger loads are refused: they would fill the memory. */
export const MOST_JOBS = 200_000;

/** Jobs in order of arrival; those of one moment in the order in which they were written. */
export function inOrderOfArrival(jobs: readonly SimulatedJob[]): readonly SimulatedJob[] {
  return jobs
    .map((job, index) => ({ job, index }))
    .sort((a, b) => a.job.arrivesAt - b.job.arrivesAt || a.index - b.index)
    .map(({ job }) => job);
}
