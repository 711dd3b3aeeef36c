import { Command } from 'commander';
import { printCached } from '../completion/cached-words.ts';
import { sessionOf } from '../session.ts';

/** Prints names of queues for the completion scripts; hidden from help. */
export function queueNamesCommand(): Command {
  return new Command('__queue-names').description('Prints names of queues for shell completion.').action(run);
}

async function run(_options: object, command: Command): Promise<void> {
  const session = sessionOf(command);
  await printCached(session, 'queue-names', async () => await (await session.client()).queueNames());
}
