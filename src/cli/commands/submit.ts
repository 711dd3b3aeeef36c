import { Command, Option } from 'commander';
import { withExamples } from '../examples.ts';
import { filesInOrder } from '../files-in-order.ts';
import { addFormatOption, collect, parseDuration } from '../option-values.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../print/output-format.ts';
import { sessionOf } from '../session.ts';

interface SubmitOptions {
  readonly file?: readonly string[];
  readonly set?: readonly string[];
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly timeout?: number;
  readonly keepGoing?: boolean;
  readonly exitCodeFromJob?: boolean;
  readonly output: OutputFormat;
}

export function submitCommand(): Command {
  const command = new Command('submit')
    .summary('submit jobs')
    .description(
      'Submits the jobs of one or many files. Everything is checked first: one broken file, and nothing is submitted. ' +
        'Submitting the same job under the same id again does no harm. A queue that is full or busy is asked again for ' +
        'up to a minute.',
    )
    .argument('[files...]', 'job files, directories of them, quoted patterns, or - for standard input')
    .option('-f, --file <file>', 'the same, repeatable', collect)
    .option('--set <path=value>', 'change a value in every job, repeatable', collect)
    .option(
      '--dry-run',
      'only check, print the jobs as they would be submitted, and ask their queues when they would start',
    )
    .option('-w, --wait', 'wait for the end like `trainyard wait`; Ctrl-C detaches')
    .addOption(new Option('-d, --detach', 'do not wait (this is the default)').conflicts('wait'))
    .option('--timeout <duration>', 'with --wait: give up waiting after this time', parseDuration)
    .option('--exit-code-from-job', "with --wait: if a job's script failed, end with its exit code")
    .option('--keep-going', 'submit the jobs that are valid, even if others are not')
    .action(run);
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, [
    'trainyard submit --file job.yaml --wait',
    "trainyard submit --file 'sweep/*.yaml' --set priority=10",
    'generate-job | trainyard submit --file - --dry-run --output json',
  ]);
}

async function run(files: readonly string[], options: SubmitOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  // Checking needs zod and the GPU catalogue, which --help and completion do without.
  const [{ readJobs }, { acceptJobs }, { submitJobs }] = await Promise.all([
    import('../job-files.ts'),
    import('../accept-jobs.ts'),
    import('../submit-jobs.ts'),
  ]);
  const { output, timeout, exitCodeFromJob } = options;
  const words = filesInOrder(session.words, files, options.file);
  const sources = await readJobs(words, options.set ?? [], session.terminal);
  const jobs = acceptJobs(session, sources, options.keepGoing === true);
  if (options.dryRun === true) {
    const { printDryRun } = await import('../dry-run.ts');
    await printDryRun(session, jobs, output);
    return;
  }
  if (jobs.length === 0) return;
  const client = await session.client();
  const waits = options.wait === true;
  const jobIds = await submitJobs(session, client, jobs, { output, waits });
  if (!waits || jobIds.length === 0) return;
  const { awaitJobs } = await import('../await-jobs.ts');
  const refused = session.exitCode;
  await awaitJobs(session, client, jobIds, {
    output,
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(exitCodeFromJob === undefined ? {} : { exitCodeFromJob }),
  });
  if (refused !== 0) session.exitCode = refused;
}
