import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { serverCacheDir } from './cache-dir.ts';
import { findOnPath } from './command.ts';
import { inspectInstallation, install } from './installation.ts';
import { withLock } from './lock.ts';
import type { Progress } from './progress.ts';

/** The machine as acquisition sees it; tests hand in another one. */
export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly fetch: typeof fetch;
  /** Aborting it ends downloads and builds. */
  readonly signal?: AbortSignal | undefined;
}

export const thisMachine = (signal?: AbortSignal): Machine => ({
  env: process.env,
  platform: process.platform,
  arch: process.arch,
  fetch,
  signal,
});

/** One way to make the files of a server. */
export interface Maker {
  /** For people: `download from temporal.download`. */
  readonly name: string;
  /** Shown while it runs, with how long it takes. */
  readonly title: string;
  /** Puts everything into the empty directory `into`, or throws an error whose message says why it cannot. */
  make(into: string, machine: Machine, detail: (text: string) => void): Promise<void>;
}

/** A server that Trainyard needs and can get hold of. */
export interface ServerKind {
  /** For people: `Temporal dev server`. */
  readonly title: string;
  /** Environment variable with the path of its executable. */
  readonly variable: string;
  /** Its name on PATH, and the name of its executable in the cache. */
  readonly command: string;
  /** Its directory in the cache; holds the version. */
  readonly directory: string;
  /** Tries the executable out. Returns what is wrong with it, or undefined. */
  check(path: string, machine: Machine): Promise<string | undefined>;
  /** In the order in which they are tried. */
  readonly makers: readonly Maker[];
  /** What a person should install when every way failed. */
  readonly remedy: string;
}

/**
 * Finds a server, or gets it. The order: the environment variable (a wrong path is an error, not a reason to look
 * further), PATH, the cache, then the makers, which fill the cache. Safe to call at the same time from several
 * processes: one works, the others wait for it. Throws SERVER_PATH_INVALID or SERVER_UNAVAILABLE.
 */
export async function acquireServer(kind: ServerKind, progress: Progress, machine: Machine): Promise<string> {
  const configured = machine.env[kind.variable];
  if (configured !== undefined && configured !== '') return await checkConfigured(kind, configured, machine);

  const tried: string[] = [`${kind.variable}: not set`];
  const onPath = await findOnPath(kind.command, machine.env, machine.platform);
  const pathProblem = onPath === undefined ? `no ${kind.command} there` : await kind.check(onPath, machine);
  if (onPath !== undefined && pathProblem === undefined) return onPath;
  tried.push(`PATH: ${pathProblem ?? ''}`);

  const directory = join(serverCacheDir(machine.env, machine.platform), kind.directory);
  const executable = join(directory, executableName(kind, machine));
  const state = await cacheProblem(kind, directory, executable, machine);
  if (state === undefined) return executable;
  tried.push(`cache ${directory}: ${state}`);

  await mkdir(serverCacheDir(machine.env, machine.platform), { recursive: true }).catch((error: unknown) => {
    throw unavailable(kind, [...tried, `cache: ${messageOf(error)}`], error);
  });
  const onWait = (owner: string): void =>
    progress.note(`${kind.title}: waiting for ${owner}, which is getting it.`);
  return await withLock(
    `${directory}.lock`,
    async () => {
      // Whoever held the lock before may have done the work.
      const now = await cacheProblem(kind, directory, executable, machine);
      if (now === undefined) return executable;
      if (now !== ABSENT)
        progress.note(`${kind.title}: the copy in the cache is damaged (${now}); getting it again.`);
      await make(kind, directory, progress, machine, tried);
      return executable;
    },
    { onWait, signal: machine.signal },
  );
}

const ABSENT = 'nothing there yet';

async function cacheProblem(
  kind: ServerKind,
  directory: string,
  executable: string,
  machine: Machine,
): Promise<string | undefined> {
  const state = await inspectInstallation(directory);
  switch (state.kind) {
    case 'absent':
      return ABSENT;
    case 'damaged':
      return state.what;
    case 'intact':
      return await kind.check(executable, machine);
  }
}

async function make(
  kind: ServerKind,
  directory: string,
  progress: Progress,
  machine: Machine,
  tried: readonly string[],
): Promise<void> {
  const failures: string[] = [];
  for (const maker of kind.makers) {
    try {
      await progress.during(maker.title, async (detail) => {
        await install(directory, async (into) => {
          await maker.make(into, machine, detail);
          const problem = await kind.check(join(into, executableName(kind, machine)), machine);
          if (problem !== undefined) throw new Error(`what it made does not work: ${problem}`);
        });
      });
      return;
    } catch (error) {
      machine.signal?.throwIfAborted();
      failures.push(`${maker.name}: ${messageOf(error)}`);
    }
  }
  throw unavailable(kind, [...tried, ...failures]);
}

async function checkConfigured(kind: ServerKind, path: string, machine: Machine): Promise<string> {
  const problem = await kind.check(path, machine);
  if (problem === undefined) return path;
  throw new TrainyardError('SERVER_PATH_INVALID', `${kind.variable}=${path}: ${problem}.`, {
    hint: `Set ${kind.variable} to the ${kind.title}'s executable, or unset it so that Trainyard finds or gets one.`,
  });
}

function unavailable(kind: ServerKind, tried: readonly string[], cause?: unknown): TrainyardError {
  const list = tried.map((line) => `\n  - ${line}`).join('');
  return new TrainyardError(
    'SERVER_UNAVAILABLE',
    `The ${kind.title} is not here and could not be got. Tried:${list}`,
    {
      hint: kind.remedy,
      cause,
    },
  );
}

const executableName = (kind: ServerKind, machine: Machine): string =>
  machine.platform === 'win32' ? `${kind.command}.exe` : kind.command;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
