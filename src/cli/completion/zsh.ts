import type { CommandWords, OptionWords, ProgramWords, Values } from './words.ts';

export function zshCompletion(program: ProgramWords): string {
  const { name, commands, options } = program;
  return `#compdef ${name}
# zsh completion of ${name}. Load it with: source <(${name} completion zsh)

_${name}_jobs() {
  local -a jobs
  jobs=(\${(f)"$(${name} __job-ids 2>/dev/null)"})
  compadd -a jobs
}

_${name}_queues() {
  local -a queues
  queues=(\${(f)"$(${name} __queue-names 2>/dev/null)"})
  compadd -a queues
}

_${name}() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands globals
  globals=(
${options.map((option) => `    ${argument(name, option)}\n`).join('')}  )
  commands=(
${commands.flatMap(({ names, description }) => names.map((word) => `    ${quote(`${escape(word)}:${description}`)}\n`)).join('')}  )
  _arguments -C $globals '1: :->command' '*:: :->rest'
  case $state in
    command) _describe -t commands command commands ;;
    rest)
      case $line[1] in
${commands.map((command) => commandCase(name, command)).join('')}      esac ;;
  esac
}

if [ "$funcstack[1]" = "_${name}" ]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function commandCase(name: string, command: CommandWords): string {
  const own = command.options.map((option) => `            ${argument(name, option)} \\\n`).join('');
  const body =
    command.subcommands.length === 0
      ? `          _arguments $globals \\
${own}            ${quote(`*: :${completer(name, command.arguments)}`)} ;;
`
      : `          _arguments -C $globals \\
${own}            ${quote(`1: :(${command.subcommands.flatMap(({ names }) => names).join(' ')})`)} '*:: :->inner'
          [ "$state" = inner ] && case $line[1] in
${command.subcommands.map((inner) => commandCase(name, inner)).join('')}          esac ;;
`;
  return `        ${command.names.join('|')})
${body}`;
}

/** `'(-o --output)'{-o,--output}'[what to print]:value:(table json)'`, repeatable where it does no harm. */
function argument(name: string, { flags, description, value }: OptionWords): string {
  const names = flags.length > 1 ? `{${flags.join(',')}}` : flags.join('');
  const action = value === undefined ? '' : `:value:${completer(name, value)}`;
  return `'*'${names}${quote(`[${description.replace(/[[\]]/g, '\\$&').replace(/:/g, '\\:')}]${action}`)}`;
}

function completer(name: string, values: Values): string {
  switch (values.kind) {
    case 'words':
      return `(${values.words.join(' ')})`;
    case 'jobs':
      return `_${name}_jobs`;
    case 'queues':
      return `_${name}_queues`;
    case 'files':
      return '_files';
    case 'directories':
      return '_files -/';
    case 'none':
      return ' ';
  }
}

const escape = (word: string): string => word.replace(/:/g, '\\:');
const quote = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`;
