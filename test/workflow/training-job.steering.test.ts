import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { describe, expect, inject, it, test } from 'vitest';
import { jobWorkflowId } from '../../src/workflows/contract.ts';
import { updates, queries, signals } from '../../src/workflows/messages.ts';
import { aJob } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import {
  completedNews,
  completes,
  quotaExceeded,
  refusedWith,
  ScriptedSageMaker,
  trainsOn,
} from './scripted-sagemaker.ts';
import { resultOf, Stage } from './stage.ts';

const environment = await environmentOfThisFile();
const stage = new Stage(environment);

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

  it('leaves a job alone that is no longer as the request says', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob());
      await sleep('1 minute');
      const { status } = await handle.query(queries.job);
      expect(status).not.toBe('RUNNABLE');
      const asked = handle.executeUpdate(updates.cancel, { args: [{ statuses: ['RUNNABLE'] }] });
      await expect(asked).rejects.toMatchObject({
        cause: {
          type: 'OTHER_STATUS',
          details: [{ status }],
          message: expect.stringContaining(status) as string,
        },
      });
      await handle.signal(signals.cancel, { statuses: ['SUBMITTED', 'RUNNABLE'] });
      await handle.signal<unknown[]>('cancel', { statuses: 'RUNNABLE' });
      await sleep('1 hour');
      expect((await handle.query(queries.job)).status).toBe(status);
      expect(sagemaker.stops).toEqual([]);

      const worker = { workflowBundle: { codePath: inject('workflowBundlePath') } };
      await Worker.runReplayHistory(worker, await handle.fetchHistory(), handle.workflowId);

      await handle.executeUpdate(updates.cancel, {
        args: [{ reason: 'now', statuses: ['RUNNABLE', status] }],
      });
      const { job } = await resultOf(handle);
      expect(job.reason.sentence).toBe('Cancelled: now.');
      expect(sagemaker.stops).toHaveLength(1);
    });
  });

  it('leaves a line in the story of the job for everything that was asked', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob({ priority: 5 }));
      await sleep('1 minute');
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
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob());
      await sleep('1 minute');
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
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob({ priority: 5 }));
      await sleep('1 minute');
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
