import { Command } from 'commander';
import { isTerminal } from '../../jobs/status.ts';
import { confirm } from '../confirm.ts';
import { withExamples } from '../examples.ts';
import { addFormatOption } from '../option-values.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../print/output-format.ts';
import { resolveAll } from '../resolve-jobs.ts';
import { sessionOf } from '../session.ts';
import { steerJobs } from '../steer-jobs.ts';

interface CancelOptions {
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
    .argument('<ids...>', 'job ids, or beginnings of them')
    .option('--reason <text>', "shown to the jobs' owners")
    .option('-y, --yes', 'do not ask')
    .action(run);
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, [
    'trainyard cancel rank-lr-3 --reason "wrong data set"',
    'trainyard cancel $(trainyard list --user ana --output name) --yes',
  ]);
}

async function run(ids: readonly string[], options: CancelOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const jobIds = await resolveAll(client, ids);
  const what = jobIds.length === 1 ? `job ${jobIds.join()}` : `${jobIds.length} jobs (${jobIds.join(', ')})`;
  if (options.yes !== true && !(await confirm(session, `Cancel ${what}?`))) {
    session.say('Nothing was cancelled.');
    session.exitCode = 1;
    return;
  }
  const request = options.reason === undefined ? {} : { reason: options.reason };
  const answers = await steerJobs(session, jobIds, options.output, (jobId) => client.cancel(jobId, request));
  const stopping = answers.flatMap((answer) =>
    answer.answered && !isTerminal(answer.job.status) ? [answer.jobId] : [],
  );
  if (stopping.length > 0)
    session.say(`What runs is stopping. Wait for it with: trainyard wait ${stopping.join(' ')}`);
}
