// The data of the examples: names with the language that they are written in (examples/data/README.md), and what a
// model sees of a name: which groups of one to four letters it holds.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const LANGUAGES = ['de', 'en', 'es', 'fi', 'fr', 'hu', 'it', 'pl', 'sv', 'tr'];
/** Letter groups are hashed into this many buckets. */
export const BUCKETS = 4096;
const LONGEST_GROUP = 4;

/** All rows of all files of a folder, as `{ buckets, label }`. */
export function readNames(folder) {
  const rows = readdirSync(folder)
    .filter((file) => file.endsWith('.tsv'))
    .sort()
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => {
      const [language, name] = line.split('\t');
      return { buckets: bucketsOf(name), label: LANGUAGES.indexOf(language) };
    });
  if (rows.length === 0) throw new Error(`no .tsv files with rows in ${folder}`);
  return rows;
}

/** "Rom" is the letter groups of "^rom$": ^, r, o, m, $, ^r, ro, ..., ^rom, rom$. */
export function bucketsOf(name) {
  const letters = [...`^${name.toLowerCase()}$`];
  const buckets = new Set();
  for (let length = 1; length <= LONGEST_GROUP; length += 1) {
    for (let start = 0; start + length <= letters.length; start += 1) {
      buckets.add(hash(letters.slice(start, start + length).join('')) % BUCKETS);
    }
  }
  return Int32Array.from(buckets);
}

/** FNV-1a, 32 bits. */
function hash(text) {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

/** Turns logits into probabilities in place. */
export function softmax(logits) {
  const highest = Math.max(...logits);
  let sum = 0;
  for (let k = 0; k < logits.length; k += 1) sum += logits[k] = Math.exp(logits[k] - highest);
  for (let k = 0; k < logits.length; k += 1) logits[k] /= sum;
  return logits;
}

/** Share of the rows whose most probable language is the right one. */
export function accuracy(rows, probabilities) {
  let right = 0;
  for (const row of rows) {
    const p = probabilities(row);
    if (p.indexOf(Math.max(...p)) === row.label) right += 1;
  }
  return right / rows.length;
}

/** The same sequence for the same seed, so that a run can be repeated (mulberry32). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The rows in a random order (Fisher and Yates). */
export function shuffled(rows, random) {
  const order = [...rows];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
