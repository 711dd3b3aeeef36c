import { Command } from 'commander';
import { confirm } from '../../confirm.ts';
import { withExamples } from '../../examples.ts';
import { printOperatorAnswer } from '../../operator-answer.ts';
import { addFormatOption } from '../../option-values.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../print/output-format.ts';
import { sessionOf } from '../../session.ts';

interface DeleteOptions {
  readonly yes?: boolean;
  readonly output: OutputFormat;
}

export function queueDeleteCommand(): Command {
  const command = new Command('delete')
    .summary('end a queue that has no jobs')
    .description('Ends a queue that has no jobs. Asks first on a terminal; elsewhere it needs --yes.')
    .argument('<queue>', 'name of the queue')
    .option('-y, --yes', 'do not ask')
    .action(run);
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, ['trainyard queue delete search --yes']);
}

async function run(name: string, options: DeleteOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  if (options.yes !== true && !(await confirm(session, `Delete the queue ${name}?`))) {
    session.say('Nothing was deleted.');
    session.exitCode = 1;
    return;
  }
  await client.deleteQueue(name);
  await printOperatorAnswer(session, options.output, { name, changed: true }, 'deleted');
}
