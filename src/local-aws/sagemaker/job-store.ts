import type { Job, JobIdentity, JobState } from './job.ts';
import { Journal } from '../journal.ts';
import type { Tag } from './requests.ts';

type Entry =
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'state'; readonly name: string; readonly state: JobState }
  | { readonly kind: 'tags'; readonly name: string; readonly tags: readonly Tag[] }
  | { readonly kind: 'deleted'; readonly name: string };

/**
 * All training jobs, in memory and on disk. Changes show at once; `durable` says when they may be told to a client.
 */
export class JobStore {
  /** In order of creation. */
  readonly #jobs = new Map<string, Job>();
  #journal: Journal<Entry> | undefined;

  /** @throws TrainyardError LOCAL_AWS_STATE when the stored state cannot be read */
  static async open(dir: string): Promise<JobStore> {
    const store = new JobStore();
    store.#journal = await Journal.open<Entry>({
      dir,
      load: (entry) => store.#load(entry as Entry),
      snapshot: () => store.#entries(),
    });
    return store;
  }

  get(name: string): Job | undefined {
    return this.#jobs.get(name);
  }

  /** In order of creation. */
  all(): IterableIterator<Job> {
    return this.#jobs.values();
  }

  create(identity: JobIdentity, tags: readonly Tag[], state: JobState): Job {
    const job = { ...identity, tags, state };
    this.#change({ kind: 'job', job });
    return job;
  }

  setState(name: string, state: JobState): void {
    this.#change({ kind: 'state', name, state });
  }

  setTags(name: string, tags: readonly Tag[]): void {
    this.#change({ kind: 'tags', name, tags });
  }

  delete(name: string): void {
    this.#change({ kind: 'deleted', name });
  }

  /** Resolves when every change so far is on disk. */
  async durable(): Promise<void> {
    await this.#journal?.durable();
  }

  async close(): Promise<void> {
    await this.#journal?.close();
    this.#journal = undefined;
  }

  #change(entry: Entry): void {
    this.#load(entry);
    this.#journal?.append(entry);
  }

  #load(entry: Entry): void {
    switch (entry.kind) {
      case 'job':
        this.#jobs.set(entry.job.name, entry.job);
        return;
      case 'state': {
        const job = this.#jobs.get(entry.name);
        if (job !== undefined) this.#jobs.set(entry.name, { ...job, state: entry.state });
        return;
      }
      case 'tags': {
        const job = this.#jobs.get(entry.name);
        if (job !== undefined) this.#jobs.set(entry.name, { ...job, tags: entry.tags });
        return;
      }
      case 'deleted':
        this.#jobs.delete(entry.name);
        return;
    }
  }

  *#entries(): Generator<Entry> {
    for (const job of this.#jobs.values()) yield { kind: 'job', job };
  }
}
