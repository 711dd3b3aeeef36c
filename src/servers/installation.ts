import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * A directory of the server cache that is either whole or not there: it is filled under another name and renamed when
 * complete. `contents.json` in it lists its files with their sizes, so that damage is noticed.
 */
export type InstallationState =
  { readonly kind: 'intact' | 'absent' } | { readonly kind: 'damaged'; readonly what: string };

const CONTENTS = 'contents.json';

export async function inspectInstallation(directory: string): Promise<InstallationState> {
  const names = await filesOf(directory).catch(() => undefined);
  if (names === undefined) return { kind: 'absent' };
  const listed = await readContents(directory);
  if (listed === undefined) return { kind: 'damaged', what: `${CONTENTS} is missing or unreadable` };
  for (const [name, size] of Object.entries(listed)) {
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found === undefined) return { kind: 'damaged', what: `${name} is missing` };
    if (found.size !== size)
      return { kind: 'damaged', what: `${name} has ${found.size} bytes instead of ${String(size)}` };
  }
  return { kind: 'intact' };
}

/** Lets `fill` make a new directory and puts it in the place of `directory`, whatever is there. */
export async function install(directory: string, fill: (into: string) => Promise<void>): Promise<void> {
  const parent = dirname(directory);
  const prefix = `.${basename(directory)}.`;
  await mkdir(parent, { recursive: true });
  await removeLeftovers(parent, prefix);
  const unique = `${process.pid}-${Date.now().toString(36)}`;
  const fresh = join(parent, `${prefix}new-${unique}`);
  const old = join(parent, `${prefix}old-${unique}`);
  try {
    await mkdir(fresh);
    await fill(fresh);
    const sizes: Record<string, number> = {};
    for (const name of await filesOf(fresh)) sizes[name] = (await stat(join(fresh, name))).size;
    await writeFile(join(fresh, CONTENTS), `${JSON.stringify(sizes, null, 1)}\n`);
    await rename(directory, old).catch(() => undefined);
    await rename(fresh, directory);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== CONTENTS)
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

async function readContents(directory: string): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(directory, CONTENTS), 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Directories that killed builds left behind: older than a day, since a running build may still use a younger one. */
async function removeLeftovers(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > 86_400_000)
      await rm(path, { recursive: true, force: true });
  }
}
