import type { EnvironmentView, QueuedJobView, QueueSnapshot } from '../../client/index.ts';
import { roomOf } from '../../queues/remainder.ts';
import type { Paint } from './colour.ts';
import { shareTable } from './share-table.ts';
import { renderTable, type Column, type TableStyle } from './table.ts';
import { oneLine, wrap } from './text-width.ts';
import { formatDuration } from './time.ts';

export interface QueuePageStyle {
  /** Cells; undefined shows every value in full. */
  readonly width: number | undefined;
  readonly paint: Paint;
  readonly time: (ms: number) => string;
  readonly now: number;
  readonly webUiUrl: string | undefined;
  /** What was asked for: only jobs of this share, and how many are left out at the front of each list. */
  readonly share: string | undefined;
  readonly offset: number;
}

/** Decisions shown; the queue keeps twenty. */
const DECISIONS = 8;

/** Everything about a queue, for people: what `queue show` prints. */
export function queuePage(queue: QueueSnapshot, style: QueuePageStyle): string {
  return [
    heading(queue, style),
    section('Environments', environments(queue.environments, style)),
    section('Shares', shareTable(queue, { ...style, width: inner(style) })),
    waiting(queue, style),
    running(queue, style),
    decisions(queue, style),
    next(queue, style),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

const inner = ({ width }: QueuePageStyle): number | undefined =>
  width === undefined ? undefined : width - 2;

function section(title: string, text: string): string {
  return text === '' ? '' : `${title}\n${text.replace(/^(?=.)/gm, '  ')}`;
}

function heading(
  { name, policy, spec, paused, counts }: QueueSnapshot,
  { paint, webUiUrl }: QueuePageStyle,
): string {
  const order =
    spec.policy.kind === 'quotaShare' && spec.policy.order === 'fairShare' ? ' in fair-share order' : '';
  const state = paused ? `  ${paint('bad', 'PAUSED')}: it starts no jobs until it is resumed` : '';
  const parts = [
    `${counts.waiting} waiting`,
    ...(counts.held > 0 ? [`${counts.held} held`] : []),
    `${counts.running} running`,
    ...(counts.stopping > 0 ? [`${counts.stopping} stopping`] : []),
  ];
  const link = webUiUrl === undefined ? '' : `  web UI      ${webUiUrl}\n`;
  return `${paint('strong', name)}  ${policy}${order}  ${parts.join(', ')}${state}\n${link}`;
}

function environments(all: readonly EnvironmentView[], style: QueuePageStyle): string {
  const { paint } = style;
  const columns: readonly Column<EnvironmentView>[] = [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'INSTANCES', value: typesOf, shrinkTo: 14, dropRank: 0 },
    { header: 'LIMIT', value: ({ limit }) => String(limit), align: 'right' },
    {
      header: 'USABLE',
      value: ({ usableLimit, limit }) => (usableLimit === limit ? '' : String(usableLimit)),
      align: 'right',
    },
    { header: 'USED', value: ({ used }) => String(used), align: 'right' },
    {
      header: 'FREE',
      value: (environment) => freeText(roomOf(environment)),
      align: 'right',
    },
    {
      header: 'STATE',
      value: ({ state }) => state.kind,
      paint: (cell, { state }) => paint(state.kind === 'open' ? 'good' : 'bad', cell),
    },
  ];
  const width = Math.max(40, inner(style) ?? Infinity);
  const blocked = all.flatMap(({ name, blocked: why }) =>
    why === undefined ? [] : wrap(oneLine(why.includes(name) ? why : `${name}: ${why}`), width),
  );
  return renderTable(columns, all, tableStyle(style)) + blocked.map((line) => `${line}\n`).join('');
}

const freeText = (room: number): string => (room < 0 ? `${-room} over` : String(room));

/** `ml.p4d.24xlarge`, or of many the first. */
function typesOf({ instanceTypes }: EnvironmentView): string {
  const [first = '', ...others] = instanceTypes;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

function waiting({ front, counts }: QueueSnapshot, style: QueuePageStyle): string {
  const { now, share, offset, time } = style;
  if (front.length === 0) return '';
  const columns: readonly Column<QueuedJobView>[] = [
    {
      header: '#',
      value: ({ position }) => (position === undefined ? '' : String(position)),
      align: 'right',
    },
    { header: 'JOB', value: ({ jobId }) => jobId },
    { header: 'SHARE', value: ({ share: own }) => own, shrinkTo: 8, dropRank: 3 },
    { header: 'PRIO', value: ({ priority }) => String(priority), align: 'right', dropRank: 4 },
    { header: 'USER', value: ({ user }) => user ?? '', shrinkTo: 8, dropRank: 1 },
    { header: 'NEEDS', value: sizeOf },
    {
      header: 'WAITS',
      value: ({ queuedAt }) => formatDuration((now - queuedAt) / 1000),
      align: 'right',
      dropRank: 2,
    },
    {
      header: 'WHY',
      value: ({ state, reason, notBefore }) => reason ?? otherState(state, notBefore, time),
      shrinkTo: 24,
    },
  ];
  const lines = renderTable(columns, front, tableStyle(style));
  const total = counts.waiting + counts.held;
  const note = share === undefined ? more(total - offset - front.length) : '';
  return section(`Front of the queue${share === undefined ? '' : ` of ${share}`}`, lines + note);
}

const more = (count: number): string => (count > 0 ? `${count} more; --limit and --offset show them.\n` : '');

function otherState(
  state: QueuedJobView['state'],
  notBefore: number | undefined,
  time: (ms: number) => string,
): string {
  if (state === 'held') return 'held';
  return notBefore === undefined ? '' : `tries again ${time(notBefore)}`;
}

function running({ running: jobs, counts }: QueueSnapshot, style: QueuePageStyle): string {
  const { paint, now, share, offset } = style;
  if (jobs.length === 0) return '';
  const columns: readonly Column<QueuedJobView>[] = [
    { header: 'JOB', value: ({ jobId }) => jobId },
    { header: 'SHARE', value: ({ share: own }) => own, shrinkTo: 8, dropRank: 3 },
    { header: 'PRIO', value: ({ priority }) => String(priority), align: 'right', dropRank: 2 },
    { header: 'USER', value: ({ user }) => user ?? '', shrinkTo: 8, dropRank: 1 },
    { header: 'HOLDS', value: sizeOf },
    {
      header: 'FOR',
      value: ({ startedAt }) => (startedAt === undefined ? '' : formatDuration((now - startedAt) / 1000)),
      align: 'right',
    },
    {
      header: 'PREEMPTED',
      value: ({ preemptions }) => (preemptions > 0 ? String(preemptions) : ''),
      align: 'right',
      dropRank: 0,
    },
    {
      header: 'STATE',
      value: ({ state, reason }) => (state === 'stopping' ? (reason ?? state) : state),
      shrinkTo: 16,
      paint: (cell, { state }) => paint(state === 'stopping' ? 'bad' : 'busy', cell),
    },
  ];
  const lines = renderTable(columns, jobs, tableStyle(style));
  const total = counts.running + counts.stopping;
  const note = share === undefined ? more(total - offset - jobs.length) : '';
  return section(`Running${share === undefined ? '' : ` of ${share}`}`, lines + note);
}

/** `15 of P4`; nothing that the queue has: `-`. */
const sizeOf = ({ state, instances, environment }: QueuedJobView): string =>
  state === 'unplaced' ? '-' : `${instances} of ${environment}`;

/** Newest first. */
function decisions({ lastDecisions }: QueueSnapshot, style: QueuePageStyle): string {
  const shown = [...lastDecisions].reverse().slice(0, DECISIONS);
  const times = shown.map(({ at }) => style.time(at));
  const widest = Math.max(0, ...times.map((text) => text.length));
  const width = Math.max(40, (inner(style) ?? Infinity) - widest - 2);
  const lines = shown.map(({ sentence }, index) => {
    const [first = '', ...others] = wrap(oneLine(sentence), width);
    const at = style.paint('quiet', (times[index] ?? '').padEnd(widest));
    return [`${at}  ${first}\n`, ...others.map((line) => `${' '.repeat(widest)}  ${line}\n`)].join('');
  });
  return section('Last decisions', lines.join(''));
}

function next({ name, paused, front }: QueueSnapshot, { share }: QueuePageStyle): string {
  const [first] = front;
  const commands = [
    ...(first === undefined ? [] : [`trainyard explain ${first.jobId}`]),
    `trainyard list --queue ${name}${share === undefined ? '' : ` --share ${share}`}`,
    `trainyard queue ${paused ? 'resume' : 'pause'} ${name}`,
  ];
  return section('Next', commands.map((command) => `${command}\n`).join(''));
}

function tableStyle(style: QueuePageStyle): TableStyle {
  return { width: inner(style), headers: true, paintHeader: (cell) => style.paint('header', cell) };
}
