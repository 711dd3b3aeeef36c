import type { SteeringAnswer } from '../client/index.ts';
import { inParallel } from '../client/in-parallel.ts';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { exitCodeOf } from './print/error.ts';
import { jobLine } from './print/job-line.ts';
import type { OutputFormat } from './print/output-format.ts';
import type { Session } from './session.ts';

/** Requests in flight; answers are printed as they come. */
const LANES = 8;

/**
 * Sends a request to each job, prints what each answered, and goes on after a refusal: one job that has ended already
 * must not keep the others from being cancelled. The exit code is that of the first refusal. Returns the answers.
 */
export async function steerJobs(
  session: Session,
  jobIds: readonly string[],
  output: OutputFormat,
  send: (jobId: string) => Promise<SteeringAnswer>,
): Promise<readonly SteeringAnswer[]> {
  const answers: SteeringAnswer[] = [];
  await inParallel(jobIds, LANES, async (jobId) => {
    try {
      const answer = await send(jobId);
      answers.push(answer);
      printAnswer(session, answer, output);
    } catch (error) {
      if (!(error instanceof TrainyardError) || jobIds.length === 1) throw error;
      session.sayError(error, output);
      if (session.exitCode === 0) session.exitCode = exitCodeOf(error);
    }
  });
  if (output === 'json' || output === 'jsonl' || output === 'yaml') {
    const { formatMany } = await import('./print/data.ts');
    session.print(formatMany(output, answers));
  }
  return answers;
}

function printAnswer(session: Session, answer: SteeringAnswer, output: OutputFormat): void {
  // Nothing was done; the command says so of all of them at once.
  if (answer.answered && answer.spared !== undefined) return;
  if (output === 'name') session.print(`${answer.jobId}\n`);
  if (output === 'table' && answer.answered) session.print(jobLine(answer.job, session.paint));
  if (!answer.answered) {
    session.say(`${answer.jobId}: no worker answers; the request is kept and takes effect when one comes.`);
  }
}
