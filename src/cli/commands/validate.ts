import { Command } from 'commander';
import { withExamples } from '../examples.ts';
import { filesInOrder } from '../files-in-order.ts';
import { addFormatOption, collect } from '../option-values.ts';
import type { OutputFormat } from '../print/output-format.ts';
import { sessionOf } from '../session.ts';

interface ValidateOptions {
  readonly file?: readonly string[];
  readonly set?: readonly string[];
  readonly output: Exclude<OutputFormat, 'name'>;
}

/** The command line's code for bad input. */
const BAD_INPUT = 2;

export function validateCommand(): Command {
  const command = new Command('validate')
    .summary('check job files')
    .description(
      'Checks job files and prints every problem with its line; needs no server. Exit code 2 if one is not valid.',
    )
    .argument('[files...]', 'job files, directories of them, quoted patterns, or - for standard input')
    .option('-f, --file <file>', 'the same, repeatable', collect)
    .option('--set <path=value>', 'change a value in every job, repeatable', collect)
    .action(run);
  addFormatOption(command, ['table', 'json', 'jsonl', 'yaml']);
  return withExamples(command, [
    'trainyard validate --file job.yaml',
    "trainyard validate --file 'jobs/**/*.yaml' --output json",
  ]);
}

async function run(files: readonly string[], options: ValidateOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const [{ readJobs }, { formatProblem }, { describePlacement }] = await Promise.all([
    import('../job-files.ts'),
    import('../../jobs/job-problem.ts'),
    import('../../jobs/placement.ts'),
  ]);
  const words = filesInOrder(session.words, files, options.file);
  const sources = await readJobs(words, options.set ?? [], session.terminal);
  if (sources.some(({ job }) => job === undefined)) session.exitCode = BAD_INPUT;
  if (options.output !== 'table') {
    const { formatMany } = await import('../print/data.ts');
    const reports = sources.map(({ file, job, problems }) => ({ file, valid: job !== undefined, problems }));
    session.print(formatMany(options.output, reports));
    return;
  }
  for (const { file, job, problems } of sources) {
    for (const problem of problems) session.print(`${formatProblem(problem)}\n`);
    if (job !== undefined)
      session.print(`${file}: ok, ${job.placements.map(describePlacement).join(', then ')}\n`);
  }
}
