import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { DevState } from '../../client/dev-state.ts';

const run = promisify(execFile);

/** What each part's command line contains: a pid alone may be somebody else's by now. */
const MARKS: Readonly<Record<string, string>> = {
  temporal: 'server start-dev',
  'local-aws': 'main.js local-aws',
  worker: 'main.js worker',
};

/** Ends what a `trainyard dev` that was killed left running. Returns the names of the parts. */
export async function endLeftovers(state: DevState): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const [name, pid] of Object.entries(state.processes ?? {})) {
    const mark = MARKS[name];
    if (mark === undefined || !(await commandOf(pid))?.includes(mark)) continue;
    await end(pid, mark);
    ended.push(name);
  }
  return ended;
}

async function end(pid: number, mark: string): Promise<void> {
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; waited < 50; waited++) {
    if (!(await commandOf(pid))?.includes(mark)) return;
    await sleep(100);
  }
  process.kill(pid, 'SIGKILL');
}

/** The command line of a live process. */
async function commandOf(pid: number): Promise<string | undefined> {
  try {
    return (await run('ps', ['-o', 'args=', '-p', String(pid)])).stdout;
  } catch {
    return undefined;
  }
}
