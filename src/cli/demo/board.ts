import { describePlacement } from '../../jobs/placement.ts';
import { isTerminal } from '../../jobs/status.ts';
import type { JobEvent, JobView } from '../../jobs/view.ts';
import { statusStyle, type Paint } from '../print/colour.ts';
import { renderTable, type Column } from '../print/table.ts';
import { pad } from '../print/text-width.ts';
import { formatDuration } from '../print/time.ts';
import type { OutputStream } from '../terminal.ts';

export interface BoardRow {
  readonly jobId: string;
  /** Absent before the job is submitted. */
  readonly job: JobView | undefined;
}

/** What a person sees while the examples run. */
export interface Board {
  /** A line of one job's story. */
  tell(jobId: string, event: JobEvent): void;
  /** How all jobs stand; `now` is epoch milliseconds. */
  show(rows: readonly BoardRow[], now: number): void;
}

/** A table that is redrawn in place on a terminal, one line per change anywhere else. */
export function boardOn(out: OutputStream, options: BoardOptions): Board {
  const { paint, startedAt, env } = options;
  return out.isTTY && env['TERM'] !== 'dumb' ? tableBoard(out, paint) : lineBoard(out, paint, startedAt);
}

export interface BoardOptions {
  readonly paint: Paint;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Lines begin with the seconds since then; epoch milliseconds. */
  readonly startedAt: number;
}

function lineBoard(out: OutputStream, paint: Paint, startedAt: number): Board {
  return {
    tell: (jobId, { lastAt, status, reason }) => {
      const seconds = ((lastAt - startedAt) / 1000).toFixed(1).padStart(6);
      const state = paint(statusStyle(status), pad(status, 10, 'left'));
      out.write(`${seconds} s  ${pad(jobId, 13, 'left')}  ${state} ${reason.sentence}\n`);
    },
    show: () => {},
  };
}

const UP = (lines: number): string => (lines === 0 ? '' : `\u001B[${lines}A`);
const CLEAR_BELOW = '\u001B[J';

function tableBoard(out: OutputStream, paint: Paint): Board {
  let drawn = 0;
  return {
    tell: () => {},
    show: (rows, now) => {
      const table = renderTable(columns(paint, now), rows, {
        width: out.columns ?? 80,
        headers: true,
        paintHeader: (cell) => paint('header', cell),
      });
      out.write(`${UP(drawn)}${CLEAR_BELOW}${table}`);
      drawn = table.split('\n').length - 1;
    },
  };
}

function columns(paint: Paint, now: number): readonly Column<BoardRow>[] {
  return [
    { header: 'JOB', value: ({ jobId }) => jobId },
    {
      header: 'STATE',
      value: ({ job }) => job?.status ?? 'not yet',
      paint: (cell, { job }) => paint(job === undefined ? 'quiet' : statusStyle(job.status), cell),
    },
    {
      header: 'ATTEMPT',
      value: ({ job }) => (job ? String(job.attemptCount) : ''),
      align: 'right',
      dropRank: 2,
    },
    { header: 'SINCE', value: ({ job }) => since(job, now), align: 'right', dropRank: 1 },
    {
      header: 'WHERE',
      value: ({ job }) => (job?.placement === undefined ? '-' : describePlacement(job.placement)),
      dropRank: 3,
    },
    {
      header: 'WHY',
      value: ({ job }) => job?.reason.sentence ?? 'submitted when its moment comes',
      shrinkTo: 12,
    },
  ];
}

function since(job: JobView | undefined, now: number): string {
  if (job === undefined) return '';
  return isTerminal(job.status) ? 'ended' : formatDuration((now - job.statusSince) / 1000);
}
