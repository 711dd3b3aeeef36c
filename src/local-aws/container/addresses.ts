import { createHash } from 'node:crypto';

const BLOCK = 256;
const BLOCKS = 253 * 256;

/**
 * Gives the instances of each run loopback addresses of their own, so that two runs on one machine may use the same
 * ports. A run gets whole blocks 127.a.b.0/24 below 127.1 to 127.253, the first free ones after a place that its
 * directory decides (two endpoints on one machine hardly ever choose the same).
 */
export class LoopbackAddresses {
  readonly #taken = new Map<number, string>();

  /** Addresses for `count` instances, .1 upwards. Keep them until `release(owner)`. */
  allocate(owner: string, count: number): readonly string[] {
    const needed = Math.ceil((count + 1) / BLOCK);
    const digest = createHash('sha256').update(owner).digest();
    const wanted = digest.readUInt32BE(0) % BLOCKS;
    for (let offset = 0; offset < BLOCKS; offset++) {
      const first = (wanted + offset) % BLOCKS;
      if (first + needed > BLOCKS) continue;
      const blocks = Array.from({ length: needed }, (_, index) => first + index);
      if (blocks.some((block) => this.#taken.has(block))) continue;
      for (const block of blocks) this.#taken.set(block, owner);
      return Array.from({ length: count }, (_, index) => address(first * BLOCK + index + 1));
    }
    throw new Error('No loopback addresses are left for another training job.');
  }

  /** Marks what an earlier endpoint process gave to a run that still lives. */
  adopt(owner: string, addresses: readonly string[]): void {
    for (const text of addresses) {
      const [, a = 0, b = 0] = text.split('.').map(Number);
      if (a > 0) this.#taken.set((a - 1) * BLOCK + b, owner);
    }
  }

  release(owner: string): void {
    for (const [block, by] of this.#taken) if (by === owner) this.#taken.delete(block);
  }
}

function address(offset: number): string {
  const number = 0x7f010000 + offset;
  return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff].join('.');
}

/** This machine's hosts file with the run's instances in place of any entries of the same names. */
export function hostsFile(machine: string, addresses: Readonly<Record<string, string>>): string {
  const kept = machine.split('\n').filter((line) => {
    const [, ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    return !names.some((name) => name in addresses);
  });
  const own = Object.entries(addresses).map(([host, ip]) => `${ip}\t${host}`);
  return [...kept.join('\n').trimEnd().split('\n'), ...own, ''].join('\n');
}
