import { describe, expect, it } from 'vitest';
import { queries, signals } from '../../src/workflows/messages.ts';
import { aJob } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import {
  completes,
  lives,
  lookingEvery,
  quotaExceeded,
  running,
  ScriptedSageMaker,
  trainsOn,
  type Scene,
} from './scripted-sagemaker.ts';
import { resultOf, Stage } from './stage.ts';

const DAY = 24 * 3_600_000;

const environment = await environmentOfThisFile();
const stage = new Stage(environment);

describe('continue-as-new', () => {
  it('while a job waits for capacity keeps everything that matters', async () => {
    const scenes = Array.from({ length: 30 }, () => quotaExceeded('ml.p4d.24xlarge'));
    const sagemaker = new ScriptedSageMaker(...(scenes as [Scene, ...Scene[]]), completes());
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob(), { continueAsNewAfterEvents: 60 });
      const { job, events } = await resultOf(handle);
      expect(job.status).toBe('SUCCEEDED');
      expect(job.attemptCount).toBe(31);
      expect(events.find((event) => event.reason.code === 'WAITING_FOR_CAPACITY')?.count).toBe(30);
      expect(new Set(sagemaker.launches.map(({ runId }) => runId)).size).toBe(1);
    });
  });

  it('keeps the job visible in the Web UI', async () => {
    const sagemaker = new ScriptedSageMaker(lookingEvery(DAY, trainsOn()));
    await stage.with(sagemaker, async ({ start, sleep }) => {
      const handle = await start(aJob(), { continueAsNewAfterEvents: 30 });
      for (let n = 1; n <= 12; n += 1) await handle.signal(signals.setPriority, { priority: n });
      await handle.query(queries.job);
      await sleep('1 minute');
      const latest = environment.client.workflow.getHandle(handle.workflowId);
      expect((await latest.describe()).runId).not.toBe(handle.firstExecutionRunId);
      const metadata = await latest.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      expect(metadata.currentDetails).toContain('SCHEDULED');
      await latest.signal(signals.cancel);
      await latest.result();
    });
  });

  it('while an attempt runs goes on watching the same attempt', async () => {
    const sagemaker = new ScriptedSageMaker(
      lives(...Array.from({ length: 40 }, () => running), { status: 'Completed' }),
    );
    await stage.with(sagemaker, async ({ start }) => {
      const handle = await start(aJob(), { continueAsNewAfterEvents: 60 });
      const { job } = await resultOf(handle);
      expect(job.status).toBe('SUCCEEDED');
      expect(sagemaker.launches).toHaveLength(1);
    });
  });
});
