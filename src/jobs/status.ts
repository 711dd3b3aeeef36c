/** What a job can be doing; AWS Batch's words (docs/design.md §1). */
export const JOB_STATUSES = [
  'SUBMITTED',
  'RUNNABLE',
  'SCHEDULED',
  'STARTING',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'STOPPED',
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const TERMINAL_STATUSES = ['SUCCEEDED', 'FAILED', 'STOPPED'] as const satisfies readonly JobStatus[];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly JobStatus[]).includes(status);
}

/**
 * The job status that a live SageMaker training job stands for, from its secondary status. The mapping is AWS
 * Batch's (UG service-job-status): Pending is SCHEDULED, Downloading is STARTING, Training and Uploading are RUNNING.
 * Statuses that SageMaker may add later count as RUNNING, because "unknown" must never look like "not running".
 */
export function statusOfLiveTraining(
  secondaryStatus: string | undefined,
): 'SCHEDULED' | 'STARTING' | 'RUNNING' {
  switch (secondaryStatus) {
    case undefined:
    case 'Starting':
    case 'Pending':
    case 'LaunchingMLInstances':
    case 'Interrupted':
      return 'SCHEDULED';
    case 'PreparingTrainingStack':
    case 'Downloading':
    case 'DownloadingTrainingImage':
    case 'Restarting':
      return 'STARTING';
    default:
      return 'RUNNING';
  }
}
