import {
  ApplicationFailure,
  type WorkflowFailedError,
  type WorkflowHandleWithStartDetails,
} from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import type { JobSpec } from '../../src/jobs/spec.ts';
import type { JobResult } from '../../src/jobs/view.ts';
import { jobWorkflowId, TRAINING_JOB, type TrainingJobInput } from '../../src/workflows/contract.ts';
import type { trainingJob } from '../../src/workflows/training-job.ts';
import type { PlayEnvironment } from './environment.ts';
import { unlessTaskIsLost } from './lost-task.ts';
import type { ScriptedSageMaker } from './scripted-sagemaker.ts';

export type JobHandle = WorkflowHandleWithStartDetails<typeof trainingJob>;

/** Plays jobs against scripted SageMakers, in skipped time. */
export class Stage {
  readonly environment: PlayEnvironment;
  #queues = 0;

  constructor(environment: PlayEnvironment) {
    this.environment = environment;
  }

  /** Runs `act` with a worker whose activities are those of `sagemaker`. */
  async with<T>(sagemaker: ScriptedSageMaker, act: (scene: Actors) => Promise<T>): Promise<T> {
    const taskQueue = `stage-${process.pid}-${++this.#queues}`;
    const worker = await Worker.create({
      connection: this.environment.nativeConnection,
      taskQueue,
      workflowBundle: { codePath: inject('workflowBundlePath') },
      activities: sagemaker.activities,
    });
    const actors: Actors = {
      taskQueue,
      start: (job, input = {}, workflowId = jobWorkflowId(job.jobId)) =>
        this.environment.client.workflow.start<typeof trainingJob>(TRAINING_JOB, {
          taskQueue,
          workflowId,
          args: [{ job, ...input }],
        }),
      sleep: (time) => this.environment.sleep(time),
    };
    return worker.runUntil(unlessTaskIsLost(act(actors)));
  }

  /** Runs a job to its end, whatever that is. */
  play(job: JobSpec, sagemaker: ScriptedSageMaker): Promise<JobResult> {
    return this.with(sagemaker, async ({ start }) => resultOf(await start(job)));
  }
}

export interface Actors {
  readonly taskQueue: string;
  readonly start: (
    job: JobSpec,
    input?: Omit<TrainingJobInput, 'job'>,
    workflowId?: string,
  ) => Promise<JobHandle>;
  readonly sleep: (time: string) => Promise<void>;
}

/** The result of a job, which a FAILED one carries in its failure. */
export async function resultOf(handle: Pick<JobHandle, 'result'>): Promise<JobResult> {
  try {
    return await handle.result();
  } catch (error) {
    const cause = (error as WorkflowFailedError).cause;
    if (!(cause instanceof ApplicationFailure)) throw error;
    return cause.details?.[0] as JobResult;
  }
}
