import { describe, expect, test } from 'vitest';
import { formatDuration, formatTime } from '../../../src/cli/print/time.ts';
import { HOUR, MINUTE, NOON } from './fake-terminal.ts';

describe('a duration shows its two largest units', () => {
  test.each([
    ['nothing', 0, '0s'],
    ['less than half a second', 0.4, '0s'],
    ['seconds', 41, '41s'],
    ['minutes and seconds below ten minutes', 200, '3m 20s'],
    ['whole minutes', 180, '3m'],
    ['minutes alone from ten minutes on', 12 * 60 + 5, '12m'],
    ['hours and minutes', 3_780, '1h 3m'],
    ['a whole hour', 3_600, '1h'],
    ['days and hours', 2 * 86_400 + 4 * 3_600 + 59 * 60, '2d 4h'],
    ['a negative one, which a wrong clock can make', -5, '0s'],
  ])('%s', (_, seconds, want) => {
    expect(formatDuration(seconds)).toBe(want);
  });
});

describe('a time', () => {
  test.each([
    ['of this moment', NOON, 'relative', 'now'],
    ['in the past', NOON - 2 * HOUR, 'relative', '2h ago'],
    ['in the future', NOON + 4 * MINUTE, 'relative', 'in 4m'],
    ['as ISO 8601 in UTC', NOON - 2 * HOUR, 'iso', '2026-11-21T10:00:00Z'],
    ['raw, in epoch milliseconds', NOON, 'raw', '1795262400000'],
  ] as const)('%s', (_, time, format, want) => {
    expect(formatTime(time, format, NOON)).toBe(want);
  });
});
