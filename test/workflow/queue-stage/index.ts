import type { WorkflowHandle } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import {
  jobWorkflowId,
  TRAINING_JOB,
  type Lease,
  type TrainingJobInput,
} from '../../../src/workflows/contract.ts';
import { signalsFromQueue } from '../../../src/workflows/messages.ts';
import {
  queueWorkflowId,
  type PreemptOrder,
  type TurnedAway,
} from '../../../src/workflows/queue-contract.ts';
import type { trainingJob } from '../../../src/workflows/training-job.ts';
import { aJob } from '../../support/a-job.ts';
import type { PlayEnvironment } from '../environment.ts';
import type { ScriptedSageMaker } from '../scripted-sagemaker.ts';
import { Stage, type JobHandle } from '../stage.ts';
import { close, heard, type Heard, type listeningQueue } from './workflows.ts';

type Wishes = NonNullable<Parameters<typeof aJob>[0]>;

/** Plays one job against a queue whose part the test takes: it hears what the job says and answers it. */
export interface Scene {
  readonly job: JobSpec;
  /** Opens the queue's workflow. (It is open already unless the scene began without a queue) */
  readonly openQueue: () => Promise<void>;
  readonly closeQueue: () => Promise<void>;
  readonly start: (input?: Omit<TrainingJobInput, 'job'>) => Promise<JobHandle>;
  /** With a signal that the job finds when it starts. */
  readonly startWith: (
    signal: SignalDefinition,
    input: Omit<TrainingJobInput, 'job'>,
  ) => Promise<WorkflowHandle<typeof trainingJob>>;
  /** What the job has said, as soon as that is `count` messages. */
  readonly hears: (count: number) => Promise<Heard[]>;
  readonly lease: (lease: Lease) => Promise<void>;
  readonly preempt: (order: PreemptOrder) => Promise<void>;
  readonly turnAway: (away: TurnedAway) => Promise<void>;
  readonly enrol: () => Promise<void>;
  readonly sleep: (time: string) => Promise<void>;
}

export class QueueStage {
  readonly #environment: PlayEnvironment;
  readonly #stage: Stage;
  #scenes = 0;

  constructor(environment: PlayEnvironment) {
    this.#environment = environment;
    this.#stage = new Stage(environment);
  }

  /** Runs `act` with a worker, a queue and a job in it that has not been started. */
  with<T>(
    sagemaker: ScriptedSageMaker,
    act: (scene: Scene) => Promise<T>,
    { wishes = {}, queueOpen = true }: { wishes?: Wishes; queueOpen?: boolean } = {},
  ): Promise<T> {
    const { workflow } = this.#environment.client;
    const queue = `search-${process.pid}-${++this.#scenes}`;
    const job = aJob({ queue, share: 'ProdExp1', priority: 50, ...wishes });
    const toQueue = workflow.getHandle<typeof listeningQueue>(queueWorkflowId(queue));
    const toJob = workflow.getHandle(jobWorkflowId(job.jobId));
    return this.#stage.with(sagemaker, async ({ taskQueue, start, sleep }) => {
      const scene: Scene = {
        job,
        openQueue: async () => {
          const workflowId = queueWorkflowId(queue);
          await workflow.start<typeof listeningQueue>('listeningQueue', { taskQueue, workflowId, args: [] });
        },
        closeQueue: () => toQueue.signal(close),
        start: (input) => start(job, input),
        startWith: (signal, input) =>
          workflow.signalWithStart<typeof trainingJob>(TRAINING_JOB, {
            taskQueue,
            workflowId: toJob.workflowId,
            args: [{ job, ...input }],
            signal,
          }),
        hears: (count) => toQueue.executeUpdate(heard, { args: [count] }),
        lease: (lease) => toJob.signal(signalsFromQueue.lease, lease),
        preempt: (order) => toJob.signal(signalsFromQueue.preempt, order),
        turnAway: (away) => toJob.signal(signalsFromQueue.turnedAway, away),
        enrol: () => toJob.signal(signalsFromQueue.enrol),
        sleep,
      };
      if (queueOpen) await scene.openQueue();
      try {
        return await act(scene);
      } finally {
        // The server skips no time while a workflow task is open, and a task of a terminated workflow stays open: nothing may
        // be left behind the scene.
        await toJob.terminate().catch(() => undefined);
        await toQueue.signal(close).then(
          () => toQueue.result(),
          () => undefined,
        );
      }
    });
  }
}
