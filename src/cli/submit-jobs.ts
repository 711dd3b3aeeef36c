import type { Submission, SubmissionResult } from '../client/index.ts';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import type { JobSpec } from '../jobs/spec.ts';
import { formatMany } from './print/data.ts';
import { exitCodeOf } from './print/error.ts';
import type { OutputFormat } from './print/output-format.ts';
import type { Session } from './session.ts';
import type { Trainyard } from './terminal.ts';

/** From so many on, a terminal shows how far it is. */
const MANY = 20;

interface SubmitOptions {
  readonly output: OutputFormat;
  /** How the jobs end is printed later, so what was submitted is only talk. */
  readonly waits: boolean;
}

/**
 * Submits the jobs and prints their ids, in the order of the files. A job that is refused (its id is taken, its queue
 * cannot run it) does not keep the others from being submitted; a server that is away ends everything.
 */
export async function submitJobs(
  session: Session,
  client: Trainyard,
  jobs: readonly JobSpec[],
  options: SubmitOptions,
): Promise<readonly string[]> {
  const submissions: (Submission | undefined)[] = jobs.map(() => undefined);
  const progress = progressLine(session, jobs.length);
  const note = (result: SubmissionResult, index: number): void => {
    progress.step();
    if (result.outcome === 'submitted') {
      const { jobId, workflowId, alreadySubmitted } = result;
      submissions[index] = { jobId, workflowId, alreadySubmitted };
      return;
    }
    if (jobs.length === 1) throw result.error;
    progress.clear();
    session.sayError(naming(result.jobId, result.error), options.output);
    if (session.exitCode === 0) session.exitCode = exitCodeOf(result.error);
  };
  try {
    await client.submitAll(jobs, { onResult: note });
  } finally {
    // Also when the server went away half-way: what was submitted runs, so its ids must not be lost.
    progress.clear();
    announce(
      session,
      submissions.flatMap((submission) => submission ?? []),
      options,
    );
  }
  return submissions.flatMap((submission) => submission?.jobId ?? []);
}

/** Refusals of a queue need not name the job; among many they have to. */
function naming(jobId: string, error: TrainyardError): TrainyardError {
  // Ids are letters, digits and hyphens.
  if (new RegExp(`(?<![\\w-])${jobId}(?![\\w-])`).test(error.message)) return error;
  const { code, message, hint } = error;
  return new TrainyardError(code, `${jobId}: ${message}`, hint === undefined ? {} : { hint });
}

function announce(
  session: Session,
  submissions: readonly Submission[],
  { output, waits }: SubmitOptions,
): void {
  const ids = submissions.map(({ jobId }) => `${jobId}\n`).join('');
  const fresh = submissions.filter(({ alreadySubmitted }) => !alreadySubmitted);
  if (waits) {
    for (const { jobId } of fresh) session.say(`${jobId} submitted`);
  } else session.print(output === 'table' || output === 'name' ? ids : formatMany(output, submissions));
  for (const { jobId, alreadySubmitted } of submissions) {
    if (alreadySubmitted)
      session.say(`${jobId} had been submitted before, just like this; nothing new was started.`);
  }
  const [first] = submissions;
  if (waits || first === undefined) return;
  session.say(
    submissions.length === 1
      ? `Follow it with: trainyard events ${first.jobId} --follow`
      : `${countOf(fresh.length, submissions.length)}. See them with: trainyard list`,
  );
}

function countOf(fresh: number, all: number): string {
  const submitted = `${fresh} job${fresh === 1 ? '' : 's'} submitted`;
  return fresh === all ? submitted : `${submitted}, ${all - fresh} already there`;
}

interface Progress {
  step(): void;
  clear(): void;
}

/** A counter on one line of a terminal; nothing elsewhere, and nothing for a few jobs. */
function progressLine(session: Session, total: number): Progress {
  const { stderr } = session.terminal;
  if (!stderr.isTTY || total < MANY) return { step: () => undefined, clear: () => undefined };
  let done = 0;
  return {
    step: () => {
      done++;
      stderr.write(`\r${done} of ${total} submitted`);
    },
    // Return, then erase to the end of the line (ECMA-48).
    clear: () => stderr.write('\r\u001B[K'),
  };
}
