import { isTerminal } from '../jobs/status.ts';
import type { JobView } from '../jobs/view.ts';

/**
 * Seconds without instances and with, up to `now`: a view counts only up to `statusSince`, so a live job's current
 * status is added.
 */
export function durationsAt(
  job: Pick<JobView, 'status' | 'statusSince' | 'waitingSeconds' | 'runningSeconds'>,
  now: number,
): Pick<JobView, 'waitingSeconds' | 'runningSeconds'> {
  const { status, statusSince, waitingSeconds, runningSeconds } = job;
  const current = isTerminal(status) ? 0 : Math.max(0, Math.round((now - statusSince) / 1000));
  const runs = status === 'STARTING' || status === 'RUNNING';
  return {
    waitingSeconds: waitingSeconds + (runs ? 0 : current),
    runningSeconds: runningSeconds + (runs ? current : 0),
  };
}
