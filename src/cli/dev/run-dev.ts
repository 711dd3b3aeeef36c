import { mkdirSync } from 'node:fs';
import { findDevState, readDevState, removeDevState, writeDevState } from '../../client/dev-state.ts';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import { progressOn } from '../../servers/progress.ts';
import { DEFAULT_TASK_QUEUE } from '../../workflows/contract.ts';
import { readExamples } from '../demo/examples-folder.ts';
import { makeDataDir } from '../data-dir.ts';
import type { Session } from '../session.ts';
import { announcement, nextSteps } from './announce.ts';
import type { DevAddresses } from './environment.ts';
import { endTraining } from './end-training.ts';
import { listenForInterruption } from './interruption.ts';
import { emptyDirectory, layoutOf, type DevLayout, type DevOptions } from './layout.ts';
import { endLeftovers } from './leftovers.ts';
import { offerExamples } from './offer-examples.ts';
import { obituary, type Part } from './part.ts';
import { startLocalAws, startTemporal, startWorker, type StartContext } from './start-parts.ts';

const INTERRUPTED = 130;

/**
 * Runs everything on this machine until Ctrl-C, or with `examples` until they have ended. Returns the exit code.
 *
 *   starting --all ready--> running --examples ended, no --keep--> stopping --> gone
 *      |                       |  ^                                   ^
 *      |                       |  '-- a part dies: say so, go on      |
 *      '--a part fails---------'--------------Ctrl-C------------------'   a second Ctrl-C: gone at once
 */
export async function runDev(options: DevOptions, session: Session): Promise<number> {
  const { terminal } = session;
  const layout = layoutOf(options, terminal.cwd);
  // Missing or broken examples are better known before anything is started.
  if (options.examples !== false) readExamples();
  makeDataDir(layout.dataDir, (path) => mkdirSync(path, { recursive: true }));
  await clearTheWay(session);
  if (options.examples !== false) {
    await endTraining(layout.awsDir);
    emptyDirectory(layout);
  }

  const parts: Part[] = [];
  // Parts that die while others are still starting are reported by what waits for them.
  let watching = false;
  const interruption = listenForInterruption(() => session.say('Stopping. (Ctrl-C again: at once)'));
  const started = (part: Part): void => {
    parts.push(part);
    void part.exited.then(async (end) => {
      if (watching && !interruption.signal.aborted) terminal.stderr.write(await obituary(part, end));
    });
  };
  try {
    const progress = progressOn(terminal.stderr);
    const context: StartContext = {
      options,
      layout,
      env: terminal.env,
      progress,
      signal: interruption.signal,
      started,
    };
    const addresses = await startAll(context, (found) => publish(terminal.cwd, layout, found, parts));
    watching = true;
    session.print(announcement(parts, addresses, layout, session.paint));
    if (options.examples !== false) {
      const world = { session, addresses, awsDir: layout.awsDir, signal: interruption.signal };
      const { runExamples } = await import('../demo/index.ts');
      const code = await runExamples(world, options.examples);
      if (!options.keep) return code;
      session.say('\nEverything stays up (--keep) until Ctrl-C.');
      await interruption.happened;
      return code;
    }
    const example = await offerExamples(addresses, layout.awsDir);
    session.say(nextSteps(example === undefined ? undefined : layout.shown(example)));
    await interruption.happened;
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    watching = false;
    await stopAll(parts);
    await endTraining(layout.awsDir);
    removeDevState(terminal.cwd, process.pid);
    interruption.dispose();
  }
}

/** One `dev` per folder; what a killed one left behind would hold its ports and its database. */
async function clearTheWay(session: Session): Promise<void> {
  const { cwd } = session.terminal;
  const old = readDevState(cwd);
  if (old === undefined) return;
  if (findDevState(cwd)?.pid === old.pid) {
    throw new TrainyardError('DEV_RUNNING', `trainyard dev already runs in ${cwd} (pid ${old.pid}).`, {
      hint: `Its Web UI: ${old.temporal.uiUrl ?? 'none'}. Stop it with Ctrl-C, or: kill ${old.pid}`,
    });
  }
  const ended = await endLeftovers(old);
  if (ended.length > 0)
    session.say(`An earlier trainyard dev was killed; ended what it left: ${ended.join(', ')}.`);
  removeDevState(cwd, old.pid);
}

async function startAll(
  context: StartContext,
  publish: (addresses: DevAddresses) => void,
): Promise<DevAddresses> {
  const { options, env, progress } = context;
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const temporal = await startTemporal(context);
  const endpointUrl = await progress.during('Starting the local AWS endpoint', () => startLocalAws(context));
  const addresses = { temporal: temporal.address, uiUrl: temporal.uiUrl, endpointUrl, region };
  publish(addresses);
  if (options.worker) {
    await progress.during('Starting the worker', () => startWorker(context, addresses));
    publish(addresses);
  }
  return addresses;
}

/** Lets other commands in this folder find the servers. */
function publish(cwd: string, layout: DevLayout, addresses: DevAddresses, parts: readonly Part[]): void {
  writeDevState(cwd, {
    pid: process.pid,
    temporal: {
      address: addresses.temporal,
      namespace: 'default',
      ...(addresses.uiUrl === undefined ? {} : { uiUrl: addresses.uiUrl }),
    },
    aws: { endpointUrl: addresses.endpointUrl, region: addresses.region },
    dataDir: layout.dataDir,
    taskQueue: DEFAULT_TASK_QUEUE,
    processes: Object.fromEntries(parts.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]]))),
  });
}

/** In the reverse order of their start: the worker still reports to Temporal what it was doing. */
async function stopAll(parts: readonly Part[]): Promise<void> {
  for (const part of parts.toReversed()) await part.stop();
}
