import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_LOCAL_AWS_PORT } from '../../local-aws/default-port.ts';
import { DEFAULT_EXAMPLES, EXAMPLE_NAMES, type ExampleName } from '../demo/example-names.ts';
import type { DevOptions } from '../dev/layout.ts';
import { withExamples } from '../examples.ts';
import { parseInteger } from '../option-values.ts';
import { sessionOf } from '../session.ts';

const parsePort = parseInteger(0, 65_535);

export function devCommand(): Command {
  const command = new Command('dev')
    .summary('run everything on this machine')
    .description(
      'Runs everything on this machine until Ctrl-C: Temporal with its Web UI, a local AWS endpoint, a worker. ' +
        'Other commands in the same folder find it by themselves.',
    )
    .option('--data <dir>', 'where jobs, models and logs are kept (default: .trainyard)')
    .option('--port <port>', 'of Temporal; 0 is any free one (default: 7233, or a free one)', parsePort)
    .option('--ui-port <port>', 'of the Temporal Web UI (default: 8233, or a free one)', parsePort)
    .option(
      '--aws-port <port>',
      `of the local AWS endpoint (default: ${DEFAULT_LOCAL_AWS_PORT}, or a free one)`,
      parsePort,
    )
    .option('--aws-config <file>', 'configuration of the local AWS endpoint')
    .option('--no-ui', 'without the Temporal Web UI')
    .option('--no-worker', 'without a worker')
    .option(
      '--examples [names]',
      `play examples in a fresh world, then stop: ${EXAMPLE_NAMES.join(', ')} (default: ${DEFAULT_EXAMPLES.join(',')})`,
      parseExamples,
    )
    .option('--keep', 'with --examples: stay up afterwards', false)
    .action(run);
  return withExamples(command, [
    'trainyard dev',
    'trainyard dev --data ~/experiments --port 7300',
    'trainyard dev --examples --keep',
    'trainyard dev --examples figure-2',
  ]);
}

/** Names with commas between them. */
function parseExamples(text: string): readonly ExampleName[] {
  return text.split(',').map((word) => {
    const name = EXAMPLE_NAMES.find((known) => known === word.trim());
    if (name === undefined)
      throw new InvalidArgumentError(`There is no example "${word}"; there are ${EXAMPLE_NAMES.join(', ')}.`);
    return name;
  });
}

type DevFlags = Omit<DevOptions, 'examples'> & { readonly examples?: readonly ExampleName[] | true };

async function run(flags: DevFlags, command: Command): Promise<void> {
  const session = sessionOf(command);
  const examples = flags.examples === true ? DEFAULT_EXAMPLES : (flags.examples ?? false);
  const options: DevOptions = { ...flags, examples };
  session.say(
    options.examples !== false
      ? 'Trainyard: servers and examples on this machine.'
      : 'Trainyard on this machine.',
  );
  // Imported after the first line is out: Temporal's libraries take a moment to load.
  const { runDev } = await import('../dev/run-dev.ts');
  session.exitCode = await runDev(options, session);
}
