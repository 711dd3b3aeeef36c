import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../process-alive.ts';

interface Owner {
  readonly pid: number;
  readonly host: string;
}

export interface LockOptions {
  /** Called once per owner that is waited for. */
  readonly onWait?: (owner: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const TOUCH_MS = 2_000;
const POLL_MS = 200;
/** An owner that has not touched its lock for this long is gone, even if another process has its pid now. */
const STALE_MS = 20_000;

/**
 * Runs `work` while holding the lock file `path`. The owner touches the file; a lock whose process is gone, or which
 * was not touched for 20 s, is taken over. Two processes that take over in the same instant may both go on, so `work`
 * must stay correct then (here: each builds in its own directory and renames); the lock only saves double work.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const owner: Owner = { pid: process.pid, host: hostname() };
  let told: string | undefined;
  while (!(await tryCreate(path, JSON.stringify(owner)))) {
    options.signal?.throwIfAborted();
    const holder = await holderOf(path);
    if (holder === undefined) {
      await rm(path, { force: true });
      continue;
    }
    const name =
      holder.pid === undefined ? 'another process' : `process ${holder.pid} on ${holder.host ?? '?'}`;
    if (told !== name) options.onWait?.((told = name));
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
  const touch = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), TOUCH_MS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    await rm(path, { force: true });
  }
}

async function tryCreate(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(content);
    await file.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds the lock; undefined when nobody does any more. */
async function holderOf(path: string): Promise<Partial<Owner> | undefined> {
  try {
    const [content, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    if (Date.now() - mtimeMs > STALE_MS) return undefined;
    const owner = parseOwner(content);
    return owner.pid !== undefined && owner.host === hostname() && !isAlive(owner.pid) ? undefined : owner;
  } catch {
    return undefined; // It went away between two looks.
  }
}

/** A lock that is just being written has no content yet. */
function parseOwner(content: string): Partial<Owner> {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null) return {};
    return {
      ...('pid' in value && typeof value.pid === 'number' ? { pid: value.pid } : {}),
      ...('host' in value && typeof value.host === 'string' ? { host: value.host } : {}),
    };
  } catch {
    return {};
  }
}
