import { Command } from 'commander';
import { withExamples } from '../examples.ts';
import { addFormatOption } from '../option-values.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../print/output-format.ts';
import { resolveAll } from '../resolve-jobs.ts';
import { sessionOf } from '../session.ts';
import { steerJobs } from '../steer-jobs.ts';

export function releaseCommand(): Command {
  const command = new Command('release')
    .summary('undo hold')
    .description('Lets held jobs be launched again.')
    .argument('<ids...>', 'job ids, or beginnings of them')
    .action(run);
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, ['trainyard release rank-lr-3']);
}

async function run(
  ids: readonly string[],
  options: { readonly output: OutputFormat },
  command: Command,
): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  await steerJobs(session, await resolveAll(client, ids), options.output, (jobId) => client.release(jobId));
}
