import type { Client } from '@temporalio/client';
import { TrainyardError, type ErrorCode } from '../jobs/error-catalogue.ts';
import type { JobSpec } from '../jobs/spec.ts';
import { isTerminal, type JobStatus } from '../jobs/status.ts';
import type { Explanation, WhatIf } from '../scheduling/explanation.ts';
import {
  QUEUE_QUERIES,
  type ExplainNewAnswer,
  type ExplainNewRequest,
  type ExplainRequest,
} from '../workflows/queue-contract.ts';
import { readJob, type JobReport } from './job-report.ts';
import { assertShare, readQueue } from './queue-report.ts';
import { knownCode, queryQueue } from './queue-message.ts';

export interface ExplainOptions {
  /** Asks besides what would be if the job had this priority, or were in this share. */
  readonly whatIf?: WhatIf;
  /** Simulate the queue forward for an estimated start. (Default: true) */
  readonly estimate?: boolean;
}

/** Why a job is where it is. */
export interface JobExplanation {
  readonly jobId: string;
  readonly status: JobStatus;
  /** One sentence: what it waits for, what it runs on, or how it ended. */
  readonly sentence: string;
  readonly queue?: string;
  /**
   * From its queue. Absent for jobs without a queue, for ended ones, while the queue does not know the job, and when no
   * worker answers (`incomplete`).
   */
  readonly explanation?: Explanation;
  readonly whatIf?: WhatIf & { readonly explanation: Explanation };
  /** Set when the queue, or the job itself, could not be asked. */
  readonly incomplete?: { readonly code: ErrorCode; readonly message: string };
}

/**
 * Asks the job's queue; what a queue cannot know, the job tells from its own view.
 * @throws TrainyardError JOB_NOT_FOUND; with `whatIf` JOB_NOT_QUEUED when no queue has the job, SHARE_NOT_FOUND,
 *   QUEUE_NOT_FOUND, QUEUE_NOT_ANSWERING
 */
export async function explainJob(
  client: Client,
  jobId: string,
  { whatIf, estimate = true }: ExplainOptions,
): Promise<JobExplanation> {
  const job = await readJob(client, jobId);
  const { status, queue } = job;
  const own: JobExplanation = {
    jobId,
    status,
    sentence: ownSentence(job),
    ...(queue === undefined ? {} : { queue }),
    ...(job.incomplete === undefined ? {} : { incomplete: job.incomplete }),
  };
  if (queue === undefined || isTerminal(status)) {
    if (whatIf !== undefined) throw notQueued(job);
    return own;
  }
  const ask = (more: Partial<ExplainRequest>): Promise<Explanation | undefined> =>
    queryQueue(client, queue, QUEUE_QUERIES.explain, {
      jobId,
      estimate,
      at: Date.now(),
      ...more,
    } satisfies ExplainRequest);
  try {
    const [explanation, hypothetical] = await Promise.all([
      ask({}),
      whatIf === undefined ? undefined : ask({ whatIf }),
    ]);
    // A query without a value answers null.
    if ((explanation ?? undefined) === undefined) {
      if (whatIf !== undefined) throw notQueued(job);
      return own;
    }
    if (whatIf?.share !== undefined) {
      const { spec } = await readQueue(client, queue, { limit: 1 });
      assertShare(spec, whatIf.share);
    }
    return {
      ...own,
      ...(explanation === undefined ? {} : { sentence: explanation.sentence, explanation }),
      ...(hypothetical === undefined ? {} : { whatIf: { ...whatIf, explanation: hypothetical } }),
    };
  } catch (error) {
    if (whatIf !== undefined || !(error instanceof TrainyardError)) throw error;
    return { ...own, incomplete: { code: error.code, message: error.message } };
  }
}

function ownSentence({ held, status, reason }: JobReport): string {
  return held && !isTerminal(status) && reason.code !== 'HELD'
    ? `${reason.sentence} It is held, and is not launched again until it is released.`
    : reason.sentence;
}

function notQueued({ jobId, queue, status }: JobReport): TrainyardError {
  const why = isTerminal(status)
    ? `Job ${jobId} is ${status}`
    : queue === undefined
      ? `Job ${jobId} is in no queue`
      : `Queue ${queue} does not know job ${jobId} (yet)`;
  return new TrainyardError(
    'JOB_NOT_QUEUED',
    `${why}, so nothing can be said about other priorities or shares.`,
  );
}

/**
 * What would become of a job if it were submitted now.
 * @throws TrainyardError with the code of the refusal; QUEUE_NOT_FOUND, QUEUE_NOT_ANSWERING
 */
export async function explainNew(
  client: Client,
  job: JobSpec & { readonly queue: string },
  { estimate = true }: Pick<ExplainOptions, 'estimate'>,
): Promise<Explanation> {
  const request: ExplainNewRequest = { job, estimate, at: Date.now() };
  const answer = await queryQueue<ExplainNewAnswer>(client, job.queue, QUEUE_QUERIES.explainNew, request);
  if (answer.outcome === 'accepted') return answer.explanation;
  throw new TrainyardError(knownCode(answer.code) ?? 'QUEUE_REFUSED_MESSAGE', answer.message);
}
