import type { Failure } from './failure.ts';
import type { Placement } from './placement.ts';
import type { Reason } from './reason.ts';
import type { JobStatus } from './status.ts';

/** One training job launched for a job, as people see it. Times are epoch milliseconds. */
export interface AttemptView {
  readonly attempt: number;
  readonly trainingJobName: string;
  readonly placement: Placement;
  readonly launchedAt: number;
  readonly arn?: string;
  /** Where people can look at the training job. */
  readonly consoleUrl?: string;
  /** Absent while nothing has run. */
  readonly trainingStartedAt?: number;
  readonly endedAt?: number;
  /** SageMaker's last word: Completed, Failed, Stopped; `Refused` when create was refused. Absent while it lives. */
  readonly trainingStatus?: string;
  readonly secondaryStatus?: string;
  readonly failure?: Failure;
  readonly interruptions?: number;
  readonly billableSeconds?: number;
  /** Approximate: list price × billable seconds × instances. */
  readonly costUsd?: number;
}

/** Everything about one job that Trainyard shows: CLI, Web UI, notification and client read this and nothing else. */
export interface JobView {
  readonly jobId: string;
  readonly status: JobStatus;
  readonly reason: Reason;
  readonly held: boolean;
  readonly priority: number;
  readonly queue?: string;
  readonly share?: string;
  /** Jobs in a queue: how often it took their instances away, and the number of the lease that they hold. */
  readonly preemptions?: number;
  readonly lease?: number;
  readonly user?: string;
  readonly submittedAt: number;
  /** When the status last changed. */
  readonly statusSince: number;
  /** When training first ran. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** RUNNABLE jobs that wait for a time: when the next launch is tried. */
  readonly nextTryAt?: number;
  /** Current or, after the end, last placement. */
  readonly placement?: Placement;
  readonly placements: readonly Placement[];
  /** How many training jobs were launched so far; `attempts` holds the newest 20 of them, oldest first. */
  readonly attemptCount: number;
  readonly attempts: readonly AttemptView[];
  /**
   * Seconds without instances, and with, up to `statusSince`: a live job adds the time since then to the one that its
   * status belongs to (STARTING and RUNNING hold instances).
   */
  readonly waitingSeconds: number;
  readonly runningSeconds: number;
  readonly costUsd?: number;
  readonly metrics: readonly { readonly name: string; readonly value: number }[];
  readonly modelUri?: string;
  /** How the notifications went, one line each. */
  readonly notifications: readonly string[];
}

/** A line of a job's story. Repetitions of the same reason are one event with a count. */
export interface JobEvent {
  /** First and latest occurrence, epoch milliseconds. */
  readonly at: number;
  readonly lastAt: number;
  readonly count: number;
  readonly status: JobStatus;
  readonly reason: Reason;
  readonly attempt?: number;
}

/** What a `trainingJob` workflow returns (or carries as the details of its failure). */
export interface JobResult {
  readonly job: JobView;
  readonly events: readonly JobEvent[];
}
