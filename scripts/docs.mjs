// Writes the generated pages docs/cli.md and docs/errors.md; test/unit/cli/reference.test.ts fails when they are stale.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../dist/cli/program.js';
import { cliReference, errorReference } from '../dist/cli/reference.js';

const docs = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs');
for (const [name, text] of [
  ['cli.md', cliReference(buildProgram())],
  ['errors.md', errorReference()],
]) {
  writeFileSync(join(docs, name), `${text}\n`);
}
