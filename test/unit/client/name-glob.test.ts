import { describe, expect, test } from 'vitest';
import { globToRegExp, isGlob, literalPrefix } from '../../../src/client/name-glob.ts';

describe('a pattern', () => {
  test.each([
    ['sweep-*', 'sweep-7', true],
    ['sweep-*', 'a-sweep-7', false],
    ['*', '', true],
    ['?-1', 'a-1', true],
    ['?-1', 'ab-1', false],
    ['run-[0-9]', 'run-5', true],
    ['run-[!0-9]', 'run-5', false],
    ['run-[^0-9]', 'run-x', true],
    ['{one,two}-*', 'two-3', true],
    ['{one,two}-*', 'three-3', false],
    ['a.b', 'a.b', true],
    ['a.b', 'axb', false],
    ['*', 'a/b', false],
    ['a[', 'a[', true],
    ['a+(b)|c$', 'a+(b)|c$', true],
    ['[\\]]', '\\]', true],
    ['[z-a]', '[z-a]', true],
  ])('%s on %s: %s', (pattern, name, want) => {
    expect(globToRegExp(pattern).test(name)).toBe(want);
  });

  test('many stars do not take forever', () => {
    expect(globToRegExp(`${'*'.repeat(40)}x`).test('a'.repeat(50))).toBe(false);
  });

  test('is told from a plain prefix', () => {
    expect(isGlob('sweep-7')).toBe(false);
    expect(isGlob('sweep-*')).toBe(true);
    expect(literalPrefix('sweep-{a,b}')).toBe('sweep-');
  });
});
