import { Command } from 'commander';
import { withExamples } from '../../examples.ts';
import { addFormatOption } from '../../option-values.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../print/output-format.ts';
import { sessionOf } from '../../session.ts';
import { printOperatorAnswer } from '../../operator-answer.ts';

interface Options {
  readonly output: OutputFormat;
}

export function queuePauseCommand(): Command {
  const command = new Command('pause')
    .summary('start no further jobs of a queue')
    .description(
      'Starts no further jobs of a queue until it is resumed. What runs goes on, and jobs are accepted.',
    )
    .argument('<queue>', 'name of the queue')
    .action(async (name: string, options: Options, self: Command) => {
      const session = sessionOf(self);
      const answer = await (await session.client()).pauseQueue(name);
      const sentence = answer.changed ? 'paused; what runs goes on' : 'was paused already';
      await printOperatorAnswer(session, options.output, { name, ...answer }, sentence);
      if (answer.changed) session.say(`Let it go on with: trainyard queue resume ${name}`);
    });
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, ['trainyard queue pause search']);
}

export function queueResumeCommand(): Command {
  const command = new Command('resume')
    .summary('let a paused queue go on')
    .description('Lets a paused queue start jobs again.')
    .argument('<queue>', 'name of the queue')
    .action(async (name: string, options: Options, self: Command) => {
      const session = sessionOf(self);
      const answer = await (await session.client()).resumeQueue(name);
      const sentence = answer.changed ? 'resumed' : 'was not paused';
      await printOperatorAnswer(session, options.output, { name, ...answer }, sentence);
    });
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, ['trainyard queue resume search']);
}
