import type { Client } from '@temporalio/client';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { isTerminal, JOB_STATUSES, type JobStatus, type TerminalStatus } from '../jobs/status.ts';
import { jobAttributes, jobWorkflowId, TRAINING_JOB } from '../workflows/contract.ts';
import { findJob, jobNotFound } from './job-report.ts';
import { summaryOf, type JobSummary } from './job-summary.ts';
import { globToRegExp, isGlob, literalPrefix } from './name-glob.ts';

/** Which jobs to list. All that is given must hold. */
export interface JobFilter {
  /** Exactly these jobs. */
  readonly jobIds?: readonly string[];
  /** Any of these. */
  readonly statuses?: readonly JobStatus[];
  readonly user?: string;
  /** A prefix of the job id, or a glob pattern for the whole id: `sweep-*-lr3`. */
  readonly name?: string;
  readonly queue?: string;
  readonly share?: string;
  readonly instanceType?: string;
  /** Submitted (or continued) after this time, epoch milliseconds. */
  readonly since?: number;
  /**
   * Ended jobs that ended before this time (epoch milliseconds) are left out; unfinished ones never are. (Default: a day
   * ago, unless `statuses`, `name` or `jobIds` is given; 0 lists all that Temporal has kept.)
   */
  readonly endedSince?: number;
  /** At most so many. (Default: all) */
  readonly limit?: number;
}

const RECENT_MS = 24 * 60 * 60 * 1000;

export function withDefaults(filter: JobFilter, now: number): JobFilter {
  const narrowed =
    filter.endedSince !== undefined ||
    filter.statuses !== undefined ||
    filter.name !== undefined ||
    filter.jobIds !== undefined;
  return narrowed ? filter : { ...filter, endedSince: now - RECENT_MS };
}

/** Jobs, unfinished first, then the latest ended first, as Temporal's visibility orders them. */
export async function* listJobs(client: Client, filter: JobFilter): AsyncGenerator<JobSummary> {
  const limit = filter.limit ?? Infinity;
  if (limit <= 0) return;
  const matches = exactly(filter);
  let listed = 0;
  const pageSize = Math.min(limit, 500);
  for await (const execution of client.workflow.list({ query: visibilityQuery(filter), pageSize })) {
    const job = summaryOf(execution);
    if (job === undefined || !matches(job)) continue;
    yield job;
    if (++listed >= limit) return;
  }
}

/** How many jobs the filter matches; a glob counts by its literal beginning and is then counted one by one. */
export async function countJobs(client: Client, filter: JobFilter): Promise<number> {
  if (filter.name === undefined || !isGlob(filter.name)) {
    const { count } = await client.workflow.count(visibilityQuery(filter));
    return Math.min(count, filter.limit ?? Infinity);
  }
  let count = 0;
  const jobs = listJobs(client, filter);
  while ((await jobs.next()).done !== true) count++;
  return count;
}

/** Candidates named in an error. */
const SHOWN_CANDIDATES = 10;

/**
 * The job id that `text` is, or is the beginning of.
 * @throws TrainyardError JOB_NOT_FOUND, JOB_ID_AMBIGUOUS
 */
export async function resolveJobId(client: Client, text: string): Promise<string> {
  if (!/^[a-zA-Z0-9-]{1,50}$/.test(text)) throw jobNotFound(text);
  // Visibility lags behind, so a job that was just submitted is looked for by its id first.
  if ((await findJob(client, text)) !== undefined) return text;
  const candidates: string[] = [];
  const query = `${JOBS} AND WorkflowId STARTS_WITH ${quote(jobWorkflowId(text))}`;
  for await (const execution of client.workflow.list({ query, pageSize: SHOWN_CANDIDATES + 1 })) {
    const jobId = summaryOf(execution)?.jobId;
    if (jobId !== undefined && !candidates.includes(jobId)) candidates.push(jobId);
    if (candidates.length > SHOWN_CANDIDATES) break;
  }
  const [only] = candidates;
  if (only === undefined) throw jobNotFound(text);
  if (candidates.length === 1) return only;
  const shown = candidates.slice(0, SHOWN_CANDIDATES).sort();
  throw new TrainyardError(
    'JOB_ID_AMBIGUOUS',
    `Several jobs begin with ${text}: ${shown.join(', ')}${candidates.length > SHOWN_CANDIDATES ? ', ...' : ''}`,
    {
      hint: 'Give more characters of the id.',
    },
  );
}

const JOBS = `WorkflowType = '${TRAINING_JOB}'`;

/** Visibility's query language is SQL's WHERE clause; quotes are doubled, backslashes too. */
const quote = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "''")}'`;
const quoteAll = (texts: readonly string[]): string => `(${texts.map(quote).join(', ')})`;
const timestamp = (ms: number): string => quote(new Date(ms).toISOString());

/** The filter as a visibility query. Globs are matched by their literal beginning only. */
export function visibilityQuery(filter: JobFilter): string {
  const clauses = [JOBS];
  if (filter.statuses !== undefined && filter.statuses.length > 0) {
    clauses.push(`(${filter.statuses.map(statusClause).join(' OR ')})`);
  }
  const equals = (name: string, value: string | undefined): void => {
    if (value !== undefined) clauses.push(`${name} = ${quote(value)}`);
  };
  equals(jobAttributes.user.name, filter.user);
  equals(jobAttributes.queue.name, filter.queue);
  equals(jobAttributes.share.name, filter.share);
  equals(jobAttributes.instanceType.name, filter.instanceType);
  if (filter.name !== undefined) {
    const prefix = literalPrefix(filter.name);
    clauses.push(`WorkflowId STARTS_WITH ${quote(jobWorkflowId(prefix))}`);
  }
  if (filter.jobIds !== undefined) {
    // An empty list matches nothing: no workflow has an empty id.
    clauses.push(
      `WorkflowId IN ${quoteAll(filter.jobIds.length === 0 ? [''] : filter.jobIds.map(jobWorkflowId))}`,
    );
  }
  if (filter.since !== undefined) clauses.push(`StartTime >= ${timestamp(filter.since)}`);
  if (filter.endedSince !== undefined && filter.endedSince > 0) {
    clauses.push(`(ExecutionStatus = 'Running' OR CloseTime >= ${timestamp(filter.endedSince)})`);
  }
  return clauses.join(' AND ');
}

/** Close statuses of workflows that could not publish a terminal job status; the inverse of job-summary's rule. */
const UNPUBLISHED: Readonly<Record<TerminalStatus, readonly string[]>> = {
  SUCCEEDED: ['Completed'],
  FAILED: ['Failed', 'TimedOut'],
  STOPPED: ['Canceled', 'Terminated'],
};

function statusClause(status: JobStatus): string {
  const { name } = jobAttributes.status;
  const published = `${name} = ${quote(status)}`;
  if (!isTerminal(status)) return `(${published} AND ExecutionStatus = 'Running')`;
  const unpublished = JOB_STATUSES.filter((other) => !isTerminal(other));
  return (
    `${published} OR (ExecutionStatus IN ${quoteAll(UNPUBLISHED[status])}` +
    ` AND (${name} IS NULL OR ${name} IN ${quoteAll(unpublished)}))`
  );
}

function exactly(filter: JobFilter): (job: JobSummary) => boolean {
  if (filter.name === undefined || !isGlob(filter.name)) return () => true;
  const pattern = globToRegExp(filter.name);
  return (job) => pattern.test(job.jobId);
}
