import { Command } from 'commander';
import { printCached } from '../completion/cached-words.ts';
import { sessionOf } from '../session.ts';

const MOST = 500;

/** Prints job ids for the completion scripts; hidden from help. */
export function jobIdsCommand(): Command {
  return new Command('__job-ids').description('Prints job ids for shell completion.').action(run);
}

async function run(_options: object, command: Command): Promise<void> {
  const session = sessionOf(command);
  await printCached(session, 'job-ids', async () => {
    const client = await session.client();
    const ids: string[] = [];
    for await (const { jobId } of client.list({ limit: MOST })) ids.push(jobId);
    return ids;
  });
}
