/**
 * A map that can be forked cheaply: both sides go on from a shared, frozen base and keep only their own changes. A fork costs
 * O(changes since the last one), amortised; not O(size).
 */
export class ForkedMap<V> {
  #base: ReadonlyMap<string, V> = new Map<string, V>();
  /** Undefined: taken out. */
  #changed = new Map<string, V | undefined>();
  #size = 0;

  /** Of items with different keys. */
  static by<V>(items: readonly V[], keyOf: (item: V) => string): ForkedMap<V> {
    const base = new Map<string, V>();
    for (const item of items) base.set(keyOf(item), item);
    const map = new ForkedMap<V>();
    map.#base = base;
    map.#size = base.size;
    return map;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#changed.has(key) ? this.#changed.get(key) : this.#base.get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): void {
    if (this.get(key) === undefined) this.#size++;
    this.#changed.set(key, value);
  }

  delete(key: string): void {
    if (this.get(key) === undefined) return;
    this.#size--;
    if (this.#base.has(key)) this.#changed.set(key, undefined);
    else this.#changed.delete(key);
  }

  fork(): ForkedMap<V> {
    // Folding the changes in costs O(size), so it waits until there are as many of them as a tenth of that.
    if (this.#changed.size > 64 && this.#changed.size * 10 > this.#base.size) {
      const base = new Map(this.#base);
      for (const [key, value] of this.#changed) {
        if (value === undefined) base.delete(key);
        else base.set(key, value);
      }
      this.#base = base;
      this.#changed = new Map();
    }
    const other = new ForkedMap<V>();
    other.#base = this.#base;
    other.#changed = new Map(this.#changed);
    other.#size = this.#size;
    return other;
  }
}
