import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;
/** Longer than any build: whoever holds the lock then is another process that got the pid of a dead build. */
const PATIENCE_MS = 180_000;

/** Runs `work` while no other build of this checkout does. The lock of a process that is gone is taken over. */
export async function withBuildLock(path, work) {
  const own = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(own, String(process.pid));
  try {
    const deadline = Date.now() + PATIENCE_MS;
    // A link appears with its content, so nobody reads a lock that is half written.
    while (!tryLink(own, path)) {
      if (!isHeld(path) || Date.now() > deadline) rmSync(path, { force: true });
      else await sleep(POLL_MS);
    }
    try {
      return await work();
    } finally {
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

function tryLink(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isHeld(path) {
  try {
    process.kill(Number(readFileSync(path, 'utf8')), 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return error.code === 'EPERM';
  }
}
