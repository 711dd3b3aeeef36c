import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { sessionOf, type Session } from '../session.ts';

/** A pressed Tab key must not wait for a server each time. */
const CACHE_MS = 10_000;
const MOST = 500;

/** Prints job ids for the completion scripts; hidden from help. */
export function jobIdsCommand(): Command {
  return new Command('__job-ids').description('Prints job ids for shell completion.').action(run);
}

async function run(_options: object, command: Command): Promise<void> {
  const session = sessionOf(command);
  const cache = cacheFile(session);
  const kept = readFresh(cache, session.terminal.now());
  if (kept !== undefined) {
    session.print(kept);
    return;
  }
  const client = await session.client();
  let ids = '';
  for await (const { jobId } of client.list({ limit: MOST })) ids += `${jobId}\n`;
  session.print(ids);
  mkdirSync(dirname(cache), { recursive: true });
  writeFileSync(cache, ids);
}

/** One per server, so that another profile or directory does not answer with foreign ids. */
function cacheFile(session: Session): string {
  const { env, cwd } = session.terminal;
  const base = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const where = JSON.stringify([
    cwd,
    env['TEMPORAL_ADDRESS'],
    env['TEMPORAL_NAMESPACE'],
    env['TEMPORAL_PROFILE'],
  ]);
  return join(base, 'trainyard', `job-ids-${createHash('sha256').update(where).digest('hex').slice(0, 16)}`);
}

function readFresh(path: string, now: number): string | undefined {
  try {
    return now - statSync(path).mtimeMs < CACHE_MS ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
