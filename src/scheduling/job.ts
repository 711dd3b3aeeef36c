import type { Claims } from './claims.ts';

/** What the core knows of a job: only what ordering needs. Times are epoch milliseconds. */

/** One acceptable way to run a job: all of its instances (a gang) in one environment. */
export interface Option {
  readonly environment: string;
  readonly instances: number;
}

export interface WaitingJob {
  readonly id: string;
  readonly share: string;
  /** Higher first. */
  readonly priority: number;
  /** In order of preference, at least one. */
  readonly options: readonly Option[];
  /** When it was submitted: its place among equals, which preemption and retries do not change. */
  readonly queuedAt: number;
  /** Decides between equals of the same millisecond: lower first. */
  readonly sequence: number;
  /** For people only. */
  readonly user?: string;
  /** Most seconds that one attempt can hold its instances, if limited: what backfill and estimates rest on. */
  readonly limitSeconds?: number;
  /** Seconds between two checkpoints. Absent: preempting it loses everything since its start. */
  readonly checkpointSeconds?: number;
  /** How often it was preempted so far. */
  readonly preemptions: number;
  /**
   * The job that it was preempted for: while both wait, that one is decided before others that would borrow, so that it gets what
   * was freed for it. Set by the scheduler's `release`, and to be kept with the job.
   */
  readonly yieldsTo?: string;
  /** How often others were stopped for it. Set by the scheduler's `release`, and to be kept with the job. */
  readonly claims?: Claims;
}

export interface RunningJob extends WaitingJob {
  /** Index in `options` of what it holds. */
  readonly option: number;
  /** When it got its instances. */
  readonly startedAt: number;
  /** Set while it is being stopped for another job; it keeps its instances until it is released. */
  readonly evictedFor?: string;
}

/** The state of an environment apart from its use. */
export type EnvironmentState =
  | { readonly kind: 'open' }
  /** Takes no new jobs; those that run go on. */
  | { readonly kind: 'draining' }
  /** AWS had no capacity: closed until then; afterwards one job at a time may probe it. */
  | { readonly kind: 'cooling'; readonly until: number }
  /** One job is probing whether there is capacity again; nobody else may start there. */
  | { readonly kind: 'probing'; readonly job: string };
