import { Command } from 'commander';
import type { CancelRequest, SteeringAnswer } from '../../client/index.ts';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import { isTerminal, JOB_STATUSES } from '../../jobs/status.ts';
import { confirm } from '../confirm.ts';
import { withExamples } from '../examples.ts';
import { assertQueue } from '../known-queue.ts';
import { addFormatOption } from '../option-values.ts';
import { FILTER_KEYS, parseFilter, unfinishedJobs, type CancelFilter } from '../cancel-filter.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../print/output-format.ts';
import { resolveAll } from '../resolve-jobs.ts';
import { sessionOf, type Session } from '../session.ts';
import { steerJobs } from '../steer-jobs.ts';
import type { Trainyard } from '../terminal.ts';

interface CancelOptions {
  readonly filter?: CancelFilter;
  readonly reason?: string;
  readonly yes?: boolean;
  readonly output: OutputFormat;
}

export function cancelCommand(): Command {
  const command = new Command('cancel')
    .summary('stop jobs for good')
    .description(
      'Stops jobs for good: a running training job gets SIGTERM and a grace period, then the job is STOPPED. Asks first ' +
        'on a terminal; elsewhere it needs --yes.',
    )
    .argument('[ids...]', 'job ids, or beginnings of them')
    .option(
      '--filter <key=value>',
      `all unfinished jobs with ${FILTER_KEYS.join(', ')}; repeatable, all must hold; name may be a quoted pattern; a job whose ` +
        'status is another one by the time it is asked is spared',
      parseFilter,
    )
    .option('--reason <text>', "shown to the jobs' owners")
    .option('-y, --yes', 'do not ask')
    .action(run);
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, [
    'trainyard cancel rank-lr-3 --reason "wrong data set"',
    "trainyard cancel --filter queue=search --filter 'name=sweep-7-*'",
    'trainyard cancel --filter user=ana@example.com --filter status=RUNNABLE --yes',
  ]);
}

/** Ids named in the question. */
const NAMED = 5;
/** Of a bulk action so many ids fit into a hint. */
const FEW = 20;

async function run(ids: readonly string[], options: CancelOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  if (ids.length === 0 && options.filter === undefined) {
    throw new TrainyardError('USAGE', 'No job is named.', {
      hint: 'Name jobs by their ids, or with --filter.',
    });
  }
  if (ids.length > 0 && options.filter !== undefined) {
    throw new TrainyardError('USAGE', 'Job ids and --filter exclude each other.', {
      hint: 'Use one of them.',
    });
  }
  const client = await session.client();
  const jobIds = await wanted(client, ids, options.filter);
  if (jobIds.length === 0) {
    if (options.filter?.queue !== undefined) await assertQueue(client, options.filter.queue);
    session.say('No unfinished jobs match; nothing was cancelled.');
    if (options.output === 'json' || options.output === 'yaml') session.print('[]\n');
    return;
  }
  if (options.yes !== true && !(await confirm(session, `Cancel ${inWords(jobIds)}?`))) {
    session.say('Nothing was cancelled.');
    session.exitCode = 1;
    return;
  }
  const statuses = options.filter?.statuses;
  const request: CancelRequest = {
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(statuses === undefined ? {} : { statuses }),
  };
  const answers = await steerJobs(session, jobIds, options.output, (jobId) => client.cancel(jobId, request));
  if (statuses !== undefined) sayOfStatuses(session, answers, statuses.join(' or '));
  const stopping = answers.flatMap((answer) =>
    answer.answered && answer.spared === undefined && !isTerminal(answer.job.status) ? [answer.jobId] : [],
  );
  if (stopping.length > FEW) session.say(`${stopping.length} jobs run and are stopping.`);
  else if (stopping.length > 0)
    session.say(`What runs is stopping. Wait for it with: trainyard wait ${stopping.join(' ')}`);
}

/** A job may have another status by the time that it is asked, or that a worker comes, than when it was listed. */
function sayOfStatuses(session: Session, answers: readonly SteeringAnswer[], wanted: string): void {
  if (answers.some(({ answered }) => !answered))
    session.say(`What is kept cancels a job only if it is ${wanted} then.`);
  const spared = answers.flatMap((answer) =>
    answer.answered && answer.spared !== undefined ? [{ jobId: answer.jobId, as: answer.spared }] : [],
  );
  if (spared.length === 0) return;
  const why = `no longer ${wanted} when asked`;
  if (spared.length <= FEW) {
    const each = spared.map(({ jobId, as }) => `${jobId} (${as})`).join(', ');
    session.say(`Spared, because ${why}: ${each}.`);
    return;
  }
  const counts = JOB_STATUSES.flatMap((status) => {
    const count = spared.filter(({ as }) => as === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  session.say(`${spared.length} jobs were spared, because ${why}: ${counts.join(', ')}.`);
}

async function wanted(
  client: Trainyard,
  ids: readonly string[],
  filter: CancelFilter | undefined,
): Promise<readonly string[]> {
  if (filter === undefined) return await resolveAll(client, ids);
  const jobIds: string[] = [];
  for await (const { jobId } of client.list(unfinishedJobs(filter))) jobIds.push(jobId);
  return jobIds;
}

function inWords(jobIds: readonly string[]): string {
  if (jobIds.length === 1) return `job ${jobIds.join()}`;
  const shown = jobIds.slice(0, NAMED).join(', ');
  return `${jobIds.length} jobs (${shown}${jobIds.length > NAMED ? ', ...' : ''})`;
}
