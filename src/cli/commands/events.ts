import { Command } from 'commander';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import type { JobEvent, JobReport } from '../../client/index.ts';
import { withExamples } from '../examples.ts';
import { addFormatOption } from '../option-values.ts';
import { eventLine } from '../print/event-lines.ts';
import type { OutputFormat } from '../print/output-format.ts';
import { sessionOf, type Session } from '../session.ts';
import type { Trainyard } from '../terminal.ts';

interface EventsOptions {
  readonly follow?: boolean;
  readonly output: Exclude<OutputFormat, 'name'>;
}

/** Between two looks while following. */
const PERIOD_MS = 2_000;

export function eventsCommand(): Command {
  const command = new Command('events')
    .summary("print a job's story")
    .description('Prints what happened to a job, oldest first. Repetitions are one line with a count.')
    .argument('<id>', 'job id, or the beginning of one')
    .option('-f, --follow', 'go on until the job has ended; JSON becomes jsonl')
    .action(run);
  addFormatOption(command, ['table', 'json', 'jsonl', 'yaml']);
  return withExamples(command, [
    'trainyard events rank-lr-3 --follow',
    'trainyard events rank-lr-3 --output json',
  ]);
}

async function run(id: string, options: EventsOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const jobId = await client.resolve(id);
  if (options.follow !== true) {
    await print(session, await client.events(jobId), options.output);
    return;
  }
  const format = options.output === 'json' ? 'jsonl' : options.output;
  await session.interruptible((signal) => follow(session, client, jobId, format, signal));
}

async function follow(
  session: Session,
  client: Trainyard,
  jobId: string,
  format: EventsOptions['output'],
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const ended = client.wait(jobId, { signal }).finally(() => over.abort());
  const printed = new Set<string>();
  const warned = new Set<string>();
  let job: JobReport | undefined;
  for (let pause = 0; job === undefined; pause = PERIOD_MS) {
    const passed = session.terminal.sleep(pause, over.signal).then(
      () => undefined,
      () => undefined,
    );
    // Asked first, read second: what happened before the end is then among the events read.
    job = await Promise.race([ended, passed]);
    const events = await eventsUnlessAway(session, client, jobId, warned);
    const news = events.filter((event) => !printed.has(keyOf(event)));
    for (const event of news) printed.add(keyOf(event));
    if (news.length > 0) await print(session, news, format);
  }
  session.say(`${jobId} is ${job.status}: ${job.reason.sentence}`);
}

/** Without a worker, or with a server that restarts, following goes on later; each trouble is told once. */
async function eventsUnlessAway(
  session: Session,
  client: Trainyard,
  jobId: string,
  warned: Set<string>,
): Promise<readonly JobEvent[]> {
  try {
    return await client.events(jobId);
  } catch (error) {
    const passing =
      error instanceof TrainyardError &&
      (error.code === 'WORKER_NOT_ANSWERING' || error.code === 'TEMPORAL_UNREACHABLE');
    if (!passing) throw error;
    if (!warned.has(error.code)) session.say(`warning: ${error.message} [${error.code}]`);
    warned.add(error.code);
    return [];
  }
}

/** A repetition is news again: its count and sentence changed. */
function keyOf(event: JobEvent): string {
  return `${event.at}/${event.status}/${event.reason.code}/${event.count}`;
}

async function print(
  session: Session,
  events: readonly JobEvent[],
  format: EventsOptions['output'],
): Promise<void> {
  if (format === 'table') {
    const style = { paint: session.paint, time: (ms: number) => session.time(ms) };
    for (const event of events) session.print(eventLine(event, style));
    return;
  }
  const { formatMany } = await import('../print/data.ts');
  session.print(formatMany(format, events));
}
