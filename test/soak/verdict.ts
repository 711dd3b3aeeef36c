/**
 * The invariants of design §8 as checks on what was recorded: by SageMaker, by Temporal, by the mailbox. Nothing in here
 * asks a workflow what it believes, except for the queue's own sums.
 */

/** A training job as SageMaker recorded it. Times are epoch milliseconds. */
export interface TrainingSpan {
  readonly name: string;
  readonly jobId: string;
  readonly instanceType: string;
  readonly instances: number;
  readonly createdAt: number;
  /** Absent: still alive. */
  readonly endedAt?: number;
}

export interface JobRecord {
  readonly jobId: string;
  readonly queue: string;
  /** `unsure`: the answer to the submission was lost. `withQueue`: accepted moments before its queue was terminated. */
  readonly submission: 'accepted' | 'unsure' | 'withQueue';
  /** Somebody terminated its workflow, at this time. */
  readonly terminatedAt?: number;
  /** As Temporal's server describes it; absent: there is none. */
  readonly workflow?: {
    readonly status: string;
    readonly closedAt?: number;
    /** Search attribute JobStatus. */
    readonly jobStatus?: string;
  };
  /** The statuses that its notifications spoke of. */
  readonly notices: readonly string[];
}

export interface EnvironmentRecord {
  readonly queue: string;
  readonly name: string;
  readonly instanceTypes: readonly string[];
  /** The highest that was ever configured. */
  readonly limit: number;
}

export interface QueueSums {
  readonly queue: string;
  readonly at: number;
  readonly environments: readonly {
    readonly name: string;
    readonly limit: number;
    readonly used: number;
    /** Instances of the running jobs that the queue lists. */
    readonly listed: number;
    /** Instances used by the leaves of the tree of shares. */
    readonly ofShares: number;
  }[];
  /** Waiting, held, running or stopping. */
  readonly jobs: number;
}

export interface SoakRecord {
  readonly jobs: readonly JobRecord[];
  readonly trainings: readonly TrainingSpan[];
  readonly environments: readonly EnvironmentRecord[];
  /** Taken now and then, and at the end. */
  readonly samples: readonly QueueSums[];
  readonly final: readonly QueueSums[];
  /** Longest time that a training job may outlive its workflow. */
  readonly orphanMs: number;
}

const CLOSED_WELL = ['COMPLETED', 'FAILED'];
const TERMINAL = ['SUCCEEDED', 'FAILED', 'STOPPED'];

/** Every sentence is a broken invariant; none: all hold. */
export function violations(record: SoakRecord): string[] {
  return [
    ...record.jobs.flatMap(endProblems),
    ...overlapProblems(record),
    ...record.environments.flatMap((environment) => capacityProblems(environment, record)),
    ...orphanProblems(record),
    ...record.samples.flatMap((sums) => sumProblems(sums)),
    ...record.final.flatMap((sums) => [...sumProblems(sums), ...leftoverProblems(sums)]),
  ];
}

/** Invariant 1: exactly one terminal status, and it is notified. */
function endProblems({ jobId, submission, terminatedAt, workflow, notices }: JobRecord): string[] {
  if (workflow === undefined) {
    return submission === 'accepted' ? [`1: ${jobId} was accepted, and there is no workflow of it`] : [];
  }
  const { status, jobStatus = 'none' } = workflow;
  const told = [...new Set(notices)];
  if (told.length > 1) return [`1: ${jobId} was notified as ${told.join(' and ')}`];
  if (terminatedAt !== undefined && status === 'TERMINATED') return [];
  if (!CLOSED_WELL.includes(status))
    return [`1: the workflow of ${jobId} is ${status}, JobStatus ${jobStatus}`];
  if (!TERMINAL.includes(jobStatus)) return [`1: ${jobId} is over with JobStatus ${jobStatus}`];
  if (told[0] !== jobStatus)
    return [`1: ${jobId} ended ${jobStatus} and was notified as ${told[0] ?? 'nothing'}`];
  return [];
}

/** Invariant 2: at most one live training job per job. */
function overlapProblems({ trainings }: SoakRecord): string[] {
  const problems: string[] = [];
  const newest = new Map<string, TrainingSpan>();
  for (const span of trainings.toSorted((a, b) => a.createdAt - b.createdAt)) {
    const before = newest.get(span.jobId);
    if (before !== undefined && span.createdAt < (before.endedAt ?? Infinity)) {
      problems.push(
        `2: ${span.name} was created ${seconds((before.endedAt ?? Infinity) - span.createdAt)} before ${before.name} ended`,
      );
    }
    if ((before?.endedAt ?? 0) <= (span.endedAt ?? Infinity)) newest.set(span.jobId, span);
  }
  return problems;
}

/** Invariant 3: training jobs of a queue never hold more of an environment than its limit. */
function capacityProblems(environment: EnvironmentRecord, { trainings, jobs }: SoakRecord): string[] {
  const queueOf = new Map(jobs.map(({ jobId, queue }) => [jobId, queue]));
  const own = trainings.filter(
    ({ jobId, instanceType }) =>
      queueOf.get(jobId) === environment.queue && environment.instanceTypes.includes(instanceType),
  );
  // Of the same millisecond, ends come first.
  const steps = own
    .flatMap(({ name, createdAt, endedAt = Infinity, instances }) => [
      { at: createdAt, change: instances, name },
      { at: endedAt, change: -instances, name },
    ])
    .toSorted((a, b) => a.at - b.at || a.change - b.change);
  let used = 0;
  for (const { at, change, name } of steps) {
    used += change;
    if (change > 0 && used > environment.limit) {
      return [
        `3: ${used} of ${environment.limit} ${environment.name} of ${environment.queue} in use after ${name} at ` +
          new Date(at).toISOString(),
      ];
    }
  }
  return [];
}

/** Invariant 4: no training job outlives its workflow by more than the reconciliation takes. */
function orphanProblems({ trainings, jobs, orphanMs }: SoakRecord): string[] {
  const jobOf = new Map(jobs.map((job) => [job.jobId, job]));
  return trainings.flatMap(({ name, jobId, endedAt }) => {
    if (endedAt === undefined) return [`4: ${name} is still alive`];
    const job = jobOf.get(jobId);
    if (job?.workflow === undefined) return [`4: ${name} has no workflow`];
    const outlived = endedAt - (job.workflow.closedAt ?? Infinity);
    return outlived > orphanMs ? [`4: ${name} outlived its workflow by ${seconds(outlived)}`] : [];
  });
}

function sumProblems({ queue, at, environments }: QueueSums): string[] {
  const when = new Date(at).toISOString();
  return environments.flatMap(({ name, limit, used, listed, ofShares }) => [
    ...(used > limit ? [`3: ${queue} says that ${used} of ${limit} ${name} are used (${when})`] : []),
    ...(used === listed ? [] : [`${queue} uses ${used} ${name}, its running jobs ${listed} (${when})`]),
    ...(used === ofShares ? [] : [`${queue} uses ${used} ${name}, its shares ${ofShares} (${when})`]),
  ]);
}

function leftoverProblems({ queue, environments, jobs }: QueueSums): string[] {
  return [
    ...(jobs === 0 ? [] : [`${queue} still has ${jobs} jobs`]),
    ...environments
      .filter(({ used }) => used !== 0)
      .map(({ name, used }) => `${queue} still uses ${used} ${name}`),
  ];
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
