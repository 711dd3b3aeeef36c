import { ForkedMap } from './forked-map.ts';
import type { WaitingJob } from './job.ts';
import { byCodeUnits, type JobOrder } from './order.ts';
import { SortedTree } from './sorted-tree.ts';

/** What the order of a queue needs to know of its policy. */
export interface WaitingRules {
  /** Jobs of one lane stand in one line: the share, or the whole queue. */
  readonly laneOf: (job: WaitingJob) => string;
  readonly order: JobOrder;
  /** Jobs of one lane and one shape get the same answer when they are offered (Kueue's scheduling-equivalence hash). */
  readonly shapeOf: (job: WaitingJob) => string;
  /**
   * Whether a better job than the one that did not fit may get another answer: its priority counts when victims are looked for.
   */
  readonly headDecides: boolean;
}

interface Shape {
  readonly environments: readonly string[];
  readonly jobs: SortedTree<WaitingJob>;
  /** Its first job did not fit in this period; while it lasts, nothing has happened that could help. */
  readonly parkedIn: number | undefined;
  /** Index in the options to try first. */
  readonly resumeAt: number;
}

interface Lane {
  /** All that wait, in order. */
  all: SortedTree<WaitingJob>;
  /** The first job of every shape. */
  heads: SortedTree<WaitingJob>;
  /** Of these, those whose shape is not parked. */
  ready: SortedTree<WaitingJob>;
  readonly shapes: Map<string, Shape>;
}

/** Waiting jobs and instances of a share in one environment, counted at the job's first choice. */
export interface WaitingCount {
  readonly jobs: number;
  readonly instances: number;
}

const NONE: WaitingCount = { jobs: 0, instances: 0 };

/**
 * Who waits, by lane and shape. Adding, removing, parking and finding the next cost O(log n); a copy costs O(shapes).
 */
export class WaitingIndex {
  readonly #rules: WaitingRules;
  #jobs = new ForkedMap<WaitingJob>();
  readonly #lanes = new Map<string, Lane>();
  /** Per share and environment. */
  readonly #counts = new Map<string, Map<string, WaitingCount>>();
  /** How many wait because they were stopped for this job. */
  readonly #stoppedFor = new Map<string, number>();
  /** Jobs that others were stopped for. */
  readonly #withClaims = new Set<string>();
  /** Ends when all are to be offered again. */
  #period = 0;
  #parked = 0;

  constructor(rules: WaitingRules, jobs: Iterable<WaitingJob> = []) {
    this.#rules = rules;
    this.#fill([...jobs]);
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** Shapes that wait for an event. */
  get parkedShapes(): number {
    return this.#parked;
  }

  get(id: string): WaitingJob | undefined {
    return this.#jobs.get(id);
  }

  add(job: WaitingJob): void {
    this.#jobs.set(job.id, job);
    this.#note(job);
    const lane = this.#laneFor(this.#rules.laneOf(job));
    lane.all = lane.all.with(job);
    const key = this.#rules.shapeOf(job);
    const before = lane.shapes.get(key);
    const shape = before ?? this.#newShape(job);
    const first = shape.jobs.first();
    const leads = first === undefined || this.#rules.order(job, first) < 0;
    const wakes = leads && this.#rules.headDecides;
    this.#change(lane, key, before, {
      ...shape,
      jobs: shape.jobs.with(job),
      parkedIn: wakes ? undefined : shape.parkedIn,
      resumeAt: leads ? 0 : shape.resumeAt,
    });
  }

  remove(id: string): WaitingJob | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined) return undefined;
    this.#jobs.delete(id);
    this.#count(job, -1);
    countFor(this.#stoppedFor, job.yieldsTo, -1);
    this.#withClaims.delete(id);
    const name = this.#rules.laneOf(job);
    const lane = this.#laneFor(name);
    lane.all = lane.all.without(job);
    const key = this.#rules.shapeOf(job);
    const shape = lane.shapes.get(key);
    if (shape !== undefined) {
      const resumeAt = shape.jobs.first()?.id === id ? 0 : shape.resumeAt;
      this.#change(lane, key, shape, { ...shape, jobs: shape.jobs.without(job), resumeAt });
    }
    if (lane.all.size === 0) this.#lanes.delete(name);
    return job;
  }

  /** Its shape is offered again. */
  unpark(job: WaitingJob): void {
    this.#update(job, (shape) => ({ ...shape, parkedIn: undefined }));
  }

  /** The same job, its claims changed. */
  replace(job: WaitingJob): void {
    this.remove(job.id);
    this.add(job);
  }

  /** Those that others were stopped for, in no particular order. */
  *withClaims(): Iterable<WaitingJob> {
    for (const id of this.#withClaims) {
      const job = this.#jobs.get(id);
      if (job !== undefined) yield job;
    }
  }

  /** How many waiting jobs were stopped for this one. */
  stoppedFor(id: string): number {
    return this.#stoppedFor.get(id) ?? 0;
  }

  /** Jobs that waiting ones were stopped for, in no particular order; they may be gone. */
  stoppedForAny(): Iterable<string> {
    return this.#stoppedFor.keys();
  }

  /** Lanes with jobs, sorted. */
  lanes(): readonly string[] {
    return [...this.#lanes.keys()].sort(byCodeUnits);
  }

  /** The next to be offered; undefined when all shapes of the lane are parked. */
  head(lane: string): WaitingJob | undefined {
    return this.#lanes.get(lane)?.ready.first();
  }

  /** The first in order, parked or not. */
  first(lane: string): WaitingJob | undefined {
    return this.#lanes.get(lane)?.all.first();
  }

  /** The first job of every shape of the lane, in order. */
  shapeHeads(lane: string): Iterable<WaitingJob> {
    return this.#lanes.get(lane)?.heads ?? [];
  }

  laneOf(job: WaitingJob): string {
    return this.#rules.laneOf(job);
  }

  /** Jobs for which this is the same get the same answer when they are offered. */
  shapeOf(job: WaitingJob): string {
    return `${this.#rules.laneOf(job)} ${this.#rules.shapeOf(job)}`;
  }

  /** Negative: `a` is offered before `b` of the same lane. */
  compare(a: WaitingJob, b: WaitingJob): number {
    return this.#rules.order(a, b);
  }

  /** How many of its lane come before the job. */
  countBefore(job: WaitingJob): number {
    return this.#lanes.get(this.#rules.laneOf(job))?.all.countBefore(job) ?? 0;
  }

  /** Those of its lane that come before the job, nearest first. */
  backwardsFrom(job: WaitingJob): Iterable<WaitingJob> {
    return this.#lanes.get(this.#rules.laneOf(job))?.all.backwardsFrom(job) ?? [];
  }

  /** A lane as ordered sets: all of its jobs, and those of each shape. */
  lineOf(lane: string): {
    readonly all: SortedTree<WaitingJob>;
    readonly shapes: readonly SortedTree<WaitingJob>[];
  } {
    const known = this.#lanes.get(lane);
    if (known === undefined) return { all: SortedTree.of(this.#rules.order), shapes: [] };
    return { all: known.all, shapes: [...known.shapes.values()].map(({ jobs }) => jobs) };
  }

  waitingIn(lane: string): number {
    return this.#lanes.get(lane)?.all.size ?? 0;
  }

  inLane(lane: string): Iterable<WaitingJob> {
    return this.#lanes.get(lane)?.all ?? [];
  }

  /** Shares with waiting jobs, and what they wait for. */
  counts(share: string): ReadonlyMap<string, WaitingCount> | undefined {
    return this.#counts.get(share);
  }

  shares(): Iterable<string> {
    return this.#counts.keys();
  }

  /** Whether the job's shape was refused and waits for an event. */
  isParked(job: WaitingJob): boolean {
    const lane = this.#lanes.get(this.#rules.laneOf(job));
    const shape = lane?.shapes.get(this.#rules.shapeOf(job));
    return shape !== undefined && this.#isParked(shape);
  }

  /** The job's shape is not offered again before it is woken. */
  park(job: WaitingJob): void {
    this.#update(job, (shape) => this.#asParked(shape));
  }

  /**
   * Parks the shapes that ask for as much or more in the same environments, and whose first job comes after this one: what is
   * refused to the smaller and better one is refused to them.
   */
  parkLarger(job: WaitingJob): void {
    const lane = this.#lanes.get(this.#rules.laneOf(job));
    if (lane === undefined) return;
    const { ready, shapes } = lane;
    const parked = new Set<WaitingJob>();
    for (const first of ready.from(ready.countBefore(job))) {
      const key = this.#rules.shapeOf(first);
      const shape = asksForMore(first, job) ? shapes.get(key) : undefined;
      if (shape === undefined) continue;
      shapes.set(key, this.#asParked(shape));
      parked.add(first);
    }
    lane.ready = ready.withoutAll(parked);
    this.#parked += parked.size;
  }

  resumeAt(job: WaitingJob): number {
    const lane = this.#lanes.get(this.#rules.laneOf(job));
    return lane?.shapes.get(this.#rules.shapeOf(job))?.resumeAt ?? 0;
  }

  setResumeAt(job: WaitingJob, resumeAt: number): void {
    this.#update(job, ({ environments, jobs, parkedIn }) => ({ environments, jobs, parkedIn, resumeAt }));
  }

  /** Offers again the shapes that could use one of these environments; without a list, all. */
  wake(environments?: readonly string[]): void {
    if (this.#parked === 0) return;
    if (environments === undefined) {
      this.#period++;
      this.#parked = 0;
      for (const lane of this.#lanes.values()) lane.ready = lane.heads;
      return;
    }
    for (const lane of this.#lanes.values()) {
      for (const [key, shape] of lane.shapes) {
        if (this.#isParked(shape) && environments.some((name) => shape.environments.includes(name)))
          this.#change(lane, key, shape, { ...shape, parkedIn: undefined });
      }
    }
  }

  clone(): WaitingIndex {
    const other = new WaitingIndex(this.#rules);
    other.#jobs = this.#jobs.fork();
    for (const [name, { all, heads, ready, shapes }] of this.#lanes)
      other.#lanes.set(name, { all, heads, ready, shapes: new Map(shapes) });
    for (const [share, counts] of this.#counts) other.#counts.set(share, new Map(counts));
    for (const [id, count] of this.#stoppedFor) other.#stoppedFor.set(id, count);
    for (const id of this.#withClaims) other.#withClaims.add(id);
    other.#period = this.#period;
    other.#parked = this.#parked;
    return other;
  }

  /** All at once: sorting is much cheaper than adding one by one. */
  #fill(jobs: readonly WaitingJob[]): void {
    this.#jobs = ForkedMap.by(jobs, ({ id }) => id);
    const lanes = new Map<string, WaitingJob[]>();
    for (const job of jobs) {
      this.#note(job);
      push(lanes, this.#rules.laneOf(job), job);
    }
    const { order, shapeOf } = this.#rules;
    for (const [name, members] of lanes) {
      const lane = this.#laneFor(name);
      members.sort(order);
      lane.all = SortedTree.ofSorted(order, members);
      const shapes = new Map<string, WaitingJob[]>();
      for (const job of members) push(shapes, shapeOf(job), job);
      const heads: WaitingJob[] = [];
      for (const [key, ofShape] of shapes) {
        const [head] = ofShape;
        if (head === undefined) continue;
        heads.push(head);
        lane.shapes.set(key, { ...this.#newShape(head), jobs: SortedTree.ofSorted(order, ofShape) });
      }
      lane.heads = SortedTree.ofSorted(order, heads);
      lane.ready = lane.heads;
    }
  }

  #laneFor(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const empty = SortedTree.of(this.#rules.order);
    const lane: Lane = { all: empty, heads: empty, ready: empty, shapes: new Map() };
    this.#lanes.set(name, lane);
    return lane;
  }

  #isParked({ parkedIn }: Shape): boolean {
    return parkedIn === this.#period;
  }

  /** Written out: this is done for every shape in every cycle, and a spread takes several times as long. */
  #asParked({ environments, jobs }: Shape): Shape {
    return { environments, jobs, parkedIn: this.#period, resumeAt: 0 };
  }

  #newShape(job: WaitingJob): Shape {
    const environments = job.options.map(({ environment }) => environment);
    return { environments, jobs: SortedTree.of(this.#rules.order), parkedIn: undefined, resumeAt: 0 };
  }

  #update(job: WaitingJob, change: (shape: Shape) => Shape): void {
    const lane = this.#lanes.get(this.#rules.laneOf(job));
    const key = this.#rules.shapeOf(job);
    const shape = lane?.shapes.get(key);
    if (lane !== undefined && shape !== undefined) this.#change(lane, key, shape, change(shape));
  }

  /** Keeps `heads`, `ready` and the number of parked shapes true to the change. */
  #change(lane: Lane, key: string, before: Shape | undefined, after: Shape): void {
    const led = before?.jobs.first();
    const leads = after.jobs === before?.jobs ? led : after.jobs.first();
    const wasParked = before !== undefined && this.#isParked(before);
    const parked = this.#isParked(after);
    lane.heads = exchanged(lane.heads, led, leads);
    lane.ready = exchanged(lane.ready, wasParked ? undefined : led, parked ? undefined : leads);
    const kept = after.jobs.size > 0;
    this.#parked += Number(kept && parked) - Number(wasParked);
    if (kept) lane.shapes.set(key, after);
    else lane.shapes.delete(key);
  }

  #note(job: WaitingJob): void {
    this.#count(job, 1);
    countFor(this.#stoppedFor, job.yieldsTo, 1);
    if (job.claims !== undefined) this.#withClaims.add(job.id);
  }

  #count(job: WaitingJob, by: 1 | -1): void {
    const [choice] = job.options;
    if (choice === undefined) return;
    const counts = this.#counts.get(job.share) ?? new Map<string, WaitingCount>();
    this.#counts.set(job.share, counts);
    const { jobs, instances } = counts.get(choice.environment) ?? NONE;
    if (jobs + by > 0)
      counts.set(choice.environment, { jobs: jobs + by, instances: instances + by * choice.instances });
    else counts.delete(choice.environment);
    if (counts.size === 0) this.#counts.delete(job.share);
  }
}

function exchanged(
  jobs: SortedTree<WaitingJob>,
  out: WaitingJob | undefined,
  into: WaitingJob | undefined,
): SortedTree<WaitingJob> {
  if (out === into) return jobs;
  const rest = out === undefined ? jobs : jobs.without(out);
  return into === undefined ? rest : rest.with(into);
}

function asksForMore(a: WaitingJob, b: WaitingJob): boolean {
  if (a.options.length !== b.options.length) return false;
  return a.options.every(({ environment, instances }, index) => {
    const other = b.options[index];
    return environment === other?.environment && instances >= other.instances;
  });
}

function countFor(counts: Map<string, number>, id: string | undefined, by: 1 | -1): void {
  if (id === undefined) return;
  const count = (counts.get(id) ?? 0) + by;
  if (count === 0) counts.delete(id);
  else counts.set(id, count);
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
