import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeDataDir } from '../../../src/cli/data-dir.ts';

test('a data directory inside a file is refused with what is allowed', () => {
  const inFile = `${fileURLToPath(import.meta.url)}/x`;
  expect(() => makeDataDir(inFile, (path) => mkdirSync(path, { recursive: true }))).toThrow(
    expect.objectContaining({ code: 'DATA_DIR_INVALID' }) as Error,
  );
});
