import { WorkflowUpdateFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { queueUpdates, signals } from '../../../src/workflows/messages.ts';
import { aJob, P5 } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import { lookingEvery, ScriptedSageMaker, trainsOn } from '../scripted-sagemaker.ts';
import { queryExplain } from './questions.ts';
import { play } from './theatre.ts';

const busy = (): { sagemaker: ScriptedSageMaker } => ({
  sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())),
});

describe('a paused queue', () => {
  it('takes jobs in and starts none, says so, and goes on when it is resumed', async () => {
    await play(
      aQueue('paused', { limit: 1 }),
      async (stage) => {
        expect(await stage.handle.executeUpdate(queueUpdates.pause)).toEqual({ changed: true });
        expect(await stage.handle.executeUpdate(queueUpdates.pause)).toEqual({ changed: false });
        const job = aJob();
        expect(await stage.submit(job)).toMatchObject([{ outcome: 'accepted' }]);
        await stage.until('it waits', async () => (await stage.view(job.jobId)).status === 'RUNNABLE');
        expect(await stage.standing()).toEqual({ running: [], waiting: [job.jobId] });
        const explanation = await queryExplain(stage, job.jobId);
        expect(explanation?.sentence).toMatch(/^The queue is paused.*Nothing else blocks it/);
        expect(explanation?.remedies[0]).toMatchObject({ kind: 'operator', what: 'resume' });
        await stage.handle.executeUpdate(queueUpdates.resume);
        await stage.until('it runs', async () => (await stage.view(job.jobId)).attemptCount === 1);
      },
      busy(),
    );
  });
});

describe('an environment that is drained', () => {
  it('takes no new jobs, leaves those that run alone, and opens again', async () => {
    await play(
      aQueue('drained', { limit: 2 }),
      async (stage) => {
        const [runs, waits] = [aJob(), aJob()];
        await stage.submit(runs);
        await stage.handle.executeUpdate(queueUpdates.drain, { args: [{ environment: 'P4' }] });
        await stage.submit(waits);
        expect(await stage.standing()).toEqual({ running: [runs.jobId], waiting: [waits.jobId] });
        expect((await queryExplain(stage, waits.jobId))?.blockedBy).toMatchObject({ code: 'DRAINING' });
        await stage.handle.executeUpdate(queueUpdates.undrain, { args: [{ environment: 'P4' }] });
        await stage.until('it runs', async () => (await stage.view(waits.jobId)).attemptCount === 1);
      },
      busy(),
    );
  });

  it('must be one of the queue', async () => {
    await play(aQueue('unknown'), async (stage) => {
      const update = stage.handle.executeUpdate(queueUpdates.drain, { args: [{ environment: 'P9' }] });
      await expect(update).rejects.toMatchObject({
        cause: { type: 'ENVIRONMENT_NOT_FOUND', message: expect.stringContaining('P4') as string },
      });
    });
  });
});

describe('a new queue file', () => {
  const both = [
    { name: 'P4', instanceTypes: ['ml.p4d.24xlarge'], limit: 1 },
    { name: 'P5', instanceTypes: ['ml.p5.48xlarge'], limit: 1 },
  ];

  it('that raises a limit starts what waits; one that lowers it stops nobody', async () => {
    await play(
      aQueue('limits', { limit: 1 }),
      async (stage) => {
        const [first, second, third] = [aJob(), aJob(), aJob()];
        await stage.submit(first, second, third);
        await stage.handle.executeUpdate(queueUpdates.configure, { args: [aQueue('limits', { limit: 2 })] });
        await stage.until('two run', async () => (await stage.standing()).running.length === 2);
        await stage.launched(first.jobId);
        await stage.handle.executeUpdate(queueUpdates.configure, { args: [aQueue('limits', { limit: 1 })] });
        await stage.job(first.jobId).signal(signals.cancel);
        await stage.until('one is left', async () => (await stage.standing()).running.length === 1);
        expect(await stage.standing()).toEqual({ running: [second.jobId], waiting: [third.jobId] });
      },
      busy(),
    );
  });

  it('that takes away what a job asks for keeps the job and says why it waits', async () => {
    await play(
      aQueue('shrinks', { environments: both }),
      async (stage) => {
        const [runs, waits] = [aJob({ placements: [P5] }), aJob({ placements: [P5] })];
        await stage.submit(runs, waits);
        const smaller = aQueue('shrinks', { environments: both.slice(0, 1) });
        expect(await stage.handle.executeUpdate(queueUpdates.configure, { args: [smaller] })).toEqual({
          changed: true,
        });
        expect(await stage.standing()).toEqual({ running: [runs.jobId], waiting: [waits.jobId] });
        expect((await queryExplain(stage, waits.jobId))?.sentence).toMatch(/No environment of the queue/);
      },
      busy(),
    );
  });

  it('that would count running instances twice, or is of another queue, is refused', async () => {
    await play(
      aQueue('clashes', { environments: both }),
      async (stage) => {
        await stage.submit(aJob());
        const moved = [
          { name: 'P4', instanceTypes: ['ml.p4de.24xlarge'], limit: 1 },
          { name: 'P5', instanceTypes: ['ml.p5.48xlarge', 'ml.p4d.24xlarge'], limit: 1 },
        ];
        const twice = [both[0]!, { ...both[1]!, instanceTypes: ['ml.p4d.24xlarge'] }];
        for (const [spec, type] of [
          [aQueue('clashes', { environments: moved }), 'QUEUE_CHANGE_REFUSED'],
          [aQueue('clashes', { environments: twice }), 'QUEUE_INVALID'],
          [aQueue('other'), 'QUEUE_CHANGE_REFUSED'],
        ] as const) {
          const update = stage.handle.executeUpdate(queueUpdates.configure, { args: [spec] });
          await expect(update).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
          await expect(update).rejects.toMatchObject({ cause: { type } });
        }
      },
      busy(),
    );
  });
});
