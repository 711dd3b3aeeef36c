import type { CommandWords, OptionWords, ProgramWords, Values } from './words.ts';

export function fishCompletion(program: ProgramWords): string {
  const { name, commands, options } = program;
  const all = commands.flatMap(({ names }) => names).join(' ');
  const lines = [
    `# fish completion of ${name}. Load it with: ${name} completion fish | source`,
    `complete -c ${name} -f`,
    ...options.map((option) => optionLine(name, option, '')),
    ...commands.flatMap((command) =>
      commandLines(
        name,
        command,
        `not __fish_seen_subcommand_from ${all}`,
        alsoInside(command, commands)
          .map((parent) => `not __fish_seen_subcommand_from ${parent}; and `)
          .join(''),
      ),
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** The commands that have a subcommand of the same name: `queue` for `list`. */
function alsoInside({ names }: CommandWords, commands: readonly CommandWords[]): readonly string[] {
  return commands
    .filter(({ subcommands }) =>
      subcommands.some((inner) => inner.names.some((word) => names.includes(word))),
    )
    .flatMap((parent) => parent.names);
}

/** `offered`: where the word itself is offered; `inside`: what has been typed before it. */
function commandLines(name: string, command: CommandWords, offered: string, inside: string): string[] {
  const { names, description, options, arguments: values, subcommands } = command;
  const here = `${inside}__fish_seen_subcommand_from ${names.join(' ')}`;
  const inner = subcommands.flatMap((subcommand) => subcommand.names).join(' ');
  return [
    ...names.map((word) => `complete -c ${name} -n ${quote(offered)} -a ${word} -d ${quote(description)}`),
    ...options.map((option) => optionLine(name, option, ` -n ${quote(here)}`)),
    ...(values.kind === 'none' ? [] : [`complete -c ${name} -n ${quote(here)}${completer(name, values)}`]),
    ...subcommands.flatMap((subcommand) =>
      commandLines(
        name,
        subcommand,
        `${here}; and not __fish_seen_subcommand_from ${inner}`,
        `${here}; and `,
      ),
    ),
  ];
}

function optionLine(name: string, { flags, description, value }: OptionWords, condition: string): string {
  const names = flags
    .map((flag) => (flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`))
    .join('');
  const values =
    value === undefined ? '' : ` ${value.kind === 'files' ? ' -r' : ' -x'}${completer(name, value)}`;
  return `complete -c ${name}${condition}${names} -d ${quote(description)}${values}`;
}

function completer(name: string, values: Values): string {
  switch (values.kind) {
    case 'words':
      return ` -a ${quote(values.words.join(' '))}`;
    case 'jobs':
      return ` -a ${quote(`(${name} __job-ids 2>/dev/null)`)}`;
    case 'queues':
      return ` -a ${quote(`(${name} __queue-names 2>/dev/null)`)}`;
    case 'files':
      return ' -F';
    case 'directories':
      return ` -a '(__fish_complete_directories)'`;
    case 'none':
      return '';
  }
}

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
