import { InvalidInputError, type Problem } from '../jobs/job-problem.ts';
import { readYamlDocuments, type YamlDocument } from '../jobs/yaml-text.ts';
import { type CheckedQueue, checkQueue } from './queue-schema.ts';
import type { QueueSpec } from './queue-spec.ts';

export interface QueueFileOptions {
  /** What messages call the file; `-` is shown as `<stdin>`. */
  readonly file: string;
}

export interface CheckedQueueFile {
  /** Those without an error, in the order of the file. */
  readonly queues: readonly QueueSpec[];
  /** In the order of the file. */
  readonly problems: readonly Problem[];
}

const KIND = {
  prefix: 'QUEUE',
  noun: 'queue',
  least: 'queues, each a mapping that has at least the keys name, serviceEnvironments and a policy',
} as const;

/**
 * The queues in the text of a queue file (YAML or JSON; several documents are separated by `---`).
 * @throws InvalidInputError (a TrainyardError, code QUEUE_INVALID) with every problem, each with its line and column
 */
export function parseQueueFile(text: string, options: QueueFileOptions): readonly QueueSpec[] {
  const { queues, problems } = checkQueueFile(text, options);
  if (problems.some(({ severity }) => severity === 'error'))
    throw new InvalidInputError('QUEUE_INVALID', problems);
  return queues;
}

/** As parseQueueFile, but with the warnings, and without throwing. */
export function checkQueueFile(text: string, { file }: QueueFileOptions): CheckedQueueFile {
  const name = file === '-' ? '<stdin>' : file;
  const { documents, problems: syntax } = readYamlDocuments(text, KIND);
  const checked = documents.map((document) => checkDocument(document, name));
  return {
    queues: checked.flatMap(({ queue }) => queue ?? []),
    problems: [
      ...syntax.map((problem) => ({ ...problem, file: name })),
      ...checked.flatMap(({ problems }) => problems),
    ],
  };
}

function checkDocument(document: YamlDocument, file: string): CheckedQueue {
  const checked = checkQueue(document.value);
  const problems = checked.problems.map((problem) => {
    const part = problem.code === 'QUEUE_KEY_UNKNOWN' ? 'key' : 'value';
    return { ...problem, file, ...document.position(problem.path, part) };
  });
  return { ...checked, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}
