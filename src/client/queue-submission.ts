import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { TrainyardError, type ErrorCode } from '../jobs/error-catalogue.ts';
import type { JobSpec } from '../jobs/spec.ts';
import { jobWorkflowId } from '../workflows/contract.ts';
import {
  QUEUE_UPDATES,
  type SubmitJobsAnswer,
  type SubmitJobsRequest,
  type SubmittedJob,
} from '../workflows/queue-contract.ts';
import { inParallel } from './in-parallel.ts';
import { idTaken, specHash, submitJob, type Submission } from './job-submission.ts';
import { findJob } from './job-report.ts';
import { memoOf } from './job-summary.ts';
import { knownCode, roomIn, updateQueue } from './queue-message.ts';

/** What became of one job of a submission. */
export type SubmissionResult =
  | ({ readonly outcome: 'submitted' } & Submission)
  | { readonly jobId: string; readonly outcome: 'refused'; readonly error: TrainyardError };

export interface SubmitAllOptions {
  /** Called as the jobs are decided, in any order; `index` is the job's place in the list. */
  readonly onResult?: (result: SubmissionResult, index: number) => void;
  /**
   * Milliseconds for which a queue that is full or busy is asked again without taking in any job, before its refusal is
   * given to the caller. (Default: 60,000)
   */
  readonly patienceMs?: number;
}

/** What one update may carry; a queue takes no more jobs at once. */
const BATCH_JOBS = 100;
const BATCH_BYTES = 1_000_000;
/** Queues and starts in flight; more gain nothing against one server. */
const LANES = 8;
/** Milliseconds that a busy worker has to answer a batch. */
const SUBMIT_MS = 30_000;
const PATIENCE_MS = 60_000;
/** Between two tries: grows by half each time, with a random part so that many clients do not come at once. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 3_000;

interface Entry {
  readonly job: JobSpec;
  readonly index: number;
  readonly hash: string;
}

/**
 * Hands jobs over: those of a queue in batches, the others one by one. A job that is refused does not keep the others from
 * being submitted; a server that is away ends everything. Results are in the order of the jobs.
 */
export async function submitJobs(
  client: Client,
  jobs: readonly JobSpec[],
  taskQueue: string,
  now: number,
  options: SubmitAllOptions = {},
): Promise<readonly SubmissionResult[]> {
  const results: SubmissionResult[] = [];
  const settle = (index: number, result: SubmissionResult): void => {
    results[index] = result;
    options.onResult?.(result, index);
  };
  const entries = jobs.map((job, index): Entry => ({ job, index, hash: specHash(job) }));
  const { queued, others } = byQueue(entries);
  const steps = [
    ...queued.map(({ queue, entries: own }) => async (): Promise<void> => {
      // One after the other: batches in flight together would arrive in any order, and the order is who comes first.
      for (const batch of split(own)) {
        await submitBatch({ client, settle, queue, batch, submittedAt: now, ...options });
      }
      const fresh = own.flatMap(({ index }) => results[index] ?? []).filter(isNew);
      await untilStarted(client, fresh.slice(-BATCH_JOBS));
    }),
    ...others.map(({ job, index }) => async (): Promise<void> => {
      settle(index, await orRefused(job.jobId, () => submitJob(client, job, taskQueue, now)));
    }),
  ];
  await inParallel(steps, LANES, (step) => step());
  return results;
}

const isNew = (result: SubmissionResult): boolean =>
  result.outcome === 'submitted' && !result.alreadySubmitted;

/**
 * A queue answers as soon as it has noted the jobs, and starts their workflows a hundred at a time. Whoever has submitted may ask for
 * any of them next, so the last hundred are waited for; a queue that takes longer keeps its promise without us.
 */
async function untilStarted(client: Client, jobs: readonly SubmissionResult[]): Promise<void> {
  const deadline = Date.now() + SUBMIT_MS;
  let missing = jobs;
  for (let wait = 20; missing.length > 0 && Date.now() < deadline; wait = Math.min(wait * 2, 500)) {
    const found = await Promise.all(missing.map(({ jobId }) => findJob(client, jobId)));
    missing = missing.filter((_, index) => found[index] === undefined);
    if (missing.length > 0) await sleep(wait);
  }
}

function byQueue(entries: readonly Entry[]): {
  readonly queued: readonly { readonly queue: string; readonly entries: readonly Entry[] }[];
  readonly others: readonly Entry[];
} {
  const queues = new Map<string, Entry[]>();
  const others: Entry[] = [];
  for (const entry of entries) {
    const { queue } = entry.job;
    if (queue === undefined) others.push(entry);
    else queues.set(queue, [...(queues.get(queue) ?? []), entry]);
  }
  return { queued: [...queues].map(([queue, own]) => ({ queue, entries: own })), others };
}

/** In order, each within the bounds of one update. */
function split(entries: readonly Entry[]): Entry[][] {
  const batches: Entry[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const size = Buffer.byteLength(JSON.stringify(entry.job)) + entry.hash.length;
    const last = batches.at(-1);
    if (last === undefined || last.length >= BATCH_JOBS || bytes + size > BATCH_BYTES) {
      batches.push([entry]);
      bytes = size;
    } else {
      last.push(entry);
      bytes += size;
    }
  }
  return batches;
}

interface BatchWork extends SubmitAllOptions {
  readonly client: Client;
  readonly queue: string;
  readonly batch: readonly Entry[];
  readonly submittedAt: number;
  readonly settle: (index: number, result: SubmissionResult) => void;
}

async function submitBatch(work: BatchWork): Promise<void> {
  const { patienceMs = PATIENCE_MS } = work;
  let waiting = await newOnes(work);
  let patience = patienceMs;
  for (let wait = FIRST_WAIT_MS; waiting.length > 0; wait = Math.min(wait * 1.5, LONGEST_WAIT_MS)) {
    const turnedAway = await offerInTurn(work, waiting);
    if (turnedAway.length < waiting.length) [patience, wait] = [patienceMs, FIRST_WAIT_MS];
    if (patience <= 0) {
      for (const { entry, answer } of turnedAway) await settleBy(work, entry, answer);
      return;
    }
    waiting = turnedAway.map(({ entry }) => entry);
    if (waiting.length === 0) return;
    const pause = Math.min(patience, wait * (0.5 + Math.random() / 2));
    patience -= pause;
    await sleep(pause);
  }
}

/** A job that the queue may take later, and why it does not now. */
interface TurnedAway {
  readonly entry: Entry;
  readonly answer: SubmittedJob;
}

/**
 * Offers the jobs, and settles what the queue has decided before it is offered more, so that a server that goes away takes no
 * result along. A queue with room for some of them only is offered as many, the first first: a batch that is larger than
 * its `maxWaiting` would never get in as a whole.
 */
async function offerInTurn(work: BatchWork, entries: readonly Entry[]): Promise<readonly TurnedAway[]> {
  const { answers, room } = await offer(work, entries);
  if (room > 0 && room < entries.length) {
    const first = await offerInTurn(work, entries.slice(0, room));
    const others = entries.slice(room);
    // Who comes behind a job that was turned away must not overtake it.
    return first.length > 0 ? [...first, ...mayComeLater(others, answers)] : await offerInTurn(work, others);
  }
  const later = mayComeLater(entries, answers);
  const late = new Set(later.map(({ entry }) => entry));
  for (const entry of entries) {
    if (!late.has(entry)) await settleBy(work, entry, answers.get(entry.job.jobId));
  }
  return later;
}

function mayComeLater(
  entries: readonly Entry[],
  answers: ReadonlyMap<string, SubmittedJob>,
): readonly TurnedAway[] {
  return entries.flatMap((entry) => {
    const answer = answers.get(entry.job.jobId);
    return answer?.outcome === 'refused' && mayPass(answer.code) ? [{ entry, answer }] : [];
  });
}

async function settleBy(
  { client, settle, submittedAt }: BatchWork,
  entry: Entry,
  answer: SubmittedJob | undefined,
): Promise<void> {
  settle(entry.index, await resultOf(client, entry, answer, submittedAt));
}

/** Jobs whose workflow exists need not be sent: they were submitted before, or their id is taken. */
async function newOnes({ client, batch, settle }: BatchWork): Promise<readonly Entry[]> {
  const found = await Promise.all(batch.map(({ job }) => findJob(client, job.jobId)));
  return batch.filter(({ job, hash, index }, position) => {
    const earlier = found[position];
    if (earlier === undefined) return true;
    settle(index, knownJob(job.jobId, memoOf(earlier).specHash === hash));
    return false;
  });
}

interface QueueAnswer {
  readonly answers: ReadonlyMap<string, SubmittedJob>;
  /** Where the batch was refused as a whole: how many of its jobs the queue would take, as far as it says. */
  readonly room: number;
}

/** What the queue says of each job. A queue that refuses the whole batch says the same of all. */
async function offer(
  { client, queue, submittedAt }: BatchWork,
  entries: readonly Entry[],
): Promise<QueueAnswer> {
  const request: SubmitJobsRequest = {
    jobs: entries.map(({ job }) => job),
    specHashes: entries.map(({ hash }) => hash),
    submittedAt,
  };
  try {
    const { results } = await updateQueue<SubmitJobsAnswer>(
      client,
      queue,
      QUEUE_UPDATES.submitJobs,
      request,
      SUBMIT_MS,
    );
    return { answers: new Map(results.map((result) => [result.jobId, result])), room: 0 };
  } catch (error) {
    if (!(error instanceof TrainyardError) || !isAboutJobs(error.code)) throw error;
    const { code, message } = error;
    return {
      answers: new Map(
        entries.map(({ job: { jobId } }) => [jobId, { jobId, outcome: 'refused', code, message }]),
      ),
      room: roomIn(error) ?? 0,
    };
  }
}

/** It passes when jobs have started. */
const mayPass = (code: string): boolean => code === 'QUEUE_FULL' || code === 'QUEUE_BUSY';

/** Refusals that end the submission of these jobs only, as opposed to a server that is away. */
const isAboutJobs = (code: ErrorCode): boolean =>
  mayPass(code) || code === 'QUEUE_NOT_FOUND' || code === 'QUEUE_REFUSED_MESSAGE' || code === 'JOB_INVALID';

async function resultOf(
  client: Client,
  { job: { jobId }, hash }: Entry,
  answer: SubmittedJob | undefined,
  submittedAt: number,
): Promise<SubmissionResult> {
  switch (answer?.outcome) {
    case 'accepted':
      return { jobId, outcome: 'submitted', workflowId: jobWorkflowId(jobId), alreadySubmitted: false };
    case 'known': {
      // Its workflow may not be started yet; then it came in a moment ago, and nobody can tell whether it was another one.
      const found = await findJob(client, jobId);
      const earlier = found === undefined ? { specHash: hash } : memoOf(found);
      // An update that got lost on its way back was sent twice: it was this submission all the same.
      if (earlier.submittedAt === submittedAt && earlier.specHash === hash)
        return { jobId, outcome: 'submitted', workflowId: jobWorkflowId(jobId), alreadySubmitted: false };
      return knownJob(jobId, earlier.specHash === hash);
    }
    case 'refused': {
      const code = knownCode(answer.code) ?? 'QUEUE_REFUSED_MESSAGE';
      return { jobId, outcome: 'refused', error: new TrainyardError(code, answer.message) };
    }
    case undefined: {
      const message = `The queue said nothing about job ${jobId}.`;
      return { jobId, outcome: 'refused', error: new TrainyardError('QUEUE_REFUSED_MESSAGE', message) };
    }
  }
}

function knownJob(jobId: string, same: boolean): SubmissionResult {
  return same
    ? { jobId, outcome: 'submitted', workflowId: jobWorkflowId(jobId), alreadySubmitted: true }
    : { jobId, outcome: 'refused', error: idTaken(jobId) };
}

/** A refusal of one job is its result; everything else is the server's. */
async function orRefused(jobId: string, submit: () => Promise<Submission>): Promise<SubmissionResult> {
  try {
    return { outcome: 'submitted', ...(await submit()) };
  } catch (error) {
    if (!(error instanceof TrainyardError) || error.code !== 'JOB_EXISTS') throw error;
    return { jobId, outcome: 'refused', error };
  }
}
