import type { ChildProcess } from 'node:child_process';

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process that can be waited for and ended, and that never outlives this process's own orderly exit. */
export interface ManagedProcess {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly exited: Promise<ProcessEnd>;
  isRunning(): boolean;
  /** SIGTERM, and SIGKILL after 5 s; resolves when the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

const STOP_TIMEOUT = 5_000;

export function manage(child: ChildProcess): ManagedProcess {
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = new Promise<ProcessEnd>((resolve) => {
    const done = (exitCode: number | null, signal: NodeJS.Signals | null): void => {
      process.off('exit', killWithUs);
      resolve({ exitCode, signal });
    };
    child.once('exit', done);
    child.once('error', () => {
      if (child.pid === undefined) done(null, null);
    });
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
    await exited;
    clearTimeout(timer);
  };
  const isRunning = (): boolean =>
    child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return { pid: child.pid, exited, isRunning, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}
