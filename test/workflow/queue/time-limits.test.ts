import { describe, expect, it } from 'vitest';
import type { QueueSpec } from '../../../src/queues/queue-spec.ts';
import { queueUpdates } from '../../../src/workflows/messages.ts';
import { aJob, P5 } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import { lookingEvery, ScriptedSageMaker, trainsOn } from '../scripted-sagemaker.ts';
import { play } from './theatre.ts';

const busy = (): { sagemaker: ScriptedSageMaker } => ({
  sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())),
});
const limit = (
  reason: QueueSpec['runnableTimeLimits'][number]['reason'],
): QueueSpec['runnableTimeLimits'] => [{ reason, maxTimeSeconds: 600 }];

describe('a RUNNABLE time limit', () => {
  it('spares everybody while the queue is paused, and does not count that time', async () => {
    await play(
      aQueue('rests', { limit: 1, runnableTimeLimits: limit('ANY') }),
      async (stage) => {
        const [runs, waits] = [aJob(), aJob()];
        await stage.submit(runs, waits);
        await stage.sleep('5 minutes');
        await stage.handle.executeUpdate(queueUpdates.pause);
        await stage.sleep('1 hour');
        expect((await stage.standing()).waiting).toEqual([waits.jobId]);
        await stage.handle.executeUpdate(queueUpdates.resume);
        await stage.sleep('3 minutes');
        expect((await stage.standing()).waiting).toEqual([waits.jobId]);
        await stage.until(
          'it has failed',
          async () => (await stage.view(waits.jobId)).status === 'FAILED',
          '30 seconds',
          20,
        );
        expect((await stage.view(waits.jobId)).reason.sentence).toMatch(/^RUNNABLE for 1[0-3] min/);
      },
      busy(),
    );
  });

  it('ends a job that waited too long for capacity, with the reason key of AWS Batch', async () => {
    await play(
      aQueue('capacity', { limit: 1, runnableTimeLimits: limit('CAPACITY') }),
      async (stage) => {
        const [runs, waits] = [aJob(), aJob()];
        await stage.submit(runs, waits);
        await stage.sleep('9 minutes');
        expect((await stage.standing()).waiting).toEqual([waits.jobId]);
        await stage.until(
          'it has failed',
          async () => (await stage.view(waits.jobId)).status === 'FAILED',
          '30 seconds',
        );
        const { reason } = await stage.view(waits.jobId);
        expect(reason.code).toBe('RUNNABLE_TIME_LIMIT');
        expect(reason.sentence).toMatch(/RUNNABLE for 10 min.*P4 has 0 of 1 instance free/);
        expect(reason.sentence).toMatch(
          /JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY/,
        );
        expect(await stage.standing()).toEqual({ running: [runs.jobId], waiting: [] });
      },
      busy(),
    );
  });

  it('ends a job that fits nowhere since the queue was changed', async () => {
    const both = [
      { name: 'P4', instanceTypes: ['ml.p4d.24xlarge'], limit: 1 },
      { name: 'P5', instanceTypes: ['ml.p5.48xlarge'], limit: 1 },
    ];
    const runnableTimeLimits = limit('MISCONFIGURATION');
    await play(
      aQueue('wrong', { environments: both, runnableTimeLimits }),
      async (stage) => {
        const [runs, waits] = [aJob({ placements: [P5] }), aJob({ placements: [P5] })];
        await stage.submit(runs, waits);
        const smaller = aQueue('wrong', { environments: both.slice(0, 1), runnableTimeLimits });
        await stage.handle.executeUpdate(queueUpdates.configure, { args: [smaller] });
        await stage.until(
          'it has failed',
          async () => (await stage.view(waits.jobId)).status === 'FAILED',
          '1 minute',
        );
        expect((await stage.view(waits.jobId)).reason.sentence).toMatch(
          /MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE/,
        );
      },
      busy(),
    );
  });

  it('for a misconfiguration spares a job that lacks capacity, and one that is held', async () => {
    await play(
      aQueue('spares', { limit: 1, runnableTimeLimits: limit('MISCONFIGURATION') }),
      async (stage) => {
        const [runs, waits] = [aJob(), aJob()];
        await stage.submit(runs, waits);
        await stage.sleep('30 minutes');
        expect((await stage.standing()).waiting).toEqual([waits.jobId]);
      },
      busy(),
    );
  });
});
