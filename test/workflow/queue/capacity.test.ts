import { describe, expect, it } from 'vitest';
import { aJob } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import {
  completes,
  lookingEvery,
  outOfCapacity,
  quotaExceeded,
  ScriptedSageMaker,
} from '../scripted-sagemaker.ts';
import { play } from './theatre.ts';

const MINUTE = 60_000;

describe('an environment without capacity', () => {
  it('cools down, is probed by one job at a time, and opens when the probe has instances', async () => {
    const sagemaker = new ScriptedSageMaker(
      lookingEvery(MINUTE, outOfCapacity()),
      lookingEvery(MINUTE, completes()),
    );
    await play(
      aQueue('cools', { limit: 3 }),
      async (stage) => {
        const jobs = [aJob(), aJob(), aJob()];
        await stage.submit(...jobs);
        const state = async (): Promise<string> => (await stage.snapshot()).environments[0]?.state.kind ?? '';
        await stage.until('it cools', async () => (await state()) === 'cooling', '5 seconds');
        await stage.until('it is probed', async () => (await state()) === 'probing', '1 second');
        const { running, waiting } = await stage.standing();
        expect([running.length, waiting.length]).toEqual([1, 2]);
        await stage.until('it is open', async () => (await state()) === 'open', '5 seconds');
        await stage.until(
          'all have run',
          async () => (await stage.snapshot()).counts.running === 0,
          '1 minute',
        );
        for (const { jobId } of jobs) expect((await stage.view(jobId)).status).toBe('SUCCEEDED');
        expect(sagemaker.launches).toHaveLength(6);
      },
      { sagemaker },
    );
  });

  it('keeps the place of the job that found none', async () => {
    const sagemaker = new ScriptedSageMaker(
      lookingEvery(MINUTE, outOfCapacity()),
      lookingEvery(MINUTE, completes()),
    );
    await play(
      aQueue('place', { limit: 1 }),
      async (stage) => {
        const [first, second] = [aJob(), aJob()];
        await stage.submit(first, second);
        await stage.until('it cools', async () => (await stage.standing()).running.length === 0, '5 seconds');
        expect((await stage.standing()).waiting).toEqual([first.jobId, second.jobId]);
      },
      { sagemaker },
    );
  });
});

describe('a quota that SageMaker names', () => {
  it('is the limit from then on, until it is tried again', async () => {
    const sagemaker = new ScriptedSageMaker(
      quotaExceeded('ml.p4d.24xlarge'),
      lookingEvery(MINUTE, completes()),
    );
    await play(
      aQueue('quota', { limit: 4 }),
      async (stage) => {
        const job = aJob();
        await stage.submit(job);
        const usable = async (): Promise<number> =>
          (await stage.snapshot()).environments[0]?.usableLimit ?? -1;
        await stage.until('it is learned', async () => (await usable()) === 0);
        expect((await stage.snapshot()).environments[0]?.blocked).toMatch(/quota leaves 0 of its 4/);
        await stage.sleep('20 minutes');
        expect(sagemaker.launches).toHaveLength(1);
        await stage.until(
          'it has run',
          async () => (await stage.view(job.jobId)).status === 'SUCCEEDED',
          '5 minutes',
        );
        expect(await usable()).toBe(4);
      },
      { sagemaker },
    );
  });
});
