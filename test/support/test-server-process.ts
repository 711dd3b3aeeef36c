import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/servers/free-port.ts';

/** Temporal's time-skipping test server, and how to start it quickly. */
export interface TestServer {
  readonly executable: string;
  /** Options for its JVM, if it runs on one. */
  readonly javaOptions?: string;
}

export interface TestServerProcess {
  readonly port: number;
  /** By default it is killed; SIGTERM lets a JVM finish what it does at exit. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the time-skipping server. The SDK would give it five seconds to start; two busy cores need more at times. */
export async function startTestServer(server: TestServer): Promise<TestServerProcess> {
  const port = await freePort();
  const child = spawn(server.executable, [String(port)], { stdio: 'ignore', env: environmentOf(server) });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stopWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', stopWithUs);
  const stop = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    await exited;
    process.off('exit', stopWithUs);
  };
  const deadline = Date.now() + 60_000;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(
        `The test server ${server.executable} does not listen on port ${port} (exit code ${String(child.exitCode)}).`,
      );
    }
    await sleep(20);
  }
  return { port, stop };
}

/** The environment in which a test server is started. */
export function environmentOf({ javaOptions }: TestServer): NodeJS.ProcessEnv {
  const inherited = process.env['JAVA_TOOL_OPTIONS'];
  const options = [inherited, javaOptions].filter((part) => part !== undefined).join(' ');
  return { ...process.env, ...(options === '' ? {} : { JAVA_TOOL_OPTIONS: options }) };
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
