import { describe, expect, test } from 'vitest';
import { parseDuration, parseInteger, parseSince, parseStatuses } from '../../../src/cli/option-values.ts';
import { NOON } from './fake-terminal.ts';

describe('a duration', () => {
  test.each([
    ['90', 90_000],
    ['90s', 90_000],
    ['250ms', 250],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['0', 0],
  ])('%s', (text, want) => {
    expect(parseDuration(text)).toBe(want);
  });

  test.each(['', 'h', '2x', '1h30', '-5s', '2 h', '1e3', 'forever'])('not %j', (text) => {
    expect(() => parseDuration(text)).toThrow('Write a duration such as');
  });
});

describe('a time in the past', () => {
  test.each([
    ['how long ago', '2h', NOON - 7_200_000],
    ['a day', '2026-11-20', Date.UTC(2026, 10, 20)],
    ['a moment', '2026-11-20T08:00:00Z', Date.UTC(2026, 10, 20, 8)],
  ])('is %s', (_, text, want) => {
    expect(parseSince(text)(NOON)).toBe(want);
  });

  test.each(['yesterday', '2026-13-45', ''])('is not %j', (text) => {
    expect(() => parseSince(text)).toThrow('Write how long ago');
  });
});

describe('a whole number', () => {
  test('inside its range', () => {
    expect(parseInteger(0, 9_999)('9999')).toBe(9_999);
    expect(parseInteger(-5, 5)('-5')).toBe(-5);
  });

  test.each(['', '10000', '-1', '1.5', '1e3', '0x10', 'NaN', '99999999999999999999'])('not %j', (text) => {
    expect(() => parseInteger(0, 9_999)(text)).toThrow('Write a whole number from 0 to 9999.');
  });
});

describe('statuses', () => {
  test('in any case, with commas and blanks, added to earlier ones', () => {
    expect(parseStatuses('running, Failed,', ['STOPPED'])).toEqual(['STOPPED', 'RUNNING', 'FAILED']);
  });

  test('that do not exist are named, with those that do', () => {
    expect(() => parseStatuses('RUNNING,DONE')).toThrow('DONE is no status. They are SUBMITTED, RUNNABLE');
  });
});
