import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/servers/free-port.ts';

export interface TestServerProcess {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the time-skipping server. The SDK would give it five seconds to start; two busy cores need more at times. */
export async function startTestServer(executable: string): Promise<TestServerProcess> {
  const port = await freePort();
  const child = spawn(executable, [String(port)], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stopWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', stopWithUs);
  const stop = async (): Promise<void> => {
    process.off('exit', stopWithUs);
    child.kill('SIGKILL');
    await exited;
  };
  const deadline = Date.now() + 60_000;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(
        `The test server ${executable} does not listen on port ${port} (exit code ${String(child.exitCode)}).`,
      );
    }
    await sleep(50);
  }
  return { port, stop };
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
