import { describe, expect, test } from 'vitest';
import { fail, ok, warn } from '../../../../src/cli/doctor/finding.ts';
import { formatFindings, verdict } from '../../../../src/cli/doctor/report.ts';

const plain = (_style: string, text: string): string => text;
const findings = [
  ok('node', 'v20.20.2'),
  warn('worker', 'nobody serves task queue trainyard, so jobs wait', 'Start one: trainyard worker'),
  fail('temporal', 'does not answer', 'Start it.'),
];

test('one line per check, the remedy below it', () => {
  expect(formatFindings(findings, undefined, plain)).toBe(
    [
      'ok    node      v20.20.2',
      'warn  worker    nobody serves task queue trainyard, so jobs wait',
      '                -> Start one: trainyard worker',
      'fail  temporal  does not answer',
      '                -> Start it.',
      '',
    ].join('\n'),
  );
});

test('on a terminal, lines are broken between words', () => {
  const lines = formatFindings(findings, 50, plain).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(50);
  expect(lines).toContain('                trainyard, so jobs wait');
});

describe('the verdict', () => {
  test.each([
    [[ok('a', '')], 'Everything is fine.'],
    [[ok('a', ''), warn('b', '', '')], 'Fine, with 1 warning.'],
    [[warn('a', '', ''), warn('b', '', '')], 'Fine, with 2 warnings.'],
    [findings, '1 of 3 checks failed.'],
  ])('%#', (list, want) => {
    expect(verdict(list)).toBe(want);
  });
});
