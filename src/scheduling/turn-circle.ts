import type { WaitingJob } from './job.ts';
import type { TurnRule } from './turn-rules.ts';

/** A job in its line, with the greatest key up to it: what decides when it comes. */
export interface Standing<Key> {
  readonly job: WaitingJob;
  readonly key: Key;
}

/** The waiting jobs of one share, which have their turns one after the other. */
export interface OfferingLine {
  readonly share: string;
  /** Whose turn it is next. */
  readonly head: WaitingJob | undefined;
  /** Whether from now on its keys follow from what starts before them alone. */
  readonly settled: boolean;
  /** Its head has had its turn. */
  played(): void;
}

/** Lines whose keys depend on each other. */
export class Circle<Key> {
  readonly #lines: readonly OfferingLine[];
  readonly #rule: TurnRule<Key>;
  #next: { readonly line: OfferingLine; readonly standing: Standing<Key> } | undefined;
  #settled = false;
  /** Nobody of the circle has started since it was looked at. */
  #known = false;

  constructor(lines: readonly OfferingLine[], rule: TurnRule<Key>) {
    this.#lines = lines;
    this.#rule = rule;
  }

  /** Whose turn it is of them. */
  get next(): Standing<Key> | undefined {
    return this.#next?.standing;
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Finds out who is next, if that may have changed; how many heads were looked at. */
  look(): number {
    if (this.#known) return 0;
    this.#known = true;
    this.#next = this.#rule.winner === undefined ? this.#least() : this.#winner(this.#rule.winner);
    this.#settled = this.#rule.settles && this.#lines.every((line) => line.settled);
    return this.#lines.length;
  }

  startNext(): void {
    if (this.#next === undefined) return;
    this.#rule.start(this.#next.standing.job);
    this.#next.line.played();
    this.#known = false;
  }

  #least(): { readonly line: OfferingLine; readonly standing: Standing<Key> } | undefined {
    let least: { readonly line: OfferingLine; readonly standing: Standing<Key> } | undefined;
    for (const line of this.#lines) {
      const job = line.head;
      if (job === undefined) continue;
      const key = this.#rule.keyOf(job);
      if (least === undefined || this.#rule.compare(key, least.standing.key) < 0)
        least = { line, standing: { job, key } };
    }
    return least;
  }

  #winner(
    winnerOf: NonNullable<TurnRule<Key>['winner']>,
  ): { readonly line: OfferingLine; readonly standing: Standing<Key> } | undefined {
    const job = winnerOf(this.#lines.flatMap(({ head }) => head ?? []));
    const line = this.#lines.find(({ share }) => share === job?.share);
    return job === undefined || line === undefined
      ? undefined
      : { line, standing: { job, key: this.#rule.keyOf(job) } };
  }
}

export function circlesOf<Key>(lines: readonly OfferingLine[], rule: TurnRule<Key>): Circle<Key>[] {
  const circles = new Map<number, OfferingLine[]>();
  for (const line of lines) {
    const circle = rule.circleOf(line.share);
    const members = circles.get(circle);
    if (members === undefined) circles.set(circle, [line]);
    else members.push(line);
  }
  return [...circles.values()].map((members) => new Circle(members, rule));
}
