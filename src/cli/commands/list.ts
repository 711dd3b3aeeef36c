import { Command, Option } from 'commander';
import type { JobFilter, JobSummary } from '../../client/index.ts';
import type { JobStatus } from '../../jobs/status.ts';
import { withExamples } from '../examples.ts';
import { assertQueue } from '../known-queue.ts';
import {
  addOutputOptions,
  parseInteger,
  parseSince,
  parseStatuses,
  type OutputOptions,
} from '../option-values.ts';
import { jobTable } from '../print/job-table.ts';
import { sessionOf, type Session } from '../session.ts';
import type { Trainyard } from '../terminal.ts';
import { watchJobs } from '../watch-jobs.ts';

const SORT_KEYS = ['status', 'id', 'user', 'priority', 'submitted', 'ended'] as const;
type SortKey = (typeof SORT_KEYS)[number];

interface ListOptions extends OutputOptions {
  readonly status?: readonly JobStatus[];
  readonly user?: string;
  readonly name?: string;
  readonly queue?: string;
  readonly share?: string;
  readonly instanceType?: string;
  readonly since?: (now: number) => number;
  readonly all?: boolean;
  readonly limit: number;
  readonly sort?: SortKey;
  readonly watch?: boolean;
}

const DEFAULT_LIMIT = 100;

export function listCommand(): Command {
  const command = new Command('list')
    .alias('ls')
    .summary('list jobs')
    .description('Lists jobs: the unfinished ones first, then those that ended within the last day.')
    .option('-s, --status <status,..>', 'only jobs in these statuses; repeatable', parseStatuses)
    .option('-u, --user <user>', "only this user's jobs")
    .option('--name <glob>', 'only ids that begin like this, or match a quoted pattern')
    .option('-q, --queue <queue>', 'only jobs of this queue')
    .option('--share <share>', 'only jobs of this share')
    .option('--instance-type <type>', 'only jobs placed on this instance type')
    .option('--since <time>', 'only jobs submitted since: 2h, 7d, 2026-11-20', parseSince)
    .option('-a, --all', 'also jobs that ended longer ago, as far as Temporal has kept them')
    .option(
      '-n, --limit <count>',
      'at most so many, 0 for no limit',
      parseInteger(0, 1_000_000),
      DEFAULT_LIMIT,
    )
    .addOption(new Option('--sort <key>', 'order by this instead').choices(SORT_KEYS))
    .option('--watch', 'keep showing changes until Ctrl-C; JSON becomes jsonl')
    .action(run);
  addOutputOptions(command);
  return withExamples(command, [
    'trainyard list',
    'trainyard list --status RUNNING,FAILED --user ana@example.com',
    "trainyard list --name 'sweep-*' --all --output json",
  ]);
}

async function run(options: ListOptions, command: Command): Promise<void> {
  const session = sessionOf(command);
  const client = await session.client();
  const filter = filterOf(options, session.terminal.now());
  if (options.watch === true) {
    await watchJobs(session, options.output, {
      collect: async () => (await collectJobs(client, filter, options)).jobs,
      print: (jobs) => printJobs(session, jobs, options),
    });
    return;
  }
  const { jobs, more } = await collectJobs(client, filter, options);
  if (jobs.length === 0 && options.queue !== undefined) await assertQueue(client, options.queue);
  await printJobs(session, jobs, options);
  if (jobs.length === 0) session.say(emptySentence(options));
  if (more) session.say(`There are more jobs than these ${jobs.length}; raise --limit (0 for all).`);
}

function filterOf(options: ListOptions, now: number): JobFilter {
  const { status, user, name, queue, share, instanceType, since } = options;
  return {
    ...(status === undefined ? {} : { statuses: status }),
    ...(user === undefined ? {} : { user }),
    ...(name === undefined ? {} : { name }),
    ...(queue === undefined ? {} : { queue }),
    ...(share === undefined ? {} : { share }),
    ...(instanceType === undefined ? {} : { instanceType }),
    ...(since === undefined ? {} : { since: since(now) }),
    ...(options.all === true ? { endedSince: 0 } : {}),
  };
}

interface JobPage {
  readonly jobs: readonly JobSummary[];
  /** The limit left jobs out. */
  readonly more: boolean;
}

async function collectJobs(client: Trainyard, filter: JobFilter, options: ListOptions): Promise<JobPage> {
  const limit = options.limit === 0 ? Infinity : options.limit;
  const jobs: JobSummary[] = [];
  // Sorting by another key needs all jobs before the first can be shown.
  const wanted = options.sort === undefined && limit !== Infinity ? { ...filter, limit: limit + 1 } : filter;
  for await (const job of client.list(wanted)) jobs.push(job);
  if (options.sort !== undefined) jobs.sort(comparators[options.sort]);
  return { jobs: jobs.slice(0, limit), more: jobs.length > limit };
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const comparators: Readonly<Record<SortKey, (a: JobSummary, b: JobSummary) => number>> = {
  status: (a, b) => byText(a.status, b.status) || byText(a.jobId, b.jobId),
  id: (a, b) => byText(a.jobId, b.jobId),
  user: (a, b) => byText(a.user ?? '', b.user ?? '') || byText(a.jobId, b.jobId),
  priority: (a, b) => b.priority - a.priority || byText(a.jobId, b.jobId),
  submitted: (a, b) => b.submittedAt - a.submittedAt || byText(a.jobId, b.jobId),
  ended: (a, b) => (b.endedAt ?? Infinity) - (a.endedAt ?? Infinity) || byText(a.jobId, b.jobId),
};

async function printJobs(
  session: Session,
  jobs: readonly JobSummary[],
  options: OutputOptions,
): Promise<void> {
  switch (options.output) {
    case 'table':
      session.print(
        jobTable(jobs, {
          width: session.terminal.stdout.columns,
          headers: options.headers,
          paint: session.paint,
          time: (ms) => session.time(ms),
          now: session.terminal.now(),
        }),
      );
      return;
    case 'name':
      session.print(jobs.map(({ jobId }) => `${jobId}\n`).join(''));
      return;
    case 'json':
    case 'jsonl':
    case 'yaml': {
      const { formatMany } = await import('../print/data.ts');
      session.print(formatMany(options.output, jobs));
    }
  }
}

function emptySentence(options: ListOptions): string {
  const narrowed = [
    options.status,
    options.user,
    options.name,
    options.queue,
    options.share,
    options.instanceType,
    options.since,
  ];
  if (narrowed.some((value) => value !== undefined)) return 'No jobs match.';
  return options.all === true
    ? 'No jobs.'
    : 'No unfinished jobs, and none that ended within the last day (--all shows older ones).';
}
