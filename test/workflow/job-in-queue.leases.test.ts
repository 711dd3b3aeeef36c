import { describe, expect, it } from 'vitest';
import { queries, signals, updates } from '../../src/workflows/messages.ts';
import { P4D } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import { QueueStage } from './queue-stage/index.ts';
import { completes, ScriptedSageMaker, trainsOn } from './scripted-sagemaker.ts';
import { resultOf } from './stage.ts';

const LEASE = { number: 7, placement: P4D };
const QUEUED = { queued: true } as const;

const stage = new QueueStage(await environmentOfThisFile());

describe('leases that come late', () => {
  it('with an old number go back, and the queue hears what the job does hold', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start, lease, hears, preempt, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      await lease(LEASE);
      await lease({ number: 6, placement: P4D });
      await preempt({ lease: 6, by: 'big', sentence: 'Late.' });
      expect(await hears(2)).toMatchObject([
        { signal: 'release', message: { lease: 6, outcome: { kind: 'again', why: 'unused' } } },
        { signal: 'enqueue', message: { holds: LEASE, newestLease: 7 } },
      ]);
      await handle.signal(signals.cancel);
      const { job } = await resultOf(handle);
      expect(job).toMatchObject({ status: 'STOPPED', attemptCount: 1, preemptions: 0 });
      expect((await hears(3)).slice(2)).toMatchObject([
        { signal: 'release', message: { lease: 7, outcome: { kind: 'ended' } } },
      ]);
    });
  });

  it('with the start of a job that is held already go back unused', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ startWith, lease, hears }) => {
      const handle = await startWith(signals.hold, { lease: LEASE });
      expect(await hears(2)).toMatchObject([
        { signal: 'jobChanged', message: { held: true } },
        { signal: 'release', message: { lease: 7, outcome: { kind: 'again', why: 'unused' } } },
      ]);
      await handle.executeUpdate(updates.release);
      await lease({ number: 9, placement: P4D });
      expect((await resultOf(handle)).job).toMatchObject({ status: 'SUCCEEDED', attemptCount: 1 });
    });
  });

  it('to a job that is held go back unused', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ job: { jobId }, start, lease, hears }) => {
      const handle = await start(QUEUED);
      await handle.executeUpdate(updates.hold);
      await lease(LEASE);
      expect(await hears(2)).toEqual([
        { signal: 'jobChanged', message: { jobId, priority: 50, held: true } },
        {
          signal: 'release',
          message: { jobId, lease: 7, outcome: { kind: 'again', why: 'unused', removed: [] } },
        },
      ]);
      expect(sagemaker.launches).toEqual([]);
      await handle.executeUpdate(updates.release);
      expect((await hears(3))[2]).toMatchObject({ signal: 'jobChanged', message: { held: false } });
      expect((await handle.query(queries.job)).reason.code).toBe('IN_QUEUE');
      await lease({ number: 9, placement: P4D });
      expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
    });
  });

  it('while it holds another go back unused, and the queue hears what the job does hold', async () => {
    const sagemaker = new ScriptedSageMaker(trainsOn());
    await stage.with(sagemaker, async ({ start, lease, hears, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      await lease({ number: 8, placement: P4D });
      expect(await hears(2)).toMatchObject([
        { signal: 'release', message: { lease: 8, outcome: { kind: 'again', why: 'unused' } } },
        { signal: 'enqueue', message: { holds: LEASE } },
      ]);
      await handle.signal(signals.cancel);
      expect((await resultOf(handle)).job.attemptCount).toBe(1);
    });
  });

  it('that make no sense change nothing', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ start, lease }) => {
      const handle = await start(QUEUED);
      for (const nonsense of [undefined, null, 'x', {}, { number: 1 }, { number: 'x', placement: P4D }]) {
        for (const name of ['lease', 'preempt', 'turnedAway']) await handle.signal<unknown[]>(name, nonsense);
      }
      expect((await handle.query(queries.job)).status).toBe('RUNNABLE');
      await lease(LEASE);
      expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
    });
  });
});
