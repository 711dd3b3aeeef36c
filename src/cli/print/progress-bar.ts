import type { Terminal } from '../terminal.ts';
import { fit } from './text-width.ts';

export interface ProgressBar {
  /** @param done from 0 to 1 */
  show(done: number, what: string): void;
  clear(): void;
}

const CLEAR_LINE = '\r\u001B[K';
/** Milliseconds. Work that is done sooner needs no bar. */
const PATIENCE = 500;
const BETWEEN = 100;
const WIDTH = 24;

/** A bar on stderr for work that takes long; nothing when that is no terminal. */
export function progressOn(terminal: Pick<Terminal, 'stderr' | 'env' | 'now'>): ProgressBar {
  const { stderr, env } = terminal;
  if (!stderr.isTTY || env['TERM'] === 'dumb') return { show: () => {}, clear: () => {} };
  const begun = terminal.now();
  let shownAt: number | undefined;
  return {
    show: (done, what) => {
      const time = terminal.now();
      if (time - begun < PATIENCE || time - (shownAt ?? 0) < BETWEEN) return;
      shownAt = time;
      const full = Math.floor(Math.min(1, done) * WIDTH);
      const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
      const line = `${bar} ${String(Math.floor(done * 100)).padStart(3)}%  ${what}`;
      stderr.write(`${CLEAR_LINE}${fit(line, (stderr.columns ?? 80) - 1)}`);
    },
    clear: () => {
      if (shownAt !== undefined) stderr.write(CLEAR_LINE);
      shownAt = undefined;
    },
  };
}
