import type { OptionWords, ProgramWords, Values } from './words.ts';

export function fishCompletion(program: ProgramWords): string {
  const { name, commands, options } = program;
  const all = commands.flatMap(({ names }) => names).join(' ');
  const lines = [
    `# fish completion of ${name}. Load it with: ${name} completion fish | source`,
    `complete -c ${name} -f`,
    ...options.map((option) => optionLine(name, option, '')),
    ...commands.flatMap(({ names, description, options: own, arguments: values }) => {
      const here = `__fish_seen_subcommand_from ${names.join(' ')}`;
      return [
        ...names.map(
          (word) =>
            `complete -c ${name} -n ${quote(`not __fish_seen_subcommand_from ${all}`)} -a ${word} -d ${quote(description)}`,
        ),
        ...own.map((option) => optionLine(name, option, ` -n ${quote(here)}`)),
        ...(values.kind === 'none'
          ? []
          : [`complete -c ${name} -n ${quote(here)}${completer(name, values)}`]),
      ];
    }),
  ];
  return lines.map((line) => `${line}\n`).join('');
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
    case 'files':
      return ' -F';
    case 'directories':
      return ` -a '(__fish_complete_directories)'`;
    case 'none':
      return '';
  }
}

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
