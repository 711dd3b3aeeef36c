import { Command } from 'commander';
import { remainders } from '../../../queues/remainder.ts';
import { withExamples } from '../../examples.ts';
import { addFormatOption, parseInteger } from '../../option-values.ts';
import type { OutputFormat } from '../../print/output-format.ts';
import { queuePage } from '../../print/queue-page.ts';
import { sessionOf } from '../../session.ts';

interface ShowOptions {
  readonly share?: string;
  readonly limit: number;
  readonly offset: number;
  readonly output: Exclude<OutputFormat, 'name'>;
}

/** Lines of each list of jobs that fit beside the rest on a screen. */
const DEFAULT_LIMIT = 10;
const MOST = 1_000;

export function queueShowCommand(): Command {
  const command = new Command('show')
    .summary('show what a queue has and does')
    .description(
      'Shows a queue: its shares with what they are guaranteed, use, borrow and lend; its environments and what blocks ' +
        'them; the front of the queue with the reasons; what runs; the last decisions.',
    )
    .argument('<queue>', 'name of the queue')
    .option('--share <share>', 'only jobs of this share')
    .option('-n, --limit <count>', 'at most so many jobs of each list', parseInteger(1, MOST), DEFAULT_LIMIT)
    .option('--offset <count>', 'leave out so many of the first', parseInteger(0, Number.MAX_SAFE_INTEGER), 0)
    .action(run);
  addFormatOption(command, ['table', 'json', 'jsonl', 'yaml']);
  return withExamples(command, [
    'trainyard queue show search',
    'trainyard queue show search --share ProdExp1 --limit 100',
    'trainyard queue show search --output json',
  ]);
}

async function run(name: string, options: ShowOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const { share, limit, offset } = options;
  const queue = await client.queue(name, { limit, offset, ...(share === undefined ? {} : { share }) });
  const webUiUrl = client.queueUrl(name);
  if (options.output === 'table') {
    session.print(
      queuePage(queue, {
        width: session.terminal.stdout.columns,
        paint: session.paint,
        time: (ms) => session.time(ms),
        now: session.terminal.now(),
        webUiUrl,
        share,
        offset,
      }),
    );
    return;
  }
  const { formatOne } = await import('../../print/data.ts');
  const whole = { ...queue, remainders: remainders(queue) };
  session.print(formatOne(options.output, webUiUrl === undefined ? whole : { ...whole, webUiUrl }));
}
