import { setTimeout as sleep } from 'node:timers/promises';
import { TrainyardClient } from '../src/client/index.ts';
import { jobWorkflowId } from '../src/workflows/contract.ts';
import { queueWorkflowId } from '../src/workflows/queue-contract.ts';
import { aJob } from '../test/support/a-job.ts';
import { withServer, withWorker, type Bench } from './harness.ts';
import { instantActivities } from './instant-activities.ts';
import { queueTasks } from './queue-tasks.ts';
import { historyOf, millis } from './queue-history.ts';
import { atLeast, atMost, below, median, type BenchReport } from './report.ts';
import { aQueue } from '../test/support/a-queue.ts';

const SAMPLES = 40;
const JOBS = 1_000;
/** Launch and watch. */
const ACTIVITIES = 2;
const TASK_QUEUE = 'bench';

/** The queue through Temporal: latency, throughput, history per job, and its workflow tasks with 10,000 waiting. */
export async function benchQueue(): Promise<BenchReport> {
  return await withServer((bench) =>
    withWorker(bench, TASK_QUEUE, instantActivities, async () => {
      const latency = await admissionLatency(bench);
      const bareSeconds = await seconds(() => bareRound(bench, 'bare', JOBS));
      const queued = await queueRound(bench, 'queued', JOBS);
      const bareAgain = await seconds(() => bareRound(bench, 'bare-again', JOBS));
      const bare = JOBS / ((bareSeconds + bareAgain) / 2);
      const throughQueue = JOBS / queued.seconds;
      const tasks = await queueTasks(bench, TASK_QUEUE);
      return {
        name: 'queue',
        measured: {
          submissionToAdmittedMsMedian: latency.admitted,
          emptyWorkflowMsMedian: latency.empty,
          jobsPerSecond: throughQueue,
          bareChildrenPerSecond: bare,
          queueEventsPerJob: queued.eventsPerJob,
          workflowTasksWith10000Waiting: tasks.count,
          workflowTaskMsMedian: tasks.median,
          workflowTaskMsMax: tasks.max,
          workflowTaskMsRepeated: Math.max(0, ...tasks.repeated),
          carriedBytes: tasks.carriedBytes,
        },
        bars: [
          below('submission to admitted over an empty workflow', latency.admitted / latency.empty, 3),
          atLeast('jobs/s through the queue over a bare parent with children', throughQueue / bare, 0.6),
          atMost("events in the queue's history per job", queued.eventsPerJob, 8),
          below('longest workflow task with 10,000 waiting, ms', tasks.max, 200),
          below('bytes carried with 10,000 waiting', tasks.carriedBytes, 2_000_000),
        ],
      };
    }),
  );
}

/** From the call of `submit` until the queue's decision is in its history, on an idle queue. */
async function admissionLatency(bench: Bench): Promise<{ admitted: number; empty: number }> {
  const { client } = bench;
  const trainyard = TrainyardClient.on(client, { taskQueue: TASK_QUEUE });
  await trainyard.applyQueue(aQueue('idle', { limit: 100 }));
  const submitted = new Map<string, number>();
  const empty: number[] = [];
  for (let index = -5; index < SAMPLES; index += 1) {
    const started = Date.now();
    await client.workflow.execute('bare', { taskQueue: TASK_QUEUE, workflowId: `empty/${index}`, args: [0] });
    if (index >= 0) empty.push(Date.now() - started);
    const job = aJob({ jobId: `idle${index + 5}`, queue: 'idle' });
    if (index >= 0) submitted.set(jobWorkflowId(job.jobId), Date.now());
    await trainyard.submit(job);
    await client.workflow.result(jobWorkflowId(job.jobId));
  }
  const admitted: number[] = [];
  for (const { eventTime, startChildWorkflowExecutionInitiatedEventAttributes: child } of await historyOf(
    client,
    queueWorkflowId('idle'),
  )) {
    const at = submitted.get(child?.workflowId ?? '');
    if (at !== undefined) admitted.push(millis(eventTime) - at);
  }
  return { admitted: median(admitted), empty: median(empty) };
}

async function bareRound({ client }: Bench, name: string, children: number): Promise<void> {
  await client.workflow.execute('bareParent', {
    taskQueue: TASK_QUEUE,
    workflowId: name,
    args: [children, ACTIVITIES],
  });
}

/** All at once, from the call of `submitAll` until the last job has released its lease. */
async function queueRound(
  { client }: Bench,
  name: string,
  jobs: number,
): Promise<{ seconds: number; eventsPerJob: number }> {
  const trainyard = TrainyardClient.on(client, { taskQueue: TASK_QUEUE });
  await trainyard.applyQueue(aQueue(name, { limit: jobs }));
  const workflowId = queueWorkflowId(name);
  const before = (await historyOf(client, workflowId)).length;
  const took = await seconds(async () => {
    await trainyard.submitAll(
      Array.from({ length: jobs }, (_, index) => aJob({ jobId: `${name}-${index}`, queue: name })),
    );
    // The server is asked, not the queue: questions would take the worker's time from the jobs.
    const open = `WorkflowType = 'trainingJob' AND ExecutionStatus = 'Running'`;
    while ((await client.workflow.count(open)).count > 0) await sleep(200);
    for (;;) {
      const { counts } = await trainyard.queue(name, { limit: 1 });
      if (counts.waiting + counts.held + counts.running + counts.stopping === 0) return;
      await sleep(200);
    }
  });
  const events = (await historyOf(client, workflowId)).length - before;
  return { seconds: took, eventsPerJob: events / jobs };
}

async function seconds(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return (performance.now() - started) / 1000;
}
