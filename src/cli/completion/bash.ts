import type { CommandWords, OptionWords, ProgramWords, Values } from './words.ts';

/** For bash 3.2 and later, without the bash-completion package. */
export function bashCompletion(program: ProgramWords): string {
  const { name, commands, options } = program;
  return `# bash completion of ${name}. Load it with: source <(${name} completion bash)

_${name}_words() { COMPREPLY=($(compgen -W "$1" -- "$2")); }
_${name}_files() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$1")); }
_${name}_directories() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$1")); }
_${name}_queues() { COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" __queue-names 2>/dev/null)" -- "$1")); }
_${name}_jobs() { COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" __job-ids 2>/dev/null)" -- "$1")); }

_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$command\${command:+ }\${COMP_WORDS[index]}" in
      ${paths(commands).join('|')}) command="$command\${command:+ }\${COMP_WORDS[index]}" ;;
    esac
  done
  case "$previous" in
${valueCases(name, options, '    ')}  esac
  case "$command" in
    "") _${name}_words "${[...commands.flatMap(({ names }) => names), ...flagsOf(options)].join(' ')}" "$current" ;;
${commands.map((command) => commandCase(name, command, options)).join('')}  esac
}

complete -F _${name} ${name}
`;
}

/** Every way to write a command, as patterns: `list`, `queue\\ apply`. */
function paths(commands: readonly CommandWords[], before = ''): string[] {
  return commands.flatMap(({ names, subcommands }) =>
    names.flatMap((word) => [before + word, ...paths(subcommands, `${before}${word}\\ `)]),
  );
}

function commandCase(
  name: string,
  command: CommandWords,
  globals: readonly OptionWords[],
  before: readonly string[] = [''],
): string {
  const own = before.flatMap((start) => command.names.map((word) => start + word));
  const nested = command.subcommands
    .map((inner) =>
      commandCase(
        name,
        inner,
        globals,
        own.map((path) => `${path}\\ `),
      ),
    )
    .join('');
  const words = command.subcommands.flatMap(({ names }) => names);
  const rest = words.length > 0 ? wordsFor(name, words) : completer(name, command.arguments);
  return `${nested}    ${own.join('|')})
      case "$previous" in
${valueCases(name, command.options, '        ')}      esac
      case "$current" in
        -*) _${name}_words "${[...flagsOf(command.options), ...flagsOf(globals)].join(' ')}" "$current" ;;
        *) ${rest} ;;
      esac ;;
`;
}

function valueCases(name: string, options: readonly OptionWords[], indent: string): string {
  return options
    .flatMap(({ flags, value }) =>
      value === undefined ? [] : [`${indent}${flags.join('|')}) ${completer(name, value)}; return ;;\n`],
    )
    .join('');
}

function completer(name: string, values: Values): string {
  switch (values.kind) {
    case 'words':
      return wordsFor(name, values.words);
    case 'queues':
      return `_${name}_queues "$current"`;
    case 'jobs':
      return `_${name}_jobs "$current"`;
    case 'files':
      return `_${name}_files "$current"`;
    case 'directories':
      return `_${name}_directories "$current"`;
    case 'none':
      return ':';
  }
}

const wordsFor = (name: string, words: readonly string[]): string =>
  `_${name}_words "${words.join(' ')}" "$current"`;

function flagsOf(options: readonly OptionWords[]): string[] {
  return options.flatMap(({ flags }) => flags);
}
