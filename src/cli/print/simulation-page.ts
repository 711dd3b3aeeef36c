import type { PolicyReport, SimulationReport } from '../../simulation/comparison.ts';
import type { GroupReport } from '../../simulation/metrics.ts';
import { spanText } from '../../simulation/span-text.ts';
import type { Paint } from './colour.ts';
import { columnPlot } from './plot.ts';
import { type Column, renderTable } from './table.ts';
import { oneLine, pad, textWidth } from './text-width.ts';

export interface SimulationPageStyle {
  /** Cells; undefined (a pipe) shows every column. */
  readonly width: number | undefined;
  readonly paint: Paint;
}

/** What a simulation came to, for people, on about one screen. */
export function simulationPage(report: SimulationReport, style: SimulationPageStyle): string {
  return [
    heading(report, style),
    policyTable(report, style),
    `${style.paint('quiet', `Under ${report.policies[0].name}, by share and by priority:`)}\n` +
      groupTable('SHARE', report, ({ byShare }) => largest(byShare), style),
    groupTable('PRIORITY', report, ({ byPriority }) => byPriority.slice(0, MOST_GROUPS), style),
    plots(report, style),
  ].join('\n');
}

/** Shares and priorities that are shown; -o json has all. */
const MOST_GROUPS = 6;

function heading(report: SimulationReport, { paint }: SimulationPageStyle): string {
  const { scenario, about, jobs, shares, environments, seed } = report;
  const pools = environments.map(({ name, limit }) => `${limit} × ${name}`).join(', ');
  const [{ name, jobs: own }] = report.policies;
  const refused = own.refused === 0 ? '' : ` (${own.refused} refused under ${name})`;
  const lines = [
    `${paint('strong', oneLine(scenario))}  ${count(jobs, 'job')}${refused} of ${count(shares, 'share')} on ${pools}; seed ${seed}`,
    ...(about === undefined ? [] : [paint('quiet', oneLine(about))]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** In place of a time that there is not. */
const NONE = '—';

/** A policy, or what no policy can beat. */
interface PolicyRow {
  readonly name: string;
  readonly policy?: PolicyReport;
  readonly cells: readonly string[];
}

const MEASURES = [
  { header: 'MAKESPAN' },
  { header: 'WAIT mean' },
  { header: 'p50', dropRank: 2 },
  { header: 'p99' },
  { header: 'TO END mean', dropRank: 4 },
  { header: 'p50', dropRank: 1 },
  { header: 'p99', dropRank: 3 },
  { header: 'IN USE' },
  { header: 'UNFAIR' },
  { header: 'PREEMPTED', dropRank: 7 },
  { header: 'LOST inst-h', dropRank: 6 },
  { header: 'FLIPS', dropRank: 5 },
  { header: 'DECISIONS/s', dropRank: 0 },
] as const;

function policyTable({ policies, ideal }: SimulationReport, { width, paint }: SimulationPageStyle): string {
  const rows: readonly PolicyRow[] = [
    ...policies.map((policy) => ({ name: policy.name, policy, cells: cellsOf(policy) })),
    {
      name: 'ideal bound',
      cells: [
        `≥ ${spanText(ideal.makespanSeconds)}`,
        '0s',
        '0s',
        '0s',
        ...[ideal.completion.mean, ideal.completion.p50, ideal.completion.p99].map(spanText),
        '',
        '',
        '',
        '',
        '',
        '',
      ],
    },
  ];
  const columns: readonly Column<PolicyRow>[] = [
    {
      header: 'POLICY',
      value: ({ name }) => name,
      paint: (cell, { policy }) => (policy === undefined ? paint('quiet', cell) : cell),
      shrinkTo: 11,
    },
    ...MEASURES.map((measure, index) => ({
      ...measure,
      value: ({ cells }: PolicyRow) => cells[index] ?? '',
      paint: (cell: string, { policy }: PolicyRow) => (policy === undefined ? paint('quiet', cell) : cell),
      align: 'right' as const,
    })),
  ];
  const table = renderTable(columns, rows, {
    width,
    headers: true,
    paintHeader: (cell) => paint('header', cell),
  });
  return policies.some(({ jobs }) => jobs.unfinished > 0) ? `${table}${paint('quiet', PARTLY)}\n` : table;
}

/** Without some of its jobs a load ends early, and those that had to wait longest are missing among the waits. */
const PARTLY = '(n of m): only n jobs end, and all times are theirs.';

function cellsOf(policy: PolicyReport): readonly string[] {
  const { makespanSeconds, jobs, wait, completion, utilisation, fairnessError, speed } = policy;
  const { ended, unfinished } = jobs;
  return [
    unfinished === 0 ? spanText(makespanSeconds) : `${NONE} (${ended} of ${ended + unfinished})`,
    ...[wait.mean, wait.p50, wait.p99, completion.mean, completion.p50, completion.p99].map((seconds) =>
      ended === 0 && unfinished > 0 ? NONE : spanText(seconds),
    ),
    percent(utilisation.held),
    percent(fairnessError.mean),
    String(policy.preemptions),
    instanceHours(policy.lostInstanceSeconds),
    String(policy.flips),
    speed === undefined ? '' : String(speed.decisionsPerSecond),
  ];
}

const percent = (part: number): string => `${(100 * part).toFixed(1)}%`;

function instanceHours(seconds: number): string {
  const hours = seconds / 3600;
  return hours === 0 ? '0' : hours < 0.1 ? hours.toFixed(3) : hours.toFixed(1);
}

function largest(groups: readonly GroupReport[]): readonly GroupReport[] {
  if (groups.length <= MOST_GROUPS) return groups;
  const shown = new Set(
    [...groups].sort((a, b) => b.instanceSeconds - a.instanceSeconds).slice(0, MOST_GROUPS),
  );
  return groups.filter((group) => shown.has(group));
}

/** How each share, or each priority, fared under the first policy, and how long it would have waited under FIFO. */
function groupTable(
  header: 'SHARE' | 'PRIORITY',
  { policies }: SimulationReport,
  groupsOf: (policy: PolicyReport) => readonly GroupReport[],
  { width, paint }: SimulationPageStyle,
): string {
  const [own] = policies;
  const fifo = policies.find(({ kind }) => kind === 'fifo');
  const all = (policy: PolicyReport): readonly GroupReport[] =>
    header === 'SHARE' ? policy.byShare : policy.byPriority;
  const underFifo = new Map((fifo === undefined ? [] : all(fifo)).map((group) => [group.name, group]));
  const besides = fifo === undefined || fifo === own ? undefined : underFifo;
  const inFifo = ({ name }: GroupReport): GroupReport | undefined => besides?.get(name);
  const time = (
    heading: string,
    value: (group: GroupReport) => number,
    dropRank?: number,
    groupIn: (group: GroupReport) => GroupReport | undefined = (group) => group,
  ): Column<GroupReport> => ({
    header: heading,
    value: (group) => {
      const counted = groupIn(group);
      if (counted === undefined) return '';
      return counted.ended === 0 ? NONE : spanText(value(counted));
    },
    align: 'right',
    ...(dropRank === undefined ? {} : { dropRank }),
  });
  const columns: readonly Column<GroupReport>[] = [
    { header, value: ({ name }) => name, shrinkTo: 11 },
    {
      header: 'JOBS',
      value: ({ jobs, ended }) => (ended === jobs ? String(jobs) : `(${ended} of ${jobs})`),
      align: 'right',
    },
    time('WAIT mean', ({ wait }) => wait.mean),
    time('p50', ({ wait }) => wait.p50, 2),
    time('p99', ({ wait }) => wait.p99),
    time('TO END mean', ({ completion }) => completion.mean, 3),
    time('p50', ({ completion }) => completion.p50, 0),
    time('p99', ({ completion }) => completion.p99, 1),
    ...(besides === undefined
      ? []
      : [
          time('FIFO WAIT mean', ({ wait }) => wait.mean, undefined, inFifo),
          time('p99', ({ wait }) => wait.p99, undefined, inFifo),
        ]),
  ];
  const groups = groupsOf(own);
  const table = renderTable(columns, groups, {
    width,
    headers: true,
    paintHeader: (cell) => paint('header', cell),
  });
  const more = all(own).length - groups.length;
  const noun = header === 'SHARE' ? 'shares' : 'priorities';
  const rest = more === 0 ? '' : `${paint('quiet', `and ${more} ${noun} more (-o json has all)`)}\n`;
  return table + rest;
}

const PLOT_HEIGHT = 2;
const WIDEST_PLOT = 100;
const PIPE_WIDTH = 80;

/** Instances in use over time, every policy on the same axes. */
function plots({ policies }: SimulationReport, { width = PIPE_WIDTH, paint }: SimulationPageStyle): string {
  const limit = Math.round(Math.max(...policies.flatMap(({ timeline }) => timeline.limit)));
  const longest = Math.max(...policies.map(({ makespanSeconds }) => makespanSeconds));
  const label = Math.max(...policies.map(({ name }) => textWidth(name)));
  const scale = String(limit);
  const room = Math.max(10, Math.min(WIDEST_PLOT, width - label - scale.length - 4));
  const lines = policies.flatMap(({ name, timeline, makespanSeconds }) => {
    const cells = Math.max(1, Math.round((room * makespanSeconds) / Math.max(longest, 0.001)));
    const rows = columnPlot(timeline.used, limit, { width: cells, height: PLOT_HEIGHT });
    return rows.map((row, index) => {
      const left = pad(index === 0 ? name : '', label, 'left');
      const edge = pad(index === 0 ? scale : index === PLOT_HEIGHT - 1 ? '0' : '', scale.length, 'right');
      return `${left}  ${paint('quiet', `${edge} │`)}${paint('busy', row)}`.trimEnd();
    });
  });
  const ends = `0${pad(spanText(longest), room - 1, 'right')}`;
  return [
    paint('header', 'Instances in use over time'),
    ...lines,
    paint('quiet', `${' '.repeat(label + scale.length + 3)} ${ends}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
