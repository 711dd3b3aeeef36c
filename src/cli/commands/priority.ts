import { Command } from 'commander';
import { withExamples } from '../examples.ts';
import { addFormatOption, parseInteger } from '../option-values.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../print/output-format.ts';
import { sessionOf } from '../session.ts';
import { steerJobs } from '../steer-jobs.ts';

export function priorityCommand(): Command {
  const command = new Command('priority')
    .summary("change a job's priority")
    .description("Changes a job's scheduling priority. Higher runs first.")
    .argument('<id>', 'job id, or the beginning of one')
    .argument('<priority>', '0 to 9999', parseInteger(0, 9_999))
    .action(run);
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, ['trainyard priority rank-lr-3 90']);
}

async function run(
  id: string,
  priority: number,
  options: { readonly output: OutputFormat },
  command: Command,
): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const jobId = await client.resolve(id);
  await steerJobs(session, [jobId], options.output, () => client.setPriority(jobId, priority));
}
