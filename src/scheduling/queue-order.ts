import type { WaitingJob } from './job.ts';
import type { QueueState } from './queue-state.ts';
import type { SortedTree } from './sorted-tree.ts';
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
  /** Those right before it in the queue, nearest first; at most ten. */
  readonly ahead: readonly Earlier[];
}

const MOST_AHEAD = 10;
/** Heads that are looked at one turn after the other, where shares depend on each other. */
const MOST_LOOKS = 6_000;
/** Jobs of one line that are looked at one by one, before its keys follow from what starts before alone. */
const MOST_STEPS = 5_000;

/**
 * The position of a waiting job: exact in its share, and in the queue as the policy gives turns to shares if every job that is
 * offered starts and nothing ends. So it says who starts first when capacity comes free for one job at a time. Smaller jobs that
 * pass bigger ones (backfill) are not foreseen in it.
 *
 * Each share is a line in its own order, and the turn goes to the line whose first job has the least key (turn-rules.ts). The
 * keys of a line depend on that line alone. So before a job's turn every other line gives those jobs that come before its first one
 * whose key is greater than the greatest key in front of, or of, the asked job. A line is looked at job by job only until its share
 * borrows; after that its keys rise with the load before them, and the place is found by halving. Two bounds keep it quick: a line
 * is looked at for at most 5,000 jobs, then taken to be settled; and in a tree with groups, which entangle the lines, the turns
 * are played one by one until all are settled or 6,000 heads were compared, and what is left is counted as if the shares hung below
 * the root.
 */
export function placeOf(state: QueueState, job: WaitingJob, now: number): Place {
  switch (state.policy.kind) {
    case 'fifo':
      return placeInOneLine(state, job);
    case 'fairShare':
      return placeByTurns(state, job, new UsageTurns(state.policy.book, state.policy.setup, now));
    case 'quotaShare':
      return placeByTurns(state, job, new QuotaTurns(state.policy.ledger, state.policy.setup));
  }
}

function placeInOneLine({ waiting }: QueueState, job: WaitingJob): Place {
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

/** A job in its line, with the greatest key up to it: what decides when it comes. */
interface Standing<Key> {
  readonly job: WaitingJob;
  readonly key: Key;
}

function placeByTurns<Key>({ waiting }: QueueState, job: WaitingJob, rule: TurnRule<Key>): Place {
  const lines = waiting.lanes().map((lane) => new Line(lane, waiting.lineOf(lane), rule));
  const played = rule.entangled ? playTurns(lines, rule, job) : { turns: [], reached: undefined };
  const place = (count: number, ahead: readonly Earlier[]): Place => ({
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
  readonly #shapes: readonly { readonly jobs: SortedTree<WaitingJob>; readonly load: number }[];
  readonly #environments: readonly string[];
  readonly #rule: TurnRule<Key>;
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
  ) {
    this.share = share;
    this.#all = all;
    this.#rule = rule;
    const heads = shapes.flatMap((jobs) => jobs.first() ?? []);
    this.#environments = [
      ...new Set(heads.flatMap(({ options }) => options.map(({ environment }) => environment))),
    ];
    this.#shapes = shapes.flatMap((jobs) => {
      const head = jobs.first();
      return head === undefined ? [] : [{ jobs, load: rule.load(head) }];
    });
  }

  get head(): WaitingJob | undefined {
    return this.#all.at(this.#passed);
  }

  /** Jobs that have had their turn and are not among the turns that were played. */
  get passed(): number {
    return this.#passed - this.#first;
  }

  get settled(): boolean {
    return this.#rule.settled(this.share, this.#environments);
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

  /** The last ten that have passed, in order. */
  tail(): Standing<Key>[] {
    const from = Math.max(this.#stepped, this.#passed - MOST_AHEAD);
    const tail = [...this.#last];
    for (let index = from; index < this.#passed; index++) {
      const standing = this.#standing(index);
      if (standing !== undefined) tail.push(standing);
    }
    return tail.slice(-MOST_AHEAD);
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
      if (this.#settledNow()) return false;
    }
    return true;
  }

  #settledNow(): boolean {
    return this.#stepped - this.#first >= MOST_STEPS || this.settled;
  }

  #markBase(): void {
    const job = this.#all.at(this.#stepped);
    this.#base = job === undefined ? 0 : this.#loadBefore(job);
  }

  #loadBefore(job: WaitingJob): number {
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

/** The last ten of several lists together, last first; a list keeps its own order. */
function lastOf<Key>(
  lists: readonly (readonly Standing<Key>[])[],
  compare: (a: Key, b: Key) => number,
): Standing<Key>[] {
  const left = lists.map((list) => [...list]);
  const last: Standing<Key>[] = [];
  while (last.length < MOST_AHEAD) {
    let from: Standing<Key>[] | undefined;
    let greatest: Standing<Key> | undefined;
    for (const list of left) {
      const candidate = list.at(-1);
      if (candidate === undefined) continue;
      if (greatest === undefined || compare(candidate.key, greatest.key) > 0) {
        from = list;
        greatest = candidate;
      }
    }
    if (from === undefined || greatest === undefined) break;
    last.push(greatest);
    from.pop();
  }
  return last;
}

/** Plays turns until the job's own, as far as the bound allows; then `reached` is its key. */
function playTurns<Key>(
  lines: readonly Line<Key>[],
  rule: TurnRule<Key>,
  job: WaitingJob,
): { readonly turns: readonly Standing<Key>[]; readonly reached: Key | undefined } {
  const turns: Standing<Key>[] = [];
  for (let looks = 0; looks < MOST_LOOKS; looks += lines.length) {
    if (rule.settles && lines.every((line) => line.settled)) break;
    const heads = lines.flatMap(({ head }) => head ?? []);
    const winner = rule.winner?.(heads);
    if (winner === undefined) break;
    const key = rule.keyOf(winner);
    if (winner.id === job.id) return { turns, reached: key };
    rule.start(winner);
    turns.push({ job: winner, key });
    lines.find(({ share }) => share === winner.share)?.played();
  }
  return { turns, reached: undefined };
}
