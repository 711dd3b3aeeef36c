import { describe, expect, it } from 'vitest';
import type { TrainyardActivities } from '../../../src/activities/types.ts';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import { signals } from '../../../src/workflows/messages.ts';
import { aJob } from '../../support/a-job.ts';
import { aQueue, quotaShares } from '../../support/a-queue.ts';
import { completes, lookingEvery, ScriptedSageMaker, trainsOn } from '../scripted-sagemaker.ts';
import { play } from './theatre.ts';

const job = (share: string, priority: number, instanceCount = 1): JobSpec => ({
  ...aJob({ priority, placements: [{ kind: 'instances', instanceType: 'ml.p4d.24xlarge', instanceCount }] }),
  share,
});

describe('preemption', () => {
  it('takes lent instances back, waits until SageMaker says Stopped, and the victim runs again in its turn', async () => {
    const sagemaker = new ScriptedSageMaker(
      lookingEvery(10_000, trainsOn()),
      lookingEvery(60_000, completes()),
    );
    const held: number[] = [];
    let used: () => Promise<number> = () => Promise.resolve(-1);
    const stopTraining: TrainyardActivities['stopTraining'] = async (input) => {
      held.push(await used());
      await sagemaker.activities.stopTraining(input);
    };
    await play(
      aQueue('reclaims', { limit: 3, policy: quotaShares({ red: 2, blue: 1 }) }),
      async (stage) => {
        used = async () => (await stage.snapshot()).environments[0]?.used ?? -1;
        const reds = [job('red', 0), job('red', 0), job('red', 0)];
        await stage.submit(...reds);
        await stage.until('all run', async () => {
          const views = await Promise.all(reds.map(({ jobId }) => stage.view(jobId)));
          return views.every(({ status }) => status === 'SCHEDULED');
        });
        const blue = job('blue', 0);
        await stage.submit(blue);
        await stage.until('blue runs', async () => (await stage.standing()).running.includes(blue.jobId));
        expect(held).toEqual([3]);
        const { waiting } = await stage.standing();
        expect(waiting).toHaveLength(1);
        const victim = await stage.view(waiting[0]!);
        expect(victim).toMatchObject({ status: 'RUNNABLE', preemptions: 1, reason: { code: 'PREEMPTED' } });
        expect((await stage.snapshot()).front[0]).toMatchObject({ preemptions: 1 });
        await stage.job(blue.jobId).signal(signals.cancel);
        await stage.until(
          'the victim has run',
          async () => (await stage.view(waiting[0]!)).status === 'SUCCEEDED',
          '1 minute',
        );
      },
      { sagemaker, activities: { stopTraining } },
    );
  });

  it('follows a priority that is raised while the job waits', async () => {
    await play(
      aQueue('raised', { limit: 2, policy: quotaShares({ red: 2 }) }),
      async (stage) => {
        const [low, high, waits] = [job('red', 10), job('red', 50), job('red', 10)];
        await stage.submit(low, high, waits);
        await stage.until('it waits', async () => (await stage.view(waits.jobId)).status === 'RUNNABLE');
        await stage.launched(low.jobId);
        await stage.job(waits.jobId).signal(signals.setPriority, { priority: 90 });
        await stage.until('it runs', async () => (await stage.standing()).running.includes(waits.jobId));
        expect(await stage.standing()).toEqual({
          running: [high.jobId, waits.jobId],
          waiting: [low.jobId],
        });
      },
      { sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())) },
    );
  });

  it('follows a priority that is lowered while the job runs', async () => {
    await play(
      aQueue('lowered', { limit: 1, policy: quotaShares({ red: 1 }) }),
      async (stage) => {
        const [runs, waits] = [job('red', 50), job('red', 50)];
        await stage.submit(runs, waits);
        await stage.launched(runs.jobId);
        await stage.job(runs.jobId).signal(signals.setPriority, { priority: 1 });
        await stage.until('the other runs', async () => (await stage.standing()).running[0] === waits.jobId);
        expect((await stage.snapshot()).lastDecisions.map(({ decision }) => decision.kind)).toEqual([
          'admit',
          'preempt',
          'admit',
        ]);
      },
      { sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())) },
    );
  });
});
