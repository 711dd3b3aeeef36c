import { TrainyardError } from '../jobs/error-catalogue.ts';
import { formatProblem, InvalidInputError, type Problem } from '../jobs/job-problem.ts';
import { checkQueueFile } from '../queues/queue-file.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import { expandFiles } from './glob-files.ts';
import { readText } from './read-text.ts';
import type { Session } from './session.ts';

/**
 * Reads and checks all files before anything is done with one. Warnings are told.
 * @throws TrainyardError USAGE without any file, FILE_UNREADABLE; InvalidInputError with the problems of all files
 */
export async function readQueues(session: Session, words: readonly string[]): Promise<readonly QueueSpec[]> {
  const { terminal } = session;
  if (words.length === 0) {
    throw new TrainyardError('USAGE', 'No queue file is named.', {
      hint: 'Name one with --file, or - for standard input.',
    });
  }
  const queues: QueueSpec[] = [];
  const problems: Problem[] = [];
  for (const file of expandFiles(words, terminal.cwd)) {
    const checked = checkQueueFile(await readText(file, terminal), { file });
    problems.push(...checked.problems);
    for (const queue of checked.queues) {
      if (queues.some(({ name }) => name === queue.name)) problems.push(secondOf(queue.name, file));
      queues.push(queue);
    }
  }
  if (problems.some(({ severity }) => severity === 'error'))
    throw new InvalidInputError('QUEUE_INVALID', problems);
  for (const problem of problems) session.say(formatProblem(problem));
  return queues;
}

function secondOf(name: string, file: string): Problem {
  return {
    severity: 'error',
    code: 'DUPLICATE_QUEUE',
    path: ['name'],
    what: `there is another queue ${name} in these files`,
    hint: 'Give each queue its own name.',
    file: file === '-' ? '<stdin>' : file,
  };
}
