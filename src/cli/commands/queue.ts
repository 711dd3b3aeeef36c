import { Command } from 'commander';
import { withExamples } from '../examples.ts';
import { queueApplyCommand } from './queue/apply.ts';
import { queueDeleteCommand } from './queue/delete.ts';
import { queueDrainCommand } from './queue/drain.ts';
import { queueListCommand } from './queue/list.ts';
import { queuePauseCommand, queueResumeCommand } from './queue/pause.ts';
import { queueShowCommand } from './queue/show.ts';

export function queueCommand(): Command {
  const command = new Command('queue')
    .summary('make, see and steer queues')
    .description('Makes, shows and steers queues: who shares which capacity, and who is next.')
    .helpCommand(false);
  for (const subcommand of [
    queueApplyCommand(),
    queueListCommand(),
    queueShowCommand(),
    queuePauseCommand(),
    queueResumeCommand(),
    queueDrainCommand(),
    queueDeleteCommand(),
  ]) {
    command.addCommand(subcommand);
  }
  return withExamples(command, [
    'trainyard queue apply --file search.yaml',
    'trainyard queue show search',
    'trainyard queue pause search',
  ]);
}
