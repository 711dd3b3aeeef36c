import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds until the command is killed. (Default: none) */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
  /** Every line of stdout and stderr, as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  /** Null when a signal ended the command. */
  readonly exitCode: number | null;
  /** The last 20 lines of stdout and stderr together. */
  readonly tail: readonly string[];
}

const TAIL_LINES = 20;

/** Runs a command without a shell and without stdin. Rejects only when it cannot be started, timed out or was aborted. */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const limits = [
    options.signal,
    options.timeout === undefined ? undefined : AbortSignal.timeout(options.timeout),
  ];
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    signal: AbortSignal.any(limits.filter((limit) => limit !== undefined)),
  });
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      options.onLine?.(line);
    });
  }
  return await new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        options.signal?.aborted !== true && error.name === 'AbortError' ? timedOut(file, options) : error,
      );
    });
    child.once('close', (exitCode) => resolve({ exitCode, tail }));
  });
}

function timedOut(file: string, options: CommandOptions): Error {
  return new Error(`${file} did not end within ${(options.timeout ?? 0) / 1000} s`);
}

/** The path of a program on PATH, or undefined. */
export async function findOnPath(
  name: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): Promise<string | undefined> {
  const suffixes = platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue;
    for (const suffix of suffixes) {
      const path = join(directory, name + suffix);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
