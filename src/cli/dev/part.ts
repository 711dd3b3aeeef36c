import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tailOfLog } from '../../servers/log-tail.ts';
import { manage, type ManagedProcess, type ProcessEnd } from '../../servers/managed-process.ts';

/** One process of a `trainyard dev`: Temporal, the local AWS endpoint or the worker. */
export interface Part extends ManagedProcess {
  readonly name: PartName;
  readonly logFile: string;
  /** What a person types to have it back after it died. */
  readonly restart: string;
}

export type PartName = 'temporal' | 'local-aws' | 'worker';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/**
 * Starts another `trainyard` command as a part. In a process group of its own: Ctrl-C is for `dev`, which ends its parts
 * in order.
 */
export function startPart(
  name: Exclude<PartName, 'temporal'>,
  options: {
    readonly args: readonly string[];
    readonly env: NodeJS.ProcessEnv;
    readonly logFile: string;
    readonly restart: string;
  },
): Part {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  try {
    const child = spawn(process.execPath, [MAIN, ...options.args], {
      env: options.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    return { ...manage(child), name, logFile: options.logFile, restart: options.restart };
  } finally {
    closeSync(log);
  }
}

const TITLES: Readonly<Record<PartName, string>> = {
  temporal: 'The Temporal server',
  'local-aws': 'The local AWS endpoint',
  worker: 'The worker',
};

/** What happened to a part that ended by itself, and how to go on. A kill needs no log, a crash does. */
export async function obituary(part: Part, end: ProcessEnd): Promise<string> {
  const how =
    end.signal === null ? `ended with exit code ${String(end.exitCode)}` : `was killed by ${end.signal}`;
  const log = end.signal === null ? ` ${await tailOfLog(part.logFile)}\n` : '\n';
  return `${TITLES[part.name]} (pid ${String(part.pid)}) ${how}.${log}Everything else goes on. To have it back: ${part.restart}\n`;
}
