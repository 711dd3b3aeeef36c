/** A binary heap, lowest first. Which of equals comes first is not defined. */
export class Heap<T> {
  readonly #order: (a: T, b: T) => number;
  readonly #items: T[] = [];

  constructor(order: (a: T, b: T) => number) {
    this.#order = order;
  }

  first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let hole = items.length;
    items.push(item);
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || this.#order(parent, item) <= 0) break;
      items[hole] = parent;
      hole = above;
    }
    items[hole] = item;
  }

  /** Takes the first one out. */
  pop(): void {
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.replaceFirst(last);
  }

  /** Puts another item, or the same with another place in the order, where the first one is. */
  replaceFirst(item: T): void {
    const items = this.#items;
    let hole = 0;
    for (;;) {
      const left = hole * 2 + 1;
      const right = left + 1;
      const leftItem = items[left];
      const rightItem = items[right];
      if (leftItem === undefined) break;
      const takeRight = rightItem !== undefined && this.#order(rightItem, leftItem) < 0;
      const child = takeRight ? rightItem : leftItem;
      if (this.#order(item, child) <= 0) break;
      items[hole] = child;
      hole = takeRight ? right : left;
    }
    items[hole] = item;
  }
}
