import type { JobSummary } from '../client/index.ts';
import type { OutputFormat } from './print/output-format.ts';
import { isoTime } from './print/time.ts';
import { Interrupted, type Session } from './session.ts';

/** Visibility allows 10 requests per second and server; two seconds leave room for others. */
const PERIOD_MS = 2_000;
/** Cursor to the top left, then erase the screen (ECMA-48). */
const CLEAR = '\u001B[H\u001B[2J';

interface Watched {
  readonly collect: () => Promise<readonly JobSummary[]>;
  readonly print: (jobs: readonly JobSummary[]) => Promise<void>;
}

/** Shows the jobs until Ctrl-C: a table that is drawn again on a terminal, one line per change everywhere else. */
export async function watchJobs(
  session: Session,
  output: OutputFormat,
  { collect, print }: Watched,
): Promise<void> {
  const redraws = session.terminal.stdout.isTTY && output === 'table';
  const seen = new Map<string, JobSummary['status']>();
  await session.interruptible(async (signal) => {
    for (;;) {
      const jobs = await collect();
      if (redraws) {
        session.print(CLEAR);
        session.print(
          session.paint(
            'quiet',
            `${jobs.length} jobs · ${isoTime(session.terminal.now())} · Ctrl-C to leave\n`,
          ),
        );
        await print(jobs);
      } else {
        for (const job of jobs) {
          if (seen.get(job.jobId) !== job.status) await printChange(session, output, job);
          seen.set(job.jobId, job.status);
        }
      }
      try {
        await session.terminal.sleep(PERIOD_MS, signal);
      } catch {
        throw new Interrupted();
      }
    }
  });
}

async function printChange(session: Session, output: OutputFormat, job: JobSummary): Promise<void> {
  switch (output) {
    case 'table':
      session.print(`${isoTime(session.terminal.now())}  ${job.jobId}  ${job.status}\n`);
      return;
    case 'name':
      session.print(`${job.jobId}\n`);
      return;
    case 'json':
    case 'jsonl':
    case 'yaml': {
      const { formatOne } = await import('./print/data.ts');
      session.print(output === 'yaml' ? `---\n${formatOne('yaml', job)}` : formatOne('jsonl', job));
    }
  }
}
