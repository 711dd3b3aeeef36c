import { Command } from 'commander';
import type { AppliedQueue } from '../../../client/index.ts';
import { withExamples } from '../../examples.ts';
import { filesInOrder } from '../../files-in-order.ts';
import { addFormatOption, collect } from '../../option-values.ts';
import { exitCodeOf } from '../../print/error.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../print/output-format.ts';
import { sessionOf, type Session } from '../../session.ts';

interface ApplyOptions {
  readonly file?: readonly string[];
  readonly dryRun?: boolean;
  readonly output: OutputFormat;
}

export function queueApplyCommand(): Command {
  const command = new Command('apply')
    .summary('make queues, or change them')
    .description(
      'Makes the queues of one or many files, or changes those that exist while their jobs go on. Everything is checked ' +
        'first: one broken file, and nothing is applied.',
    )
    .argument('[files...]', 'queue files, directories of them, quoted patterns, or - for standard input')
    .option('-f, --file <file>', 'the same, repeatable', collect)
    .option('--dry-run', 'only check the files')
    .action(run);
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, [
    'trainyard queue apply --file search.yaml',
    'trainyard queue apply --file queues/ --dry-run',
  ]);
}

async function run(files: readonly string[], options: ApplyOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  // Checking needs zod, which --help and completion do without.
  const [{ readQueues }, { strandedSentence }] = await Promise.all([
    import('../../queue-files.ts'),
    import('../../stranded-jobs.ts'),
  ]);
  const queues = await readQueues(session, filesInOrder(session.words, files, options.file));
  if (options.dryRun === true) {
    await print(session, options.output, queues, ({ name, policy }) => `${name}  ok, ${policy.kind}`);
    session.say(
      `Dry run: ${queues.length === 1 ? 'the queue is' : `${queues.length} queues are`} valid; nothing was applied.`,
    );
    return;
  }
  const client = await session.client();
  const applied: AppliedQueue[] = [];
  try {
    // One after the other: an environment may move from one queue to the next.
    for (const queue of queues) {
      try {
        applied.push(await client.applyQueue(queue));
      } catch (error) {
        if (queues.length === 1) throw error;
        session.sayError(error, options.output);
        if (session.exitCode === 0) session.exitCode = exitCodeOf(error);
      }
    }
  } finally {
    await print(session, options.output, applied, ({ name, outcome }) => `${name}  ${outcome}`);
  }
  for (const { name, outcome } of applied) {
    if (outcome !== 'changed') continue;
    // The queue is changed, whether that can be said or not.
    const stranded = await strandedSentence(client, name).catch(() => undefined);
    if (stranded !== undefined) session.say(`warning: ${stranded}`);
  }
  const [only] = applied;
  if (only !== undefined && applied.length === 1)
    session.say(`See it with: trainyard queue show ${only.name}`);
}

async function print<Queue extends { readonly name: string }>(
  session: Session,
  output: OutputFormat,
  queues: readonly Queue[],
  line: (queue: Queue) => string,
): Promise<void> {
  switch (output) {
    case 'table':
      for (const queue of queues) session.print(`${line(queue)}\n`);
      return;
    case 'name':
      for (const { name } of queues) session.print(`${name}\n`);
      return;
    case 'json':
    case 'jsonl':
    case 'yaml': {
      const { formatMany } = await import('../../print/data.ts');
      session.print(formatMany(output, queues));
    }
  }
}
