import type { Explanation, JobAhead, JobExplanation, StartEstimate, WhatIf } from '../../client/index.ts';
import { isTerminal } from '../../jobs/status.ts';
import { statusStyle, type Paint } from './colour.ts';
import { renderTable, type Column } from './table.ts';
import { oneLine, wrap } from './text-width.ts';

export interface ExplanationStyle {
  /** Cells; undefined shows every value in full. */
  readonly width: number | undefined;
  readonly paint: Paint;
  readonly time: (ms: number) => string;
  readonly now: number;
}

/** Why a job waits and when it starts, for people: what `explain` prints. The first line is the answer. */
export function explanationPage(answer: JobExplanation, style: ExplanationStyle): string {
  const { jobId, status, queue, explanation, whatIf } = answer;
  const { paint } = style;
  const facts = [
    paint('strong', jobId),
    paint(statusStyle(status), status),
    ...(queue === undefined ? ['in no queue'] : [`queue ${queue}`]),
    ...(explanation === undefined ? [] : [`share ${explanation.share}`, `priority ${explanation.priority}`]),
  ];
  return [
    `${lines(answer.sentence, style, 0)}${facts.join('  ')}\n`,
    ...(explanation === undefined ? [] : explanationParts(explanation, style)),
    ...(whatIf === undefined ? [] : [hypothesis(whatIf, explanation, style)]),
    next(answer),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** What would become of a job that is not submitted yet: what `submit --dry-run` prints below the job. */
export function forecastLines(explanation: Explanation, style: ExplanationStyle): string {
  return lines(explanation.sentence, style, 2) + positionAndStart(explanation, style);
}

function explanationParts(explanation: Explanation, style: ExplanationStyle): string[] {
  const { remedies, preemptibleBy } = explanation;
  return [
    positionAndStart(explanation, style),
    options(explanation, style),
    ahead(explanation, style),
    list(
      'What would let it start',
      remedies.map(({ sentence }) => sentence),
      style,
    ),
    list(
      'What could preempt it',
      preemptibleBy.map(({ sentence }) => sentence),
      style,
    ),
  ];
}

function positionAndStart({ position, estimate, share }: Explanation, style: ExplanationStyle): string {
  const place =
    position === undefined
      ? ''
      : fact(
          'position',
          `${position.inShare} of ${position.waitingInShare} in ${share}, ` +
            `${position.inQueue} of ${position.waitingInQueue} in the queue`,
          style,
        );
  if (estimate === undefined) return place;
  return place + fact('starts', startOf(estimate, style), style) + fact('', estimate.basis, style);
}

function startOf(
  { startAt, earliestAt, latestAt, environment }: StartEstimate,
  { time, now }: ExplanationStyle,
): string {
  if (startAt === undefined) return 'nobody can tell';
  const at = (ms: number): string => (ms <= now ? 'now' : time(ms));
  const between =
    earliestAt === undefined || latestAt === undefined || earliestAt === latestAt
      ? ''
      : ` (earliest ${at(earliestAt)}, latest ${at(latestAt)})`;
  return `probably ${at(startAt)}${between}${environment === undefined ? '' : ` on ${environment}`}`;
}

/** Why each of several placements does not do. */
function options({ sentenceByOption = [] }: Explanation, style: ExplanationStyle): string {
  if (sentenceByOption.length < 2) return '';
  const sentences = sentenceByOption.map((sentence, index) => `${index + 1}. ${sentence}`);
  return `By placement\n${sentences.map((sentence) => lines(sentence, style, 2)).join('')}`;
}

function ahead({ ahead: jobs, aheadCount, position }: Explanation, style: ExplanationStyle): string {
  if (jobs.length === 0) return '';
  const { paint, width } = style;
  const columns: readonly Column<JobAhead>[] = [
    { header: '#', value: (job) => String(job.position ?? ''), align: 'right', dropRank: 3 },
    { header: 'JOB', value: ({ id }) => id },
    { header: 'USER', value: ({ user }) => user ?? '', shrinkTo: 8, dropRank: 1 },
    { header: 'SHARE', value: ({ share }) => share, shrinkTo: 8, dropRank: 2 },
    { header: 'PRIO', value: ({ priority }) => String(priority), align: 'right', dropRank: 0 },
    { header: 'SIZE', value: ({ instances, environment }) => `${instances} of ${environment}` },
    {
      header: 'STATE',
      value: ({ state }) => state,
      paint: (cell, { state }) => paint(state === 'running' ? 'busy' : 'strong', cell),
    },
    { header: 'WHY', value: ({ why }) => why, shrinkTo: 24 },
  ];
  const table = renderTable(columns, jobs, {
    width: width === undefined ? undefined : width - 2,
    headers: true,
    paintHeader: (cell) => paint('header', cell),
  });
  const waiting = (position?.inQueue ?? 1) - 1;
  const shown = jobs.filter(({ state }) => state === 'waiting').length;
  const parts = [
    some(shown, waiting, 'waiting', (n) => `the last ${n}`),
    some(jobs.length - shown, aheadCount - waiting, 'running', (n) => `the ${n} over soonest`),
  ];
  return `Ahead: ${parts.filter((part) => part !== '').join(', ')}\n${table.replace(/^(?=.)/gm, '  ')}`;
}

function some(shown: number, all: number, what: string, which: (n: number) => string): string {
  if (all === 0) return '';
  return `${all} ${what}${shown < all ? ` (below: ${which(shown)})` : ''}`;
}

function list(title: string, sentences: readonly string[], style: ExplanationStyle): string {
  if (sentences.length === 0) return '';
  return `${title}\n${sentences.map((sentence) => lines(`- ${sentence}`, style, 2)).join('')}`;
}

/** The same job with another priority or share, beside how it is. */
function hypothesis(
  { explanation, ...request }: NonNullable<JobExplanation['whatIf']>,
  now: Explanation | undefined,
  style: ExplanationStyle,
): string {
  const before = now?.position;
  const after = explanation.position;
  const moved =
    before === undefined || after === undefined
      ? ''
      : fact(
          'position',
          `${after.inShare} of ${after.waitingInShare} in ${explanation.share}, ` +
            `${after.inQueue} of ${after.waitingInQueue} in the queue ` +
            `(as it is: ${before.inShare} of ${before.waitingInShare}, ${before.inQueue} of ${before.waitingInQueue})`,
          style,
        );
  const { estimate } = explanation;
  const was = now?.estimate === undefined ? '' : ` (as it is: ${startOf(now.estimate, style)})`;
  const starts = estimate === undefined ? '' : fact('starts', `${startOf(estimate, style)}${was}`, style);
  const threats = list(
    'What could then preempt it',
    explanation.preemptibleBy.map(({ sentence }) => sentence),
    style,
  );
  const gap = threats === '' ? '' : '\n';
  return `With ${requestOf(request)}\n${lines(explanation.sentence, style, 2)}${moved}${starts}${gap}${threats}`;
}

function requestOf({ priority, share }: WhatIf): string {
  return [
    ...(priority === undefined ? [] : [`priority ${priority}`]),
    ...(share === undefined ? [] : [`share ${share}`]),
  ].join(' and ');
}

function next({ jobId, status, queue, explanation }: JobExplanation): string {
  if (isTerminal(status) || queue === undefined) return '';
  const priority = explanation?.remedies.find((remedy) => remedy.kind === 'priority')?.priority;
  const commands = [
    `trainyard queue show ${queue}`,
    ...(priority === undefined ? [] : [`trainyard explain ${jobId} --what-if priority=${priority}`]),
  ];
  return `Next\n${commands.map((command) => `  ${command}\n`).join('')}`;
}

const FACT_WIDTH = 10;

function fact(name: string, value: string, style: ExplanationStyle): string {
  const indent = 2 + FACT_WIDTH;
  const [first = '', ...others] = wrap(oneLine(value), roomFor(style, indent));
  return [
    `  ${name.padEnd(FACT_WIDTH)}${first}\n`,
    ...others.map((line) => `${' '.repeat(indent)}${line}\n`),
  ].join('');
}

function lines(sentence: string, style: ExplanationStyle, indent: number): string {
  return wrap(oneLine(sentence), roomFor(style, indent))
    .map((line) => `${' '.repeat(indent)}${line}\n`)
    .join('');
}

const roomFor = ({ width }: ExplanationStyle, indent: number): number =>
  Math.max(40, (width ?? Infinity) - indent);
