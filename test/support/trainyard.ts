import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readDevState, type DevState } from '../../src/client/dev-state.ts';

/** The command line as `npm run build` left it. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A `trainyard` process with everything that it has printed so far. */
export interface TrainyardProcess {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Exit code, or the name of the signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export function startTrainyard(args: readonly string[], { cwd, env }: RunOptions): TrainyardProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: env ?? localEnvironment(),
    stdio: 'pipe',
  });
  child.stdin.end();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended: new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal))),
  };
}

/** Runs one command to its end. */
export async function trainyard(
  args: readonly string[],
  options: RunOptions,
): Promise<{ readonly code: number | string | null; readonly stdout: string; readonly stderr: string }> {
  const run = startTrainyard(args, options);
  const code = await run.ended;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

/** The state that the `trainyard dev` of a directory has published; throws as long as it has no worker. */
export function devStateOf(directory: string): DevState & { readonly processes: Record<string, number> } {
  const state = readDevState(directory);
  if (state?.processes?.['worker'] === undefined)
    throw new Error(`no trainyard dev is ready in ${directory}`);
  return { ...state, processes: state.processes };
}

/** This process's environment without anything that points to a Temporal or AWS of the developer's. */
export function localEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|TEMPORAL)_/.test(name)));
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
