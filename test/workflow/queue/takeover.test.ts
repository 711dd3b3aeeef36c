import { describe, expect, it } from 'vitest';
import type { SurveyInput, SurveyResult } from '../../../src/activities/types.ts';
import type { LeaseOutcome, EnqueueRequest } from '../../../src/workflows/queue-contract.ts';
import { queueUpdates, signals, signalsToQueue } from '../../../src/workflows/messages.ts';
import { aJob, P4D, P5 } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import { lookingEvery, ScriptedSageMaker, trainsOn } from '../scripted-sagemaker.ts';
import { play } from './theatre.ts';

const nothing: SurveyResult = { gone: [], enrol: [], cannotTell: 0, stopped: [] };
const busy = (): ScriptedSageMaker => new ScriptedSageMaker(lookingEvery(10_000, trainsOn()));

/** What a job without a workflow says. */
const ghost = (jobId: string, more: Partial<EnqueueRequest> = {}): EnqueueRequest => ({
  job: { jobId, placements: [P4D], priority: 0 },
  queuedAt: 1_000,
  held: false,
  preemptions: 0,
  removed: [],
  ...more,
});

describe('a queue that was made anew takes over a job that runs', () => {
  it('on a type that it does not have: the job is offered nothing else, and counts as soon as the queue has the type', async () => {
    const found: string[] = [];
    const surveyQueue = ({ full }: SurveyInput): Promise<SurveyResult> =>
      Promise.resolve({ ...nothing, enrol: full ? found : [] });
    const both = [
      { name: 'P4', instanceTypes: ['ml.p4d.24xlarge'], limit: 1 },
      { name: 'P5', instanceTypes: ['ml.p5.48xlarge'], limit: 1 },
    ];
    await play(
      aQueue('lacks'),
      async (stage) => {
        const job = aJob({ placements: [P5, P4D] });
        found.push(job.jobId);
        await stage.startJob(job, { lease: { number: 17, placement: P5 } });
        await stage.until(
          'it runs',
          async () => (await stage.view(job.jobId)).reason.code === 'WAITING_FOR_INSTANCES',
        );
        await stage.startQueue(aQueue('lacks', { environments: both.slice(0, 1) }));
        await stage.until('it is known', async () => (await stage.standing()).running.length === 1);
        await stage.sleep('10 minutes');
        const { running, environments } = await stage.snapshot();
        expect(running).toMatchObject([{ jobId: job.jobId, lease: 17, environment: 'ml.p5.48xlarge' }]);
        expect(environments[0]).toMatchObject({ name: 'P4', used: 0 });
        expect((await stage.view(job.jobId)).lease).toBe(17);
        await stage.handle.executeUpdate(queueUpdates.configure, {
          args: [aQueue('lacks', { environments: both })],
        });
        expect((await stage.snapshot()).environments).toMatchObject([{ used: 0 }, { name: 'P5', used: 1 }]);
      },
      { sagemaker: busy(), activities: { surveyQueue }, unstarted: true },
    );
  });

  it('since it was launched, which is what its minimum runtime counts from', async () => {
    await play(aQueue('since', { limit: 1 }), async (stage) => {
      const holds = { number: 17, placement: P4D };
      await stage.handle.signal(signalsToQueue.enqueue, ghost('runs', { holds, heldSince: 5_000 }));
      await stage.until('it is known', async () => (await stage.standing()).running.length === 1);
      expect((await stage.snapshot()).running).toMatchObject([
        { jobId: 'runs', lease: 17, startedAt: 5_000 },
      ]);
    });
  });

  it('instead of probing with it: the next job probes', async () => {
    await play(aQueue('probes', { limit: 2 }), async (stage) => {
      const { handle } = stage;
      await handle.signal(signalsToQueue.enqueue, ghost('runs'));
      await stage.until('it has a lease', async () => (await stage.snapshot()).running[0]?.lease === 1);
      const outcome: LeaseOutcome = { kind: 'again', why: 'capacity', removed: [] };
      await handle.signal(signalsToQueue.release, { jobId: 'runs', lease: 1, outcome });
      await stage.until(
        'it probes',
        async () => (await stage.snapshot()).environments[0]?.state.kind === 'probing',
        '10 seconds',
      );
      await handle.signal(
        signalsToQueue.enqueue,
        ghost('runs', { holds: { number: 50, placement: P4D }, newestLease: 50 }),
      );
      await handle.signal(signalsToQueue.enqueue, ghost('next'));
      await stage.until('the next probes', async () => (await stage.standing()).running.includes('next'));
      expect((await stage.snapshot()).environments).toMatchObject([
        { state: { kind: 'probing', job: 'next' } },
      ]);
    });
  });
});

describe('a queue that is full', () => {
  it('lets a job that enrols try again, which loses nothing', async () => {
    await play(
      aQueue('full', { limit: 1, maxWaiting: 1 }),
      async (stage) => {
        const [runs, waits, late] = [aJob(), aJob(), aJob()];
        await stage.submit(runs);
        await stage.startJob(waits);
        await stage.until('it is there', async () => (await stage.standing()).waiting[0] === waits.jobId);
        await stage.startJob(late);
        await stage.until(
          'it is told so',
          async () => (await stage.view(late.jobId)).reason.code === 'QUEUE_FULL',
        );
        expect((await stage.standing()).waiting).toEqual([waits.jobId]);
        await stage.job(waits.jobId).signal(signals.cancel);
        await stage.until(
          'it is there',
          async () => (await stage.standing()).waiting[0] === late.jobId,
          '10 seconds',
        );
        const view = await stage.view(late.jobId);
        expect(view.reason.code).toBe('IN_QUEUE');
        expect((await stage.snapshot()).front[0]?.queuedAt).toBe(view.submittedAt);
      },
      { sagemaker: busy() },
    );
  });

  it('takes in a job that holds instances, and one that it knows', async () => {
    await play(aQueue('holds', { limit: 5, maxWaiting: 1 }), async (stage) => {
      await stage.handle.executeUpdate(queueUpdates.pause);
      await stage.handle.signal(signalsToQueue.enqueue, ghost('waits'));
      const holds = { number: 17, placement: P4D };
      await stage.handle.signal(signalsToQueue.enqueue, ghost('runs', { holds }));
      await stage.handle.signal(signalsToQueue.enqueue, ghost('waits', { held: true }));
      await stage.handle.signal(signalsToQueue.enqueue, ghost('one-too-many'));
      await stage.until('they are known', async () => (await stage.snapshot()).counts.held === 1);
      expect(await stage.standing()).toEqual({ running: ['runs'], waiting: ['waits'] });
    });
  });
});
