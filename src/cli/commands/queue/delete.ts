import { Command } from 'commander';
import { confirm } from '../../confirm.ts';
import { withExamples } from '../../examples.ts';
import { sessionOf } from '../../session.ts';

interface DeleteOptions {
  readonly yes?: boolean;
}

export function queueDeleteCommand(): Command {
  const command = new Command('delete')
    .summary('end a queue that has no jobs')
    .description('Ends a queue that has no jobs. Asks first on a terminal; elsewhere it needs --yes.')
    .argument('<queue>', 'name of the queue')
    .option('-y, --yes', 'do not ask')
    .action(run);
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
  session.print(`${name}  deleted\n`);
}
