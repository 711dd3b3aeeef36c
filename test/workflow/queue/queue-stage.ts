import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { setTimeout as realTime } from 'node:timers/promises';
import type { TrainyardActivities } from '../../../src/activities/types.ts';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import type { JobView } from '../../../src/jobs/view.ts';
import type { QueueSpec } from '../../../src/queues/queue-spec.ts';
import type { QueueSnapshot } from '../../../src/queues/queue-view.ts';
import { jobWorkflowId, TRAINING_JOB, type TrainingJobInput } from '../../../src/workflows/contract.ts';
import { queries, queueQueries, queueUpdates, updates } from '../../../src/workflows/messages.ts';
import {
  queueWorkflowId,
  TRAINING_QUEUE,
  type SubmittedJob,
  type TrainingQueueInput,
} from '../../../src/workflows/queue-contract.ts';
import type { trainingQueue } from '../../../src/workflows/training-queue.ts';
import { unlessTaskIsLost } from '../lost-task.ts';
import type { ScriptedSageMaker } from '../scripted-sagemaker.ts';

export type QueueHandle = WorkflowHandle<typeof trainingQueue>;

let stages = 0;

/** A queue with real jobs against a scripted SageMaker, in skipped time. */
export class QueueStage {
  readonly environment: TestWorkflowEnvironment;
  readonly handle: QueueHandle;
  readonly taskQueue: string;
  readonly #name: string;
  readonly #jobs = new Set<string>();

  private constructor(environment: TestWorkflowEnvironment, taskQueue: string, name: string) {
    this.environment = environment;
    this.taskQueue = taskQueue;
    this.#name = name;
    this.handle = environment.client.workflow.getHandle<typeof trainingQueue>(queueWorkflowId(name));
  }

  /** Starts the queue, lets `act` play, and ends everything that still runs. */
  static async with<T>(
    world: {
      readonly environment: TestWorkflowEnvironment;
      readonly workflowBundle: { readonly codePath: string };
      readonly sagemaker: ScriptedSageMaker;
      readonly queue: QueueSpec;
      readonly limits?: TrainingQueueInput['limits'];
      readonly activities?: Partial<TrainyardActivities>;
      readonly unstarted?: boolean;
    },
    act: (stage: QueueStage) => Promise<T>,
  ): Promise<T> {
    const taskQueue = `queue-stage-${process.pid}-${++stages}`;
    const worker = await Worker.create({
      connection: world.environment.nativeConnection,
      taskQueue,
      workflowBundle: world.workflowBundle,
      activities: { ...world.sagemaker.activities, ...world.activities },
    });
    const stage = new QueueStage(world.environment, taskQueue, world.queue.name);
    const played = async (): Promise<T> => {
      if (world.unstarted !== true) {
        await stage.startQueue(world.queue, world.limits);
        await stage.settled();
      }
      try {
        return await act(stage);
      } finally {
        await stage.#end();
      }
    };
    return worker.runUntil(unlessTaskIsLost(played()));
  }

  async startQueue(queue: QueueSpec, limits?: TrainingQueueInput['limits']): Promise<void> {
    await this.environment.client.workflow.start<typeof trainingQueue>(TRAINING_QUEUE, {
      workflowId: queueWorkflowId(queue.name),
      taskQueue: this.taskQueue,
      args: [{ queue, ...(limits === undefined ? {} : { limits }) }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
  }

  /** A fresh queue looks for open jobs that name it, before it grants anything. */
  async settled(): Promise<void> {
    for (;;) {
      const { events } = await this.handle.fetchHistory();
      const seen = events?.findIndex((event) => event.activityTaskCompletedEventAttributes) ?? -1;
      if (seen >= 0 && events?.slice(seen).some((event) => event.workflowTaskCompletedEventAttributes))
        return;
      await realTime(20);
    }
  }

  /** Names the queue in each job and hands them in together. */
  async submit(...jobs: readonly JobSpec[]): Promise<readonly SubmittedJob[]> {
    const named = jobs.map((job) => ({ ...job, queue: this.#name }));
    const { results } = await this.handle.executeUpdate(queueUpdates.submitJobs, {
      args: [{ jobs: named, submittedAt: Date.now() }],
    });
    for (const { jobId, outcome } of results) if (outcome === 'accepted') this.#jobs.add(jobId);
    return results;
  }

  /** Starts a job without the queue's help. */
  async startJob(job: JobSpec, input: Omit<TrainingJobInput, 'job'> = {}): Promise<void> {
    this.#jobs.add(job.jobId);
    await this.environment.client.workflow.start(TRAINING_JOB, {
      workflowId: jobWorkflowId(job.jobId),
      taskQueue: this.taskQueue,
      args: [{ job: { ...job, queue: this.#name }, ...input }],
    });
  }

  job(jobId: string): WorkflowHandle {
    return this.environment.client.workflow.getHandle(jobWorkflowId(jobId));
  }

  async view(jobId: string): Promise<JobView> {
    return await this.job(jobId).query(queries.job);
  }

  snapshot(): Promise<QueueSnapshot> {
    return this.handle.query(queueQueries.snapshot, {});
  }

  /** Ids of the jobs that hold a lease, and of those that wait, in their order. */
  async standing(): Promise<{ readonly running: string[]; readonly waiting: string[] }> {
    const { running, front } = await this.snapshot();
    const ids = (views: typeof running): string[] => views.map(({ jobId }) => jobId);
    return { running: ids(running), waiting: ids(front) };
  }

  /** Lets skipped time pass. */
  sleep(time: string): Promise<void> {
    return this.environment.sleep(time);
  }

  /** Until the job has been launched: what cancels a launch that is just getting through loses the job (lost-task.ts). */
  async launched(jobId: string): Promise<void> {
    await this.until(`${jobId} is launched`, async () => {
      const { attemptCount, reason } = await this.view(jobId);
      return attemptCount > 0 && reason.code !== 'LAUNCHING';
    });
  }

  /** Waits, in skipped time, until something holds. */
  async until(what: string, holds: () => Promise<boolean>, step = '1 second', most = 200): Promise<void> {
    for (let tries = 0; tries < most; tries += 1) {
      if (await holds().catch(() => false)) return;
      await this.sleep(step);
    }
    throw new Error(`It never came to this: ${what}.`);
  }

  /**
   * Everybody leaves in good order, the queue last: a child that outlives its parent, and a workflow that is closed while an
   * activity of it is open, lock the time of the test server for good (sdk-java#1540, #1138).
   */
  async #end(): Promise<void> {
    await this.handle.executeUpdate(queueUpdates.pause).catch(() => undefined);
    const leave = async (jobId: string): Promise<void> => {
      // It was accepted or admitted a moment ago: a launch that is called off keeps an activity open.
      for (let tries = 0; tries < 200; tries += 1) {
        const view = await this.view(jobId).catch(() => undefined);
        if (view !== undefined && view.status !== 'SUBMITTED' && view.reason.code !== 'LAUNCHING') break;
        await realTime(50);
      }
      // One that has ended refuses.
      await this.job(jobId)
        .executeUpdate(updates.cancel, { args: [undefined] })
        .catch(() => undefined);
      await this.job(jobId).result();
    };
    await Promise.all([...this.#jobs].map((jobId) => leave(jobId).catch(() => undefined)));
    await this.#childrenAreOver();
    await this.handle.cancel().catch(() => undefined);
    await this.handle.result().catch(() => undefined);
  }

  /** The queue's run has heard of the end of every child that it started. */
  async #childrenAreOver(): Promise<void> {
    for (;;) {
      const { events } = await this.handle.fetchHistory().catch(() => ({ events: [] }));
      const all = events ?? [];
      const started = all.filter((event) => event.childWorkflowExecutionStartedEventAttributes).length;
      const over = all.filter(
        (event) =>
          event.childWorkflowExecutionCompletedEventAttributes ??
          event.childWorkflowExecutionFailedEventAttributes ??
          event.childWorkflowExecutionCanceledEventAttributes ??
          event.childWorkflowExecutionTerminatedEventAttributes,
      ).length;
      if (over >= started) return;
      await realTime(20);
    }
  }
}
