import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { withExamples } from '../examples.ts';
import { sessionOf } from '../session.ts';

/** Part of the package; a test keeps it equal to the definition in src/jobs. */
const SCHEMA = new URL('../../../schemas/job.schema.json', import.meta.url);

export function schemaCommand(): Command {
  const command = new Command('schema')
    .summary('print the JSON schema of job files')
    .description(
      'Prints the JSON schema of job files. An editor completes and checks a job file that begins with the comment below.',
    )
    .action(run);
  return withExamples(command, [
    'trainyard schema > job.schema.json',
    '# yaml-language-server: $schema=./job.schema.json',
  ]);
}

function run(_options: object, command: Command): void {
  sessionOf(command).print(readFileSync(SCHEMA, 'utf8'));
}
