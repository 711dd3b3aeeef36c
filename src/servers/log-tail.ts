import { open } from 'node:fs/promises';

const TAIL_BYTES = 2_000;
const TAIL_LINES = 8;

/** The last lines of a log file below its name, to be put behind a message. */
export async function tailOfLog(path: string): Promise<string> {
  const tail = await readTail(path).catch(() => '');
  if (tail === '') return `Its log is ${path}.`;
  const lines = tail.trimEnd().split('\n').slice(-TAIL_LINES);
  return `Its log ${path} ends with:\n${lines.map((line) => `    ${line}`).join('\n')}`;
}

async function readTail(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}
