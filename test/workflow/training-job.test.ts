import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it, test } from 'vitest';
import type { JobStatus } from '../../src/jobs/status.ts';
import type { ReasonCode } from '../../src/jobs/reason.ts';
import { jobWorkflowId, TRAINING_JOB } from '../../src/workflows/contract.ts';
import { updates, queries, signals } from '../../src/workflows/messages.ts';
import { aJob, G6, P4D, P5, TOPIC } from '../support/a-job.ts';
import { timeSkippingEnvironment } from '../support/time-skipping.ts';
import {
  completedNews,
  completes,
  endsAs,
  failsWith,
  lives,
  lookingEvery,
  neverHere,
  outOfCapacity,
  quotaExceeded,
  refusedWith,
  running,
  ScriptedSageMaker,
  trainsOn,
  type Scene,
} from './scripted-sagemaker.ts';
import { resultOf, Stage } from './stage.ts';

const DAY = 24 * 3_600_000;

let environment: TestWorkflowEnvironment;
let stage: Stage;

beforeAll(async () => {
  environment = await timeSkippingEnvironment();
  stage = new Stage(environment, { codePath: inject('workflowBundlePath') });
});
afterAll(() => environment.teardown());

describe('a job that trains', () => {
  it('ends SUCCEEDED with its model, metrics and cost', async () => {
    const { job } = await stage.play(aJob(), new ScriptedSageMaker(completes()));
    expect(job).toMatchObject({
      status: 'SUCCEEDED',
      reason: { code: 'COMPLETED', sentence: 'Training completed on 1 × ml.p4d.24xlarge.' },
      modelUri: 's3://models/out/model.tar.gz',
      metrics: [{ name: 'accuracy', value: 0.97 }],
      attemptCount: 1,
    });
    expect(job.costUsd).toBeGreaterThan(20);
  });

  it('tells its story in order', async () => {
    const { events } = await stage.play(aJob(), new ScriptedSageMaker(completes()));
    expect(events.map((event) => event.reason.code)).toEqual([
      'ACCEPTED',
      'LAUNCHING',
      'WAITING_FOR_INSTANCES',
      'TRAINING',
      'COMPLETED',
    ]);
  });

  it('needs at most 40 history events, even when it trains for weeks', async () => {
    const sagemaker = new ScriptedSageMaker(lookingEvery(10 * DAY, completes()));
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob({ notifyOn: ['SUCCEEDED'] }));
      const { job } = await resultOf(handle);
      expect((job.endedAt ?? 0) - job.submittedAt).toBeGreaterThan(19 * DAY);
      expect((await handle.fetchHistory()).events?.length).toBeLessThanOrEqual(40);
    });
  });
});

/** One row of the failure table of design §4: what SageMaker says, and what becomes of the job. */
interface Row {
  readonly scenes: [Scene, ...Scene[]];
  readonly wantStatus: JobStatus;
  readonly wantCode: ReasonCode;
  readonly wantLaunches: number;
  readonly wantSentence?: RegExp;
}

const failureTable: Record<string, Row> = {
  'capacity: CapacityError consumes no attempt and the job goes on until there is room': {
    scenes: [outOfCapacity(), outOfCapacity(), outOfCapacity(), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 4,
  },
  'capacity: a spot wait that ran out consumes no attempt': {
    scenes: [endsAs({ status: 'Stopped', secondaryStatus: 'MaxWaitTimeExceeded' }), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 2,
  },
  'quota: ResourceLimitExceeded consumes no attempt': {
    scenes: [quotaExceeded('ml.p4d.24xlarge'), quotaExceeded('ml.p4d.24xlarge'), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 3,
  },
  'quota: a type that the region does not have ends a job without alternatives': {
    scenes: [neverHere('ml.p4d.24xlarge')],
    wantStatus: 'FAILED',
    wantCode: 'NO_PLACEMENT_LEFT',
    wantLaunches: 1,
  },
  'internal: InternalServerError is retried': {
    scenes: [
      failsWith('InternalServerError: We encountered an internal error.  Please try again.'),
      completes(),
    ],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 2,
  },
  'internal: but not without end': {
    scenes: [failsWith('InternalServerError: We encountered an internal error. Please try again.')],
    wantStatus: 'FAILED',
    wantCode: 'INTERNAL_ERROR',
    wantLaunches: 5,
  },
  'algorithm: retried up to the limit of the job, then FAILED with the error of the user': {
    scenes: [
      failsWith(
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: loss is NaN"\nCommand "python train.py"',
      ),
    ],
    wantStatus: 'FAILED',
    wantCode: 'ALGORITHM_ERROR',
    wantLaunches: 3,
    wantSentence: /3 of 3 allowed times.*ValueError: loss is NaN/s,
  },
  'algorithm: a retry may succeed': {
    scenes: [failsWith('AlgorithmError: boom'), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 2,
  },
  'request: a ClientError fails at once': {
    scenes: [
      failsWith(
        'ClientError: Data download failed:Unable to download object s3://b/k (AccessDenied: Access Denied)',
      ),
    ],
    wantStatus: 'FAILED',
    wantCode: 'REQUEST_REJECTED',
    wantLaunches: 1,
  },
  'request: a ValidationException fails at once': {
    scenes: [refusedWith('ValidationException', "1 validation error detected: Value '' at 'roleArn' failed")],
    wantStatus: 'FAILED',
    wantCode: 'REQUEST_REJECTED',
    wantLaunches: 1,
  },
  'timeout: MaxRuntimeExceeded is FAILED although SageMaker calls it Stopped': {
    scenes: [endsAs({ status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded', trainingStartedAt: 1 })],
    wantStatus: 'FAILED',
    wantCode: 'MAX_RUNTIME_EXCEEDED',
    wantLaunches: 1,
  },
  'stopped: someone outside stopped it': {
    scenes: [endsAs({ status: 'Stopped', secondaryStatus: 'Stopped', trainingStartedAt: 1 })],
    wantStatus: 'STOPPED',
    wantCode: 'STOPPED_OUTSIDE',
    wantLaunches: 1,
  },
  'unknown: retried as internal': {
    scenes: [failsWith('SomethingNew: nobody knows'), completes()],
    wantStatus: 'SUCCEEDED',
    wantCode: 'COMPLETED',
    wantLaunches: 2,
  },
  'a name that belongs to somebody else is an error with both names': {
    scenes: [{ kind: 'nameTaken', owner: 'the training job of Bob' }],
    wantStatus: 'FAILED',
    wantCode: 'NAME_TAKEN',
    wantLaunches: 1,
    wantSentence: /ty-\S+-1 is taken by the training job of Bob/,
  },
};

describe('the failure table', () => {
  test.each(Object.entries(failureTable))('%s', async (_, row) => {
    const sagemaker = new ScriptedSageMaker(...row.scenes);
    const { job } = await stage.play(aJob({ retry: { attempts: 3 } }), sagemaker);
    expect(job.status).toBe(row.wantStatus);
    expect(job.reason.code).toBe(row.wantCode);
    expect(sagemaker.launches).toHaveLength(row.wantLaunches);
    if (row.wantSentence !== undefined) expect(job.reason.sentence).toMatch(row.wantSentence);
  });
});

describe('placements', () => {
  it('are tried in order, at once, and then from the preferred one again', async () => {
    const sagemaker = new ScriptedSageMaker(
      outOfCapacity(),
      quotaExceeded('ml.p5.48xlarge'),
      outOfCapacity(),
      completes(),
    );
    const { job } = await stage.play(aJob({ placements: [P4D, P5, G6] }), sagemaker);
    expect(sagemaker.placements).toEqual([
      'ml.p4d.24xlarge',
      'ml.p5.48xlarge',
      'ml.g6.48xlarge',
      'ml.p4d.24xlarge',
    ]);
    expect(job.status).toBe('SUCCEEDED');
  });

  it('that the region does not have are never tried again', async () => {
    const sagemaker = new ScriptedSageMaker(
      neverHere('ml.p4d.24xlarge'),
      outOfCapacity(),
      outOfCapacity(),
      completes(),
    );
    await stage.play(aJob({ placements: [P4D, P5] }), sagemaker);
    expect(sagemaker.placements).toEqual([
      'ml.p4d.24xlarge',
      'ml.p5.48xlarge',
      'ml.p5.48xlarge',
      'ml.p5.48xlarge',
    ]);
  });
});

it('waits three days for capacity with bounded backoff, keeping its story short', async () => {
  const tries = 300;
  const scenes = Array.from({ length: tries }, outOfCapacity);
  const sagemaker = new ScriptedSageMaker(...(scenes as [Scene, ...Scene[]]), completes());
  const { job, events } = await stage.play(aJob(), sagemaker);
  expect(job.status).toBe('SUCCEEDED');
  expect(job.attemptCount).toBe(tries + 1);
  expect((job.endedAt ?? 0) - job.submittedAt).toBeGreaterThan(3 * DAY);
  expect(job.attempts).toHaveLength(20);
  expect(events.length).toBeLessThan(12);
  expect(events.find((event) => event.reason.code === 'WAITING_FOR_CAPACITY')?.count).toBe(tries);
});

describe('steering', () => {
  it('cancels a job that trains: SageMaker stops first, then the job is STOPPED', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob());
      await sleep('1 minute');
      await handle.signal(signals.cancel, { reason: 'wrong data' });
      const { job } = await resultOf(handle);
      expect(job.reason).toEqual({ code: 'CANCELLED', sentence: 'Cancelled: wrong data.' });
      expect(job.status).toBe('STOPPED');
      expect(sagemaker.stops).toEqual([job.attempts[0]?.trainingJobName]);
      expect(job.attempts[0]?.trainingStatus).toBe('Stopped');
    });
  });

  it('cancels during a launch: what was launched is stopped', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start }) => {
      const job = aJob();
      sagemaker.duringLaunch = async () => {
        const launching = environment.client.workflow.getHandle(jobWorkflowId(job.jobId));
        await launching.signal(signals.cancel);
        // The answer shows that the workflow has seen the signal; the launch ends after that, not at the same moment.
        await launching.query(queries.job);
      };
      const handle = await start(job);
      const result = await resultOf(handle);
      expect(result.job.status).toBe('STOPPED');
      expect(sagemaker.stops).toHaveLength(1);
    });
  });

  it('cancels during a launch that then gets lost: SageMaker is asked, and what got through is stopped', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start }) => {
      const job = aJob({ notifyOn: ['STOPPED'] });
      sagemaker.gotThrough = true;
      sagemaker.duringLaunch = async () => {
        const launching = environment.client.workflow.getHandle(jobWorkflowId(job.jobId));
        await launching.signal(signals.cancel);
        await launching.query(queries.job);
        // The real server retries no activity that was asked to cancel; the test server would.
        throw ApplicationFailure.nonRetryable('socket hang up');
      };
      const result = await resultOf(await start(job));
      expect(result.job.status).toBe('STOPPED');
      expect(sagemaker.stops).toEqual([result.job.attempts[0]?.trainingJobName]);
      expect(sagemaker.notifications).toHaveLength(1);
    });
  });

  it('is not held up by a StopTrainingJob that is refused: an attempt that ends meanwhile ends the job', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    sagemaker.activities.stopTraining = () => Promise.reject(new Error('AccessDenied'));
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob());
      await sleep('1 minute');
      await handle.signal(signals.cancel);
      expect((await handle.query(queries.job)).reason.code).toBe('STOPPING');
      await handle.signal(signals.trainingChanged, completedNews());
      expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
    });
  });

  it('leaves a line in the story of the job for everything that was asked', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob({ priority: 5 }));
      await handle.executeUpdate(updates.setPriority, { args: [{ priority: 90 }] });
      await handle.executeUpdate(updates.hold);
      await handle.executeUpdate(updates.release);
      await handle.executeUpdate(updates.cancel, { args: [{ reason: 'done' }] });
      const { events } = await resultOf(handle);
      const sentences = events.map((event) => event.reason.sentence);
      expect(sentences).toEqual(
        expect.arrayContaining([
          'Priority changed from 5 to 90.',
          'Asked to release.',
          'Asked to cancel: done.',
        ]),
      );
    });
  });

  const nonsenseNews: unknown[] = [undefined, null, 'x', {}, { attempt: 1, status: 'Completed', end: {} }];
  test.each(nonsenseNews)('survives news that make no sense: %j', async (news) => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob());
      await handle.signal<unknown[]>('trainingChanged', news);
      expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
    });
  });

  it('cancels a launch that keeps being throttled: nothing was launched, nothing is stopped', async () => {
    const sagemaker = new ScriptedSageMaker(refusedWith('ThrottlingException', 'Rate exceeded'));
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob());
      await sleep('10 minutes');
      await handle.signal(signals.cancel);
      const { job } = await resultOf(handle);
      expect(job.status).toBe('STOPPED');
      expect(job.attempts[0]?.trainingStatus).toBe('NotLaunched');
      expect(sagemaker.stops).toEqual([]);
    });
  });

  it('cancels a job that waits for capacity', async () => {
    const sagemaker = new ScriptedSageMaker(quotaExceeded('ml.p4d.24xlarge'));
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob());
      await sleep('2 hours');
      expect((await handle.query(queries.job)).status).toBe('RUNNABLE');
      await handle.signal(signals.cancel);
      expect((await resultOf(handle)).job.status).toBe('STOPPED');
    });
  });

  it("takes Temporal's own cancel as a cancel", async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob({ notifyOn: ['STOPPED'] }));
      await sleep('1 minute');
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
      expect(sagemaker.stops).toHaveLength(1);
      expect(sagemaker.notifications.map(({ event }) => event)).toEqual(['STOPPED']);
      expect((await handle.query(queries.job)).status).toBe('STOPPED');
    });
  });

  it('holds a job before its next attempt and launches it on release', async () => {
    const sagemaker = new ScriptedSageMaker(quotaExceeded('ml.p4d.24xlarge'), completes());
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(
        aJob({ retry: { capacityBackoff: { initialSeconds: 86_400, maxSeconds: 86_400, factor: 1 } } }),
      );
      await sleep('1 second');
      await handle.signal(signals.hold);
      // The answer shows that the workflow has seen the signal: time must not be skipped before.
      expect((await handle.query(queries.job)).held).toBe(true);
      await sleep('3 days');
      expect(await handle.query(queries.job)).toMatchObject({
        status: 'RUNNABLE',
        held: true,
        reason: { code: 'HELD' },
      });
      expect(sagemaker.launches).toHaveLength(1);
      await handle.signal(signals.release);
      expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
    });
  });

  it('answers updates with the job as it is then', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob());
      expect((await handle.executeUpdate(updates.setPriority, { args: [{ priority: 90 }] })).priority).toBe(
        90,
      );
      expect((await handle.executeUpdate(updates.hold)).held).toBe(true);
      expect((await handle.executeUpdate(updates.release)).held).toBe(false);
      await handle.executeUpdate(updates.cancel, { args: [{ reason: 'done' }] });
      expect((await resultOf(handle)).job.reason.code).toBe('CANCELLED');
    });
  });

  it('refuses a priority out of range, and survives a signal that makes no sense', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob({ priority: 5 }));
      await expect(
        handle.executeUpdate(updates.setPriority, { args: [{ priority: 10_000 }] }),
      ).rejects.toThrow();
      await handle.signal<unknown[]>('setPriority', 'high');
      await handle.signal<unknown[]>('cancel', 42);
      const { job } = await resultOf(handle);
      expect(job.priority).toBe(5);
      expect(job.reason.code).toBe('CANCELLED');
    });
  });
});

describe('time limits', () => {
  const limits = {
    'attemptSeconds stops an attempt that runs too long': {
      timeLimits: { attemptSeconds: 7_200 },
      scene: trainsOn(),
      wantStops: 1,
      wantSentence: 'The job reached timeLimits.attemptSeconds of 7200 s.',
    },
    'waitingSeconds ends a job that finds no capacity': {
      timeLimits: { waitingSeconds: 86_400 },
      scene: quotaExceeded('ml.p4d.24xlarge'),
      wantStops: 0,
      wantSentence: 'The job reached timeLimits.waitingSeconds of 86400 s.',
    },
    'totalSeconds ends a job in whatever it does': {
      timeLimits: { totalSeconds: 100_000 },
      scene: trainsOn(),
      wantStops: 1,
      wantSentence: 'The job reached timeLimits.totalSeconds of 100000 s.',
    },
  };
  test.each(Object.entries(limits))('%s', async (_, { timeLimits, scene, wantStops, wantSentence }) => {
    const sagemaker = new ScriptedSageMaker(scene);
    const { job } = await stage.play(aJob({ timeLimits }), sagemaker);
    expect(job.status).toBe('FAILED');
    expect(job.reason.sentence).toBe(wantSentence);
    expect(sagemaker.stops).toHaveLength(wantStops);
  });
});

describe('notifications', () => {
  it('go out once at first start and once at the end', async () => {
    const sagemaker = new ScriptedSageMaker(failsWith('AlgorithmError: boom'), completes());
    const job = aJob({ retry: { attempts: 2 }, notifyOn: ['STARTED', 'SUCCEEDED', 'FAILED', 'STOPPED'] });
    await stage.play(job, sagemaker);
    expect(sagemaker.notifications.map(({ event, topicArn }) => [event, topicArn])).toEqual([
      ['STARTED', TOPIC],
      ['SUCCEEDED', TOPIC],
    ]);
  });

  it('to a dead topic neither fail nor change the job', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    sagemaker.activities.sendNotification = () => Promise.reject(new Error('Topic does not exist'));
    const { job } = await stage.play(aJob({ notifyOn: ['SUCCEEDED'] }), sagemaker);
    expect(job.status).toBe('SUCCEEDED');
    expect(job.notifications).toEqual([
      expect.stringMatching(/SUCCEEDED to trainings failed: Topic does not exist/),
    ]);
  });
});

describe('continue-as-new', () => {
  it('while a job waits for capacity keeps everything that matters', async () => {
    const scenes = Array.from({ length: 30 }, () => quotaExceeded('ml.p4d.24xlarge'));
    const sagemaker = new ScriptedSageMaker(...(scenes as [Scene, ...Scene[]]), completes());
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob(), { continueAsNewAfterEvents: 60 });
      const { job, events } = await resultOf(handle);
      expect(job.status).toBe('SUCCEEDED');
      expect(job.attemptCount).toBe(31);
      expect(events.find((event) => event.reason.code === 'WAITING_FOR_CAPACITY')?.count).toBe(30);
      expect(new Set(sagemaker.launches.map(({ runId }) => runId)).size).toBe(1);
    });
  });

  it('keeps the job visible in the Web UI', async () => {
    const sagemaker = new ScriptedSageMaker(lookingEvery(DAY, trainsOn()));
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob(), { continueAsNewAfterEvents: 30 });
      for (let n = 1; n <= 12; n += 1) await handle.signal(signals.setPriority, { priority: n });
      await handle.query(queries.job);
      await sleep('1 minute');
      const latest = environment.client.workflow.getHandle(handle.workflowId);
      expect((await latest.describe()).runId).not.toBe(handle.firstExecutionRunId);
      const metadata = await latest.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      expect(metadata.currentDetails).toContain('SCHEDULED');
      await latest.signal(signals.cancel);
      await latest.result();
    });
  });

  it('while an attempt runs goes on watching the same attempt', async () => {
    const sagemaker = new ScriptedSageMaker(
      lives(...Array.from({ length: 40 }, () => running), { status: 'Completed' }),
    );
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob(), { continueAsNewAfterEvents: 60 });
      const { job } = await resultOf(handle);
      expect(job.status).toBe('SUCCEEDED');
      expect(sagemaker.launches).toHaveLength(1);
    });
  });
});

describe('a job that did not come through the client', () => {
  const nonsense: Record<string, unknown> = {
    nothing: undefined,
    'a text': 'train!',
    'no job': {},
    'a job without training': { job: { jobId: 'raw' } },
    'a priority in words': { job: { ...aJob(), priority: 'high' } },
  };
  test.each(Object.entries(nonsense))('is refused by the workflow itself: %s', async (name, input) => {
    await stage.with(new ScriptedSageMaker(completes()), async ({ taskQueue }) => {
      const started = environment.client.workflow.start(TRAINING_JOB, {
        taskQueue,
        workflowId: `job/raw-${name.replaceAll(' ', '-')}`,
        args: [input],
      });
      await expect((await started).result()).rejects.toMatchObject({ cause: { nonRetryable: true } });
    });
  });

  it('runs as people write it, under the id of its workflow', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ taskQueue }) => {
      const { training } = aJob();
      const workflowId = `job/by-hand-${process.pid}`;
      const handle = await environment.client.workflow.start(TRAINING_JOB, {
        taskQueue,
        workflowId,
        args: [{ job: { training } }],
      });
      expect(await handle.result()).toMatchObject({
        job: { jobId: `by-hand-${process.pid}`, status: 'SUCCEEDED' },
      });
    });
  });

  it('runs under its own workflow id when it was started under another', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ start }) => {
      const job = aJob();
      const handle = await start(job, {}, 'nightly-2026-11-21T02:00:00Z');
      expect((await resultOf(handle)).job.jobId).toBe(job.jobId);
      const own = environment.client.workflow.getHandle(jobWorkflowId(job.jobId));
      expect(await own.result()).toMatchObject({ job: { status: 'SUCCEEDED' } });
    });
  });
});
