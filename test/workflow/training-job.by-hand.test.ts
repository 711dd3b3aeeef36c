import { describe, expect, it, test } from 'vitest';
import { jobWorkflowId, TRAINING_JOB } from '../../src/workflows/contract.ts';
import { aJob } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import { completes, ScriptedSageMaker } from './scripted-sagemaker.ts';
import { resultOf, Stage } from './stage.ts';

const environment = await environmentOfThisFile();
const stage = new Stage(environment);

describe('a job that did not come through the client', () => {
  const nonsense: Record<string, unknown> = {
    nothing: undefined,
    'a text': 'train!',
    'no job': {},
    'a job without training': { job: { jobId: 'raw' } },
    'a priority in words': { job: { ...aJob(), priority: 'high' } },
  };
  test.each(Object.entries(nonsense))('is refused by the workflow itself: %s', async (name, input) => {
    await stage.with(new ScriptedSageMaker(completes()), async ({ taskQueue }) => {
      const started = environment.client.workflow.start(TRAINING_JOB, {
        taskQueue,
        workflowId: `job/raw-${name.replaceAll(' ', '-')}`,
        args: [input],
      });
      await expect((await started).result()).rejects.toMatchObject({ cause: { nonRetryable: true } });
    });
  });

  it('runs as people write it, under the id of its workflow', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ taskQueue }) => {
      const { training } = aJob();
      const workflowId = `job/by-hand-${process.pid}`;
      const handle = await environment.client.workflow.start(TRAINING_JOB, {
        taskQueue,
        workflowId,
        args: [{ job: { training } }],
      });
      expect(await handle.result()).toMatchObject({
        job: { jobId: `by-hand-${process.pid}`, status: 'SUCCEEDED' },
      });
    });
  });

  it('runs under its own workflow id when it was started under another', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ start }) => {
      const job = aJob();
      const handle = await start(job, {}, 'nightly-2026-11-21T02:00:00Z');
      expect((await resultOf(handle)).job.jobId).toBe(job.jobId);
      const own = environment.client.workflow.getHandle(jobWorkflowId(job.jobId));
      expect(await own.result()).toMatchObject({ job: { status: 'SUCCEEDED' } });
    });
  });
});
