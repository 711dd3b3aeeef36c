import { TrainyardClient, TrainyardError } from '../src/client/index.ts';
import type { JobSpec } from '../src/jobs/spec.ts';
import type { QueueSpec } from '../src/queues/queue-spec.ts';
import type { QuotaShareSetup } from '../src/scheduling/setup.ts';
import { jobWorkflowId, TRAINING_JOB } from '../src/workflows/contract.ts';
import { encodeJobs, type QueueCarried } from '../src/workflows/queue-carried.ts';
import {
  QUEUE_SIGNALS,
  queueWorkflowId,
  TRAINING_QUEUE,
  type TrainingQueueInput,
} from '../src/workflows/queue-contract.ts';
import type { Entry, Profile } from '../src/workflows/queue-entry.ts';
import { aJob } from '../test/support/a-job.ts';
import { aQueue } from '../test/support/a-queue.ts';
import { timed, type Bench } from './harness.ts';
import { historyOf, millis } from './queue-history.ts';
import { median } from './report.ts';

const WAITING = 10_000;
/** Those that really run while the others wait. */
const RUN = 200;
const SHARES = 30;
const CHANGES = 400;
/** Early, so that the measurement has a continue-as-new in it. */
const CONTINUE_AFTER_EVENTS = 800;

export interface QueueTasks {
  readonly count: number;
  readonly median: number;
  readonly max: number;
  /** Milliseconds of those that repeated a refused one. */
  readonly repeated: readonly number[];
  /** What continue-as-new hands over. */
  readonly carriedBytes: number;
}

/**
 * A queue with 10,000 waiting jobs, as it comes out of continue-as-new: some run and end, priorities change, people ask. How long
 * its workflow tasks take, by the server's own times from start to completion, those of the next run included.
 */
export async function queueTasks({ client }: Bench, taskQueue: string): Promise<QueueTasks> {
  const name = 'crowded';
  const now = Date.now();
  const queue = crowdedQueue(name);
  const running = Array.from({ length: RUN }, (_, index) => p4Job(name, index));
  await timed(RUN, 20, (index) => {
    const job = running[index];
    if (job === undefined) throw new RangeError('One job too many.');
    return client.workflow.start(TRAINING_JOB, {
      taskQueue,
      workflowId: jobWorkflowId(job.jobId),
      args: [{ job, queued: true }],
    });
  });
  const input: TrainingQueueInput = {
    queue,
    carried: carriedOf(running, now),
    limits: { continueAsNewAfterEvents: CONTINUE_AFTER_EVENTS },
  };
  const handle = await client.workflow.start(TRAINING_QUEUE, {
    taskQueue,
    workflowId: queueWorkflowId(name),
    args: [input],
  });
  const trainyard = TrainyardClient.on(client, { taskQueue });
  await answers(trainyard, name);
  await timed(CHANGES, 4, async (index) => {
    const jobId = waitingId(index * 7);
    await handle.signal(QUEUE_SIGNALS.jobChanged, { jobId, priority: index % 100 });
    if (index % 20 === 0) await answers(trainyard, name);
  });
  for (const job of running) await client.workflow.result(jobWorkflowId(job.jobId));
  const history = await historyOf(client, queueWorkflowId(name));
  await client.workflow.getHandle(queueWorkflowId(name)).terminate('measured');
  const { tasks, repeated } = taskTimes(history);
  const continued = history.findLast(
    (event) =>
      event.workflowExecutionContinuedAsNewEventAttributes !== undefined &&
      event.workflowExecutionContinuedAsNewEventAttributes !== null,
  );
  const payloads = continued?.workflowExecutionContinuedAsNewEventAttributes?.input?.payloads ?? [];
  if (payloads.length === 0) throw new Error('The crowded queue did not continue as new.');
  return {
    count: tasks.length,
    median: median(tasks),
    max: Math.max(...tasks),
    repeated,
    carriedBytes: payloads.reduce((sum, { data }) => sum + (data?.length ?? 0), 0),
  };
}

/** However long it takes: the worker has the jobs that run to begin with. */
async function answers(trainyard: TrainyardClient, queue: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await trainyard.queue(queue, { limit: 20 });
      return;
    } catch (error) {
      const busy = error instanceof TrainyardError && error.code === 'QUEUE_NOT_ANSWERING';
      if (!busy || attempt === 10) throw error;
    }
  }
}

/** temporal.api.enums.v1.WorkflowTaskFailedCause */
const UNHANDLED_COMMAND = 1;

type History = Awaited<ReturnType<typeof historyOf>>;

/**
 * Apart: those that repeat one which Temporal refused because a message came while it continued as new (UnhandledCommand). The SDK then
 * drops the workflow from its cache and replays the whole history; no workflow can do anything about either.
 */
function taskTimes(history: History): { readonly tasks: number[]; readonly repeated: number[] } {
  const tasks: number[] = [];
  const repeated: number[] = [];
  let startedAt: number | undefined;
  let refused = false;
  for (const event of history) {
    if (event.workflowTaskTimedOutEventAttributes) throw new Error('A workflow task of the queue timed out.');
    const failed = event.workflowTaskFailedEventAttributes;
    if (failed !== undefined && failed !== null) {
      if (Number(failed.cause) !== UNHANDLED_COMMAND) throw new Error('A workflow task of the queue failed.');
      refused = true;
    } else if (event.workflowTaskStartedEventAttributes) startedAt = millis(event.eventTime);
    else if (event.workflowTaskCompletedEventAttributes && startedAt !== undefined) {
      (refused ? repeated : tasks).push(millis(event.eventTime) - startedAt);
      refused = false;
    }
  }
  return { tasks, repeated };
}

/** P4 has room for those that run; P5 is full, and everybody else wants it. */
function crowdedQueue(name: string): QueueSpec {
  const shares = Array.from({ length: SHARES }, (_, index): QuotaShareSetup => ({
    name: shareName(index),
    weight: 10_000,
    quota: { P4: { guaranteed: 4 }, P5: { guaranteed: 1 } },
    preemption: { inShare: 'never', reclaim: 'never' },
    fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
  }));
  return aQueue(name, {
    environments: [
      { name: 'P4', instanceTypes: ['ml.p4d.24xlarge'], limit: 4 * SHARES },
      { name: 'P5', instanceTypes: ['ml.p5.48xlarge'], limit: SHARES },
    ],
    policy: { kind: 'quotaShare', order: 'priority', fairRules: ['final', 'initial'], groups: [], shares },
  });
}

const shareName = (index: number): string => `share-${index % SHARES}`;
const waitingId = (index: number): string => `sweep-of-learning-rates-${index % (WAITING - RUN)}`;

function p4Job(queue: string, index: number): JobSpec {
  return aJob({ jobId: `run-${index}`, queue, share: shareName(index) });
}

function carriedOf(running: readonly JobSpec[], now: number): QueueCarried {
  const big: Profile[] = Array.from({ length: SHARES * 4 }, (_, index) => ({
    placements: [
      { kind: 'instances', instanceType: 'ml.p5.48xlarge', instanceCount: 1 + Math.floor(index / SHARES) },
    ],
    asked: shareName(index),
    user: `scientist-${index % 50}@example.com`,
    limitSeconds: 86_400,
  }));
  const few = running.map((job, index): Entry =>
    entry(job.jobId, { placements: job.placements, asked: shareName(index) }, index, now),
  );
  const holders = Array.from({ length: SHARES }, (_, index): Entry => {
    const profile = big[index];
    if (profile === undefined) throw new RangeError('No such share.');
    const option = { environment: 'P5', instances: 1, placement: 0 };
    return {
      ...entry(`holder-${index}`, profile, RUN + index, now),
      grant: { lease: index + 1, option, startedAt: now },
    };
  });
  const many = Array.from({ length: WAITING - RUN }, (_, index): Entry => {
    const profile = big[index % big.length];
    if (profile === undefined) throw new RangeError('No such profile.');
    return entry(waitingId(index), profile, RUN + SHARES + index, now);
  });
  return {
    version: 1,
    lastLease: SHARES,
    lastSequence: RUN + SHARES + many.length,
    runTimes: {},
    lastDecisions: [],
    health: {},
    usage: {},
    jobs: encodeJobs([...few, ...holders, ...many]),
  };
}

function entry(id: string, profile: Profile, sequence: number, now: number): Entry {
  const queuedAt = now - 3_600_000 + sequence * 250;
  return {
    id,
    profile,
    share: profile.asked ?? '',
    options: [],
    priority: sequence % 100,
    queuedAt,
    sequence,
    preemptions: 0,
    removed: [],
    held: false,
    runnableSince: queuedAt,
  };
}
