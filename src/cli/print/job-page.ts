import type { AttemptView, JobReport } from '../../client/index.ts';
import { durationsAt } from '../../client/job-durations.ts';
import { describePlacement } from '../../jobs/placement.ts';
import { isTerminal } from '../../jobs/status.ts';
import { statusStyle, type Paint } from './colour.ts';
import { renderTable, type Column } from './table.ts';
import { oneLine, wrap } from './text-width.ts';
import { formatDuration } from './time.ts';

export interface JobPageStyle {
  /** Cells; undefined shows every value in full. */
  readonly width: number | undefined;
  readonly paint: Paint;
  readonly time: (ms: number) => string;
  readonly now: number;
  readonly webUiUrl: string | undefined;
}

/** Everything about one job, for people: what `show` prints. */
export function jobPage(job: JobReport, style: JobPageStyle): string {
  return [
    heading(job, style),
    facts(job, style),
    attempts(job, style),
    metrics(job),
    notifications(job),
    next(job),
  ]
    .filter((section) => section !== '')
    .join('\n');
}

function heading(job: JobReport, { paint, time, width }: JobPageStyle): string {
  const held = job.held && !isTerminal(job.status) ? ` ${paint('strong', '(held)')}` : '';
  const since = `${paint(statusStyle(job.status), job.status)}${held} ${paint('quiet', `since ${time(job.statusSince)}`)}`;
  const sentence = wrap(oneLine(job.reason.sentence), Math.max(40, width ?? Infinity));
  return `${paint('strong', job.jobId)}  ${since}\n${sentence.map((line) => `${line}\n`).join('')}`;
}

function facts(job: JobReport, style: JobPageStyle): string {
  const { time, webUiUrl } = style;
  const { waitingSeconds, runningSeconds } = durationsAt(job, style.now);
  const rows: (readonly [string, string | undefined])[] = [
    ['user', job.user],
    ['queue', job.queue],
    ['share', job.share],
    ['priority', String(job.priority)],
    ['submitted', time(job.submittedAt)],
    ['started', job.startedAt === undefined ? undefined : time(job.startedAt)],
    ['ended', job.endedAt === undefined ? undefined : time(job.endedAt)],
    ['next try', job.nextTryAt === undefined ? undefined : time(job.nextTryAt)],
    ['waited', job.incomplete === undefined ? formatDuration(waitingSeconds) : undefined],
    ['ran', job.incomplete === undefined ? formatDuration(runningSeconds) : undefined],
    ['cost', job.costUsd === undefined ? undefined : `${formatCost(job.costUsd)}, approximately`],
    ['placements', placements(job)],
    ['model', job.modelUri],
    ['web UI', webUiUrl],
  ];
  return rows
    .map(([name, value]) => (value === undefined ? '' : `  ${name.padEnd(12)}${oneLine(value)}\n`))
    .join('');
}

function placements(job: JobReport): string | undefined {
  if (job.placements.length === 0) return undefined;
  const current = job.placement === undefined ? undefined : describePlacement(job.placement);
  const inOrder = job.placements.map(describePlacement);
  const note =
    current === undefined || job.placements.length === 1
      ? ''
      : ` (${isTerminal(job.status) ? 'last' : 'now'}: ${current})`;
  return inOrder.join(', then ') + note;
}

function attempts(job: JobReport, { width, paint, time }: JobPageStyle): string {
  if (job.attempts.length === 0) return '';
  const columns: readonly Column<AttemptView>[] = [
    { header: '#', value: ({ attempt }) => String(attempt), align: 'right' },
    { header: 'TRAINING JOB', value: ({ trainingJobName }) => trainingJobName },
    { header: 'PLACEMENT', value: ({ placement }) => describePlacement(placement), shrinkTo: 12 },
    {
      header: 'STATUS',
      value: (attempt) => attempt.trainingStatus ?? attempt.secondaryStatus ?? 'launched',
      shrinkTo: 9,
    },
    { header: 'LAUNCHED', value: ({ launchedAt }) => time(launchedAt), dropRank: 2 },
    { header: 'RAN', value: ran, align: 'right', dropRank: 3 },
    {
      header: 'SPOT LOSSES',
      value: ({ interruptions = 0 }) => (interruptions > 0 ? String(interruptions) : ''),
      align: 'right',
      dropRank: 1,
    },
    {
      header: 'COST',
      value: ({ costUsd }) => (costUsd === undefined ? '' : formatCost(costUsd)),
      align: 'right',
      dropRank: 0,
    },
    {
      header: 'WHY',
      value: ({ failure }) => failure?.message ?? '',
      shrinkTo: 16,
    },
  ];
  const shown = job.attempts.length < job.attemptCount ? `, the last ${job.attempts.length}` : '';
  const table = renderTable(columns, job.attempts, {
    width: width === undefined ? undefined : width - 2,
    headers: true,
    paintHeader: (cell) => paint('header', cell),
  });
  return `Attempts (${job.attemptCount}${shown})\n${indent(table)}`;
}

/** From the first instance to the end of the attempt. */
function ran({ trainingStartedAt, endedAt }: AttemptView): string {
  if (trainingStartedAt === undefined || endedAt === undefined) return '';
  return formatDuration((endedAt - trainingStartedAt) / 1000);
}

function metrics(job: JobReport): string {
  if (job.metrics.length === 0) return '';
  const table = renderTable(
    [
      { header: '', value: ({ name }) => name },
      { header: '', value: ({ value }) => String(value), align: 'right' },
    ] satisfies Column<JobReport['metrics'][number]>[],
    job.metrics,
    { width: undefined, headers: false },
  );
  return `Metrics\n${indent(table)}`;
}

function notifications(job: JobReport): string {
  if (job.notifications.length === 0) return '';
  return `Notifications\n${job.notifications.map((line) => `  ${oneLine(line)}\n`).join('')}`;
}

function next(job: JobReport): string {
  const id = job.jobId;
  const commands = isTerminal(job.status)
    ? [`trainyard events ${id}`]
    : [
        ...(job.queue === undefined ? [] : [`trainyard explain ${id}`]),
        `trainyard events ${id} --follow`,
        `trainyard wait ${id}`,
        job.held ? `trainyard release ${id}` : `trainyard hold ${id}`,
        `trainyard cancel ${id}`,
      ];
  return `Next\n${commands.map((command) => `  ${command}\n`).join('')}`;
}

/** A cent is the finest that an approximate price can say. */
function formatCost(usd: number): string {
  return usd > 0 && usd < 0.01 ? 'under $0.01' : `$${usd.toFixed(2)}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
