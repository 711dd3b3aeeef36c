import type { SweepReport } from '../activities/types.ts';
import type { CapacityKnowledge } from './capacity-knowledge.ts';
import type { TrainingMonitorInput } from './contract.ts';

const SHOWN = 20;

/** What the Web UI shows of the monitor, in Markdown. */
export function monitorDetails(
  { account, region }: TrainingMonitorInput,
  {
    capacity,
    report,
    now,
  }: {
    readonly capacity: CapacityKnowledge;
    /** Of the last session; undefined during the first. */
    readonly report: SweepReport | undefined;
    readonly now: number;
  },
): string {
  return [
    `Training jobs of account **${account}** in **${region}**.`,
    ...(report === undefined ? [] : sessionLines(report)),
    ...capacityLines(capacity, now),
  ].join('\n');
}

function sessionLines(report: SweepReport): string[] {
  return [
    '',
    `Changes are known up to ${new Date(report.watermark).toISOString()}.`,
    '',
    '| last session | |',
    '|---|---|',
    `| sweeps | ${report.sweeps} |`,
    `| changes seen | ${report.changesSeen} |`,
    `| jobs told | ${report.signalsSent} |`,
    ...(report.orphans === undefined ? [] : [`| attempts alive | ${report.orphans.live.length} |`]),
    ...namesLine('Training jobs without an open workflow', report.withoutWorkflow),
    ...namesLine('Asked to stop, since no workflow was left', report.orphansStopped ?? []),
  ];
}

function namesLine(title: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return ['', `${title}: ${names.map((name) => `\`${name}\``).join(', ')}`];
}

function capacityLines({ types, queues }: CapacityKnowledge, now: number): string[] {
  const rows = types.flatMap(({ instanceType, outUntil, learnedLimit }) => {
    const out = outUntil !== undefined && outUntil > now ? new Date(outUntil).toISOString() : '';
    const limit = learnedLimit === undefined ? '' : String(learnedLimit);
    return out === '' && limit === '' ? [] : [`| ${instanceType} | ${out} | ${limit} |`];
  });
  return [
    ...(rows.length === 0
      ? []
      : ['', '| instance type | out of stock until | quota |', '|---|---|---|', ...rows.slice(-SHOWN)]),
    ...(queues.length === 0
      ? []
      : [
          '',
          `Queues that are told: ${queues
            .slice(-SHOWN)
            .map(({ queue }) => queue)
            .join(', ')}`,
        ]),
  ];
}
