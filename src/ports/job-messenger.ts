import type { JobStatus } from '../jobs/status.ts';
import type { TrainingChanged } from '../jobs/training-change.ts';

/** How activities reach the workflow of a job. */
export interface JobMessenger {
  /** `noJob`: no open workflow has that job id. Throws only when Temporal cannot be reached. */
  trainingChanged(jobId: string, change: TrainingChanged): Promise<'delivered' | 'noJob'>;
  /** The status that the open workflow of the job shows, or undefined when there is none. */
  knownStatus(jobId: string): Promise<JobStatus | undefined>;
}
