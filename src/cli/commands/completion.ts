import { Argument, Command } from 'commander';
import { withExamples } from '../examples.ts';
import { sessionOf } from '../session.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function completionCommand(): Command {
  const command = new Command('completion')
    .summary('print a shell completion script')
    .description('Prints a completion script for commands, options, statuses, files and job ids.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action(run);
  return withExamples(command, [
    'source <(trainyard completion bash)            # in ~/.bashrc',
    'source <(trainyard completion zsh)             # in ~/.zshrc',
    'trainyard completion fish | source             # in config.fish',
  ]);
}

async function run(shell: (typeof SHELLS)[number], _options: object, command: Command): Promise<void> {
  const session = sessionOf(command);
  const { wordsOf } = await import('../completion/words.ts');
  const words = wordsOf(command.parent ?? command);
  switch (shell) {
    case 'bash': {
      const { bashCompletion } = await import('../completion/bash.ts');
      session.print(bashCompletion(words));
      return;
    }
    case 'zsh': {
      const { zshCompletion } = await import('../completion/zsh.ts');
      session.print(zshCompletion(words));
      return;
    }
    case 'fish': {
      const { fishCompletion } = await import('../completion/fish.ts');
      session.print(fishCompletion(words));
    }
  }
}
