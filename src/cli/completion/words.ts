import type { Command, Option } from 'commander';
import { JOB_STATUSES } from '../../jobs/status.ts';

/** What can be typed at a place, as far as shells complete it. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'jobs' }
  | { readonly kind: 'queues' }
  | { readonly kind: 'files' }
  | { readonly kind: 'directories' }
  | { readonly kind: 'none' };

export interface OptionWords {
  /** `-o` and `--output`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Undefined for options without a value. */
  readonly value: Values | undefined;
}

export interface CommandWords {
  readonly names: readonly string[];
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** What its arguments are. */
  readonly arguments: Values;
  /** `apply` of `queue apply`; a command that has some takes nothing else. */
  readonly subcommands: readonly CommandWords[];
}

export interface ProgramWords {
  readonly name: string;
  readonly commands: readonly CommandWords[];
  /** Options of every command. */
  readonly options: readonly OptionWords[];
}

/** The command tree as completion scripts need it. */
export function wordsOf(program: Command): ProgramWords {
  const help = program.createHelp();
  return {
    name: program.name(),
    options: help.visibleOptions(program).map(optionWords),
    commands: commandsOf(program),
  };
}

function commandsOf(parent: Command): CommandWords[] {
  const help = parent.createHelp();
  return help.visibleCommands(parent).map((command) => ({
    names: [command.name(), ...command.aliases()],
    description: help.subcommandDescription(command),
    options: help.visibleOptions(command).map(optionWords),
    arguments: argumentValues(command),
    subcommands: commandsOf(command),
  }));
}

function optionWords(option: Option): OptionWords {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const takesValue = option.required || option.optional;
  return { flags, description: option.description, value: takesValue ? optionValues(option) : undefined };
}

function optionValues(option: Option): Values {
  if (option.argChoices !== undefined) return { kind: 'words', words: option.argChoices };
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? '';
  if (/status/.test(placeholder)) return { kind: 'words', words: JOB_STATUSES };
  if (/dir/.test(placeholder)) return { kind: 'directories' };
  if (/file|path/.test(placeholder)) return { kind: 'files' };
  return placeholder === 'queue' ? { kind: 'queues' } : { kind: 'none' };
}

function argumentValues(command: Command): Values {
  const [first] = command.registeredArguments;
  if (first === undefined) return { kind: 'none' };
  if (first.argChoices !== undefined) return { kind: 'words', words: first.argChoices };
  if (/^ids?$/.test(first.name())) return { kind: 'jobs' };
  if (first.name() === 'queue') return { kind: 'queues' };
  return /file/.test(first.name()) ? { kind: 'files' } : { kind: 'none' };
}
