import { seededRandom } from '../../src/local-aws/faults/random.ts';

/** Chance from a seed, so that the actions of a soak can be had again. */
export class Dice {
  /** 0 inclusive to 1 exclusive. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** Both ends included. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  /** Undefined only of an empty list. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.next() * items.length)];
  }

  /** One of them, as often as its weight says. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T | undefined {
    let left = this.next() * items.reduce((sum, [weight]) => sum + weight, 0);
    return (items.find(([weight]) => (left -= weight) < 0) ?? items.at(-1))?.[1];
  }
}
