import type { JobReport, JobSummary } from '../client/index.ts';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { isTerminal } from '../jobs/status.ts';
import { inParallel } from '../client/in-parallel.ts';
import { jobLine } from './print/job-line.ts';
import type { OutputFormat } from './print/output-format.ts';
import { formatDuration } from './print/time.ts';
import { Interrupted, type Session } from './session.ts';
import type { Trainyard } from './terminal.ts';

export interface AwaitOptions {
  /** Milliseconds for all jobs together. */
  readonly timeoutMs?: number;
  readonly output: OutputFormat;
  /** End with the exit code of the (only, or first failed) job's training process. */
  readonly exitCodeFromJob?: boolean;
}

/** One long poll each; a frontend serves about a thousand at a time. */
const LONG_POLLS = 100;
const PROGRESS_MS = 3_000;
/** More than these would drown the reader: then only ends are told. */
const TOLD_ONE_BY_ONE = 20;

/**
 * Waits until all jobs have ended, tells each status change on stderr and each end on stdout, and sets the exit code: 0
 * when all succeeded, 1 otherwise. Ctrl-C leaves the jobs alone and says how to come back.
 */
export async function awaitJobs(
  session: Session,
  client: Trainyard,
  jobIds: readonly string[],
  options: AwaitOptions,
): Promise<void> {
  const deadline = options.timeoutMs === undefined ? undefined : session.terminal.now() + options.timeoutMs;
  const ended = new Map<string, JobReport>();
  try {
    await session.interruptible(async (signal) => {
      const over = new AbortController();
      const telling = tellProgress(session, client, jobIds, ended, AbortSignal.any([signal, over.signal]));
      try {
        await inParallel(jobIds, LONG_POLLS, async (jobId) => {
          const left =
            deadline === undefined ? {} : { timeoutMs: Math.max(1, deadline - session.terminal.now()) };
          const job = await client
            .wait(jobId, { signal, ...left, onTrouble: troubleTeller(session) })
            .catch((error: unknown) => {
              throw isTimeOut(error) ? timeIsOver(jobId, options.timeoutMs) : error;
            });
          ended.set(jobId, job);
          await printEnd(session, job, options.output);
        });
      } finally {
        over.abort();
        await telling;
      }
    });
  } catch (error) {
    if (error instanceof Interrupted)
      sayHowToReturn(
        session,
        jobIds.filter((jobId) => !ended.has(jobId)),
      );
    throw error;
  }
  if (options.output === 'json' || options.output === 'yaml') {
    const { formatMany } = await import('./print/data.ts');
    session.print(
      formatMany(
        options.output,
        jobIds.flatMap((jobId) => ended.get(jobId) ?? []),
      ),
    );
  }
  session.exitCode = exitCodeFor(
    jobIds.flatMap((jobId) => ended.get(jobId) ?? []),
    options.exitCodeFromJob === true,
  );
}

const isTimeOut = (error: unknown): boolean =>
  error instanceof TrainyardError && error.code === 'WAIT_TIMED_OUT';

/** Names the limit that was given, where the client knows only what was left of it for this job. */
function timeIsOver(jobId: string, timeoutMs = 0): TrainyardError {
  const limit = timeoutMs % 1000 === 0 ? formatDuration(timeoutMs / 1000) : `${timeoutMs}ms`;
  return new TrainyardError('WAIT_TIMED_OUT', `Job ${jobId} had not ended after ${limit}; it goes on.`, {
    hint: `Wait again with a longer --timeout, or see where it is: trainyard show ${jobId}`,
  });
}

async function printEnd(session: Session, job: JobReport, output: OutputFormat): Promise<void> {
  switch (output) {
    case 'table':
      session.print(jobLine(job, session.paint));
      return;
    case 'name':
      session.print(`${job.jobId}\n`);
      return;
    case 'jsonl': {
      const { formatOne } = await import('./print/data.ts');
      session.print(formatOne('jsonl', job));
      return;
    }
    case 'json':
    case 'yaml':
      // One document, printed when all have ended.
      return;
  }
}

/** Tells on stderr how the waiting goes, until the signal. Its own troubles are nobody's business. */
async function tellProgress(
  session: Session,
  client: Trainyard,
  jobIds: readonly string[],
  ended: ReadonlyMap<string, JobReport>,
  signal: AbortSignal,
): Promise<void> {
  if (jobIds.length > TOLD_ONE_BY_ONE) return;
  const told = new Map<string, JobSummary['status']>();
  while (!signal.aborted) {
    try {
      for await (const { jobId, status } of client.list({ jobIds })) {
        if (told.get(jobId) === status || ended.has(jobId) || isTerminal(status)) continue;
        const job = await client.get(jobId);
        // Visibility lags behind: what the job itself says counts.
        if (told.get(jobId) === job.status || ended.has(jobId) || isTerminal(job.status)) continue;
        told.set(jobId, job.status);
        session.terminal.stderr.write(jobLine(job, session.paintTalk));
      }
    } catch (error) {
      if (!(error instanceof TrainyardError)) throw error;
    }
    await session.terminal.sleep(PROGRESS_MS, signal).catch(() => undefined);
  }
}

/** Says once that the server is away, not at each try. */
function troubleTeller(session: Session): () => void {
  let told = false;
  return () => {
    if (!told) session.say('warning: Temporal does not answer; waiting goes on.');
    told = true;
  };
}

function sayHowToReturn(session: Session, jobIds: readonly string[]): void {
  const [only] = jobIds;
  const jobs = jobIds.length === 1 && only !== undefined ? `Job ${only} goes` : `${jobIds.length} jobs go`;
  const ids = jobIds.join(' ');
  session.say(`\nNo longer waiting. ${jobs} on.`);
  session.say(`  wait again: trainyard wait ${ids}`);
  session.say(`  cancel:     trainyard cancel ${ids}`);
}

function exitCodeFor(jobs: readonly JobReport[], fromJob: boolean): number {
  const failed = jobs.find(({ status }) => status !== 'SUCCEEDED');
  if (failed === undefined) return 0;
  return (fromJob ? processExitCode(failed) : undefined) ?? 1;
}

/**
 * The exit code of the training process, from the two forms of SageMaker's text: "ExecuteUserScriptError: ExitCode 3
 * ErrorMessage ..." of the training toolkit, and "<failure file>, exit code: 3" of plain containers.
 */
function processExitCode(job: JobReport): number | undefined {
  const message = job.attempts.at(-1)?.failure?.message ?? '';
  // The last one: the user's own text may speak of exit codes as well.
  const [, digits] = [...message.matchAll(/\bexit ?code:? (\d{1,3})\b/gi)].at(-1) ?? [];
  const code = Number(digits);
  return code >= 1 && code <= 255 ? code : undefined;
}
