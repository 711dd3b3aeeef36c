import { Command } from 'commander';
import { cancelCommand } from './commands/cancel.ts';
import { completionCommand } from './commands/completion.ts';
import { devCommand } from './commands/dev.ts';
import { doctorCommand } from './commands/doctor.ts';
import { eventsCommand } from './commands/events.ts';
import { explainCommand } from './commands/explain.ts';
import { holdCommand } from './commands/hold.ts';
import { jobIdsCommand } from './commands/job-ids.ts';
import { listCommand } from './commands/list.ts';
import { localAwsCommand } from './commands/local-aws.ts';
import { priorityCommand } from './commands/priority.ts';
import { queueCommand } from './commands/queue.ts';
import { queueNamesCommand } from './commands/queue-names.ts';
import { releaseCommand } from './commands/release.ts';
import { schemaCommand } from './commands/schema.ts';
import { showCommand } from './commands/show.ts';
import { simulateCommand } from './commands/simulate.ts';
import { submitCommand } from './commands/submit.ts';
import { validateCommand } from './commands/validate.ts';
import { versionCommand } from './commands/version.ts';
import { waitCommand } from './commands/wait.ts';
import { workerCommand } from './commands/worker.ts';
import { withExamples } from './examples.ts';
import { addGlobalOptions } from './global-options.ts';
import { packageVersion } from './package-version.ts';

const FOOTER = '\nOptions for the connection and the display: trainyard --help';

/** The whole command tree: what runs, what is completed and what docs/cli.md describes come from here. */
export function buildProgram(): Command {
  const program = new Command('trainyard')
    .description('Runs ML training jobs on Amazon SageMaker, durably: submit a job and forget it.')
    .usage('<command> [options]')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [command]', 'print help for a command');
  withExamples(program, [
    'trainyard dev                              # everything on this machine',
    'trainyard submit --file job.yaml --wait',
    'trainyard list --status RUNNING,FAILED',
  ]);
  addGroup(program, 'Jobs:', [
    submitCommand(),
    validateCommand(),
    listCommand(),
    showCommand(),
    explainCommand(),
    eventsCommand(),
    waitCommand(),
    cancelCommand(),
    holdCommand(),
    releaseCommand(),
    priorityCommand(),
  ]);
  addGroup(program, 'Queues:', [queueCommand(), simulateCommand()]);
  addGroup(program, 'Servers:', [devCommand(), workerCommand(), localAwsCommand(), doctorCommand()]);
  addGroup(program, 'The tool itself:', [schemaCommand(), completionCommand(), versionCommand()]);
  program.addCommand(jobIdsCommand(), { hidden: true });
  program.addCommand(queueNamesCommand(), { hidden: true });
  addGlobalOptions(program);
  return program;
}

function addGroup(program: Command, heading: string, commands: readonly Command[]): void {
  program.commandsGroup(heading);
  for (const command of commands) program.addCommand(withHelp(command));
}

function withHelp(command: Command): Command {
  for (const subcommand of command.commands) withHelp(subcommand);
  return command.helpOption('-h, --help', 'print this help').addHelpText('after', FOOTER);
}
