import { stringify } from 'yaml';
import type { DataFormat } from './output-format.ts';

/** Members that hold a time as epoch milliseconds, in the views of jobs and queues and in explanations. */
const TIMES: ReadonlySet<string> = new Set([
  'submittedAt',
  'statusSince',
  'startedAt',
  'endedAt',
  'nextTryAt',
  'launchedAt',
  'trainingStartedAt',
  'at',
  'lastAt',
  'queuedAt',
  'notBefore',
  'until',
  'startAt',
  'earliestAt',
  'latestAt',
  'expectedAt',
]);

/** For programs: the value as it is, times as ISO 8601 in UTC. */
function toData(value: object): unknown {
  return JSON.parse(
    JSON.stringify(value, (key: string, member: unknown) => {
      return TIMES.has(key) && typeof member === 'number' ? new Date(member).toISOString() : member;
    }),
  );
}

/** One value; in jsonl one line. */
export function formatOne(format: DataFormat, value: object): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(toData(value), undefined, 2)}\n`;
    case 'jsonl':
      return `${JSON.stringify(toData(value))}\n`;
    case 'yaml':
      return stringify(toData(value));
  }
}

/** Many values: a JSON array, a line each, or a YAML sequence. */
export function formatMany(format: DataFormat, values: readonly object[]): string {
  return format === 'jsonl'
    ? values.map((value) => formatOne('jsonl', value)).join('')
    : formatOne(format, values);
}
