import { makeContinueAsNewFunc, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { SweepReport } from '../activities/types.ts';
import { sweepTrainings } from './activity-proxies.ts';
import type { TrainingMonitorInput } from './contract.ts';

const CONTINUE_AS_NEW_AFTER_EVENTS = 2_000;

/**
 * One per account and region: sees which training jobs changed, and tells their workflows. It gives latency, not
 * correctness: every job has its own safety check, so losing the monitor loses nothing.
 *
 * The sweeping itself is one activity per session of some minutes, so that a sweep every few seconds costs no history.
 */
export async function trainingMonitor(input: TrainingMonitorInput): Promise<void> {
  let watermark = input.watermark ?? Date.now();
  const { account, region } = input;
  while (!mustContinueAsNew()) {
    const report = await sweepTrainings.executeWithOptions({ summary: `sweeps of ${account} ${region}` }, [
      { account, region, watermark },
    ]);
    watermark = report.watermark;
    setCurrentDetails(monitorDetails(input, report));
  }
  await makeContinueAsNewFunc<typeof trainingMonitor>()({ account, region, watermark });
}

function mustContinueAsNew(): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || info.historyLength > CONTINUE_AS_NEW_AFTER_EVENTS;
}

function monitorDetails({ account, region }: TrainingMonitorInput, report: SweepReport): string {
  const lines = [
    `Training jobs of account **${account}** in **${region}**.`,
    '',
    `Changes are known up to ${new Date(report.watermark).toISOString()}.`,
    '',
    '| last session | |',
    '|---|---|',
    `| sweeps | ${report.sweeps} |`,
    `| changes seen | ${report.changesSeen} |`,
    `| jobs told | ${report.signalsSent} |`,
  ];
  if (report.withoutWorkflow.length > 0) {
    lines.push(
      '',
      `Training jobs without an open workflow: ${report.withoutWorkflow.map((n) => `\`${n}\``).join(', ')}`,
    );
  }
  return lines.join('\n');
}
