import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import { DEFAULT_LOCAL_AWS_PORT } from '../../local-aws/default-port.ts';
import { startDevServer } from '../../servers/dev-server.ts';
import { choosePort } from '../../servers/free-port.ts';
import { tailOfLog } from '../../servers/log-tail.ts';
import { pollersOf } from '../../servers/pollers.ts';
import type { Progress } from '../../servers/progress.ts';
import { ensureTemporalCli } from '../../servers/temporal-cli.ts';
import { DEFAULT_TASK_QUEUE, jobAttributes } from '../../workflows/contract.ts';
import { thisMachine } from '../../servers/acquire.ts';
import { EXAMPLES_AWS_CONFIG } from '../demo/examples-folder.ts';
import { temporalProfile, workerEnvironment, type DevAddresses } from './environment.ts';
import type { DevLayout, DevOptions } from './layout.ts';
import { startPart, type Part } from './part.ts';

export interface StartContext {
  readonly options: DevOptions;
  readonly layout: DevLayout;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Told of each part as soon as it is started, so that it is ended even when a later one fails. */
  readonly started: (part: Part) => void;
}

const PART_TIMEOUT = 60_000;

export async function startTemporal(
  context: StartContext,
): Promise<{ readonly address: string; readonly uiUrl: string | undefined }> {
  const { options, layout, progress, signal } = context;
  const executable = await ensureTemporalCli(progress, thisMachine(signal));
  const logFile = layout.log('temporal');
  const server = await progress.during('Starting the Temporal server', () =>
    startDevServer({
      executable,
      port: options.port,
      uiPort: options.ui ? options.uiPort : false,
      searchAttributes: Object.values(jobAttributes),
      logFile,
      signal,
      ...(layout.temporalDb === undefined ? {} : { dbFile: layout.temporalDb }),
    }),
  );
  const restart =
    layout.temporalDb === undefined
      ? 'end this with Ctrl-C and start it again (its memory is lost)'
      : server.command.map((word) => layout.shown(word)).join(' ');
  context.started({ ...server, name: 'temporal', logFile, restart });
  return server;
}

/** Resolves to the endpoint's base address once it accepts connections. */
export async function startLocalAws(context: StartContext): Promise<string> {
  const { options, layout } = context;
  const port = await choosePort('the local AWS endpoint', {
    explicit: options.awsPort,
    preferred: DEFAULT_LOCAL_AWS_PORT,
  });
  const config = options.awsConfig ?? (options.examples === false ? undefined : EXAMPLES_AWS_CONFIG);
  const args = [
    ...['local-aws', '--port', String(port), '--data', layout.awsDir],
    ...(config === undefined ? [] : ['--config', config]),
  ];
  const restart = `npx trainyard ${args.map((word) => layout.shown(word)).join(' ')}`;
  const part = startPart('local-aws', { args, env: context.env, logFile: layout.log('local-aws'), restart });
  context.started(part);
  const url = `http://127.0.0.1:${port}`;
  await untilReady(part, context.signal, () =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  );
  return url;
}

/** Resolves once Temporal has seen the worker ask for work. */
export async function startWorker(context: StartContext, addresses: DevAddresses): Promise<void> {
  const { env, layout } = context;
  await writeFile(layout.profileFile, temporalProfile(addresses));
  const part = startPart('worker', {
    args: ['worker'],
    env: workerEnvironment(env, addresses, layout.profileFile),
    logFile: layout.log('worker'),
    restart: 'npx trainyard worker',
  });
  context.started(part);
  const connection = await Connection.connect({ address: addresses.temporal });
  try {
    await untilReady(part, context.signal, async () => {
      const { workflow, activity } = await pollersOf(connection, 'default', DEFAULT_TASK_QUEUE);
      return workflow.length > 0 && activity.length > 0;
    });
  } finally {
    await connection.close();
  }
}

async function untilReady(part: Part, signal: AbortSignal, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PART_TIMEOUT;
  while (!(await isReady())) {
    signal.throwIfAborted();
    const ended = !part.isRunning();
    if (ended || Date.now() > deadline) {
      const what = ended ? 'ended before it was ready' : `was not ready within ${PART_TIMEOUT / 1000} s`;
      throw new TrainyardError(
        'DEV_PART_FAILED',
        `trainyard ${part.name} ${what}. ${await tailOfLog(part.logFile)}`,
      );
    }
    await sleep(100);
  }
}
