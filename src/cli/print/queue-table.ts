import type { EnvironmentView, QueueSummary } from '../../client/index.ts';
import type { Paint } from './colour.ts';
import { renderTable, type Column, type TableStyle } from './table.ts';

export interface QueueTableStyle extends Omit<TableStyle, 'paintHeader'> {
  readonly paint: Paint;
}

/** The table of `queue list`. */
export function queueTable(queues: readonly QueueSummary[], style: QueueTableStyle): string {
  const columns: readonly Column<QueueSummary>[] = [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'POLICY', value: ({ policy }) => policy ?? 'unknown', dropRank: 1 },
    {
      header: 'STATE',
      value: stateOf,
      paint: (cell, queue) => style.paint(stateOf(queue) === 'open' ? 'good' : 'bad', cell),
    },
    { header: 'WAITING', value: ({ counts }) => countOf(counts?.waiting), align: 'right' },
    { header: 'HELD', value: ({ counts }) => countOf(counts?.held), align: 'right', dropRank: 0 },
    { header: 'RUNNING', value: ({ counts }) => countOf(counts?.running), align: 'right' },
    { header: 'STOPPING', value: ({ counts }) => countOf(counts?.stopping), align: 'right', dropRank: 2 },
    { header: 'IN USE', value: ({ environments = [] }) => environments.map(useOf).join(', '), shrinkTo: 12 },
  ];
  return renderTable(columns, queues, { ...style, paintHeader: (cell) => style.paint('header', cell) });
}

const countOf = (count: number | undefined): string => (count === undefined ? '?' : String(count));

function stateOf({ paused, incomplete }: QueueSummary): string {
  if (incomplete !== undefined) return 'no worker';
  return paused === true ? 'paused' : 'open';
}

/** `P4 75/100` */
const useOf = ({ name, used, limit }: EnvironmentView): string => `${name} ${used}/${limit}`;
