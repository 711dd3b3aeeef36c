import { describe, expect, it } from 'vitest';
import { jobWorkflowId } from '../../src/workflows/contract.ts';
import { queries, signals, signalsFromQueue } from '../../src/workflows/messages.ts';
import { P4D } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import { QueueStage } from './queue-stage/index.ts';
import { completedNews, completes, failsWith, ScriptedSageMaker, trainsOn } from './scripted-sagemaker.ts';
import { resultOf } from './stage.ts';

const LEASE = { number: 7, placement: P4D };
const NEXT = { number: 12, placement: P4D };
const ORDER = { lease: 7, by: 'big', sentence: 'ProdExp2 takes back what it had lent, for job big.' };
const CheckpointConfig = { S3Uri: 's3://models/checkpoints/job' };

const environment = await environmentOfThisFile();
const stage = new QueueStage(environment);

describe('preemption', () => {
  it('stops the attempt, gives the lease back when SageMaker has stopped, waits, and goes on from its checkpoint', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn(), completes());
    await stage.with(
      sagemaker,
      async ({ job, start, preempt, hears, lease, sleep }) => {
        const handle = await start({ lease: LEASE });
        await sleep('90 minutes');
        await preempt(ORDER);
        await sleep('80 minutes');
        expect(await hears(1)).toEqual([
          {
            signal: 'release',
            message: {
              jobId: job.jobId,
              lease: 7,
              outcome: { kind: 'again', why: 'preempted', removed: [] },
            },
          },
        ]);
        expect(sagemaker.stops).toHaveLength(1);
        expect(await handle.query(queries.job)).toMatchObject({
          status: 'RUNNABLE',
          preemptions: 1,
          attempts: [{ trainingStatus: 'Stopped' }],
          reason: {
            code: 'PREEMPTED',
            sentence: `Preempted: ${ORDER.sentence} The job keeps its place and resumes from its checkpoint.`,
          },
        });
        await sleep('1 day');
        await lease(NEXT);
        const result = await resultOf(handle);
        // No attempt of `retry` was consumed: the job has only one.
        expect(result.job).toMatchObject({ status: 'SUCCEEDED', attemptCount: 2, preemptions: 1 });
        expect(sagemaker.launches.map(({ training }) => training?.CheckpointConfig)).toEqual([
          CheckpointConfig,
          CheckpointConfig,
        ]);
      },
      { wishes: { training: { CheckpointConfig } } },
    );
  });

  it('a job without checkpoints is told that it starts from its beginning', async () => {
    await stage.with(new ScriptedSageMaker(trainsOn()), async ({ start, preempt, hears, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      await preempt(ORDER);
      await sleep('80 minutes');
      await hears(1);
      expect((await handle.query(queries.job)).reason.sentence).toContain('starts from its beginning');
      await handle.signal(signals.cancel);
      expect((await resultOf(handle)).job.status).toBe('STOPPED');
      expect(await hears(2)).toMatchObject([{}, { signal: 'withdraw', message: { lease: 7 } }]);
    });
  });

  it('an attempt that completes meanwhile is SUCCEEDED', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    sagemaker.activities.stopTraining = () => Promise.reject(new Error('Throttled'));
    await stage.with(sagemaker, async ({ start, preempt, hears, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      await preempt(ORDER);
      expect((await handle.query(queries.job)).reason.code).toBe('PREEMPTING');
      await handle.signal(signals.trainingChanged, completedNews());
      expect((await resultOf(handle)).job).toMatchObject({ status: 'SUCCEEDED', preemptions: 0 });
      expect(await hears(1)).toMatchObject([
        { signal: 'release', message: { outcome: { kind: 'ended', status: 'SUCCEEDED' } } },
      ]);
    });
  });

  it('a failure of an attempt that is being stopped is no failed run', async () => {
    const sagemaker = new ScriptedSageMaker(failsWith('AlgorithmError: caught SIGTERM'), completes());
    sagemaker.activities.stopTraining = () => Promise.reject(new Error('Throttled'));
    await stage.with(sagemaker, async ({ start, preempt, lease, hears, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      await preempt(ORDER);
      await sleep('5 hours');
      expect(await hears(1)).toMatchObject([{ message: { outcome: { why: 'preempted' } } }]);
      await lease(NEXT);
      expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
    });
  });

  it('a cancel that comes during the preemption wins', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start, preempt, hears, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      await preempt(ORDER);
      await handle.signal(signals.cancel, { reason: 'enough' });
      const { job } = await resultOf(handle);
      expect(job.reason).toEqual({ code: 'CANCELLED', sentence: 'Cancelled: enough.' });
      expect(sagemaker.stops).toHaveLength(1);
      expect(await hears(1)).toMatchObject([{ message: { outcome: { kind: 'ended', status: 'STOPPED' } } }]);
    });
  });

  it('a time limit that strikes during the preemption wins', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    // SageMaker goes on training for a while.
    sagemaker.activities.stopTraining = () => Promise.reject(new Error('Throttled'));
    await stage.with(
      sagemaker,
      async ({ start, preempt, sleep }) => {
        const handle = await start({ lease: LEASE });
        await sleep('30 minutes');
        await preempt(ORDER);
        expect(await handle.query(queries.job)).toMatchObject({ lease: 7, reason: { code: 'PREEMPTING' } });
        await sleep('40 minutes');
        const { reason, attempts } = await handle.query(queries.job);
        expect(reason.sentence).toContain('timeLimits.totalSeconds');
        sagemaker.stops.push(attempts[0]?.trainingJobName ?? '');
        expect((await resultOf(handle)).job.reason.code).toBe('TIME_LIMIT');
      },
      { wishes: { timeLimits: { totalSeconds: 3_600 } } },
    );
  });

  it('during a launch what was launched is stopped', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn(), completes());
    await stage.with(sagemaker, async ({ job, start, lease, hears, sleep }) => {
      let first = true;
      sagemaker.duringLaunch = async () => {
        if (!first) return;
        first = false;
        const launching = environment.client.workflow.getHandle(jobWorkflowId(job.jobId));
        await launching.signal(signalsFromQueue.preempt, ORDER);
        await launching.query(queries.job);
      };
      const handle = await start({ lease: LEASE });
      await expect.poll(() => sagemaker.stops, { timeout: 20_000 }).toHaveLength(1);
      await sleep('80 minutes');
      expect(await hears(1)).toMatchObject([{ message: { lease: 7, outcome: { why: 'preempted' } } }]);
      await lease(NEXT);
      expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
    });
  });

  it('of a lease that has not arrived yet is carried out when it does', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ start, preempt, lease, hears }) => {
      const handle = await start({ queued: true });
      await preempt(ORDER);
      await lease(LEASE);
      expect(await hears(1)).toMatchObject([
        { message: { lease: 7, outcome: { kind: 'again', why: 'preempted' } } },
      ]);
      expect(sagemaker.launches).toEqual([]);
      await lease(NEXT);
      expect((await resultOf(handle)).job).toMatchObject({ status: 'SUCCEEDED', preemptions: 1 });
    });
  });
});
