/** Tells a person about work that takes a while. Talk, so it goes to stderr. */
export interface Progress {
  /** Shows `title` while `work` runs; `work` may report what it is doing just now. */
  during<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  /** One line that stays. */
  note(text: string): void;
}

/** What progress needs of process.stderr. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const FRAME_MS = 120;
const CLEAR_LINE = '\r\u001B[2K';

/** On a terminal one line that moves, with the time gone by; in a pipe one quiet line per task. */
export function progressOn(stream: ProgressStream, now: () => number = () => performance.now()): Progress {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb' ? onTerminal(stream, now) : inPipe(stream);
}

function inPipe(stream: ProgressStream): Progress {
  return {
    async during(title, work) {
      stream.write(`${title} ...\n`);
      return await work(() => undefined);
    },
    note: (text) => void stream.write(`${text}\n`),
  };
}

function onTerminal(stream: ProgressStream, now: () => number): Progress {
  return {
    async during(title, work) {
      const startedAt = now();
      let detail = '';
      let frame = 0;
      const draw = (): void => {
        const parts = [`${FRAMES[frame++ % FRAMES.length] ?? ''} ${title}`, clock(now() - startedAt), detail];
        const line = parts.filter((part) => part !== '').join(' · ');
        stream.write(CLEAR_LINE + cut(line, widthOf(stream) - 1));
      };
      draw();
      const timer = setInterval(draw, FRAME_MS);
      let mark = '✗';
      try {
        const result = await work((text) => (detail = text.trim()));
        mark = '✓';
        return result;
      } finally {
        clearInterval(timer);
        stream.write(`${CLEAR_LINE}${mark} ${title} · ${clock(now() - startedAt)}\n`);
      }
    },
    note: (text) => void stream.write(`${text}\n`),
  };
}

/** Milliseconds as `m:ss`. */
function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Some terminals say that they are 0 columns wide. */
const widthOf = ({ columns = 0 }: ProgressStream): number => (columns > 0 ? columns : 80);

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
