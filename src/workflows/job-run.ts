import { type Reason } from '../jobs/reason.ts';
import { type JobSpec } from '../jobs/spec.ts';
import { type JobStatus } from '../jobs/status.ts';
import { type TrainingChanged } from '../jobs/training-change.ts';
import { type JobStory } from './job-story.ts';
import { type LeaseSource } from './leases.ts';

/** What the steps of a job's turn share during one workflow run. */
export interface JobRun {
  readonly job: JobSpec;
  readonly story: JobStory;
  readonly leases: LeaseSource;
  /** The newest news of the live attempt that nobody has looked at. */
  news: TrainingChanged | undefined;
  /** Enters a status for a reason and shows it. */
  enter(status: JobStatus, why: Reason): void;
  /** Whether history is long enough to continue as new. */
  mustContinueAsNew(): boolean;
}

/** Keeps the news if it is about the live attempt; the end of an attempt is never replaced by older news. */
export function receive(run: JobRun, change: TrainingChanged): void {
  if (run.story.live?.attempt !== change.attempt || run.news?.end !== undefined) return;
  run.news = change;
}
