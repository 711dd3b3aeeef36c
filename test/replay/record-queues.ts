import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { TrainyardActivities } from '../../src/activities/types.ts';
import type { JobSpec } from '../../src/jobs/spec.ts';
import type { QueueSpec } from '../../src/queues/queue-spec.ts';
import type { QueueSnapshot } from '../../src/queues/queue-view.ts';
import { jobWorkflowId, TRAINING_JOB } from '../../src/workflows/contract.ts';
import { queueQueries, queueUpdates, signals, updates } from '../../src/workflows/messages.ts';
import {
  queueWorkflowId,
  TRAINING_QUEUE,
  type TrainingQueueInput,
} from '../../src/workflows/queue-contract.ts';
import type { trainingQueue } from '../../src/workflows/training-queue.ts';
import { aJob } from '../support/a-job.ts';
import { aQueue, quotaShares } from '../support/a-queue.ts';
import { completes, lookingEvery, outOfCapacity, ScriptedSageMaker } from '../workflow/scripted-sagemaker.ts';
import type { Recorder } from './recorder.ts';

const policy = quotaShares({ red: 1, blue: 1 });
const job = (jobId: string, share: string, priority = 0): JobSpec => ({
  ...aJob({ jobId: `${jobId}-${share}`, share, priority }),
});

const isEmpty = (counts: QueueSnapshot['counts']): boolean =>
  Object.values(counts).every((count) => count === 0);

interface Stage {
  readonly queue: WorkflowHandle<typeof trainingQueue>;
  readonly taskQueue: string;
  readonly submit: (...jobs: readonly JobSpec[]) => Promise<void>;
  readonly job: (jobId: string) => WorkflowHandle;
  /** Waits until something holds of how many jobs wait, run, and so on. */
  readonly until: (holds: (counts: QueueSnapshot['counts']) => boolean) => Promise<void>;
}

/** The real queue with real jobs. */
export async function recordQueues(recorder: Recorder): Promise<void> {
  const { workflow } = recorder.client;
  const play = async (
    what: string,
    spec: Omit<Parameters<typeof aQueue>[1] & object, 'name'>,
    act: (stage: Stage, spec: QueueSpec) => Promise<void>,
    more: {
      readonly sagemaker?: ScriptedSageMaker;
      readonly activities?: Partial<TrainyardActivities>;
      readonly limits?: TrainingQueueInput['limits'];
      readonly before?: (taskQueue: string) => Promise<unknown>;
      readonly continues?: boolean;
    } = {},
  ): Promise<void> => {
    const name = `queue-${what}`;
    const { sagemaker = new ScriptedSageMaker(lookingEvery(1_000, completes())), limits } = more;
    await recorder.record(name, { ...sagemaker.activities, ...more.activities }, async (taskQueue) => {
      await more.before?.(taskQueue);
      const workflowId = queueWorkflowId(what);
      const queue = workflow.getHandle<typeof trainingQueue>(workflowId);
      const own = aQueue(what, spec);
      const first = await workflow.start<typeof trainingQueue>(TRAINING_QUEUE, {
        workflowId,
        taskQueue,
        args: [{ queue: own, ...(limits === undefined ? {} : { limits }) }],
      });
      const stage: Stage = {
        queue,
        taskQueue,
        submit: async (...jobs) => {
          const named = jobs.map((one) => ({ ...one, queue: what }));
          await queue.executeUpdate(queueUpdates.submitJobs, {
            args: [{ jobs: named, submittedAt: Date.now() }],
          });
        },
        job: (jobId) => workflow.getHandle(jobWorkflowId(jobId)),
        until: async (holds) => {
          for (let tries = 0; tries < 600; tries += 1) {
            const { counts } = await queue.query(queueQueries.snapshot, {});
            if (holds(counts)) return;
            await sleep(100);
          }
          throw new Error(`${name} never came to this: ${String(holds)}`);
        },
      };
      await act(stage, own);
      await queue.cancel();
      await queue.result().catch(() => undefined);
      const last = { file: name, workflowId };
      if (more.continues !== true) return [last];
      return [{ file: `${name}-first-run`, workflowId, runId: first.firstExecutionRunId }, last];
    });
  };

  await play('admits', { limit: 2 }, async ({ submit, until }) => {
    await submit(...['one', 'two', 'three', 'four'].map((id) => job(`admits-${id}`, 'red')));
    await until(isEmpty);
  });

  await play('preempts', { limit: 2, policy }, async ({ submit, until }) => {
    await submit(job('preempts-one', 'red'), job('preempts-two', 'red'));
    await until(({ running }) => running === 2);
    await submit(job('preempts-three', 'blue'));
    await until(({ stopping }) => stopping === 1);
    await until(isEmpty);
  });

  await play('is-operated', { limit: 2, policy }, async (stage, spec) => {
    const { queue, submit, until } = stage;
    await queue.executeUpdate(queueUpdates.pause);
    await submit(...['one', 'two', 'three'].map((id) => job(`operated-${id}`, 'red')));
    await until(({ waiting }) => waiting === 3);
    const one = stage.job('operated-one-red');
    for (let tries = 0; tries < 50; tries += 1) {
      const held = await one.executeUpdate(updates.hold).catch(() => undefined);
      if (held !== undefined) break;
      await sleep(100);
    }
    await stage.job('operated-three-red').executeUpdate(updates.setPriority, { args: [{ priority: 90 }] });
    await queue.executeUpdate(queueUpdates.configure, {
      args: [{ ...spec, environments: spec.environments.map((each) => ({ ...each, limit: 3 })) }],
    });
    await queue.executeUpdate(queueUpdates.drain, { args: [{ environment: 'P4' }] });
    await queue.executeUpdate(queueUpdates.resume);
    await queue.executeUpdate(queueUpdates.undrain, { args: [{ environment: 'P4' }] });
    await until(({ waiting }) => waiting === 0);
    await one.signal(signals.cancel);
    await until(isEmpty);
  });

  await play(
    'meets-a-lack-of-capacity',
    { limit: 2 },
    async ({ submit, until, job: handleOf }) => {
      await submit(job('lack-one', 'red'), job('lack-two', 'red'));
      await until(({ waiting, running }) => waiting === 2 && running === 0);
      await Promise.all(['lack-one-red', 'lack-two-red'].map((id) => handleOf(id).signal(signals.cancel)));
      await until(isEmpty);
    },
    { sagemaker: new ScriptedSageMaker(lookingEvery(300, outOfCapacity())) },
  );

  await play(
    'continues-as-new',
    { limit: 2, policy },
    async ({ submit, until }) => {
      const jobs = ['one', 'two', 'three', 'four'].map((id) => job(`continues-${id}`, 'red'));
      await submit(...jobs);
      await until(({ running }) => running === 2);
      await submit(job('continues-five', 'blue')).catch(() => undefined);
      await until(isEmpty);
    },
    { limits: { continueAsNewAfterChildren: 4 }, continues: true },
  );

  let asked = 0;
  await play(
    'is-without-memory',
    { limit: 2 },
    async ({ until, job: handleOf }) => {
      await handleOf('without-memory-red').result();
      await until(isEmpty);
    },
    {
      before: (taskQueue) =>
        workflow.start(TRAINING_JOB, {
          taskQueue,
          workflowId: jobWorkflowId('without-memory-red'),
          args: [{ job: { ...job('without-memory', 'red'), queue: 'is-without-memory' } }],
        }),
      activities: {
        surveyQueue: () => {
          const enrol = (asked += 1) === 1 ? ['without-memory-red'] : [];
          return Promise.resolve({ gone: [], enrol, cannotTell: 0, stopped: [] });
        },
      },
    },
  );
}
