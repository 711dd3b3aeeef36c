import { InvalidArgumentError } from 'commander';
import type { JobFilter } from '../client/index.ts';
import { nearest } from '../jobs/nearest.ts';
import { isTerminal, JOB_STATUSES, type JobStatus } from '../jobs/status.ts';
import { parseStatuses } from './option-values.ts';

/** Which jobs a bulk action is for; all that is given must hold. */
export type CancelFilter = Pick<JobFilter, 'statuses' | 'queue' | 'share' | 'user' | 'name' | 'instanceType'>;

export const FILTER_KEYS = ['status', 'queue', 'share', 'user', 'name', 'instance-type'] as const;
type FilterKey = (typeof FILTER_KEYS)[number];

/** `key=value`, repeatable. Several statuses are alternatives, another key twice would contradict itself. */
export function parseFilter(text: string, earlier: CancelFilter = {}): CancelFilter {
  const [, key = '', value = ''] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (!isKey(key)) {
    const meant = nearest(key, FILTER_KEYS);
    throw new InvalidArgumentError(
      `Write key=value with one of ${FILTER_KEYS.join(', ')}.${meant === undefined ? '' : ` Did you mean ${meant}=?`}`,
    );
  }
  if (value === '') throw new InvalidArgumentError(`Write a value behind ${key}=.`);
  if (key !== 'status' && FILTER_KEYS.some((other) => value.includes(`,${other}=`)))
    throw new InvalidArgumentError('Write --filter again for each key=value.');
  if (key === 'status') return { ...earlier, statuses: unfinished(value, earlier.statuses) };
  const member = key === 'instance-type' ? 'instanceType' : key;
  if (earlier[member] !== undefined) throw new InvalidArgumentError(`${key} is given twice.`);
  return { ...earlier, [member]: value };
}

const isKey = (key: string): key is FilterKey => FILTER_KEYS.some((known) => known === key);

function unfinished(value: string, earlier: readonly JobStatus[] | undefined): readonly JobStatus[] {
  const statuses = parseStatuses(value, earlier);
  const ended = statuses.find(isTerminal);
  if (ended !== undefined) throw new InvalidArgumentError(`Jobs that are ${ended} have ended.`);
  return statuses;
}

/** The filter of the list: jobs that have ended are nobody's to stop. */
export function unfinishedJobs(filter: CancelFilter): JobFilter {
  return { statuses: JOB_STATUSES.filter((status) => !isTerminal(status)), ...filter };
}
