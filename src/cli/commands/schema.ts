import { readFileSync } from 'node:fs';
import { Argument, Command } from 'commander';
import { withExamples } from '../examples.ts';
import { sessionOf } from '../session.ts';

const KINDS = ['job', 'queue'] as const;
type Kind = (typeof KINDS)[number];

/** Part of the package; tests keep them equal to the definitions in src/jobs and src/queues. */
const schemaOf = (kind: Kind): URL => new URL(`../../../schemas/${kind}.schema.json`, import.meta.url);

export function schemaCommand(): Command {
  const command = new Command('schema')
    .summary('print the JSON schema of job or queue files')
    .description(
      'Prints the JSON schema of job files, or of queue files. An editor completes and checks a file that begins with the ' +
        'comment below.',
    )
    .addArgument(new Argument('[kind]', 'of which files').choices(KINDS).default('job'))
    .action(run);
  return withExamples(command, [
    'trainyard schema > job.schema.json',
    'trainyard schema queue > queue.schema.json',
    '# yaml-language-server: $schema=./job.schema.json',
  ]);
}

function run(kind: Kind, _options: object, command: Command): void {
  sessionOf(command).print(readFileSync(schemaOf(kind), 'utf8'));
}
