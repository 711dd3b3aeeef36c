import { open } from 'node:fs/promises';

const CHUNK = 256 * 1024;
/** Longer lines are cut: a log event of CloudWatch holds no more either, and patterns stay fast. */
const MAX_LINE = 16 * 1024;

/** The end of a file, at most `bytes` of what follows `from`; empty if there is no such file. */
export async function readTail(path: string, bytes: number, from = 0): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - bytes, 0);
    const buffer = Buffer.alloc(Math.max(0, Math.min(size - start, bytes)));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The start of a file, at most `bytes`; undefined if there is no such file. */
export async function readHead(path: string, bytes: number): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await file.read(buffer, 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Lines of a text; progress bars that return to the line's start count as lines. */
const linesOf = (text: string): readonly string[] =>
  text.split(/\r\n|\n|\r/).map((line) => line.slice(0, MAX_LINE));

/** The lines of a file in blocks from the end to the start, in file order inside a block; bounded memory. */
export async function* blocksFromEnd(path: string): AsyncGenerator<readonly string[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return;
  try {
    let end = (await file.stat()).size;
    // What belongs to a line that starts in an earlier block.
    let rest = Buffer.alloc(0);
    while (end > 0) {
      const start = Math.max(0, end - CHUNK);
      const block = Buffer.alloc(end - start);
      await file.read(block, 0, block.length, start);
      const joined = Buffer.concat([block, rest]);
      const cut = start === 0 ? 0 : joined.indexOf('\n') + 1;
      if (cut === 0 && start > 0) {
        rest = joined.subarray(0, MAX_LINE);
      } else {
        yield linesOf(joined.toString('utf8', cut));
        rest = joined.subarray(0, cut);
      }
      end = start;
    }
  } finally {
    await file.close();
  }
}
