import type { Paint } from '../print/colour.ts';
import type { DevAddresses } from './environment.ts';
import type { DevLayout } from './layout.ts';
import type { Part } from './part.ts';

/** What runs where, and what to type next. */
export function announcement(
  parts: readonly Part[],
  addresses: DevAddresses,
  layout: DevLayout,
  paint: Paint,
): string {
  const pid = (name: Part['name']): string => {
    const part = parts.find((candidate) => candidate.name === name);
    return part?.pid === undefined ? '' : `pid ${part.pid}`;
  };
  const memory = layout.temporalDb === undefined ? 'in memory' : layout.shown(layout.temporalDb);
  const rows: readonly (readonly string[])[] = [
    ...(addresses.uiUrl === undefined ? [] : [['Web UI', webUi(addresses.uiUrl)]]),
    ['Temporal', addresses.temporal, pid('temporal'), memory],
    ['AWS', addresses.endpointUrl, pid('local-aws'), `SageMaker, SNS, STS; ${addresses.region}`],
    parts.some(({ name }) => name === 'worker')
      ? ['Worker', 'task queue trainyard', pid('worker')]
      : ['Worker', 'none; start one with: npx trainyard worker'],
    ['Data', `${layout.shown(layout.dataDir)}/`, '', 'logs in logs/, S3 in aws/s3/'],
  ];
  return rows.map((row) => line(row, paint)).join('');
}

const webUi = (uiUrl: string): string => `${uiUrl}/namespaces/default/workflows`;

const WIDTHS = [10, 24, 11] as const;

function line([title = '', value = '', ...more]: readonly string[], paint: Paint): string {
  const cells = [value, ...more].map((cell, index) => cell.padEnd(WIDTHS[index + 1] ?? 0));
  return `  ${paint('strong', title.padEnd(WIDTHS[0]))}${cells.join(' ').trimEnd()}\n`;
}

/** What to type next. `example`: a job file, where there are the examples of a checkout. */
export function nextSteps(example = 'job.yaml'): string {
  return [
    '',
    'In another terminal, in this folder:',
    `  npx trainyard submit --file ${example} --wait`,
    '  npx trainyard list --all',
    '  npx trainyard doctor',
    'Ctrl-C stops everything; jobs go on when it is started again.',
  ].join('\n');
}
