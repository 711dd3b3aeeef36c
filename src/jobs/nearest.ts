/** Longer words are no typing mistakes, and comparing them costs the product of their lengths. */
const LONGEST = 64;

/**
 * The candidate that a mistyped word was probably meant to be: the closest one by edit distance, ignoring case and the
 * difference between `-`, `_` and nothing; undefined if even that one is further away than `within` edits.
 */
export function nearest(word: string, candidates: readonly string[], within?: number): string | undefined {
  if (word.length > LONGEST) return undefined;
  const plain = simplified(word);
  let best: string | undefined;
  let bestDistance = (within ?? Math.max(1, Math.floor(word.length * 0.45))) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(plain, simplified(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

const simplified = (word: string): string => word.toLowerCase().replace(/[-_]/g, '');

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let [beforeLast, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(last, j) + 1,
          at(row, j - 1) + 1,
          replaced,
          swapped ? at(beforeLast, j - 2) + 1 : Infinity,
        ),
      );
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity;
