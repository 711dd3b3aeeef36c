import type { EnvironmentView, QueuedJobView, ShareUsageView } from '../queues/queue-view.ts';
import { clockTime } from '../scheduling/wording/amounts.ts';
import type { QueueStory } from './queue-story.ts';
import { counts, environmentViews, usageViews, viewOf } from './queue-views.ts';

/** Rows shown; the Web UI bounds the details to 20,000 bytes. */
const MOST_SHARES = 40;
const MOST_ENVIRONMENTS = 20;
const MOST_FRONT = 10;
const MOST_DECISIONS = 10;
/** Characters of three bytes at worst, and what is cut says so. */
const LONGEST = 6_000;

/** Names and sentences inside a Markdown table cell. */
const cell = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[|<>`*_[\]\\]/g, '\\$&')
    .slice(0, 200);

const row = (...cells: readonly (string | number)[]): string =>
  `| ${cells.map((text) => (typeof text === 'number' ? text : cell(text))).join(' | ')} |`;

/** The current details of a queue in the Temporal Web UI, in Markdown. */
export function queueDetails(story: QueueStory, now: number): string {
  const scheduler = story.look();
  const { waiting, held, running, stopping } = counts(story, scheduler);
  const front: QueuedJobView[] = [];
  for (const { id } of scheduler.inTurn(now)) {
    const entry = story.get(id);
    if (entry !== undefined) front.push(viewOf(entry));
    if (front.length === MOST_FRONT) break;
  }
  const text = [
    `Queue **${cell(story.spec.name)}**, ${story.spec.policy.kind}${story.paused ? ', **paused**' : ''}: ` +
      `**${running}** running, **${stopping}** stopping, **${waiting}** waiting, **${held}** held.`,
    '',
    ...environmentTable(environmentViews(story, scheduler, now)),
    ...shareTable(usageViews(scheduler)),
    ...frontTable(front),
    ...decisionList(story),
  ].join('\n');
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}\n\n… and more: \`trainyard queue show\`.`;
}

function environmentTable(environments: readonly EnvironmentView[]): string[] {
  return [
    '| environment | used | limit | |',
    '|---|---:|---:|---|',
    ...environments
      .slice(0, MOST_ENVIRONMENTS)
      .map(({ name, used, limit, usableLimit, blocked = '' }) =>
        row(name, used, usableLimit === limit ? `${limit}` : `${usableLimit} of ${limit}`, blocked),
      ),
    '',
  ];
}

function shareTable(usages: readonly ShareUsageView[]): string[] {
  // Those that say something first come first; of equals the order of names stays.
  const busy = usages.filter(({ used, lent, waitingJobs }) => used + lent + waitingJobs > 0);
  const idle = usages.filter((usage) => !busy.includes(usage) && usage.guaranteed > 0);
  const shown = [...busy, ...idle].slice(0, MOST_SHARES);
  if (shown.length === 0) return [];
  const hidden = busy.length + idle.length - shown.length;
  return [
    '| share | environment | guaranteed | used | borrowed | lent | waiting jobs |',
    '|---|---|---:|---:|---:|---:|---:|',
    ...shown.map((usage) =>
      row(
        usage.share,
        usage.environment,
        usage.guaranteed,
        usage.used,
        usage.borrowed,
        usage.lent,
        usage.waitingJobs,
      ),
    ),
    ...(hidden > 0 ? ['', `${hidden} more rows: \`trainyard queue show\`.`] : []),
    '',
  ];
}

function frontTable(front: readonly QueuedJobView[]): string[] {
  if (front.length === 0) return [];
  return [
    'Next, in the order of their turns:',
    '',
    '| job | share | priority | instances | waits since |',
    '|---|---|---:|---|---|',
    ...front.map(({ jobId, share, priority, instances, environment, queuedAt }) =>
      row(jobId, share, priority, `${instances} of ${environment}`, clockTime(queuedAt)),
    ),
    '',
  ];
}

function decisionList({ lastDecisions }: QueueStory): string[] {
  if (lastDecisions.length === 0) return [];
  return [
    'Last decisions:',
    '',
    ...lastDecisions
      .slice(-MOST_DECISIONS)
      .reverse()
      .map(({ at, sentence }) => `- ${clockTime(at)}: ${cell(sentence)}`),
  ];
}
