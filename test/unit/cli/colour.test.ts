import { describe, expect, test } from 'vitest';
import { paintWith, statusStyle, wantsColour } from '../../../src/cli/print/colour.ts';
import { JOB_STATUSES } from '../../../src/jobs/status.ts';

describe('colour', () => {
  test.each([
    ['on a terminal', 'auto', {}, true, true],
    ['not in a pipe', 'auto', {}, false, false],
    ['not with NO_COLOR', 'auto', { NO_COLOR: '1' }, true, false],
    ['with an empty NO_COLOR, which means nothing', 'auto', { NO_COLOR: '' }, true, true],
    ['not on a dumb terminal', 'auto', { TERM: 'dumb' }, true, false],
    ['in a pipe with FORCE_COLOR', 'auto', { FORCE_COLOR: '1' }, false, true],
    ['not with FORCE_COLOR=0', 'auto', { FORCE_COLOR: '0' }, true, false],
    ['not with both, since NO_COLOR is for people', 'auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['in a pipe with --color always, whatever the variables say', 'always', { NO_COLOR: '1' }, false, true],
    ['not with --color never', 'never', { FORCE_COLOR: '1' }, true, false],
  ] as const)('%s', (_, choice, env, isTTY, want) => {
    expect(wantsColour(choice, env, isTTY)).toBe(want);
  });

  test('leaves the text readable when it is off', () => {
    for (const status of JOB_STATUSES) expect(paintWith(false)(statusStyle(status), status)).toBe(status);
  });

  test('sets and resets when it is on', () => {
    expect(paintWith(true)('bad', 'FAILED')).toBe('\u001B[31mFAILED\u001B[39m');
  });
});
