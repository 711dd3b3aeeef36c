import type { WaitingJob } from './job.ts';
import { Heap } from './quota/heap.ts';
import type { QueueState } from './queue-state.ts';
import { Circle, circlesOf, type OfferingLine } from './turn-circle.ts';
import { QuotaTurns, type TurnRule, UsageTurns } from './turn-rules.ts';
import type { WaitingIndex } from './waiting-index.ts';

/** Heads that are looked at; with more, which takes many shares that depend on each other, the rest comes share by share. */
const MOST_LOOKS = 200_000;

/**
 * All waiting jobs in the order of their turns, lazily: who starts first when capacity comes free for one job at a time (the positions of
 * queue-order.ts, which finds that of a single job without going through all before it).
 */
export function turnsOf({ policy, waiting, running, setup }: QueueState, now: number): Iterable<WaitingJob> {
  switch (policy.kind) {
    case 'fifo':
      return inOneLine(waiting);
    case 'fairShare':
      return turns(waiting, new UsageTurns(policy.book, policy.setup, now));
    case 'quotaShare':
      return turns(
        waiting,
        new QuotaTurns(policy.ledger, policy.setup, { running, limits: setup.preemptionLimits, now }),
      );
  }
}

function* inOneLine(waiting: WaitingIndex): Iterable<WaitingJob> {
  for (const lane of waiting.lanes()) yield* waiting.inLane(lane);
}

function* turns<Key>(waiting: WaitingIndex, rule: TurnRule<Key>): Iterable<WaitingJob> {
  const lines = waiting.lanes().map((lane) => new Line(lane, waiting.inLane(lane)));
  const circles = rule.entangled ? circlesOf(lines, rule) : lines.map((line) => new Circle([line], rule));
  const next = new Heap<{ readonly key: Key; readonly job: WaitingJob; readonly circle: Circle<Key> }>(
    (a, b) => rule.compare(a.key, b.key),
  );
  let looks = 0;
  for (const circle of circles) {
    looks += circle.look();
    if (circle.next !== undefined) next.push({ ...circle.next, circle });
  }
  for (let turn = next.first(); turn !== undefined && looks < MOST_LOOKS; turn = next.first()) {
    const { job, circle } = turn;
    yield job;
    circle.startNext();
    looks += circle.look();
    if (circle.next === undefined) next.pop();
    else next.replaceFirst({ ...circle.next, circle });
  }
  for (const line of lines) yield* line.rest();
}

class Line implements OfferingLine {
  readonly share: string;
  readonly settled = false;
  readonly #jobs: Iterator<WaitingJob, undefined>;
  #head: WaitingJob | undefined;

  constructor(share: string, jobs: Iterable<WaitingJob>) {
    this.share = share;
    this.#jobs = oneByOne(jobs);
    this.played();
  }

  get head(): WaitingJob | undefined {
    return this.#head;
  }

  played(): void {
    this.#head = this.#jobs.next().value;
  }

  *rest(): Iterable<WaitingJob> {
    while (this.#head !== undefined) {
      yield this.#head;
      this.played();
    }
  }
}

function* oneByOne<T>(items: Iterable<T>): Generator<T, undefined, undefined> {
  yield* items;
}
