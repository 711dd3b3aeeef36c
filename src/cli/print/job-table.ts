import type { JobSummary } from '../../client/index.ts';
import { isTerminal } from '../../jobs/status.ts';
import { statusStyle, type Paint } from './colour.ts';
import { renderTable, type Column, type TableStyle } from './table.ts';
import { formatDuration } from './time.ts';

export interface JobTableStyle extends Omit<TableStyle, 'paintHeader'> {
  readonly paint: Paint;
  readonly time: (ms: number) => string;
  readonly now: number;
}

/** The table of `list`. */
export function jobTable(jobs: readonly JobSummary[], style: JobTableStyle): string {
  const columns: readonly Column<JobSummary>[] = [
    { header: 'ID', value: ({ jobId }) => jobId },
    {
      header: 'STATUS',
      value: ({ status }) => status,
      paint: (cell, { status }) => style.paint(statusStyle(status), cell),
    },
    { header: 'PRIO', value: ({ priority }) => String(priority), align: 'right', dropRank: 2 },
    { header: 'USER', value: ({ user }) => user ?? '', shrinkTo: 12, dropRank: 4 },
    { header: 'QUEUE', value: ({ queue }) => queue ?? '', shrinkTo: 8, dropRank: 3 },
    { header: 'SHARE', value: ({ share }) => share ?? '', shrinkTo: 8, dropRank: 1 },
    { header: 'INSTANCE', value: ({ instanceType }) => instanceType ?? '', dropRank: 5 },
    { header: 'SUBMITTED', value: ({ submittedAt }) => style.time(submittedAt), dropRank: 6 },
    { header: 'TOOK', value: (job) => tookOf(job, style.now), align: 'right', dropRank: 0 },
  ];
  return renderTable(columns, jobs, { ...style, paintHeader: (cell) => style.paint('header', cell) });
}

/** From submission to the end, or until now. */
function tookOf(job: JobSummary, now: number): string {
  if (isTerminal(job.status) && job.endedAt === undefined) return '';
  return formatDuration(((job.endedAt ?? now) - job.submittedAt) / 1000);
}
