import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { report } from './report.ts';
import { readVectorFile, VectorFileError } from './vector-file.ts';

/**
 * npm run conformance -- [FILE...]: decision vectors and number vectors against the scheduling core. Without a file those next
 * to the repository, else the repository's copy. Exit code 1: a quota-tree vector or a number fails. 2: a file cannot be used.
 */
function main(args: readonly string[]): number {
  const files = args.length > 0 ? args : [defaultFile()];
  try {
    const read = files.map((file) => readVectorFile(file));
    const { lines, failed } = report(
      read.flatMap(({ vectors }) => vectors ?? []),
      read.flatMap(({ numbers }) => numbers ?? []),
    );
    process.stdout.write(`${lines.join('\n')}\n`);
    return failed ? 1 : 0;
  } catch (error) {
    if (!(error instanceof VectorFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

function defaultFile(): string {
  const shared = fileURLToPath(new URL('../../shared/scheduling-vectors.json', import.meta.url));
  return existsSync(shared)
    ? shared
    : fileURLToPath(new URL('../test/fixtures/scheduling-vectors.json', import.meta.url));
}

process.exitCode = main(process.argv.slice(2));
