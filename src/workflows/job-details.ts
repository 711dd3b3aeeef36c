import { describePlacement } from '../jobs/placement.ts';
import type { AttemptView, JobView } from '../jobs/view.ts';

/** Attempts shown in the details; the Web UI bounds them to 20,000 bytes. */
const SHOWN = 10;

const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
/** Text of users and AWS inside a Markdown table cell. */
const cell = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[|<>`*_[\]\\]/g, '\\$&')
    .slice(0, 300);

function attemptRow(attempt: AttemptView): string {
  const outcome =
    attempt.failure === undefined
      ? (attempt.trainingStatus ?? 'live')
      : `${attempt.trainingStatus ?? ''}: ${attempt.failure.message}`;
  const name =
    attempt.consoleUrl === undefined
      ? `\`${attempt.trainingJobName}\``
      : `[${attempt.trainingJobName}](${attempt.consoleUrl})`;
  return `| ${attempt.attempt} | ${name} | ${describePlacement(attempt.placement)} | ${time(attempt.launchedAt)} | ${cell(outcome)} |`;
}

/** The current details of a job in the Temporal Web UI, in Markdown. */
export function jobDetails(view: JobView): string {
  const facts = [
    view.user === undefined ? '' : `user **${cell(view.user)}**`,
    view.queue === undefined ? '' : `queue **${cell(view.queue)}**`,
    view.share === undefined ? '' : `share **${cell(view.share)}**`,
    `priority **${view.priority}**`,
    view.held ? '**held**' : '',
    (view.preemptions ?? 0) === 0 ? '' : `preempted **${view.preemptions ?? 0}** times`,
  ].filter((fact) => fact !== '');
  const lines = [
    `**${view.status}** since ${time(view.statusSince)} UTC`,
    '',
    cell(view.reason.sentence),
    '',
    facts.join(' · '),
    '',
    `Placements, in order: ${view.placements.map(describePlacement).join(', then ')}`,
  ];
  if (view.attempts.length > 0) {
    lines.push(
      '',
      '| attempt | training job | placement | launched (UTC) | outcome |',
      '|---|---|---|---|---|',
    );
    lines.push(...view.attempts.slice(-SHOWN).reverse().map(attemptRow));
    if (view.attemptCount > SHOWN) lines.push('', `${view.attemptCount} attempts in all.`);
  }
  if (view.metrics.length > 0) {
    lines.push(
      '',
      `Metrics: ${view.metrics.map((metric) => `${cell(metric.name)} = ${metric.value}`).join(', ')}`,
    );
  }
  if (view.modelUri !== undefined) lines.push('', `Model: \`${view.modelUri}\``);
  if (view.costUsd !== undefined) lines.push('', `Cost so far: about $${view.costUsd.toFixed(2)}`);
  for (const line of view.notifications) lines.push('', cell(line));
  return lines.join('\n');
}
