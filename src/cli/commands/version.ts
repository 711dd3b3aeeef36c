import { Command } from 'commander';
import { withExamples } from '../examples.ts';
import { addFormatOption } from '../option-values.ts';
import type { OutputFormat } from '../print/output-format.ts';
import { packageVersion } from '../package-version.ts';
import { sessionOf } from '../session.ts';

interface VersionOptions {
  readonly output: Exclude<OutputFormat, 'name'>;
}

export function versionCommand(): Command {
  const command = new Command('version')
    .summary('print versions')
    .description('Prints the versions of Trainyard and of Node.')
    .action(run);
  addFormatOption(command, ['table', 'json', 'jsonl', 'yaml']);
  return withExamples(command, ['trainyard version', 'trainyard version --output json']);
}

async function run(options: VersionOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const versions = { trainyard: packageVersion(), node: process.versions.node };
  if (options.output === 'table') {
    session.print(
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}\n`)
        .join(''),
    );
    return;
  }
  const { formatOne } = await import('../print/data.ts');
  session.print(formatOne(options.output, versions));
}
