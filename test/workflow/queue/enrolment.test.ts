import { describe, expect, it } from 'vitest';
import type { SurveyInput, SurveyResult } from '../../../src/activities/types.ts';
import { signals } from '../../../src/workflows/messages.ts';
import { aJob, G6 } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import { lookingEvery, ScriptedSageMaker, trainsOn } from '../scripted-sagemaker.ts';
import { play } from './theatre.ts';

const busy = (): { sagemaker: ScriptedSageMaker } => ({
  sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())),
});
const nothing: SurveyResult = { gone: [], enrol: [], cannotTell: 0, stopped: [] };

describe('a job that was started elsewhere', () => {
  it('enrols itself and gets its lease by signal', async () => {
    await play(
      aQueue('enrols', { limit: 1 }),
      async (stage) => {
        const [runs, enrols] = [aJob(), aJob()];
        await stage.submit(runs);
        await stage.startJob(enrols);
        await stage.until('it is there', async () => (await stage.standing()).waiting[0] === enrols.jobId);
        await stage.launched(runs.jobId);
        await stage.job(runs.jobId).signal(signals.cancel);
        await stage.until('it runs', async () => (await stage.view(enrols.jobId)).attemptCount === 1);
        expect((await stage.standing()).running).toEqual([enrols.jobId]);
      },
      busy(),
    );
  });

  it('is turned away with the reason when the queue can never run it', async () => {
    await play(aQueue('away'), async (stage) => {
      const job = aJob({ placements: [G6] });
      await stage.startJob(job);
      await stage.until('it has failed', async () => (await stage.view(job.jobId)).status === 'FAILED');
      expect((await stage.view(job.jobId)).reason).toMatchObject({
        code: 'NOT_IN_QUEUE',
        sentence: expect.stringContaining('1 × ml.g6.48xlarge') as string,
      });
      expect((await stage.snapshot()).counts.waiting).toBe(0);
    });
  });
});

describe('reconciliation', () => {
  it('gives back the lease of a job that is gone, and believes nothing less certain', async () => {
    const surveys: SurveyInput[] = [];
    let answer: (input: SurveyInput) => SurveyResult = () => nothing;
    const surveyQueue = (input: SurveyInput): Promise<SurveyResult> => {
      surveys.push(input);
      return Promise.resolve(answer(input));
    };
    await play(
      aQueue('gone', { limit: 1 }),
      async (stage) => {
        const [lost, next] = [aJob(), aJob()];
        await stage.submit(lost, next);
        answer = () => ({ ...nothing, cannotTell: 1 });
        await stage.until(
          'it was surveyed',
          () => Promise.resolve(surveys.some(({ leases }) => leases.length === 1)),
          '1 minute',
        );
        expect((await stage.standing()).running).toEqual([lost.jobId]);
        answer = ({ leases }) => ({ ...nothing, gone: leases.filter(({ jobId }) => jobId === lost.jobId) });
        await stage.until(
          'the next runs',
          async () => (await stage.standing()).running[0] === next.jobId,
          '10 seconds',
        );
        expect(surveys.filter(({ full }) => full)).toHaveLength(surveys[0]?.full === true ? 1 : 0);
      },
      { ...busy(), activities: { surveyQueue } },
    );
  });

  it('of a fresh queue finds the jobs that the old one had, with what they hold', async () => {
    const found: string[] = [];
    const surveyQueue = ({ full }: SurveyInput): Promise<SurveyResult> =>
      Promise.resolve({ ...nothing, enrol: full ? found : [] });
    await play(
      aQueue('anew', { limit: 1 }),
      async (stage) => {
        const [runs, waits] = [aJob(), aJob()];
        found.push(runs.jobId, waits.jobId);
        // They run already when the queue comes; one of them with a lease of the queue that was lost.
        await stage.startJob(runs, { lease: { number: 17, placement: runs.placements[0] } });
        await stage.startJob(waits);
        await stage.until('it runs', async () => (await stage.view(runs.jobId)).attemptCount === 1);
        await stage.startQueue(aQueue('anew', { limit: 1 }));
        await stage.until('both are known', async () => (await stage.standing()).waiting.length === 1);
        expect(await stage.standing()).toEqual({ running: [runs.jobId], waiting: [waits.jobId] });
        expect((await stage.snapshot()).running[0]?.lease).toBe(17);
        await stage.job(runs.jobId).signal(signals.cancel);
        await stage.until('the other runs', async () => (await stage.view(waits.jobId)).attemptCount === 1);
        expect((await stage.snapshot()).running[0]?.lease).toBe(18);
      },
      { ...busy(), activities: { surveyQueue }, unstarted: true },
    );
  });
});
