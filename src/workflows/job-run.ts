import type { Reason } from '../jobs/reason.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobStatus } from '../jobs/status.ts';
import type { JobStory } from './job-story.ts';
import type { LeaseSource } from './leases.ts';
import type { QueueLeases } from './queue-leases.ts';

/** What the steps of a job's turn share during one workflow run. */
export interface JobRun {
  readonly job: JobSpec;
  readonly story: JobStory;
  readonly leases: LeaseSource;
  /** The same, when they come from a queue, which has to be told more. */
  readonly queue: QueueLeases | undefined;
  /** Notifications under way besides the job; the job waits for them before its workflow closes or continues as new. */
  readonly sending: Set<Promise<void>>;
  /** The safety check of the live attempt, or of the one that has just ended. */
  watch: { readonly over: boolean; cancel(): void } | undefined;
  /** Enters a status for a reason and shows it. */
  enter(status: JobStatus, why: Reason): void;
  /** Whether history is long enough to continue as new. */
  mustContinueAsNew(): boolean;
}
