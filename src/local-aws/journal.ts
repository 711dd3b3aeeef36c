import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TrainyardError } from '../jobs/error-catalogue.ts';

/** Entries hold secrets: the Environment and HyperParameters of jobs, the tokens of subscriptions. */
const OWNER_ONLY = { directory: 0o700, file: 0o600 };
const FILE = /^(journal|snapshot)-(\d{8})\.jsonl$/;
/** Journals together may grow to this before they are folded into a snapshot, or to twice the snapshot. */
const COMPACT_BYTES = 4 * 1_048_576;
/** Lines of a snapshot that are made in one go, so that answering is not held up. */
const CHUNK_LINES = 500;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A folder of JSON lines that survives kill -9: `journal-<n>.jsonl` holds entries in the order of `append`,
 * `snapshot-<n>.jsonl` holds entries that stand for everything before journal n. Entries must be absolute ("the state is
 * now ..."), so that reading one twice does no harm: a snapshot is written while new entries go to journal n already.
 *
 * Entries are written in batches, one fdatasync each; `durable` waits for all that were appended before the call. After
 * a failed write nothing is durable any more, and `durable` rejects for good.
 */
export class Journal<E> {
  readonly #dir: string;
  readonly #snapshot: () => Iterable<E>;
  readonly #compactBytes: number;
  #number: number;
  #file: FileHandle;
  #queue: string[] = [];
  #waiting: Waiter[] = [];
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;
  #journalBytes: number;
  #snapshotBytes: number;
  #compaction: Promise<void> | undefined;

  private constructor(options: JournalOptions<E>, number: number, file: FileHandle, sizes: Sizes) {
    this.#dir = options.dir;
    this.#snapshot = options.snapshot;
    this.#compactBytes = options.compactBytes ?? COMPACT_BYTES;
    this.#number = number;
    this.#file = file;
    this.#journalBytes = sizes.journals;
    this.#snapshotBytes = sizes.snapshot;
  }

  /** Reads everything into `options.load`, then begins a new journal. @throws TrainyardError LOCAL_AWS_STATE */
  static async open<E>(options: JournalOptions<E>): Promise<Journal<E>> {
    await mkdir(options.dir, { recursive: true, mode: OWNER_ONLY.directory });
    const files = (await readdir(options.dir)).flatMap((name) => {
      const match = FILE.exec(name);
      return match === null ? [] : [{ name, kind: match[1], number: Number(match[2]) }];
    });
    const newest = Math.max(
      0,
      ...files.filter((file) => file.kind === 'snapshot').map((file) => file.number),
    );
    const needed = files
      .filter((file) => file.number >= newest)
      .sort((a, b) => a.number - b.number || (a.kind === 'snapshot' ? -1 : 1));
    const sizes: Sizes = { journals: 0, snapshot: 0 };
    for (const file of needed) {
      const bytes = await readEntries(join(options.dir, file.name), options.load);
      sizes[file.kind === 'snapshot' ? 'snapshot' : 'journals'] += bytes;
    }
    const number = Math.max(0, ...files.map((file) => file.number)) + 1;
    const journal = new Journal(options, number, await createDurably(options.dir, 'journal', number), sizes);
    journal.#compactIfWorthwhile();
    return journal;
  }

  append(entry: E): void {
    if (this.#failure !== undefined) return;
    this.#queue.push(`${JSON.stringify(entry)}\n`);
    this.#writing ??= this.#write();
  }

  /** Resolves when everything appended so far is on disk. @throws what made a write fail */
  durable(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#writing === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    await this.durable().catch(() => undefined);
    await this.#compaction;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    // A turn of the event loop makes a batch of what was appended in it.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const [batch, waiting, file] = [this.#queue.join(''), this.#waiting, this.#file];
      this.#queue = [];
      this.#waiting = [];
      try {
        const bytes = Buffer.from(batch);
        await file.appendFile(bytes);
        await file.datasync();
        this.#journalBytes += bytes.length;
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        this.#failure = new TrainyardError(
          'LOCAL_AWS_STATE',
          `The state in ${this.#dir} cannot be written.`,
          { cause: error },
        );
        this.#queue = [];
        for (const { reject } of [...waiting, ...this.#waiting]) reject(this.#failure);
        this.#waiting = [];
        break;
      }
    }
    this.#writing = undefined;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
    this.#compactIfWorthwhile();
  }

  #compactIfWorthwhile(): void {
    if (this.#compaction !== undefined || this.#failure !== undefined) return;
    if (this.#journalBytes < Math.max(this.#compactBytes, 2 * this.#snapshotBytes)) return;
    this.#compaction = this.#compact()
      .catch((error: unknown) => {
        this.#failure ??= new TrainyardError(
          'LOCAL_AWS_STATE',
          `No snapshot of ${this.#dir} can be written.`,
          { cause: error },
        );
      })
      .finally(() => (this.#compaction = undefined));
  }

  async #compact(): Promise<void> {
    const number = this.#number + 1;
    const next = await createDurably(this.#dir, 'journal', number);
    while (this.#writing !== undefined) await this.#writing;
    const old = this.#file;
    this.#file = next;
    this.#number = number;
    this.#journalBytes = 0;
    await old.close();

    const draft = join(this.#dir, 'snapshot.tmp');
    const snapshot = await open(draft, 'w', OWNER_ONLY.file);
    let bytes = 0;
    try {
      for (const chunk of chunks(this.#snapshot(), CHUNK_LINES)) {
        const data = Buffer.from(chunk.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
        await snapshot.appendFile(data);
        bytes += data.length;
      }
      await snapshot.sync();
    } finally {
      await snapshot.close();
    }
    await rename(draft, join(this.#dir, fileName('snapshot', number)));
    await syncDirectory(this.#dir);
    this.#snapshotBytes = bytes;
    for (const name of await readdir(this.#dir)) {
      const match = FILE.exec(name);
      if (match !== null && Number(match[2]) < number) await rm(join(this.#dir, name));
    }
  }
}

export interface JournalOptions<E> {
  readonly dir: string;
  /** Called with every entry, oldest first. Throws on one that makes no sense. */
  readonly load: (entry: unknown) => void;
  /** Entries that stand for the present state. */
  readonly snapshot: () => Iterable<E>;
  /** (Default: 4 MiB) */
  readonly compactBytes?: number;
}

interface Sizes {
  journals: number;
  snapshot: number;
}

const fileName = (kind: 'journal' | 'snapshot', number: number): string =>
  `${kind}-${String(number).padStart(8, '0')}.jsonl`;

async function createDurably(dir: string, kind: 'journal' | 'snapshot', number: number): Promise<FileHandle> {
  const file = await open(join(dir, fileName(kind, number)), 'a', OWNER_ONLY.file);
  await syncDirectory(dir);
  return file;
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A last line that is cut short was never answered for, and is left out. */
async function readEntries(path: string, load: (entry: unknown) => void): Promise<number> {
  let bytes = 0;
  let number = 0;
  let torn: number | undefined;
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    number++;
    bytes += line.length + 1;
    if (torn !== undefined) break;
    const entry = parseLine(line);
    if (entry === undefined) torn = number;
    else load(entry);
  }
  if (torn !== undefined && torn < number)
    throw new TrainyardError('LOCAL_AWS_STATE', `Line ${torn} of ${path} is damaged.`);
  return bytes;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function* chunks<T>(items: Iterable<T>, size: number): Generator<readonly T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
