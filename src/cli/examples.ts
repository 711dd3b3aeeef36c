import type { Command } from 'commander';

const examples = new WeakMap<Command, readonly string[]>();

/** Command lines that show what the command is for; help begins with them, and docs/cli.md has them. */
export function withExamples(command: Command, lines: readonly string[]): Command {
  examples.set(command, lines);
  return command.addHelpText('before', () => `Examples:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? [];
}
