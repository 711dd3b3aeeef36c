import type { WaitingJob } from './job.ts';
import type { QueueState } from './queue-state.ts';
import type { SortedTree } from './sorted-tree.ts';
import { type Circle, circlesOf, type Standing } from './turn-circle.ts';
import { QuotaTurns, type TurnCause, type TurnRule, UsageTurns } from './turn-rules.ts';

/** A waiting job that comes before another one, and why. */
export interface Earlier {
  readonly job: WaitingJob;
  readonly why: TurnCause;
}

/** Where a waiting job stands. Positions count from 1. */
export interface Place {
  readonly inShare: number;
  readonly waitingInShare: number;
  readonly inQueue: number;
  readonly waitingInQueue: number;
  /** Jobs of one line that ask for the same are offered as one, the first of them: this one. */
  readonly first: string;
  /** Those right before it in the queue, nearest first; at most ten. */
  readonly ahead: readonly Earlier[];
}

const MOST_AHEAD = 10;
/** Heads that are looked at one turn after the other, where shares depend on each other. */
const MOST_LOOKS = 2_400;
/** Jobs of all lines that are looked at one by one, before the keys of a line follow from what starts before alone. */
const MOST_STEPS = 10_000;

/**
 * The position of a waiting job: exact in its share, and in the queue as the policy gives turns to shares if every job that is
 * offered starts and nothing ends. So it says who starts first when capacity comes free for one job at a time. Smaller jobs that
 * pass bigger ones (backfill) are not foreseen in it.
 *
 * Each share is a line in its own order, and the turn goes to the line whose first job has the least key (turn-rules.ts). The
 * keys of a line depend on that line alone. So before a job's turn every other line gives those jobs that come before its first one
 * whose key is greater than the greatest key in front of, or of, the asked job. A line is looked at job by job only until its share
 * borrows; after that its keys rise with the load before them, and the place is found by halving. Two bounds keep it quick: 10,000
 * jobs are looked at one by one, then the lines are taken to be settled; and in a tree with groups, which entangle the lines, the
 * turns are played one by one until all are settled or 2,400 heads were looked at, and what is left is counted as if the shares hung
 * below the root.
 */
export function placeOf(state: QueueState, job: WaitingJob, now: number): Place {
  const { shapes } = state.waiting.lineOf(state.waiting.laneOf(job));
  const first = shapes.find((jobs) => jobs.has(job))?.first() ?? job;
  return { ...placeByPolicy(state, job, now), first: first.id };
}

function placeByPolicy(state: QueueState, job: WaitingJob, now: number): Omit<Place, 'first'> {
  switch (state.policy.kind) {
    case 'fifo':
      return placeInOneLine(state, job);
    case 'fairShare':
      return placeByTurns(state, job, new UsageTurns(state.policy.book, state.policy.setup, now));
    case 'quotaShare':
      return placeByTurns(
        state,
        job,
        new QuotaTurns(state.policy.ledger, state.policy.setup, {
          running: state.running,
          limits: state.setup.preemptionLimits,
          now,
        }),
      );
  }
}

function placeInOneLine({ waiting }: QueueState, job: WaitingJob): Omit<Place, 'first'> {
  const before = waiting.countBefore(job);
  const ahead: Earlier[] = [];
  for (const other of waiting.backwardsFrom(job)) {
    if (ahead.length === MOST_AHEAD) break;
    ahead.push({ job: other, why: 'earlier' });
  }
  const ofShare = [...(waiting.counts(job.share)?.values() ?? [])].reduce((sum, { jobs }) => sum + jobs, 0);
  const place = { inQueue: before + 1, waitingInQueue: waiting.size, ahead };
  if (ofShare === waiting.size) return { inShare: before + 1, waitingInShare: ofShare, ...place };
  let inShare = 1;
  for (const other of waiting.inLane(waiting.laneOf(job))) {
    if (waiting.compare(other, job) >= 0) break;
    if (other.share === job.share) inShare++;
  }
  return { inShare, waitingInShare: ofShare, ...place };
}

function placeByTurns<Key>(
  { waiting }: QueueState,
  job: WaitingJob,
  rule: TurnRule<Key>,
): Omit<Place, 'first'> {
  const steps = { left: MOST_STEPS };
  const lines = waiting.lanes().map((lane) => new Line(lane, waiting.lineOf(lane), rule, steps));
  const played = rule.entangled ? playTurns(lines, rule, job) : { turns: [], reached: undefined };
  const place = (count: number, ahead: readonly Earlier[]): Omit<Place, 'first'> => ({
    inShare: waiting.countBefore(job) + 1,
    waitingInShare: waiting.waitingIn(job.share),
    inQueue: count + 1,
    waitingInQueue: waiting.size,
    ahead,
  });
  const because = (earlier: Standing<Key>, key: Key): Earlier => ({
    job: earlier.job,
    // In a tree with groups the share alone may stand behind, and its group before.
    why: rule.compare(earlier.key, key) < 0 ? rule.cause(earlier.key, key) : 'shareTurn',
  });
  const nearestTurns = played.turns.slice(-MOST_AHEAD).reverse();
  const { reached } = played;
  if (reached !== undefined) {
    return place(
      played.turns.length,
      nearestTurns.map((turn) => because(turn, reached)),
    );
  }

  const own = lines.find(({ share }) => share === job.share);
  if (own === undefined) return place(played.turns.length, []);
  const key = own.upTo(job);
  for (const line of lines) if (line !== own) line.before(key);
  const count = lines.reduce((sum, { passed }) => sum + passed, played.turns.length);
  const tails = lines.map((line) => line.tail());
  const ahead = lastOf(tails, rule.compare.bind(rule)).map((standing) => because(standing, key));
  const more = nearestTurns.slice(0, MOST_AHEAD - ahead.length).map((turn) => because(turn, key));
  return place(count, [...ahead, ...more]);
}

/** The waiting jobs of one share, and how many of them have had their turn. */
class Line<Key> {
  readonly share: string;
  readonly #all: SortedTree<WaitingJob>;
  /** By what a job adds to the share's load. */
  #shapes: readonly { readonly jobs: SortedTree<WaitingJob>; readonly load: number }[] = [];
  readonly #jobsOfShapes: readonly SortedTree<WaitingJob>[];
  readonly #environments: readonly string[];
  readonly #rule: TurnRule<Key>;
  /** That all lines together may still take. */
  readonly #steps: { left: number };
  #passed = 0;
  /** Those of the passed ones that were looked at one by one: the first, and the last ten. */
  #first = 0;
  #stepped = 0;
  #last: Standing<Key>[] = [];
  #greatest: Key | undefined;
  /** Load before the first job that was not looked at one by one. */
  #base = 0;

  constructor(
    share: string,
    {
      all,
      shapes,
    }: { readonly all: SortedTree<WaitingJob>; readonly shapes: readonly SortedTree<WaitingJob>[] },
    rule: TurnRule<Key>,
    steps: { left: number },
  ) {
    this.share = share;
    this.#all = all;
    this.#rule = rule;
    this.#steps = steps;
    const heads = shapes.flatMap((jobs) => jobs.first() ?? []);
    this.#environments = [
      ...new Set(heads.flatMap(({ options }) => options.map(({ environment }) => environment))),
    ];
    this.#jobsOfShapes = shapes;
  }

  get head(): WaitingJob | undefined {
    return this.#all.at(this.#passed);
  }

  /** Jobs that have had their turn and are not among the turns that were played. */
  get passed(): number {
    return this.#passed - this.#first;
  }

  get settled(): boolean {
    return this.#rule.settled(this.share, this.#environments, this.head);
  }

  /** Its first job has had its turn, which is counted elsewhere. */
  played(): void {
    this.#passed++;
    this.#first++;
    this.#stepped++;
  }

  /** Passes all before this one of its jobs; the greatest key up to it. */
  upTo(job: WaitingJob): Key {
    const at = this.#all.countBefore(job);
    this.#step((standing) => standing.job.id !== job.id);
    this.#markBase();
    this.#passed = at;
    return this.#standing(at)?.key ?? this.#rule.keyOf(job);
  }

  /** Passes those that come before a key of another line. */
  before(key: Key): void {
    const stopped = this.#step((standing) => this.#rule.compare(standing.key, key) < 0);
    if (stopped) return;
    this.#markBase();
    let passes = this.#passed;
    let stays = this.#all.size;
    while (passes < stays) {
      const middle = Math.floor((passes + stays) / 2);
      const standing = this.#standing(middle);
      if (standing !== undefined && this.#rule.compare(standing.key, key) < 0) passes = middle + 1;
      else stays = middle;
    }
    this.#passed = passes;
  }

  /** Those that have passed, the last first: at most ten. */
  *tail(): Generator<Standing<Key>, undefined, undefined> {
    const from = Math.max(this.#stepped, this.#passed - MOST_AHEAD);
    for (let index = this.#passed - 1; index >= from; index--) {
      const standing = this.#standing(index);
      if (standing !== undefined) yield standing;
    }
    yield* this.#last.slice(-MOST_AHEAD).reverse();
  }

  /** One by one until `may` stops it (true), or the keys follow from the load alone. */
  #step(may: (standing: Standing<Key>) => boolean): boolean {
    if (this.#settledNow()) return false;
    const jobs = this.#all.from(this.#passed);
    for (const job of jobs) {
      const key = this.#rule.keyOf(job);
      const greatest = this.#greater(key);
      if (!may({ job, key: greatest })) {
        this.#markBase();
        return true;
      }
      this.#greatest = greatest;
      this.#rule.start(job);
      this.#last.push({ job, key: greatest });
      if (this.#last.length === 10 * MOST_AHEAD) this.#last = this.#last.slice(-MOST_AHEAD);
      this.#passed++;
      this.#stepped++;
      this.#steps.left--;
      if (this.#settledNow()) return false;
    }
    return true;
  }

  #settledNow(): boolean {
    return this.#steps.left <= 0 || this.settled;
  }

  /** From here on keys follow from the load, which may be another one than before the first starts: other options may be taken. */
  #markBase(): void {
    this.#shapes = this.#jobsOfShapes.flatMap((jobs) => {
      const head = jobs.first();
      return head === undefined ? [] : [{ jobs, load: this.#rule.load(head) }];
    });
    const job = this.#all.at(this.#stepped);
    this.#base = job === undefined ? 0 : this.#loadBefore(job);
  }

  #loadBefore(job: WaitingJob): number {
    if (!this.#rule.byLoad) return 0;
    let load = 0;
    for (const shape of this.#shapes) load += shape.jobs.countBefore(job) * shape.load;
    return load;
  }

  #standing(index: number): Standing<Key> | undefined {
    const job = this.#all.at(index);
    if (job === undefined) return undefined;
    return { job, key: this.#greater(this.#rule.keyAfter(job, this.#loadBefore(job) - this.#base)) };
  }

  #greater(key: Key): Key {
    return this.#greatest === undefined || this.#rule.compare(key, this.#greatest) > 0 ? key : this.#greatest;
  }
}

/** The last ten of several lists together, last first, as each list is; a list keeps its own order. */
function lastOf<Key>(
  lists: readonly Iterator<Standing<Key>, undefined>[],
  compare: (a: Key, b: Key) => number,
): Standing<Key>[] {
  const left = lists.flatMap((list) => {
    const { value: last } = list.next();
    return last === undefined ? [] : [{ list, last }];
  });
  const found: Standing<Key>[] = [];
  while (found.length < MOST_AHEAD) {
    const next = greatestOf(left, (a, b) => compare(a.last.key, b.last.key));
    if (next === undefined) break;
    found.push(next.last);
    const { value: before } = next.list.next();
    if (before === undefined) left.splice(left.indexOf(next), 1);
    else next.last = before;
  }
  return found;
}

function greatestOf<T>(items: readonly T[], compare: (a: T, b: T) => number): T | undefined {
  let greatest: T | undefined;
  for (const item of items) if (greatest === undefined || compare(item, greatest) > 0) greatest = item;
  return greatest;
}

/** Plays turns until the job's own, as far as the bound allows; then `reached` is its key. */
function playTurns<Key>(
  lines: readonly Line<Key>[],
  rule: TurnRule<Key>,
  job: WaitingJob,
): { readonly turns: readonly Standing<Key>[]; readonly reached: Key | undefined } {
  const turns: Standing<Key>[] = [];
  const circles = circlesOf(lines, rule);
  for (let looks = 0; looks < MOST_LOOKS;) {
    let first: Circle<Key> | undefined;
    let turn: Standing<Key> | undefined;
    let settled = true;
    for (const circle of circles) {
      looks += circle.look();
      settled &&= circle.settled;
      const { next } = circle;
      if (next === undefined || (turn !== undefined && rule.compare(next.key, turn.key) > 0)) continue;
      first = circle;
      turn = next;
    }
    if (settled || turn === undefined) break;
    if (turn.job.id === job.id) return { turns, reached: turn.key };
    first?.startNext();
    turns.push(turn);
  }
  return { turns, reached: undefined };
}
