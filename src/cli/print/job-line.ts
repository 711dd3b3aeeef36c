import type { JobView } from '../../client/index.ts';
import { statusStyle, type Paint } from './colour.ts';
import { oneLine } from './text-width.ts';

/** A job on one line: id, status, and why. */
export function jobLine(job: Pick<JobView, 'jobId' | 'status' | 'reason'>, paint: Paint): string {
  return `${job.jobId}  ${paint(statusStyle(job.status), job.status)}  ${oneLine(job.reason.sentence)}\n`;
}
