import { expect, test } from 'vitest';
import { filesInOrder } from '../../../src/cli/files-in-order.ts';

test.each<[string, readonly string[], readonly string[]]>([
  ['submit -f d1 d2', ['d2'], ['d1']],
  ['submit d1 -f d2 d3', ['d1', 'd3'], ['d2']],
  ['submit -fd1 d2 --file=d3 d4 -wf d5 d6', ['d2', 'd4', 'd6'], ['d1', 'd3', 'd5']],
  ['submit -f d1 d1 -f d1', ['d1'], ['d1', 'd1']],
  ['submit --set d=d2 -f d1 --output json d2', ['d2'], ['d1']],
  ['submit -f - d2', ['d2'], ['-']],
  ['submit -f d1 -- -d2 d3', ['-d2', 'd3'], ['d1']],
])('the files of %s are in its order', (line, files, options) => {
  const words = line.split(' ');
  const want = words.flatMap((word) => /^(?:--file=|-f)?(-?d\d|-)$/.exec(word)?.[1] ?? []);
  expect(filesInOrder(words, files, options)).toEqual(want);
});

test('what is not on the command line is not lost', () => {
  expect(filesInOrder(['submit'], ['a'], ['b'])).toEqual(['a', 'b']);
  expect(filesInOrder([], [])).toEqual([]);
});

test('a file may begin with the letter of the option', () => {
  expect(filesInOrder(['submit', '-ff1', 'g'], ['g'], ['f1'])).toEqual(['f1', 'g']);
});
