import type { JobStatus } from '../../jobs/status.ts';

export const COLOUR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

/** What a text is, not how it looks; without colour every style is plain text. */
export type Style = 'header' | 'good' | 'bad' | 'busy' | 'quiet' | 'strong';
export type Paint = (style: Style, text: string) => string;

/** "Select graphic rendition" codes that begin and end a look (ECMA-48). Not `util.styleText`: it decides for itself. */
const LOOKS = {
  header: [1, 22],
  good: [32, 39],
  bad: [31, 39],
  busy: [36, 39],
  quiet: [2, 22],
  strong: [1, 22],
} as const satisfies Record<Style, readonly [begin: number, end: number]>;

export function paintWith(colour: boolean): Paint {
  if (!colour) return (_, text) => text;
  return (style, text) => {
    const [begin, end] = LOOKS[style];
    return `\u001B[${begin}m${text}\u001B[${end}m`;
  };
}

/**
 * Whether to colour what goes to a stream: --color decides, then NO_COLOR (https://no-color.org) and FORCE_COLOR, then
 * TERM=dumb, then whether the stream is a terminal.
 */
export function wantsColour(
  choice: ColourChoice,
  env: Readonly<Record<string, string | undefined>>,
  isTTY: boolean,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return env['TERM'] !== 'dumb' && isTTY;
}

export function statusStyle(status: JobStatus): Style {
  switch (status) {
    case 'SUCCEEDED':
      return 'good';
    case 'FAILED':
      return 'bad';
    case 'STOPPED':
      return 'quiet';
    case 'SCHEDULED':
    case 'STARTING':
    case 'RUNNING':
      return 'busy';
    case 'SUBMITTED':
    case 'RUNNABLE':
      return 'strong';
  }
}
