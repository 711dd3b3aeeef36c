import { describe, expect, it } from 'vitest';
import type { TrainyardActivities } from '../../../src/activities/types.ts';
import type { QueueSpec } from '../../../src/queues/queue-spec.ts';
import { queryExplain } from './questions.ts';
import { signals } from '../../../src/workflows/messages.ts';
import { aJob } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import { lookingEvery, ScriptedSageMaker, trainsOn } from '../scripted-sagemaker.ts';
import { play } from './theatre.ts';

const busy = (): { sagemaker: ScriptedSageMaker } => ({
  sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())),
});

const fair: QueueSpec['policy'] = {
  kind: 'fairShare',
  shareDecaySeconds: 3_600,
  computeReservation: 0,
  shares: [{ name: 'red', weightFactor: 10_000 }],
};
const red = (priority: number) => ({ ...aJob({ priority }), share: 'red' });

describe('a waiting job', () => {
  it('goes forward when its priority rises, and back when it falls', async () => {
    await play(
      aQueue('moves', { limit: 1, policy: fair }),
      async (stage) => {
        const [runs, high, low] = [red(90), red(50), red(10)];
        await stage.submit(runs, high, low);
        expect((await stage.standing()).waiting).toEqual([high.jobId, low.jobId]);
        await stage.until('it waits', async () => (await stage.view(low.jobId)).status === 'RUNNABLE');
        await stage.job(low.jobId).signal(signals.setPriority, { priority: 70 });
        await stage.until('it is first', async () => (await stage.standing()).waiting[0] === low.jobId);
        await stage.job(low.jobId).signal(signals.setPriority, { priority: 20 });
        await stage.until('it is last', async () => (await stage.standing()).waiting[1] === low.jobId);
      },
      busy(),
    );
  });

  it('that is held is passed by others, says so, and keeps its place', async () => {
    await play(
      aQueue('held', { limit: 1 }),
      async (stage) => {
        const [runs, first, second] = [aJob(), aJob(), aJob()];
        await stage.submit(runs, first, second);
        await stage.until('it waits', async () => (await stage.view(first.jobId)).status === 'RUNNABLE');
        await stage.job(first.jobId).signal(signals.hold);
        await stage.until('it is held', async () => (await stage.snapshot()).counts.held === 1);
        await stage.launched(runs.jobId);
        const explanation = await queryExplain(stage, first.jobId);
        expect(explanation?.sentence).toMatch(/^It is held/);
        expect(explanation?.remedies[0]).toMatchObject({ kind: 'operator', what: 'release' });
        await stage.job(runs.jobId).signal(signals.cancel);
        await stage.until(
          'the other runs',
          async () => (await stage.standing()).running[0] === second.jobId,
          '1 minute',
        );
        await stage.job(first.jobId).signal(signals.release);
        await stage.until('it waits again', async () => (await stage.snapshot()).counts.held === 0);
        expect((await stage.standing()).waiting).toEqual([first.jobId]);
      },
      busy(),
    );
  });

  it('that is cancelled leaves at once', async () => {
    await play(
      aQueue('cancelled', { limit: 1 }),
      async (stage) => {
        const [runs, first, second] = [aJob(), aJob(), aJob()];
        await stage.submit(runs, first, second);
        await stage.until('it waits', async () => (await stage.view(first.jobId)).status === 'RUNNABLE');
        await stage.job(first.jobId).signal(signals.cancel);
        await stage.until('it is gone', async () => (await stage.standing()).waiting[0] === second.jobId);
        expect((await stage.view(first.jobId)).status).toBe('STOPPED');
      },
      busy(),
    );
  });
});

describe('a running job', () => {
  it('that is cancelled keeps its instances until SageMaker says that it has stopped', async () => {
    const sagemaker = new ScriptedSageMaker(lookingEvery(10_000, trainsOn()));
    const held: string[][] = [];
    let ask: () => Promise<{ readonly running: string[] }> = () => Promise.reject(new Error('not yet'));
    const stopTraining: TrainyardActivities['stopTraining'] = async (input) => {
      held.push((await ask()).running);
      await sagemaker.activities.stopTraining(input);
    };
    await play(
      aQueue('stops', { limit: 1 }),
      async (stage) => {
        ask = () => stage.standing();
        const [runs, waits] = [aJob(), aJob()];
        await stage.submit(runs, waits);
        await stage.launched(runs.jobId);
        await stage.job(runs.jobId).signal(signals.cancel);
        await stage.until('the next runs', async () => (await stage.standing()).running[0] === waits.jobId);
        expect(held[0]).toEqual([runs.jobId]);
        expect((await stage.view(runs.jobId)).status).toBe('STOPPED');
      },
      { sagemaker, activities: { stopTraining } },
    );
  });
});
