import { describe, expect, test } from 'vitest';
import { renderTable, type Column } from '../../../src/cli/print/table.ts';
import { fit, oneLine, textWidth, wrap } from '../../../src/cli/print/text-width.ts';

type Row = readonly [name: string, size: string, note: string];

const columns: readonly Column<Row>[] = [
  { header: 'NAME', value: ([name]) => name },
  { header: 'SIZE', value: ([, size]) => size, align: 'right', dropRank: 1 },
  { header: 'NOTE', value: ([, , note]) => note, shrinkTo: 5 },
];
const rows: readonly Row[] = [
  ['alpha', '1', 'first of them'],
  ['be', '200', ''],
];
const table = (width: number | undefined, headers = true): string =>
  renderTable(columns, rows, { width, headers });

describe('a table', () => {
  test('aligns columns and leaves no blanks at the ends of lines', () => {
    expect(table(undefined)).toBe('NAME   SIZE  NOTE\nalpha     1  first of them\nbe      200\n');
  });

  test('can do without headers', () => {
    expect(table(undefined, false)).toBe('alpha    1  first of them\nbe     200\n');
  });

  test('cuts what may be cut to fit the terminal', () => {
    expect(table(20)).toBe('NAME   SIZE  NOTE\nalpha     1  first …\nbe      200\n');
  });

  test('leaves columns out when cutting is not enough', () => {
    expect(table(15)).toBe('NAME   NOTE\nalpha  first o…\nbe\n');
  });

  test('never cuts what identifies a row, even on a terminal that is far too narrow', () => {
    expect(table(3)).toBe('NAME   NOTE\nalpha  firs…\nbe\n');
  });

  test('leaves out columns without any value', () => {
    expect(renderTable(columns, [['a', '', '']], { width: 80, headers: true })).toBe('NAME\na\n');
  });

  test('of nothing is empty', () => {
    expect(renderTable(columns, [], { width: 80, headers: true })).toBe('');
  });

  test('is aligned by cells, not by characters', () => {
    const wide: readonly Row[] = [
      ['日本', '1', 'x'],
      ['e\u0301', '2', 'y'],
    ];
    expect(renderTable(columns, wide, { width: 80, headers: false })).toBe('日本  1  x\ne\u0301     2  y\n');
  });

  test('lets no text of users break lines or drive the terminal', () => {
    const hostile: readonly Row[] = [['a', '1', 'two\nlines\u001B[2J\u0007']];
    expect(renderTable(columns, hostile, { width: 80, headers: false })).toBe('a  1  two lines[2J\n');
  });
});

describe('text', () => {
  test.each([
    ['plain', 'abc', 3],
    ['wide', '漢字', 4],
    ['emoji', '🚀', 2],
    ['combining marks', 'n\u0303', 1],
    ['colours take no room', '\u001B[31mred\u001B[39m', 3],
  ])('%s is measured in cells', (_, text, want) => {
    expect(textWidth(text)).toBe(want);
  });

  test('is cut with an ellipsis, never in the middle of a wide character', () => {
    expect(fit('漢字漢字', 6)).toBe('漢字…');
    expect(fit('abc', 3)).toBe('abc');
  });

  test('is wrapped between words, and long words stay whole', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('s3://a-very-long-name x', 5)).toEqual(['s3://a-very-long-name', 'x']);
  });

  test('becomes one line', () => {
    expect(oneLine('  a\n\tb ')).toBe('a b');
  });
});
