import type { JobView } from '../../client/index.ts';
import { isTerminal } from '../../jobs/status.ts';
import { statusStyle, type Paint } from './colour.ts';
import { oneLine } from './text-width.ts';

/** A job on one line: id, status, and why. */
export function jobLine(job: Pick<JobView, 'jobId' | 'status' | 'held' | 'reason'>, paint: Paint): string {
  const held = job.held && !isTerminal(job.status) ? ' (held)' : '';
  return `${job.jobId}  ${paint(statusStyle(job.status), job.status)}${held}  ${oneLine(job.reason.sentence)}\n`;
}
