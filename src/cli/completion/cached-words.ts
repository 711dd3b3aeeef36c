import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Session } from '../session.ts';

/** A pressed Tab key must not wait for a server each time. */
const CACHE_MS = 10_000;

/** Prints words for the completion scripts, a line each: those of ten seconds ago, or fresh ones. */
export async function printCached(
  session: Session,
  kind: 'job-ids' | 'queue-names',
  collect: () => Promise<readonly string[]>,
): Promise<void> {
  const cache = cacheFile(session, kind);
  const kept = readFresh(cache, session.terminal.now());
  if (kept !== undefined) {
    session.print(kept);
    return;
  }
  const text = (await collect()).map((word) => `${word}\n`).join('');
  session.print(text);
  mkdirSync(dirname(cache), { recursive: true });
  writeFileSync(cache, text);
}

/** One per server, so that another profile or directory does not answer with foreign words. */
function cacheFile({ terminal: { env, cwd } }: Session, kind: string): string {
  const base = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const where = JSON.stringify([
    cwd,
    env['TEMPORAL_ADDRESS'],
    env['TEMPORAL_NAMESPACE'],
    env['TEMPORAL_PROFILE'],
  ]);
  return join(base, 'trainyard', `${kind}-${createHash('sha256').update(where).digest('hex').slice(0, 16)}`);
}

function readFresh(path: string, now: number): string | undefined {
  try {
    return now - statSync(path).mtimeMs < CACHE_MS ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
