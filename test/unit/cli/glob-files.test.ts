import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expandFiles } from '../../../src/cli/glob-files.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'trainyard-glob-'));
  for (const name of [
    'a.yaml',
    'b[1].yaml',
    '.hidden.yaml',
    'x/1.yaml',
    'x/2.json',
    'x/y/3.yml',
    'x/.git/4.yaml',
    'x/node_modules/5.yaml',
    'z/6.txt',
  ]) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), '');
  }
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describe('words that mean files', () => {
  test.each<[readonly string[], readonly string[]]>([
    [['a.yaml'], ['a.yaml']],
    [['./a.yaml'], ['./a.yaml']],
    [['-'], ['-']],
    [['*.yaml'], ['a.yaml', 'b[1].yaml']],
    [['b[1].yaml'], ['b[1].yaml']],
    [['.h*.yaml'], ['.hidden.yaml']],
    [['x'], ['x/1.yaml', 'x/2.json']],
    [['x/*'], ['x/1.yaml', 'x/2.json']],
    [['*/*.{json,yml}'], ['x/2.json']],
    [['**/*.y{a,}ml'], ['a.yaml', 'b[1].yaml', 'x/1.yaml', 'x/y/3.yml']],
    [['x/**/[0-9].*'], ['x/1.yaml', 'x/2.json', 'x/y/3.yml']],
    [
      ['a.yaml', 'x/1.yaml', 'a.yaml'],
      ['a.yaml', 'x/1.yaml'],
    ],
  ])('%j', (words, want) => {
    expect(expandFiles(words, cwd)).toEqual(want);
  });

  test('absolute patterns', () => {
    expect(expandFiles([`${cwd}/x/*.json`], '/')).toEqual([`${cwd}/x/2.json`]);
  });

  test.each(['nope.yaml', '*.toml', 'z', 'nope/*.yaml', '**/*.toml'])('%s means none', (word) => {
    expect(() => expandFiles([word], cwd)).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE', place: { file: word } }),
    );
  });
});
