import { Command, InvalidArgumentError } from 'commander';
import type { WhatIf } from '../../client/index.ts';
import { withExamples } from '../examples.ts';
import { addFormatOption } from '../option-values.ts';
import { explanationPage } from '../print/explanation-page.ts';
import type { OutputFormat } from '../print/output-format.ts';
import { sessionOf } from '../session.ts';

interface ExplainOptions {
  readonly whatIf?: WhatIf;
  readonly estimate: boolean;
  readonly output: Exclude<OutputFormat, 'name'>;
}

export function explainCommand(): Command {
  const command = new Command('explain')
    .summary('say why a job waits, and when it starts')
    .description(
      'Says why a job waits: what blocks it, its position, who is ahead, what would let it start, and when that will ' +
        'probably be. Of a running job it says what could preempt it.',
    )
    .argument('<id>', 'job id, or the beginning of one')
    .option(
      '--what-if <key=value>',
      'how it would be with priority=0-9999 or share=NAME; repeatable',
      parseWhatIf,
    )
    .option('--no-estimate', 'without the estimated start, which is simulated')
    .action(run);
  addFormatOption(command, ['table', 'json', 'jsonl', 'yaml']);
  return withExamples(command, [
    'trainyard explain rank-lr-3',
    'trainyard explain rank-lr-3 --what-if priority=90',
    'trainyard explain rank-lr-3 --no-estimate --output json',
  ]);
}

function parseWhatIf(text: string, earlier: WhatIf = {}): WhatIf {
  const [, key, value = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (key === 'share' && value !== '') return { ...earlier, share: value };
  if (key === 'priority' && /^\d{1,4}$/.test(value)) return { ...earlier, priority: Number(value) };
  throw new InvalidArgumentError('Write priority=0 to priority=9999, or share=NAME.');
}

async function run(id: string, options: ExplainOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const jobId = await client.resolve(id);
  const { whatIf, estimate } = options;
  const answer = await client.explain(jobId, { estimate, ...(whatIf === undefined ? {} : { whatIf }) });
  if (options.output === 'table') {
    session.print(
      explanationPage(answer, {
        width: session.terminal.stdout.columns,
        paint: session.paint,
        time: (ms) => session.time(ms),
        now: session.terminal.now(),
      }),
    );
  } else {
    const { formatOne } = await import('../print/data.ts');
    session.print(formatOne(options.output, answer));
  }
  if (answer.incomplete !== undefined)
    session.say(`warning: ${answer.incomplete.message} [${answer.incomplete.code}]`);
}
