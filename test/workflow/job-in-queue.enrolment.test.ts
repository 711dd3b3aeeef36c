import { describe, expect, it } from 'vitest';
import { queries, signals, signalsFromQueue } from '../../src/workflows/messages.ts';
import { P4D } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import { QueueStage } from './queue-stage/index.ts';
import { completes, ScriptedSageMaker, trainsOn } from './scripted-sagemaker.ts';
import { resultOf } from './stage.ts';

const LEASE = { number: 7, placement: P4D };

const environment = await environmentOfThisFile();
const stage = new QueueStage(environment);

describe('a job that its queue has no room for', () => {
  const QUEUED = { queued: true } as const;

  it('says so, and enrols again until it is taken in, after continue-as-new too', async () => {
    await stage.with(new ScriptedSageMaker(completes()), async ({ job, start, hears, lease, sleep }) => {
      const handle = await start({ ...QUEUED, continueAsNewAfterEvents: 30 });
      const tell = async (): Promise<void> => {
        await environment.client.workflow.getHandle(handle.workflowId).signal(signalsFromQueue.full);
      };
      await tell();
      expect((await handle.query(queries.job)).reason.code).toBe('QUEUE_FULL');
      for (let n = 1; n <= 12; n += 1) await handle.signal(signals.setPriority, { priority: n });
      await handle.query(queries.job);
      expect(await hears(0)).toEqual([]);
      await sleep('70 seconds');
      expect(await hears(1)).toMatchObject([
        { signal: 'enqueue', message: { job: { jobId: job.jobId, priority: 12 } } },
      ]);
      const latest = environment.client.workflow.getHandle(handle.workflowId);
      expect((await latest.describe()).runId).not.toBe(handle.firstExecutionRunId);
      expect((await latest.query(queries.job)).reason.code).toBe('IN_QUEUE');
      await tell();
      await latest.query(queries.job);
      await sleep('59 seconds');
      expect(await hears(1)).toHaveLength(1);
      await sleep('62 seconds');
      expect(await hears(2)).toHaveLength(2);
      await lease(LEASE);
      expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
    });
  });

  it('can be cancelled meanwhile, and has nothing to tell the queue', async () => {
    await stage.with(new ScriptedSageMaker(completes()), async ({ start, hears }) => {
      const handle = await start(QUEUED);
      await handle.signal(signalsFromQueue.full);
      await handle.signal(signals.cancel);
      expect((await resultOf(handle)).job.status).toBe('STOPPED');
      expect(await hears(0)).toEqual([]);
    });
  });
});

describe('a job that trains', () => {
  it('tells a queue that was made anew since when', async () => {
    await stage.with(new ScriptedSageMaker(trainsOn()), async ({ start, enrol, hears, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      await enrol();
      const { attempts } = await handle.query(queries.job);
      expect(await hears(1)).toMatchObject([
        { signal: 'enqueue', message: { holds: LEASE, heldSince: attempts[0]?.launchedAt } },
      ]);
      await handle.signal(signals.cancel);
      await resultOf(handle);
    });
  });
});
