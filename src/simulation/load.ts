import { type Path, type Problem, showValue } from '../jobs/job-problem.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import { hasShare, shareNames } from './entitlement.ts';
import { generate } from './generator.ts';
import { Random } from './random.ts';
import { inOrderOfArrival, MOST_JOBS, type SimulatedJob } from './scenario.ts';
import { scenarioProblem, unknownName } from './scenario-problem.ts';
import type { WrittenGenerator, WrittenJob, WrittenScenario } from './scenario-schema.ts';
import { readTrace } from './trace.ts';

export interface LoadContext {
  readonly queue: QueueSpec;
  readonly seed: number;
  /** For jobs that do not say it themselves. */
  readonly checkpointSeconds?: number;
  readonly readTrace: (path: string) => string;
  /** Of the scenario file as it was named, with the slash at its end: where messages find the trace. */
  readonly folder: string;
}

type Load = WrittenScenario['load'];

/** All jobs of a load in order of arrival. Adds a problem for each thing that the queue does not have. */
export function readLoad(load: Load, context: LoadContext, problems: Problem[]): readonly SimulatedJob[] {
  const checks = new LoadChecks(context.queue, problems);
  if (load.jobs === undefined && load.generators === undefined && load.trace === undefined) {
    checks.refuse('KEY_MISSING', ['load'], 'the load has no jobs', 'at least one of jobs, generators, trace');
    return [];
  }
  const wanted =
    (load.jobs ?? []).reduce((sum, { count }) => sum + count, 0) +
    (load.generators ?? []).reduce((sum, { jobs }) => sum + jobs, 0);
  if (wanted > MOST_JOBS) {
    checks.refuse('VALUE_INVALID', ['load'], `the load has ${wanted} jobs`, `at most ${MOST_JOBS}`);
    return [];
  }
  const jobs = [
    ...(load.jobs ?? []).flatMap((job, index) => listed(job, index, context, checks)),
    ...(load.generators ?? []).flatMap((one, index) => generated(one, index, context, checks)),
    ...(load.trace === undefined ? [] : traced(load.trace, context, checks)),
  ];
  checks.ids(jobs);
  if (jobs.length > MOST_JOBS)
    checks.refuse('VALUE_INVALID', ['load'], `the load has ${jobs.length} jobs`, `at most ${MOST_JOBS}`);
  return inOrderOfArrival(jobs);
}

function listed(
  written: WrittenJob,
  index: number,
  { checkpointSeconds, queue }: LoadContext,
  checks: LoadChecks,
): readonly SimulatedJob[] {
  const path = ['load', 'jobs', index];
  const {
    id = `job-${index + 1}`,
    options,
    environments,
    instances,
    arrives,
    runs,
    limit,
    count,
    every,
  } = written;
  const share = checks.share(written.share, [...path, 'share']);
  if (options !== undefined && environments !== undefined) {
    const what = 'cannot be given together with environments';
    checks.refuse('CONTRADICTION', [...path, 'options'], what, 'options, or instances and environments');
  }
  const acceptable =
    options ?? (environments ?? firstOf(queue)).map((environment) => ({ environment, instances }));
  for (const [place, { environment }] of acceptable.entries()) {
    const where = options === undefined ? ['environments', place] : ['options', place, 'environment'];
    checks.environment(environment, [...path, ...where]);
  }
  const checkpoint = written.checkpoint === undefined ? checkpointSeconds : written.checkpoint / 1000;
  return Array.from({ length: count }, (_, number) => ({
    id: count === 1 ? id : `${id}-${number + 1}`,
    share,
    priority: written.priority,
    ...(written.user === undefined ? {} : { user: written.user }),
    options: acceptable,
    arrivesAt: arrives + number * every,
    runsFor: runs,
    ...(limit === undefined ? {} : { limitSeconds: limit / 1000 }),
    ...(checkpoint === undefined ? {} : { checkpointSeconds: checkpoint }),
  }));
}

function generated(
  written: WrittenGenerator,
  index: number,
  { queue, seed, checkpointSeconds }: LoadContext,
  checks: LoadChecks,
): readonly SimulatedJob[] {
  const path = ['load', 'generators', index];
  const { environments = firstOf(queue), users, limit, arrivals } = written;
  for (const [place, name] of environments.entries())
    checks.environment(name, [...path, 'environments', place]);
  const shares = written.share ?? [[checks.share(undefined, [...path, 'share']), 1] as const];
  for (const [share] of shares) checks.share(share, [...path, 'share']);
  const checkpoint =
    written.checkpoint ?? (checkpointSeconds === undefined ? undefined : checkpointSeconds * 1000);
  const { name, jobs, start, priority, instances, runs } = written;
  return generate(
    {
      name,
      jobs,
      start,
      arrivals:
        'every' in arrivals
          ? arrivals
          : {
              perHour: arrivals.perHour,
              ...(arrivals.burst === undefined ? {} : { burst: arrivals.burst }),
            },
      share: shares,
      priority,
      ...(users === undefined ? {} : { users }),
      instances,
      environments,
      runs,
      ...(limit === undefined ? {} : { limit }),
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    new Random(seed).fork(`generator ${index}`),
  );
}

function traced(path: string, context: LoadContext, checks: LoadChecks): readonly SimulatedJob[] {
  const { queue, checkpointSeconds, folder } = context;
  const text = readText(path, context, checks);
  if (text === undefined) return [];
  const file = path.startsWith('/') ? path : `${folder}${path}`;
  const { jobs, lines, problems } = readTrace(text, file, {
    ...(queue.policy.kind === 'fifo' ? { share: 'default' } : {}),
    environments: firstOf(queue),
    ...(checkpointSeconds === undefined ? {} : { checkpointSeconds }),
  });
  checks.add(problems);
  const seen = new Set<string>();
  const isNew = (name: string): boolean => seen.size < seen.add(name).size;
  for (const [index, { id, share, options }] of jobs.entries()) {
    const line = lines[index];
    const at = { file, ...(line === undefined ? {} : { line }) };
    if (isNew(`share ${share}`)) checks.share(share, [], at);
    for (const { environment } of options)
      if (isNew(`environment ${environment}`)) checks.environment(environment, [], at);
    if (!isNew(`id ${id}`)) checks.idTwice(id, [], at);
  }
  return jobs;
}

function readText(path: string, { readTrace: read }: LoadContext, checks: LoadChecks): string | undefined {
  try {
    return read(path);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    checks.refuse('FILE_UNREADABLE', ['load', 'trace'], what, 'a CSV file, beside the scenario file');
    return undefined;
  }
}

const firstOf = ({ environments }: QueueSpec): readonly string[] =>
  environments.slice(0, 1).map(({ name }) => name);

type RefusalCode = 'KEY_MISSING' | 'VALUE_INVALID' | 'CONTRADICTION' | 'FILE_UNREADABLE';

/** In a trace. */
type Line = Pick<Problem, 'file' | 'line'>;

/** What the load may name, and what is wrong with it. */
class LoadChecks {
  readonly #queue: QueueSpec;
  readonly #problems: Problem[];
  /** It was said where. */
  #idTwice = false;

  constructor(queue: QueueSpec, problems: Problem[]) {
    this.#queue = queue;
    this.#problems = problems;
  }

  refuse(code: RefusalCode, path: Path, what: string, allowed: string): void {
    this.#problems.push(scenarioProblem(code, path, what, { allowed }));
  }

  add(problems: readonly Problem[]): void {
    this.#problems.push(...problems);
  }

  /** The share, or what stands in for one that is left out. */
  share(share: string | undefined, path: Path, at: Line = {}): string {
    const { policy } = this.#queue;
    const known = shareNames(policy);
    if (share === undefined) {
      if (policy.kind !== 'fifo')
        this.refuse('KEY_MISSING', path, 'is missing', known.slice(0, 20).join(', '));
      return 'default';
    }
    if (!hasShare(policy, share)) this.#problems.push({ ...unknownName(path, 'share', share, known), ...at });
    return share;
  }

  environment(name: string, path: Path, at: Line = {}): void {
    const known = this.#queue.environments.map((environment) => environment.name);
    if (!known.includes(name))
      this.#problems.push({ ...unknownName(path, 'service environment', name, known), ...at });
  }

  ids(jobs: readonly SimulatedJob[]): void {
    const seen = new Set<string>();
    const twice = jobs.find(({ id }) => seen.size === seen.add(id).size);
    if (twice !== undefined) this.idTwice(twice.id, ['load']);
  }

  idTwice(id: string, path: Path, at: Line = {}): void {
    // One of many is enough.
    if (this.#idTwice) return;
    this.#idTwice = true;
    const details = { allowed: 'each id once', ...at };
    this.#problems.push(
      scenarioProblem('CONTRADICTION', path, `two jobs have the id ${showValue(id)}`, details),
    );
  }
}
