import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { serverCacheDir } from '../../src/servers/cache-dir.ts';

const run = promisify(execFile);

const BOTO3_VERSION = '1.43.107';
const INSTALL_MS = 300_000;

export type Python =
  | { readonly kind: 'python'; readonly executable: string }
  /** There is no Python here, or it cannot install boto3. */
  | { readonly kind: 'absent'; readonly why: string };

/**
 * A Python that has boto3, in a virtual environment in the user's cache that is made once. Several processes may ask at the
 * same time: each makes one under a name of its own, and the first to be ready gives it the name that is looked for.
 */
export async function pythonWithBoto3(): Promise<Python> {
  const directory = join(serverCacheDir(process.env, process.platform), `python-boto3-${BOTO3_VERSION}`);
  const executable = join(directory, 'bin', 'python');
  if (existsSync(executable)) return { kind: 'python', executable };
  const draft = `${directory}.${randomUUID()}`;
  try {
    await mkdir(dirname(directory), { recursive: true });
    await run('python3', ['-m', 'venv', draft], { timeout: INSTALL_MS });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `boto3==${BOTO3_VERSION}`];
    await run(join(draft, 'bin', 'python'), pip, { timeout: INSTALL_MS });
    await rename(draft, directory);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Somebody else was faster.
    if (existsSync(executable)) return { kind: 'python', executable };
    return { kind: 'absent', why: error instanceof Error ? error.message : String(error) };
  }
  return { kind: 'python', executable };
}
