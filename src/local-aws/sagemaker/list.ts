import { validationError } from '../wire/aws-error.ts';
import { type DescribeSettings, epochSeconds, summarizeTrainingJob } from './describe.ts';
import type { Job } from './job.ts';
import type { ListTrainingJobsRequest } from './requests.ts';
import { warmPoolStatus } from './training-jobs.ts';

/** The model gives no default; callers observe pages of 10 (airflow#16299). */
const DEFAULT_PAGE = 10;

type SortBy = NonNullable<ListTrainingJobsRequest['SortBy']>;
type SortOrder = NonNullable<ListTrainingJobsRequest['SortOrder']>;

/**
 * ListTrainingJobsResponse. StatusEquals and WarmPoolStatusEquals are applied after the page is cut, so that a page may
 * be empty and yet have a NextToken. The order is by CreationTime, ascending, unless asked otherwise; but "when
 * StatusEquals and MaxResults are set at the same time" jobs are "sorted according to the creation time, from the most
 * current to the oldest" (API documentation of ListTrainingJobs).
 *
 * @param jobs in order of creation
 */
export function listTrainingJobs(
  jobs: Iterable<Job>,
  request: ListTrainingJobsRequest,
  settings: DescribeSettings,
): { readonly TrainingJobSummaries: readonly Record<string, unknown>[]; readonly NextToken?: string } {
  const sortBy = request.SortBy ?? 'CreationTime';
  const quirk =
    request.StatusEquals !== undefined && request.MaxResults !== undefined && request.SortBy === undefined;
  const order = request.SortOrder ?? (quirk ? 'Descending' : 'Ascending');
  const compare = comparator(sortBy, order);
  const matching = [...jobs].filter((job) => matches(job, request));
  matching.sort(compare);
  const from = request.NextToken === undefined ? 0 : startOf(matching, request.NextToken, sortBy, order);
  const page = matching.slice(from, from + (request.MaxResults ?? DEFAULT_PAGE));
  const last = page.at(-1);
  const more = from + page.length < matching.length;
  const shown = page.filter(
    (job) =>
      (request.StatusEquals === undefined || job.state.status === request.StatusEquals) &&
      (request.WarmPoolStatusEquals === undefined ||
        warmPoolStatus(job, settings.now, settings.timeScale) === request.WarmPoolStatusEquals),
  );
  return {
    TrainingJobSummaries: shown.map((job) => summarizeTrainingJob(job, settings)),
    ...(more && last !== undefined ? { NextToken: encode({ sortBy, order, key: keyOf(last) }) } : {}),
  };
}

function matches(job: Job, request: ListTrainingJobsRequest): boolean {
  const [created, modified] = [epochSeconds(job.createdAt), epochSeconds(job.state.lastModifiedAt)];
  return (
    created > (request.CreationTimeAfter ?? -Infinity) &&
    created < (request.CreationTimeBefore ?? Infinity) &&
    modified > (request.LastModifiedTimeAfter ?? -Infinity) &&
    modified < (request.LastModifiedTimeBefore ?? Infinity) &&
    job.name.includes(request.NameContains ?? '') &&
    (request.TrainingPlanArnEquals === undefined ||
      job.request.ResourceConfig?.TrainingPlanArn === request.TrainingPlanArnEquals)
  );
}

/** What a job is sorted by; a token carries it, so that a page begins after a job that may be gone by then. */
interface Key {
  readonly name: string;
  readonly createdAt: number;
  readonly status: string;
}

interface Token {
  readonly sortBy: SortBy;
  readonly order: SortOrder;
  readonly key: Key;
}

const keyOf = (job: Job): Key => ({ name: job.name, createdAt: job.createdAt, status: job.state.status });

function comparator(sortBy: SortBy, order: SortOrder): (a: Job, b: Job) => number {
  const sign = order === 'Ascending' ? 1 : -1;
  return (a, b) => sign * compareKeys(keyOf(a), keyOf(b), sortBy);
}

function compareKeys(a: Key, b: Key, sortBy: SortBy): number {
  const byName = compareTexts(a.name, b.name);
  const byCreation = a.createdAt - b.createdAt || byName;
  switch (sortBy) {
    case 'Name':
      return byName;
    case 'CreationTime':
      return byCreation;
    case 'Status':
      return compareTexts(a.status, b.status) || byCreation;
  }
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The index after the job that a token names. */
function startOf(sorted: readonly Job[], text: string, sortBy: SortBy, order: SortOrder): number {
  const token = decode(text);
  if (token?.sortBy !== sortBy || token.order !== order)
    throw validationError('The pagination token is invalid.');
  const sign = order === 'Ascending' ? 1 : -1;
  const index = sorted.findIndex((job) => sign * compareKeys(keyOf(job), token.key, sortBy) > 0);
  return index < 0 ? sorted.length : index;
}

const encode = (token: Token): string => Buffer.from(JSON.stringify(token)).toString('base64url');

function decode(text: string): Token | undefined {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Partial<Token> | null;
    const { name, createdAt, status } = token?.key ?? {};
    const { sortBy, order } = token ?? {};
    if (typeof name !== 'string' || typeof createdAt !== 'number' || typeof status !== 'string')
      return undefined;
    if (sortBy === undefined || order === undefined) return undefined;
    return { sortBy, order, key: { name, createdAt, status } };
  } catch {
    return undefined;
  }
}
