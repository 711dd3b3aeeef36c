import { constants } from 'node:fs';
import { copyFile, mkdir, opendir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { randomUUID } from 'node:crypto';
import { ClientError } from './training-request.ts';

export interface S3Place {
  readonly bucket: string;
  /** Without a leading slash; empty for the whole bucket. */
  readonly key: string;
}

export interface S3Object {
  readonly key: string;
  /** Where its bytes are on this machine. */
  readonly path: string;
  readonly size: number;
}

const S3_URI = /^s3:\/\/([^/]+)(?:\/(.*))?$/s;
const PATH_STYLE = /^https:\/\/s3[.-][^/]*amazonaws\.com[^/]*\/([^/]+)(?:\/(.*))?$/s;
const HOST_STYLE = /^https:\/\/([^/]+)\.s3[.-][^/]*amazonaws\.com[^/]*(?:\/(.*))?$/s;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

/**
 * `s3://bucket/key` or one of the https forms.
 * @throws ClientError for anything else, and for keys that are no path below the folder (`..`, NUL)
 */
export function parseS3Uri(uri: string): S3Place {
  const match = S3_URI.exec(uri) ?? PATH_STYLE.exec(uri) ?? HOST_STYLE.exec(uri);
  const [bucket = '', key = ''] = match?.slice(1) ?? [];
  if (!BUCKET.test(bucket)) {
    throw new ClientError(`"${uri}" is not an S3 location; write s3://bucket/key.`);
  }
  checkKey(key, uri);
  return { bucket, key };
}

function checkKey(key: string, shown: string): void {
  const bad = key.split('/').find((segment) => segment === '.' || segment === '..' || segment.includes('\0'));
  if (bad !== undefined) {
    throw new ClientError(
      `The key of "${shown}" has a part "${bad.replace('\0', '\\0')}", which cannot be a file here.`,
    );
  }
}

export const joinKey = (...parts: readonly string[]): string =>
  parts
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '')
    .join('/');

/** Code-unit order, as S3 lists keys; independent of the machine's language. */
export const byKey = (a: S3Object, b: S3Object): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/**
 * The folder that stands for S3: an object is the file `<folder>/<bucket>/<key>`. Objects appear whole or not at all
 * (written beside the buckets, then renamed), and nothing outside the folder is read, whatever links lie in it.
 */
export class S3Folder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All objects whose key begins with `prefix`, in key order. A prefix may end anywhere in a name, as in S3. */
  async list(bucket: string, prefix: string): Promise<readonly S3Object[]> {
    const found: S3Object[] = [];
    for await (const object of this.#objects(bucket, prefix)) found.push(object);
    return found.sort(byKey);
  }

  /** Whether `list` would find an object; looks no further than the first. */
  async hasAny(bucket: string, prefix: string): Promise<boolean> {
    for await (const _object of this.#objects(bucket, prefix)) return true;
    return false;
  }

  async *#objects(bucket: string, prefix: string): AsyncGenerator<S3Object> {
    const root = await realpath(this.#folder).catch(() => undefined);
    if (root === undefined) return;
    yield* this.#walk(root, bucket, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
  }

  async *#walk(root: string, bucket: string, folderKey: string, prefix: string): AsyncGenerator<S3Object> {
    const folder = await realpath(join(root, bucket, folderKey)).catch(() => undefined);
    if (folder === undefined || !isInside(root, folder)) return;
    const entries = await opendir(folder, { bufferSize: 256 }).catch(() => undefined);
    for await (const entry of entries ?? []) {
      const key = folderKey + entry.name;
      if (entry.isDirectory()) {
        if (key.startsWith(prefix) || prefix.startsWith(`${key}/`)) {
          yield* this.#walk(root, bucket, `${key}/`, prefix);
        }
      } else if (key.startsWith(prefix)) {
        const object = await this.#object(root, bucket, key);
        if (object !== undefined) yield object;
      }
    }
  }

  /** The object of exactly this key. */
  async get(bucket: string, key: string): Promise<S3Object | undefined> {
    checkKey(key, `s3://${bucket}/${key}`);
    const root = await realpath(this.#folder).catch(() => undefined);
    return root === undefined || key === '' ? undefined : this.#object(root, bucket, key);
  }

  async #object(root: string, bucket: string, key: string): Promise<S3Object | undefined> {
    const path = await realpath(join(root, bucket, key)).catch(() => undefined);
    if (path === undefined || !isInside(root, path)) return undefined;
    const info = await stat(path).catch(() => undefined);
    return info?.isFile() === true ? { key, path, size: info.size } : undefined;
  }

  /**
   * Makes the file at `source` an object. With `unless`, asked after the copy and before it shows, the object stays as it
   * was when the answer is true (the source changed meanwhile); the result says whether it was written.
   */
  async put(bucket: string, key: string, source: string, unless?: () => Promise<boolean>): Promise<boolean> {
    checkKey(key, `s3://${bucket}/${key}`);
    // Not a bucket name, so nobody can list it; the same file system, so that rename is atomic.
    const staging = join(this.#folder, '.staging');
    await mkdir(staging, { recursive: true });
    const temporary = join(staging, randomUUID());
    try {
      await copyFile(source, temporary, constants.COPYFILE_FICLONE);
      if ((await unless?.()) === true) return false;
      await this.#show(temporary, join(this.#folder, bucket, key));
      return true;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Another job's delete may remove the empty parent between our mkdir and our rename, hence the second try. */
  async #show(temporary: string, target: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await mkdir(dirname(target), { recursive: true });
      const root = await realpath(this.#folder);
      if (!isInside(root, await realpath(dirname(target)))) {
        throw new ClientError(`${target} leads out of the folder that stands for S3.`);
      }
      try {
        await rename(temporary, target);
        return;
      } catch (error) {
        if (attempt === 3 || !isMissing(error)) throw error;
      }
    }
  }

  /** Removes the object and the folders that become empty by it; a missing object is fine. */
  async delete(bucket: string, key: string): Promise<void> {
    checkKey(key, `s3://${bucket}/${key}`);
    const root = await realpath(this.#folder).catch(() => undefined);
    const parent = await realpath(dirname(join(this.#folder, bucket, key))).catch(() => undefined);
    if (root === undefined || parent === undefined || !isInside(root, parent)) return;
    await rm(join(this.#folder, bucket, key), { force: true });
    for (let folder = dirname(key); folder !== '.'; folder = dirname(folder)) {
      const removed = await rmdir(join(this.#folder, bucket, folder)).then(
        () => true,
        () => false,
      );
      if (!removed) return;
    }
  }
}

/** Whether `path` is `root` or below it; both resolved. */
export const isInside = (root: string, path: string): boolean => path === root || path.startsWith(root + sep);

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
