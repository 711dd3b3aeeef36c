import { describe, expect, it } from 'vitest';
import type { SurveyInput, SurveyResult } from '../../../src/activities/types.ts';
import { queueUpdates, signalsToQueue } from '../../../src/workflows/messages.ts';
import { aJob, P4D } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import { lookingEvery, ScriptedSageMaker, trainsOn } from '../scripted-sagemaker.ts';
import { play } from './theatre.ts';

const nothing: SurveyResult = { gone: [], enrol: [], cannotTell: 0, stopped: [] };

describe('a survey', () => {
  it('gives up a waiting job whose workflow was terminated, long before its turn', async () => {
    const over = new Set<string>();
    const surveyQueue = ({ waiting = [] }: SurveyInput): Promise<SurveyResult> =>
      Promise.resolve({ ...nothing, closed: waiting.filter((jobId) => over.has(jobId)) });
    await play(
      aQueue('over', { limit: 1 }),
      async (stage) => {
        const [runs, lost, next] = [aJob(), aJob(), aJob()];
        await stage.submit(runs, lost, next);
        over.add(lost.jobId).add(runs.jobId);
        await stage.until(
          'it is gone',
          async () => (await stage.standing()).waiting[0] === next.jobId,
          '1 minute',
          10,
        );
        expect(await stage.standing()).toEqual({ running: [runs.jobId], waiting: [next.jobId] });
      },
      {
        sagemaker: new ScriptedSageMaker(lookingEvery(60_000, trainsOn())),
        activities: { surveyQueue },
      },
    );
  });

  it('comes while nobody runs, too, but not for a queue without jobs', async () => {
    const surveys: SurveyInput[] = [];
    const surveyQueue = (input: SurveyInput): Promise<SurveyResult> => {
      surveys.push(input);
      return Promise.resolve({ ...nothing, closed: input.waiting ?? [] });
    };
    await play(
      aQueue('idle'),
      async (stage) => {
        await stage.handle.executeUpdate(queueUpdates.pause);
        surveys.length = 0;
        await stage.sleep('3 hours');
        expect(surveys).toEqual([]);
        await stage.handle.signal(signalsToQueue.enqueue, {
          job: { jobId: 'ghost', placements: [P4D], priority: 0 },
          queuedAt: 1_000,
          held: false,
          preemptions: 0,
          removed: [],
        });
        await stage.until(
          'it is gone',
          async () => surveys.length > 0 && (await stage.snapshot()).counts.waiting === 0,
          '1 minute',
          40,
        );
        expect(surveys).toMatchObject([{ leases: [], waiting: ['ghost'], full: false }]);
      },
      { activities: { surveyQueue } },
    );
  });
});
