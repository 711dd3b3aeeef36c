import type { Explanation } from '../client/index.ts';
import { TrainyardError, type ErrorCode } from '../jobs/error-catalogue.ts';
import { describePlacement } from '../jobs/placement.ts';
import type { JobSpec } from '../jobs/spec.ts';
import { exitCodeOf } from './print/error.ts';
import { formatMany } from './print/data.ts';
import { forecastLines } from './print/explanation-page.ts';
import type { OutputFormat } from './print/output-format.ts';
import type { Session } from './session.ts';

/** A job as it would be submitted, and what its queue says to it. */
interface DryJob {
  readonly job: JobSpec;
  /** This very job was submitted before, so that nothing would happen. */
  readonly alreadySubmitted?: true;
  readonly explanation?: Explanation;
  readonly refusal?: TrainyardError;
}

/**
 * The jobs as they would be submitted: a line each, or the whole specifications. Queues are asked what would become of
 * theirs. Jobs without a queue need no server; if one answers, it is asked whether their ids are taken. The exit code is that of
 * the first refusal.
 */
export async function printDryRun(
  session: Session,
  jobs: readonly JobSpec[],
  output: OutputFormat,
): Promise<void> {
  const dry: DryJob[] = [];
  for (const job of jobs) dry.push(await ask(session, job));
  const refusals = dry.flatMap(({ refusal }) => refusal ?? []);
  switch (output) {
    case 'table':
      for (const one of dry) printLines(session, one);
      session.say(
        refusals.length === 0
          ? `Dry run: ${jobs.length === 1 ? 'the job is valid' : `${jobs.length} jobs are valid`}; nothing was submitted.`
          : `Dry run: ${refusals.length} of ${jobs.length} would be refused; nothing was submitted.`,
      );
      break;
    case 'name':
      session.print(jobs.map(({ jobId }) => `${jobId}\n`).join(''));
      break;
    case 'json':
    case 'jsonl':
    case 'yaml':
      session.print(formatMany(output, dry.map(dataOf)));
  }
  const [first] = refusals;
  if (first !== undefined && session.exitCode === 0) session.exitCode = exitCodeOf(first);
}

async function ask(session: Session, job: JobSpec): Promise<DryJob> {
  try {
    const before = await submittedBefore(session, job);
    if (before === 'same') return { job, alreadySubmitted: true };
    if (before === 'another') {
      const refusal = new TrainyardError('JOB_EXISTS', `The id ${job.jobId} belongs to another job.`);
      return { job, refusal };
    }
    if (job.queue === undefined) return { job };
    return { job, explanation: await (await session.client()).explainNew(job) };
  } catch (error) {
    if (!(error instanceof TrainyardError) || !isRefusal(error.code)) throw error;
    return { job, refusal: error };
  }
}

async function submittedBefore(session: Session, job: JobSpec): Promise<'same' | 'another' | undefined> {
  try {
    return await (await session.client()).submittedBefore(job);
  } catch (error) {
    const away = error instanceof TrainyardError && error.code === 'TEMPORAL_UNREACHABLE';
    if (away && job.queue === undefined) return undefined;
    throw error;
  }
}

/** About this job alone, not about the connection. */
function isRefusal(code: ErrorCode): boolean {
  return !code.startsWith('TEMPORAL_') && !['NAMESPACE_NOT_FOUND', 'QUEUE_NOT_ANSWERING'].includes(code);
}

function printLines(session: Session, { job, explanation, refusal, alreadySubmitted }: DryJob): void {
  session.print(`${job.jobId}  ${job.placements.map(describePlacement).join(', then ')}\n`);
  if (alreadySubmitted === true) session.print('  Was submitted already, just so; nothing would happen.\n');
  if (refusal !== undefined) session.print(`  Refused: ${refusal.message} [${refusal.code}]\n`);
  if (explanation === undefined) return;
  session.print(
    forecastLines(explanation, {
      width: session.terminal.stdout.columns,
      paint: session.paint,
      time: (ms) => session.time(ms),
      now: session.terminal.now(),
    }),
  );
}

function dataOf({ job, explanation, refusal, alreadySubmitted }: DryJob): object {
  return {
    ...job,
    ...(alreadySubmitted === undefined ? {} : { alreadySubmitted }),
    ...(explanation === undefined ? {} : { explanation }),
    ...(refusal === undefined ? {} : { refusal: { code: refusal.code, message: refusal.message } }),
  };
}
