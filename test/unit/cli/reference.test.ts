import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../../src/cli/program.ts';
import { cliReference, errorReference } from '../../../src/cli/reference.ts';
import { ERROR_CATALOGUE } from '../../../src/jobs/error-catalogue.ts';

const page = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

// When one of these fails: npm run build && node scripts/docs.mjs
describe('the pages in docs/ are what the code says', () => {
  test('docs/cli.md', () => {
    expect(page('cli.md')).toBe(`${cliReference(buildProgram())}\n`);
  });

  test('docs/errors.md', () => {
    expect(page('errors.md')).toBe(`${errorReference()}\n`);
  });
});

describe('docs/errors.md', () => {
  const documented = [...page('errors.md').matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)];

  test('has every code, and no other', () => {
    expect(documented.map(([, code]) => code).sort()).toEqual(Object.keys(ERROR_CATALOGUE).sort());
  });

  test('has their exit codes', () => {
    const want = Object.fromEntries(
      Object.entries(ERROR_CATALOGUE).map(([code, { exitCode }]) => [code, String(exitCode)]),
    );
    expect(Object.fromEntries(documented.map(([, code, exit]) => [code, exit]))).toEqual(want);
  });
});

describe('the catalogue', () => {
  test.each(Object.entries(ERROR_CATALOGUE))('%s is written in whole sentences', (_, { what, remedy }) => {
    expect(what).toMatch(/^[A-Z`].*\.$/);
    expect(remedy).toMatch(/^[A-Z`]/);
  });
});
