/**
 * Random numbers that are the same on every machine for the same seed. The generator is sfc32 (Chris Doty-Humphrey's Small
 * Fast Counting generator, public domain), seeded by an FNV-1a hash of the seed and a label, so that each part of a load has a
 * stream of its own: changing one part leaves the others as they were.
 */
export class Random {
  readonly #label: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string) {
    this.#label = String(seed);
    const hash = fnv1a(this.#label);
    this.#a = hash;
    this.#b = Math.imul(hash, 0x9e3779b1) >>> 0;
    this.#c = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0;
    for (let warmUp = 0; warmUp < 15; warmUp++) this.#bits();
  }

  /** A stream of its own, independent of how much was drawn here. */
  fork(label: string): Random {
    return new Random(`${this.#label}/${label}`);
  }

  /** From 0 (inclusive) to 1 (exclusive), 53 bits. */
  unit(): number {
    return (this.#bits() * 2 ** 21 + (this.#bits() >>> 11)) / 2 ** 53;
  }

  uniform(from: number, to: number): number {
    return from + (to - from) * this.unit();
  }

  /** A whole number, both ends included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.unit() * (to - from + 1));
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }

  /** Uniform in the logarithm; both ends above 0. */
  logUniform(from: number, to: number): number {
    return from * Math.exp(this.unit() * Math.log(to / from));
  }

  /** Box and Muller's normal distribution, mean 0 and deviation 1. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return radius * Math.cos(2 * Math.PI * this.unit());
  }

  logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  /** One of the entries, each as likely as its weight says. At least one weight is above 0. */
  weighted<T>(entries: readonly (readonly [T, number])[]): T {
    const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.unit() * total;
    let last: T | undefined;
    for (const [value, weight] of entries) {
      if (weight <= 0) continue;
      last = value;
      left -= weight;
      if (left < 0) return value;
    }
    if (last === undefined) throw new RangeError('no entry has a weight');
    return last;
  }

  #bits(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
