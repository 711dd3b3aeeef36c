import { Command } from 'commander';
import { withExamples } from '../examples.ts';
import { addOutputOptions, type OutputOptions } from '../option-values.ts';
import { jobPage } from '../print/job-page.ts';
import { sessionOf } from '../session.ts';

export function showCommand(): Command {
  const command = new Command('show')
    .summary('show everything about a job')
    .description(
      'Shows a job: status and reason, attempts, placements, times, cost, metrics, model and links.',
    )
    .argument('<id>', 'job id, or the beginning of one')
    .action(run);
  addOutputOptions(command);
  return withExamples(command, ['trainyard show rank-lr-3', 'trainyard show rank-lr-3 --output json']);
}

async function run(id: string, options: OutputOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const jobId = await client.resolve(id);
  const job = await client.get(jobId);
  const webUiUrl = client.webUiUrl(jobId);
  switch (options.output) {
    case 'table':
      session.print(
        jobPage(job, {
          width: session.terminal.stdout.columns,
          paint: session.paint,
          time: (ms) => session.time(ms),
          now: session.terminal.now(),
          webUiUrl,
        }),
      );
      break;
    case 'name':
      session.print(`${jobId}\n`);
      break;
    case 'json':
    case 'jsonl':
    case 'yaml': {
      const { formatOne } = await import('../print/data.ts');
      session.print(formatOne(options.output, webUiUrl === undefined ? job : { ...job, webUiUrl }));
    }
  }
  if (job.incomplete !== undefined)
    session.say(`warning: ${job.incomplete.message} [${job.incomplete.code}]`);
}
