import { Command, Option } from 'commander';
import { withExamples } from '../examples.ts';
import { sessionOf } from '../session.ts';

const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

interface WorkerOptions {
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

export function workerCommand(): Command {
  const command = new Command('worker')
    .summary('run a worker')
    .description(
      "Runs a worker until Ctrl-C or SIGTERM: it launches, watches and stops training jobs, with the AWS SDK's usual settings " +
        '(AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL, ...). Start as many as you like.',
    )
    .addOption(new Option('--log-level <level>', 'what to log on stderr').choices(LOG_LEVELS).default('WARN'))
    .action(run);
  return withExamples(command, [
    'trainyard worker',
    'trainyard worker --address temporal.example.com:7233 --namespace ml',
  ]);
}

async function run(options: WorkerOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const [{ installRuntime, runWorker }, { loadWorkerConfig }] = await Promise.all([
    import('../../worker.ts'),
    import('../../config.ts'),
  ]);
  const config = loadWorkerConfig(session.connectOptions, session.terminal);
  installRuntime(options.logLevel);
  await runWorker(config, { log: (line) => session.say(line) });
}
