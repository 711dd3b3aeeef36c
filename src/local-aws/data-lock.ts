import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { isAlive } from '../process-alive.ts';
import { makePrivateDir } from './private-dir.ts';

/**
 * Makes sure that one process only works on a data directory. A lock whose process is gone (kill -9) does not count;
 * on Linux the start time of the process tells a recycled pid from the real owner.
 * @returns what gives the lock back
 * @throws TrainyardError LOCAL_AWS_IN_USE
 */
export function lockDataDir(dataDir: string): () => void {
  makePrivateDir(dataDir);
  const path = join(dataDir, 'lock');
  const me = JSON.stringify({ pid: process.pid, started: startTime(process.pid) });
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, me, { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      const owner = liveOwner(path);
      if (owner !== undefined || attempt > 2) {
        throw new TrainyardError(
          'LOCAL_AWS_IN_USE',
          `${dataDir} is in use by process ${owner ?? 'unknown'}.`,
          { cause: error },
        );
      }
      rmSync(path, { force: true });
    }
  }
}

function liveOwner(path: string): number | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8')) as {
      pid: number;
      started: string | null;
    };
    return isAlive(pid) && startTime(pid) === started ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Clock ticks from boot to the start of the process; field 22 of /proc/<pid>/stat, counted after the name in brackets. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
