import { Command } from 'commander';
import { withExamples } from '../../examples.ts';
import { addOutputOptions, type OutputOptions } from '../../option-values.ts';
import { queueTable } from '../../print/queue-table.ts';
import { sessionOf } from '../../session.ts';

export function queueListCommand(): Command {
  const command = new Command('list')
    .alias('ls')
    .summary('list queues')
    .description('Lists the queues with what waits, what runs, and how much of their capacity is in use.')
    .action(run);
  addOutputOptions(command);
  return withExamples(command, ['trainyard queue list', 'trainyard queue list --output json']);
}

async function run(options: OutputOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const queues = await client.listQueues();
  switch (options.output) {
    case 'table':
      session.print(
        queueTable(queues, {
          width: session.terminal.stdout.columns,
          headers: options.headers,
          paint: session.paint,
        }),
      );
      break;
    case 'name':
      session.print(queues.map(({ name }) => `${name}\n`).join(''));
      break;
    case 'json':
    case 'jsonl':
    case 'yaml': {
      const { formatMany } = await import('../../print/data.ts');
      session.print(formatMany(options.output, queues));
    }
  }
  if (queues.length === 0)
    session.say('There are no queues. Make one with: trainyard queue apply --file FILE');
  for (const { name, incomplete } of queues) {
    if (incomplete !== undefined) session.say(`warning: ${name}: ${incomplete.message} [${incomplete.code}]`);
  }
}
