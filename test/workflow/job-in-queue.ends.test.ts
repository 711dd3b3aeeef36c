import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { queries, signals } from '../../src/workflows/messages.ts';
import { P4D } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import { QueueStage } from './queue-stage/index.ts';
import { completes, ScriptedSageMaker, trainsOn } from './scripted-sagemaker.ts';
import { resultOf } from './stage.ts';

const LEASE = { number: 7, placement: P4D };

const stage = new QueueStage(await environmentOfThisFile());

const failsForGood = (): never => {
  throw ApplicationFailure.nonRetryable('the worker has no such activity');
};

describe('a launch that fails for good', () => {
  it('ends the job, which gives its lease back once SageMaker said that nothing was launched', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    sagemaker.duringLaunch = failsForGood;
    await stage.with(
      sagemaker,
      async ({ start, hears }) => {
        const { job } = await resultOf(await start({ lease: LEASE }));
        expect(job).toMatchObject({
          status: 'FAILED',
          reason: {
            code: 'LAUNCH_FAILED',
            sentence: expect.stringContaining('the worker has no such activity') as string,
          },
        });
        expect(await hears(1)).toMatchObject([
          { signal: 'release', message: { lease: 7, outcome: { kind: 'ended', status: 'FAILED' } } },
        ]);
        expect(sagemaker.notifications).toHaveLength(1);
      },
      { wishes: { notifyOn: ['FAILED'] } },
    );
  });

  it('and got through all the same goes on as if nothing had been', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    sagemaker.duringLaunch = failsForGood;
    sagemaker.gotThrough = true;
    await stage.with(sagemaker, async ({ start }) => {
      expect((await resultOf(await start({ lease: LEASE }))).job.status).toBe('SUCCEEDED');
    });
  });

  it('and of which nobody can tell leaves the lease to the survey, which the queue is told to make', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    sagemaker.activities.launchTraining = failsForGood;
    await stage.with(sagemaker, async ({ start, hears }) => {
      expect((await resultOf(await start({ lease: LEASE }))).job.reason.code).toBe('LAUNCH_FAILED');
      expect(await hears(1)).toMatchObject([{ signal: 'withdraw', message: { lease: 7 } }]);
    });
  });
});

it("a job that was cancelled by Temporal's own cancel ends as Canceled, however long its history is by then", async () => {
  const sagemaker = new ScriptedSageMaker(trainsOn());
  let refused = true;
  sagemaker.activities.stopTraining = ({ name }) => {
    if (refused) return Promise.reject(new Error('Throttled'));
    sagemaker.stops.push(name);
    return Promise.resolve();
  };
  await stage.with(sagemaker, async ({ start, sleep }) => {
    const handle = await start({ lease: LEASE, continueAsNewAfterEvents: 40 });
    await sleep('1 minute');
    await handle.cancel();
    for (let n = 1; n <= 15; n += 1) await handle.signal(signals.setPriority, { priority: n });
    expect((await handle.query(queries.job)).priority).toBe(15);
    refused = false;
    await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
    expect((await handle.fetchHistory()).events?.length).toBeGreaterThan(40);
    expect((await handle.query(queries.job)).status).toBe('STOPPED');
  });
});
