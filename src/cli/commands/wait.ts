import { Command } from 'commander';
import { awaitJobs } from '../await-jobs.ts';
import { withExamples } from '../examples.ts';
import { addFormatOption, parseDuration } from '../option-values.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../print/output-format.ts';
import { resolveAll } from '../resolve-jobs.ts';
import { sessionOf } from '../session.ts';

interface WaitOptions {
  readonly timeout?: number;
  readonly exitCodeFromJob?: boolean;
  readonly output: OutputFormat;
}

export function waitCommand(): Command {
  const command = new Command('wait')
    .summary('wait until jobs have ended')
    .description(
      'Waits until all these jobs have ended. Exit code: 0 all succeeded, 1 not all did, 124 timeout, 130 Ctrl-C ' +
        '(the jobs go on).',
    )
    .argument('<ids...>', 'job ids, or beginnings of them')
    .option('--timeout <duration>', 'give up waiting after this time: 90s, 2h, 1h30m', parseDuration)
    .option('--exit-code-from-job', "if a job's script failed, end with the script's own exit code")
    .action(run);
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, [
    'trainyard wait rank-lr-3',
    'trainyard wait rank-lr-3 rank-lr-4 --timeout 2h',
  ]);
}

async function run(ids: readonly string[], options: WaitOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const jobIds = await resolveAll(client, ids);
  const { timeout, exitCodeFromJob, output } = options;
  await awaitJobs(session, client, jobIds, {
    output,
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(exitCodeFromJob === undefined ? {} : { exitCodeFromJob }),
  });
}
