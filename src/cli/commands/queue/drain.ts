import { Command } from 'commander';
import { withExamples } from '../../examples.ts';
import { printOperatorAnswer } from '../../operator-answer.ts';
import { addFormatOption } from '../../option-values.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../print/output-format.ts';
import { sessionOf } from '../../session.ts';

interface DrainOptions {
  readonly undo?: boolean;
  readonly output: OutputFormat;
}

export function queueDrainCommand(): Command {
  const command = new Command('drain')
    .summary('take no new jobs in one environment')
    .description(
      'Starts no further jobs in one service environment of a queue, or with --undo starts them again.',
    )
    .argument('<queue>', 'name of the queue')
    .argument('<environment>', 'name of the service environment')
    .option('--undo', 'let the environment take jobs again')
    .action(run);
  addFormatOption(command, OUTPUT_FORMATS);
  return withExamples(command, ['trainyard queue drain search P4', 'trainyard queue drain search P4 --undo']);
}

async function run(
  name: string,
  environment: string,
  options: DrainOptions,
  command: Command,
): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const undo = options.undo === true;
  const answer = undo
    ? await client.undrainEnvironment(name, environment)
    : await client.drainEnvironment(name, environment);
  const sentence = undo
    ? `${environment} ${answer.changed ? 'takes jobs again' : 'was not being drained'}`
    : `${environment} ${answer.changed ? 'takes no new jobs; what runs there goes on' : 'was being drained already'}`;
  await printOperatorAnswer(session, options.output, { name, environment, ...answer }, sentence);
  if (!undo && answer.changed)
    session.say(`Undo it with: trainyard queue drain ${name} ${environment} --undo`);
}
