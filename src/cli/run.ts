import { CommanderError, type Command } from 'commander';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { exitCodeOf, formatError } from './print/error.ts';
import { buildProgram } from './program.ts';
import { attachSession, Interrupted, Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** 128 + SIGINT, as shells report it. */
const EXIT_INTERRUPTED = 130;

/**
 * Runs one command line and answers what the process should end with: 0 fine, 1 failure (or an awaited job that did not
 * succeed), 2 usage or bad input, 3 not found, 4 denied, 5 conflict, 124 wait timed out, 130 interrupted.
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const session = new Session(terminal, args);
  const program = buildProgram();
  attachSession(program, session);
  forEachCommand(program, (command) => {
    command.exitOverride().configureOutput({
      writeOut: (text) => session.print(text),
      writeErr: (text) => session.print(text),
      // Usage errors are printed below, like all others.
      outputError: () => {},
      getOutHelpWidth: () => helpWidth(terminal),
      getErrHelpWidth: () => helpWidth(terminal),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  });
  try {
    refuseHelpForUnknown(program, args);
    await program.parseAsync([...args], { from: 'user' });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // Without a command, commander prints the help: as good as --help.
    if (error instanceof CommanderError && error.code === 'commander.help') return 0;
    if (error instanceof Interrupted) return EXIT_INTERRUPTED;
    const known = error instanceof CommanderError ? usageError(error) : error;
    terminal.stderr.write(
      formatError(known, { json: wantsJson(args), paint: session.paintTalk, env: terminal.env }),
    );
    return exitCodeOf(known);
  } finally {
    await session.close();
  }
}

/** commander answers `help bogus` with the help of the whole tool, as if that had been asked for. */
function refuseHelpForUnknown(program: Command, [verb, name]: readonly string[]): void {
  if (verb !== 'help' || name === undefined || name.startsWith('-') || name === 'help') return;
  const known = program.commands.some(
    (command) => command.name() === name || command.aliases().includes(name),
  );
  if (!known) {
    throw new TrainyardError('USAGE', `unknown command '${name}'`, { hint: 'See them all with --help.' });
  }
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

/** Wider lines are hard to read. */
const helpWidth = (terminal: Terminal): number => Math.min(terminal.stdout.columns ?? 80, 100);

/** commander's messages look like "error: unknown option '--wat'\n(Did you mean --wait?)". */
function usageError(error: CommanderError): TrainyardError {
  const [message = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = more.join(' ').replace(/^\((.*)\)$/, '$1');
  return new TrainyardError('USAGE', message, {
    hint: suggestion === '' ? 'See what is allowed with --help.' : suggestion,
    cause: error,
  });
}

/** Whether errors are for programs: known even when the command line could not be parsed. */
function wantsJson(args: readonly string[]): boolean {
  return args.some((arg, index) => {
    const value =
      arg === '-o' || arg === '--output' ? args[index + 1] : /^(?:-o=?|--output=)(.+)$/.exec(arg)?.[1];
    return value === 'json' || value === 'jsonl';
  });
}
