import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import type { Scenario } from '../simulation/scenario.ts';
import { parseScenarioFile } from '../simulation/scenario-file.ts';
import type { Terminal } from './terminal.ts';

/** Larger than any trace that is accepted: what is cut off would not have been read. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The scenario in a file, or on standard input; its trace file is looked for beside it.
 * @throws TrainyardError FILE_UNREADABLE; InvalidInputError (SCENARIO_INVALID)
 */
export async function readScenario(
  file: string,
  seed: number | undefined,
  { stdin, cwd }: Pick<Terminal, 'stdin' | 'cwd'>,
): Promise<Scenario> {
  const text = file === '-' ? await stdin.read() : readText(file, cwd);
  const folder = file === '-' ? cwd : dirname(resolve(cwd, file));
  return parseScenarioFile(text, {
    file,
    ...(seed === undefined ? {} : { seed }),
    readTrace: (path) => readText(path, folder),
  });
}

function readText(file: string, folder: string): string {
  try {
    return readFileSync(resolve(folder, file)).subarray(0, MAX_BYTES).toString('utf8');
  } catch (error) {
    throw unusable(file, 'read', error);
  }
}

/** @throws TrainyardError FILE_UNREADABLE */
export async function writeTextFile(
  file: string,
  text: string,
  { cwd }: Pick<Terminal, 'cwd'>,
): Promise<void> {
  try {
    await writeFile(resolve(cwd, file), text);
  } catch (error) {
    throw unusable(file, 'written', error);
  }
}

function unusable(file: string, verb: 'read' | 'written', error: unknown): TrainyardError {
  const why = error instanceof Error ? error.message : String(error);
  return new TrainyardError('FILE_UNREADABLE', `${file} cannot be ${verb}: ${why}`, {
    place: { file },
    cause: error,
  });
}
