import { Command } from 'commander';
import { DEFAULT_LOCAL_AWS_PORT } from '../../local-aws/default-port.ts';
import { makeDataDir } from '../data-dir.ts';
import { withExamples } from '../examples.ts';
import { parseInteger } from '../option-values.ts';
import { sessionOf } from '../session.ts';

interface LocalAwsOptions {
  readonly port: number;
  readonly data: string;
  readonly config?: string;
}

export function localAwsCommand(): Command {
  const command = new Command('local-aws')
    .summary('run a local AWS endpoint')
    .description(
      'Runs a local AWS endpoint on this machine until Ctrl-C: SageMaker training jobs as real processes, SNS, STS. Any AWS ' +
        'SDK talks to it through AWS_ENDPOINT_URL.',
    )
    .option(
      '--port <port>',
      'port to listen on; 0 is any free one',
      parseInteger(0, 65_535),
      DEFAULT_LOCAL_AWS_PORT,
    )
    .option('--data <dir>', 'where jobs, s3:// and messages are kept', '.trainyard/aws')
    .option('--config <file>', 'capacity, quotas, images and faults')
    .action(run);
  return withExamples(command, [
    `trainyard local-aws --port ${DEFAULT_LOCAL_AWS_PORT} --data /tmp/aws`,
    `AWS_ENDPOINT_URL=http://127.0.0.1:${DEFAULT_LOCAL_AWS_PORT} aws sagemaker list-training-jobs`,
  ]);
}

async function run(options: LocalAwsOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const [{ startLocalAws }, { makePrivateDir }] = await Promise.all([
    import('../../local-aws/index.ts'),
    import('../../local-aws/private-dir.ts'),
  ]);
  makeDataDir(options.data, makePrivateDir);
  const aws = await startLocalAws({
    port: options.port,
    dataDir: options.data,
    ...(options.config === undefined ? {} : { configFile: options.config }),
    log: (line) => session.say(line),
  });
  session.print(`${aws.url}\n`);
  await untilTold();
  await aws.close();
}

/** Resolves at the first request to end; a second one ends the process at once. */
function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
