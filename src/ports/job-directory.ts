/**
 * What is known of a job's workflow. `runId` is the first run's, which continue-as-new does not change; absent where the
 * server does not tell.
 */
export type JobWorkflow =
  | { readonly kind: 'open'; readonly runId?: string }
  /** Ended in whatever way, termination included. `closedAt` in epoch milliseconds. */
  | { readonly kind: 'closed'; readonly runId?: string; readonly closedAt: number }
  /** There is none, or Temporal has forgotten it (retention, deletion). */
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: string };

export interface OpenJob {
  readonly jobId: string;
  /** When its current run started (epoch ms); later than the job's start after continue-as-new. */
  readonly startedAt: number;
}

/**
 * What Temporal knows of job workflows, for those who must find jobs that ended without a word. Nobody may conclude from
 * a missing answer that a job is over: `unknown` and CannotTell change nothing.
 */
export interface JobDirectory {
  /** The newest workflow of the job; exact, never throws. */
  stateOf(jobId: string): Promise<JobWorkflow>;
  /** Whether the job ever had a workflow whose first run is this one. `unknown`: also when retention may have taken it. */
  hadRun(jobId: string, runId: string): Promise<'yes' | 'unknown'>;
  /**
   * Open jobs, of one queue or all. Some seconds behind: a job may be missing or closed already.
   * Throws CannotTell when it cannot be listed to the end.
   */
  openJobs(filter: { readonly queue?: string }): AsyncIterable<OpenJob>;
  /**
   * Identifies this Temporal namespace among all that may use the same AWS account. Throws CannotTell.
   */
  namespaceId(): Promise<string>;
}

export class CannotTell extends Error {
  override readonly name = 'CannotTell';
}
