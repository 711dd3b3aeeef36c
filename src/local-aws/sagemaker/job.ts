import type { FinalMetric } from '../container/host.ts';
import type { CreateTrainingJobRequest, Tag } from './requests.ts';

export type TrainingJobStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

export type SecondaryStatus =
  | 'Starting'
  | 'Pending'
  | 'Downloading'
  | 'Training'
  | 'Interrupted'
  | 'Uploading'
  | 'Stopping'
  | 'Stopped'
  | 'Completed'
  | 'Failed'
  | 'MaxRuntimeExceeded'
  | 'MaxWaitTimeExceeded';

/** Why a job is being stopped. */
export type StopCause = 'user' | 'maxRuntime' | 'maxWait' | 'maxPending';

/** How a job will end once its output is uploaded. */
export type Outcome = { readonly kind: 'completed' } | { readonly kind: 'failed'; readonly reason: string };

/**
 * What the driver of a job has to do next; see job-driver.ts for the transitions. Times are epoch milliseconds. Every
 * phase is written to disk before its work begins, and can be begun again after a crash.
 */
export type Phase =
  /** Looks for instances; none are held. `pendingSince` is set while Pending. */
  | { readonly kind: 'acquiring'; readonly pendingSince?: number; readonly failAt?: number }
  /** Instances are held; first they are launched, then prepared. */
  | { readonly kind: 'launching'; readonly launched: boolean }
  | { readonly kind: 'downloading' }
  | {
      readonly kind: 'training';
      /** Faults chosen for this run when it began. */
      readonly interruptAt?: number;
      readonly internalErrorAt?: number;
    }
  /** Spot instances are being taken away; `ran` when processes may exist. */
  | { readonly kind: 'interrupting'; readonly ran: boolean }
  /** They are gone; the job waits a little before it looks for others. */
  | { readonly kind: 'interrupted' }
  /** The instances died; their processes are ended before a retry or the end. */
  | { readonly kind: 'crashed'; readonly ran: boolean }
  | { readonly kind: 'uploading'; readonly outcome: Outcome }
  | { readonly kind: 'stopping'; readonly cause: StopCause; readonly since: number; readonly ran: boolean }
  | { readonly kind: 'ended' };

export interface Transition {
  readonly status: SecondaryStatus;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly message: string;
}

export interface InstanceRequest {
  readonly instanceType: string;
  readonly count: number;
  readonly group?: string;
}

/** What never changes in a job. */
export interface JobIdentity {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  /** The validated request, without its tags. */
  readonly request: CreateTrainingJobRequest;
}

/** What changes in a job; replaced as a whole at every transition. */
export interface JobState {
  readonly phase: Phase;
  readonly status: TrainingJobStatus;
  /** Oldest first, at least one. */
  readonly transitions: readonly Transition[];
  readonly lastModifiedAt: number;
  /** Runs begun so far; 0 before instances were found. */
  readonly incarnation: number;
  /** Instances held now, or held last. */
  readonly instances: readonly InstanceRequest[];
  readonly holdsInstances: boolean;
  /** Retries used of RetryStrategy. */
  readonly retries: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Time with instances, from the start of each download: finished runs, and the start of the present one. */
  readonly ranMs: number;
  readonly runningSince?: number;
  readonly failureReason?: string;
  readonly modelUri?: string;
  readonly metrics: readonly FinalMetric[];
}

export interface Job extends JobIdentity {
  readonly state: JobState;
  readonly tags: readonly Tag[];
}

export const isEnded = (job: Job): boolean => job.state.phase.kind === 'ended';

/** Time with instances so far, in milliseconds. */
export function ranMs(state: JobState, now: number): number {
  return state.ranMs + (state.runningSince === undefined ? 0 : Math.max(0, now - state.runningSince));
}

export function secondaryStatus(state: JobState): SecondaryStatus {
  return lastTransition(state).status;
}

export function lastTransition(state: JobState): Transition {
  const last = state.transitions.at(-1);
  if (last === undefined) throw new Error('a training job has at least one transition');
  return last;
}
