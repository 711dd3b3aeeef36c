import { Command, Option } from 'commander';
import { withExamples } from '../examples.ts';
import { sessionOf } from '../session.ts';

const FORMATS = ['table', 'json', 'jsonl', 'yaml'] as const;

interface DoctorOptions {
  readonly fix: boolean;
  readonly output: (typeof FORMATS)[number];
}

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .summary('check this machine, Temporal and AWS')
    .description(
      'Checks this machine, Temporal and AWS, and says what to do about what is missing. Ends with 1 if a check failed; ' +
        'warnings are fine.',
    )
    .option('--fix', "register Trainyard's search attributes where they are missing", false)
    .addOption(new Option('-o, --output <format>', 'what to print').choices(FORMATS).default('table'))
    .action(run);
  return withExamples(command, [
    'trainyard doctor',
    'trainyard doctor --fix --address temporal.example.com:7233',
  ]);
}

async function run(options: DoctorOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  session.say('Checking this machine, Temporal and AWS ...');
  const { examine } = await import('../doctor/run-doctor.ts');
  const findings = await examine(session, options.fix);
  if (options.output === 'table') {
    const { formatFindings, verdict } = await import('../doctor/report.ts');
    session.print(formatFindings(findings, session.terminal.stdout.columns, session.paint));
    session.say(verdict(findings));
  } else {
    const { formatMany } = await import('../print/data.ts');
    session.print(formatMany(options.output, findings));
  }
  session.exitCode = findings.some(({ state }) => state === 'fail') ? 1 : 0;
}
