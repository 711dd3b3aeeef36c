import { ForkedMap } from './forked-map.ts';
import type { Option, RunningJob } from './job.ts';
import { SortedTree } from './sorted-tree.ts';
import { byCodeUnits } from './order.ts';

const byStart = (a: RunningJob, b: RunningJob): number =>
  a.startedAt - b.startedAt || byCodeUnits(a.id, b.id);

/** What a running job holds. */
export function held(job: RunningJob): Option {
  const option = job.options[job.option];
  if (option === undefined)
    throw new RangeError(`Job ${job.id} holds option ${job.option}, which it does not have.`);
  return option;
}

/** When a running job gives its instances back at the latest, as far as its limit tells. */
export interface LatestEnd {
  readonly running: RunningJob;
  /** Epoch ms; -Infinity for one that is being stopped, since it may be gone at any moment. */
  readonly at: number;
}

const byEnd = (a: LatestEnd, b: LatestEnd): number =>
  a.at === b.at ? byStart(a.running, b.running) : a.at - b.at;

function latestEndOf(running: RunningJob): LatestEnd | undefined {
  if (running.evictedFor !== undefined) return { running, at: -Infinity };
  if (running.limitSeconds === undefined) return undefined;
  return { running, at: running.startedAt + running.limitSeconds * 1000 };
}

/** Who runs, by share, and how many instances are in use. Jobs that are being stopped count until they are released. */
export class RunningIndex {
  #jobs = new ForkedMap<RunningJob>();
  #all = SortedTree.of(byStart);
  readonly #byShare = new Map<string, SortedTree<RunningJob>>();
  readonly #lists = new Map<string, readonly RunningJob[]>();
  /** By environment, and per share by environment. */
  readonly #used = new Map<string, number>();
  readonly #usedBy = new Map<string, Map<string, number>>();
  /** By environment; of those that were asked for. */
  readonly #ends = new Map<string, SortedTree<LatestEnd>>();
  /** Who is being stopped for this job. */
  readonly #stoppingFor = new Map<string, readonly RunningJob[]>();

  constructor(jobs: Iterable<RunningJob> = []) {
    for (const job of jobs) this.add(job);
  }

  get size(): number {
    return this.#jobs.size;
  }

  get(id: string): RunningJob | undefined {
    return this.#jobs.get(id);
  }

  add(job: RunningJob): void {
    this.#jobs.set(job.id, job);
    this.#all = this.#all.with(job);
    this.#byShare.set(job.share, (this.#byShare.get(job.share) ?? SortedTree.of(byStart)).with(job));
    this.#lists.delete(job.share);
    this.#changeEnds(job, (ends, end) => ends.with(end));
    this.#use(job, 1);
    if (job.evictedFor !== undefined)
      this.#stoppingFor.set(job.evictedFor, [...this.stoppingFor(job.evictedFor), job]);
  }

  remove(id: string): RunningJob | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined) return undefined;
    this.#jobs.delete(id);
    this.#all = this.#all.without(job);
    const rest = this.#byShare.get(job.share)?.without(job);
    if (rest === undefined || rest.size === 0) this.#byShare.delete(job.share);
    else this.#byShare.set(job.share, rest);
    this.#lists.delete(job.share);
    this.#changeEnds(job, (ends, end) => ends.without(end));
    this.#use(job, -1);
    if (job.evictedFor !== undefined) {
      const others = this.stoppingFor(job.evictedFor).filter((other) => other !== job);
      if (others.length === 0) this.#stoppingFor.delete(job.evictedFor);
      else this.#stoppingFor.set(job.evictedFor, others);
    }
    return job;
  }

  /** In the order of their starts. */
  all(): Iterable<RunningJob> {
    return this.#all;
  }

  /** Who uses the environment, in the order of their starts. */
  *allIn(environment: string): Iterable<RunningJob> {
    for (const job of this.#all) if (held(job).environment === environment) yield job;
  }

  /** Those of the environment that have to end, soonest first; whoever has no limit and is not being stopped is left out. */
  endsIn(environment: string): Iterable<LatestEnd> {
    const known = this.#ends.get(environment);
    if (known !== undefined) return known;
    const ends = [...this.allIn(environment)].flatMap((job) => latestEndOf(job) ?? []);
    const sorted = SortedTree.of(byEnd, ends);
    this.#ends.set(environment, sorted);
    return sorted;
  }

  /** The same list until the share's running jobs change. */
  ofShare(share: string): readonly RunningJob[] {
    const known = this.#lists.get(share);
    if (known !== undefined) return known;
    const list = [...(this.#byShare.get(share) ?? [])];
    this.#lists.set(share, list);
    return list;
  }

  /** Who is being stopped for this job. */
  stoppingFor(id: string): readonly RunningJob[] {
    return this.#stoppingFor.get(id) ?? [];
  }

  /** Jobs that others are being stopped for, in no particular order. */
  stoppedFor(): Iterable<string> {
    return this.#stoppingFor.keys();
  }

  shares(): Iterable<string> {
    return this.#byShare.keys();
  }

  /** Instances in use in the environment. */
  used(environment: string): number {
    return this.#used.get(environment) ?? 0;
  }

  usedBy(share: string, environment: string): number {
    return this.#usedBy.get(share)?.get(environment) ?? 0;
  }

  /** Environments that somebody, or this share, uses. */
  environments(share?: string): Iterable<string> {
    return (share === undefined ? this.#used : this.#usedBy.get(share))?.keys() ?? [];
  }

  clone(): RunningIndex {
    const other = new RunningIndex();
    other.#jobs = this.#jobs.fork();
    other.#all = this.#all;
    for (const [share, jobs] of this.#byShare) other.#byShare.set(share, jobs);
    for (const [share, list] of this.#lists) other.#lists.set(share, list);
    for (const [environment, instances] of this.#used) other.#used.set(environment, instances);
    for (const [id, jobs] of this.#stoppingFor) other.#stoppingFor.set(id, jobs);
    for (const [share, used] of this.#usedBy) other.#usedBy.set(share, new Map(used));
    for (const [environment, ends] of this.#ends) other.#ends.set(environment, ends);
    return other;
  }

  #changeEnds(
    job: RunningJob,
    change: (ends: SortedTree<LatestEnd>, end: LatestEnd) => SortedTree<LatestEnd>,
  ): void {
    const { environment } = held(job);
    const ends = this.#ends.get(environment);
    const end = ends === undefined ? undefined : latestEndOf(job);
    if (ends !== undefined && end !== undefined) this.#ends.set(environment, change(ends, end));
  }

  #use(job: RunningJob, sign: 1 | -1): void {
    const { environment, instances } = held(job);
    addTo(this.#used, environment, sign * instances);
    const ofShare = this.#usedBy.get(job.share) ?? new Map<string, number>();
    addTo(ofShare, environment, sign * instances);
    if (ofShare.size === 0) this.#usedBy.delete(job.share);
    else this.#usedBy.set(job.share, ofShare);
  }
}

function addTo(counts: Map<string, number>, key: string, instances: number): void {
  const sum = (counts.get(key) ?? 0) + instances;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}
