import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { isTerminal } from '../jobs/status.ts';
import { describeJob, jobHandle, jobNotFound, readJob, type JobReport } from './job-report.ts';
import { summaryOf } from './job-summary.ts';
import { isTransient } from './rpc-error.ts';

export interface WaitOptions {
  /** Milliseconds after which waiting ends with WAIT_TIMED_OUT; the job goes on. (Default: forever) */
  readonly timeoutMs?: number;
  /** Ends the waiting, not the job: `wait` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds between looks at the published status. (Default: 10,000) */
  readonly pollMs?: number;
  /** Called when Temporal does not answer; waiting goes on. */
  readonly onTrouble?: (error: unknown) => void;
}

/** Between tries while Temporal does not answer. */
const TROUBLE_MS = 2_000;

/**
 * Two things are watched, and the first that comes decides:
 *
 * - the workflow's end, by long poll: prompt, and the only one that sees terminated and timed-out workflows;
 * - the status that the job publishes, by describe: terminal as soon as the training is decided, while the workflow may
 *   still be busy with delivering a notification.
 *
 * A server that is away is tried again; only the caller's timeout or signal, or an answer that no waiting can better
 * (not found, denied), ends it early.
 */
export async function waitForJob(
  client: Client,
  jobId: string,
  options: WaitOptions = {},
): Promise<JobReport> {
  const over = new AbortController();
  const watching = AbortSignal.any([over.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const watch: Watch = { client, jobId, signal: watching, onTrouble: options.onTrouble ?? (() => {}) };
  try {
    await Promise.race([
      workflowEnds(watch),
      statusIsTerminal(watch, options.pollMs ?? 10_000),
      ...(options.timeoutMs === undefined ? [] : [timeOut(jobId, options.timeoutMs, watching)]),
      ...(options.signal === undefined ? [] : [rejectOnAbort(options.signal)]),
    ]);
    return await persist(watch, () => readJob(client, jobId));
  } finally {
    over.abort();
  }
}

interface Watch {
  readonly client: Client;
  readonly jobId: string;
  readonly signal: AbortSignal;
  readonly onTrouble: (error: unknown) => void;
}

async function workflowEnds(watch: Watch): Promise<void> {
  const { client, jobId, signal } = watch;
  await persist(watch, async () => {
    try {
      await client.withAbortSignal(signal, () => jobHandle(client, jobId).result());
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw jobNotFound(jobId);
      if (!(error instanceof WorkflowFailedError)) throw error;
    }
  });
}

async function statusIsTerminal(watch: Watch, pollMs: number): Promise<void> {
  for (;;) {
    const description = await persist(watch, () => describeJob(watch.client, watch.jobId));
    const status = summaryOf(description)?.status;
    if (status !== undefined && isTerminal(status)) return;
    await sleep(pollMs, undefined, { signal: watch.signal });
  }
}

/** Tries again for as long as the server is away and somebody still waits. */
async function persist<T>({ signal, onTrouble }: Watch, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!isTransient(error)) throw error;
      onTrouble(error);
      await sleep(TROUBLE_MS, undefined, { signal });
    }
  }
}

async function timeOut(jobId: string, timeoutMs: number, signal: AbortSignal): Promise<never> {
  // Node's timers hold 31 bits; a longer wait is as good as forever.
  await sleep(Math.min(timeoutMs, 2 ** 31 - 1), undefined, { signal });
  throw new TrainyardError(
    'WAIT_TIMED_OUT',
    `Job ${jobId} had not ended after ${timeoutMs / 1000} s; it goes on.`,
    {
      hint: `Wait again with a longer --timeout, or see where it is: trainyard show ${jobId}`,
    },
  );
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => {
      const why: unknown = signal.reason;
      reject(why instanceof Error ? why : new Error(String(why)));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
