import type { Usage } from './usage-recorder.ts';

/** Instances over time, averaged over spans of equal length. All environments together. */
export interface Timeline {
  readonly spanSeconds: number;
  /** The limit, per span. */
  readonly limit: readonly number[];
  /** In use, per span. */
  readonly used: readonly number[];
  readonly byShare: Readonly<Record<string, readonly number[]>>;
}

/**
 * @param end virtual milliseconds: the time that is divided into spans
 * @param spans how many
 */
export function timelineOf({ steps, limits }: Usage, end: number, spans: number): Timeline {
  const length = Math.max(1, end) / spans;
  const empty = (): number[] => Array.from({ length: spans }, () => 0);
  const used = new Accumulated(length, empty());
  const shares = new Map<string, Accumulated>();
  for (const { at, share, change } of steps) {
    used.add(at, change);
    const own = shares.get(share) ?? new Accumulated(length, empty());
    shares.set(share, own);
    own.add(at, change);
  }
  const limit = new Accumulated(length, empty());
  const before = new Map<string, number>();
  for (const step of limits) {
    limit.add(step.at, step.limit - (before.get(step.environment) ?? 0));
    before.set(step.environment, step.limit);
  }
  return {
    spanSeconds: length / 1000,
    limit: limit.levels(end),
    used: used.levels(end),
    byShare: Object.fromEntries(
      [...shares].sort(([a], [b]) => (a < b ? -1 : 1)).map(([share, own]) => [share, own.levels(end)]),
    ),
  };
}

/** A level that changes in steps, averaged over each span. */
class Accumulated {
  readonly #length: number;
  readonly #sums: number[];
  #level = 0;
  #since = 0;

  constructor(length: number, sums: number[]) {
    this.#length = length;
    this.#sums = sums;
  }

  /** In order of time. */
  add(at: number, change: number): void {
    this.#fill(at);
    this.#level += change;
  }

  levels(end: number): readonly number[] {
    this.#fill(end);
    return this.#sums.map((sum) => Math.round((sum / this.#length) * 1e6) / 1e6);
  }

  #fill(to: number): void {
    const last = this.#sums.length - 1;
    while (this.#level !== 0 && this.#since < to) {
      const index = Math.min(last, this.#spanOf(this.#since));
      const until = index === last ? to : Math.min(to, (index + 1) * this.#length);
      this.#sums[index] = (this.#sums[index] ?? 0) + this.#level * (until - this.#since);
      this.#since = until;
    }
    this.#since = Math.max(this.#since, to);
  }

  /** The span that begins at this moment, or in which it lies; rounding must not put the end of a span into it. */
  #spanOf(moment: number): number {
    const index = Math.floor(moment / this.#length);
    return (index + 1) * this.#length <= moment ? index + 1 : index;
  }
}
