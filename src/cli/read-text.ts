import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import type { Terminal } from './terminal.ts';

/** What people write is a page or two; reading more than this would only fill the memory before the parser refuses it. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The text of a file, or of standard input for `-`. @throws TrainyardError FILE_UNREADABLE */
export async function readText(
  file: string,
  { stdin, cwd }: Pick<Terminal, 'stdin' | 'cwd'>,
): Promise<string> {
  if (file === '-') return await stdin.read();
  try {
    const bytes = await readFile(resolve(cwd, file));
    return bytes.subarray(0, MAX_BYTES).toString('utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TrainyardError('FILE_UNREADABLE', `${file} cannot be read: ${why}`, {
      place: { file },
      cause: error,
    });
  }
}
