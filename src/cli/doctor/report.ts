import type { Paint, Style } from '../print/colour.ts';
import { pad, wrap } from '../print/text-width.ts';
import type { Finding } from './finding.ts';

const STYLES: Readonly<Record<Finding['state'], Style>> = { ok: 'good', warn: 'busy', fail: 'bad' };

/** One line per finding, the remedy below it. */
export function formatFindings(
  findings: readonly Finding[],
  width: number | undefined,
  paint: Paint,
): string {
  const names = Math.max(...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(STATE_WIDTH + names + 4);
  const textWidth = width === undefined ? Infinity : Math.max(30, width - indent.length);
  return findings
    .map(({ check, state, found, remedy }) => {
      const [first = '', ...more] = wrap(found, textWidth);
      const lines = [
        `${paint(STYLES[state], pad(state, STATE_WIDTH, 'left'))}  ${pad(check, names, 'left')}  ${first}`,
        ...more.map((text) => indent + text),
        ...(remedy === undefined
          ? []
          : wrap(`-> ${remedy}`, textWidth).map((text) => indent + paint('quiet', text))),
      ];
      return `${lines.join('\n')}\n`;
    })
    .join('');
}

const STATE_WIDTH = 4;

export function verdict(findings: readonly Finding[]): string {
  const count = (state: Finding['state']): number =>
    findings.filter((finding) => finding.state === state).length;
  const failures = count('fail');
  const warnings = count('warn');
  if (failures > 0) return `${failures} of ${findings.length} checks failed.`;
  return warnings > 0
    ? `Fine, with ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`
    : 'Everything is fine.';
}
