/** As it stands in front of its value: `--file x`, `-f x`, `-wf x`. */
const BARE = /^(?:--file|-[a-zA-Z]*f)$/;
/** With its value in the same word: `--file=x`, `-fx`. */
const JOINED = /^(?:--file=|-[a-zA-Z]*?f)/;

/**
 * The files of `[files...]` and of `-f`, which mean the same, in the order in which they stand on the command line: among jobs of one
 * priority it decides who comes first. The parser keeps the two apart; what cannot be found again comes last, in its own order.
 */
export function filesInOrder(
  words: readonly string[],
  files: readonly string[],
  options: readonly string[] = [],
): readonly string[] {
  const [bare, flagged] = [[...files], [...options]];
  const found: string[] = [];
  const take = (from: string[]): void => {
    found.push(...from.splice(0, 1));
  };
  for (const [index, word] of words.entries()) {
    const [option] = flagged;
    if (option !== undefined && word === option && BARE.test(words[index - 1] ?? '')) take(flagged);
    else if (option !== undefined && JOINED.test(word) && word.replace(JOINED, '') === option) take(flagged);
    else if (word === bare[0]) take(bare);
  }
  return [...found, ...bare, ...flagged];
}
