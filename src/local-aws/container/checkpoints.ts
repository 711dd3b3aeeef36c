import {
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { z } from 'zod';
import type { InstanceDirectory } from './layout.ts';
import { isInside, isMissing, parseS3Uri, type S3Folder, type S3Place } from './s3-folder.ts';

/** Path below the checkpoint directory -> size and times of the file when it was last seen. */
type Snapshot = ReadonlyMap<string, { readonly path: string; readonly signature: string }>;

const syncedRecord = z.record(z.string(), z.string());

/** One instance's side: what of its directory is in S3 because of it. Kept on disk, for deletions during an outage. */
interface Side {
  readonly directory: InstanceDirectory;
  synced: Map<string, string>;
  /** What the previous look saw: a file that changed since is still being written. */
  seen: Snapshot;
}

/**
 * CheckpointConfig as SageMaker does it: what is at S3Uri is copied in once, at the start; from then on the local
 * directories are copied out, deletions included; objects that appear in S3 later are not copied in. All instances share
 * the one place in S3; an object goes away only when no instance has the file any more.
 */
export class CheckpointSync {
  readonly #s3: S3Folder;
  readonly #place: S3Place;
  readonly #sides: readonly Side[];
  #running: Promise<void> = Promise.resolve();

  constructor(s3: S3Folder, uri: string, directories: readonly InstanceDirectory[]) {
    const { bucket, key } = parseS3Uri(uri);
    this.#s3 = s3;
    this.#place = { bucket, key: key === '' || key.endsWith('/') ? key : `${key}/` };
    this.#sides = directories.map((directory) => ({ directory, synced: new Map(), seen: new Map() }));
  }

  /** Copies what S3 has into every instance. */
  async restore(): Promise<void> {
    const objects = await this.#s3.list(this.#place.bucket, this.#place.key);
    for (const side of this.#sides) {
      for (const object of objects) {
        const target = join(side.directory.checkpoints.directory, object.key.slice(this.#place.key.length));
        await mkdir(dirname(target), { recursive: true });
        await copyFile(object.path, target);
      }
      const restored = (await snapshot(side.directory)) ?? [];
      side.synced = new Map([...restored].map(([name, { signature }]) => [name, signature]));
      await save(side);
    }
  }

  /** Takes up what an earlier call, perhaps of an earlier endpoint process, has already copied out. */
  async load(): Promise<void> {
    for (const side of this.#sides) {
      const text = await readFile(recordFile(side), 'utf8').catch(() => '{}');
      side.synced = new Map(Object.entries(syncedRecord.parse(JSON.parse(text))));
    }
  }

  /**
   * Copies out what is new, then removes what is gone. `settled` leaves out files that changed since the last look (they
   * may be half written); `everything` is for when no process writes any more. Calls do not overlap.
   */
  async copyOut(which: 'settled' | 'everything'): Promise<void> {
    const turn = this.#running.then(() => this.#copyOut(which));
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  async #copyOut(which: 'settled' | 'everything'): Promise<void> {
    const looks = await Promise.all(
      this.#sides.map(async (side) => ({ side, now: await snapshot(side.directory), before: side.seen })),
    );
    for (const { side, now, before } of looks) {
      // A directory that is gone as a whole is no wish to delete every checkpoint.
      if (now === undefined) continue;
      side.seen = now;
      let changed = false;
      for (const [name, { path, signature }] of now) {
        if (side.synced.get(name) === signature) continue;
        if (which === 'settled' && before.get(name)?.signature !== signature) continue;
        const moving = async (): Promise<boolean> =>
          which === 'settled' && (await signatureOf(path)) !== signature;
        const written = await this.#s3
          .put(this.#place.bucket, this.#place.key + name, path, moving)
          .catch(undefinedIfMissing);
        if (written !== true) continue;
        side.synced.set(name, signature);
        changed = true;
      }
      for (const name of [...side.synced.keys()].filter((each) => !now.has(each))) {
        side.synced.delete(name);
        changed = true;
        if (looks.some((look) => look.now?.has(name))) continue;
        await this.#s3.delete(this.#place.bucket, this.#place.key + name);
      }
      if (changed) await save(side);
    }
  }
}

/** For what training removes between two looks; any other error must not pass for an absent file. */
function undefinedIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

const recordFile = ({ directory }: Side): string => join(directory.root, 'synced.json');

async function save(side: Side): Promise<void> {
  const file = recordFile(side);
  await writeFile(`${file}.new`, JSON.stringify(Object.fromEntries(side.synced)));
  await rename(`${file}.new`, file);
}

/** What is in the checkpoint directory; undefined if there is none. */
async function snapshot(directory: InstanceDirectory): Promise<Snapshot | undefined> {
  const found = new Map<string, { path: string; signature: string }>();
  const top = directory.checkpoints.directory;
  const walk = async (folder: string): Promise<boolean> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(undefinedIfMissing);
    for (const entry of entries ?? []) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        await walk(path);
        continue;
      }
      const file = entry.isSymbolicLink()
        ? await linkedFile(path, directory)
        : entry.isFile()
          ? path
          : undefined;
      const signature = file === undefined ? undefined : await signatureOf(file);
      if (file !== undefined && signature !== undefined)
        found.set(relative(top, path), { path: file, signature });
    }
    return entries !== undefined;
  };
  return (await walk(top)) ? found : undefined;
}

async function signatureOf(path: string): Promise<string | undefined> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  return info?.isFile() === true ? `${info.size}:${info.mtimeNs}:${info.ino}` : undefined;
}

/** A link is followed only to a file of the same instance; the process's absolute paths are not this machine's. */
async function linkedFile(path: string, { ml, checkpoints }: InstanceDirectory): Promise<string | undefined> {
  const link = await readlink(path).catch(() => undefined);
  if (link === undefined) return undefined;
  const below = `${checkpoints.localPath}/`;
  const target = !isAbsolute(link)
    ? join(dirname(path), link)
    : link.startsWith(below)
      ? join(checkpoints.directory, link.slice(below.length))
      : undefined;
  const real = target === undefined ? undefined : await realpath(target).catch(() => undefined);
  if (real === undefined || !(await lstat(real)).isFile()) return undefined;
  const inside = await Promise.all(
    [ml, checkpoints.directory].map(async (root) => isInside(await realpath(root), real)),
  );
  return inside.includes(true) ? real : undefined;
}
