export interface Timed {
  /** Virtual milliseconds. */
  readonly at: number;
  /** Decides between events of one moment: lower first. */
  readonly rank: number;
}

/** What is going to happen, soonest first; among equals what was added first (a binary heap). */
export class EventQueue<Event extends Timed> {
  readonly #heap: { readonly event: Event; readonly order: number }[] = [];
  #added = 0;

  /** When the next event happens; undefined without one. */
  get nextAt(): number | undefined {
    return this.#heap[0]?.event.at;
  }

  add(event: Event): void {
    const entry = { event, order: this.#added++ };
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  take(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) this.#sink(last);
    return first.event;
  }

  #sink(entry: { readonly event: Event; readonly order: number }): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (a === undefined) break;
      const [child, at] = b !== undefined && before(b, a) ? [b, left + 1] : [a, left];
      if (!before(child, entry)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = entry;
  }
}

type Entry = { readonly event: Timed; readonly order: number };

function before(a: Entry, b: Entry): boolean {
  if (a.event.at !== b.event.at) return a.event.at < b.event.at;
  return a.event.rank !== b.event.rank ? a.event.rank < b.event.rank : a.order < b.order;
}
