import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { signalsToQueue } from '../../../src/workflows/messages.ts';
import { aJob, G6, P5 } from '../../support/a-job.ts';
import { aQueue, quotaShares } from '../../support/a-queue.ts';
import { completes, lookingEvery, ScriptedSageMaker, trainsOn } from '../scripted-sagemaker.ts';
import { play } from './theatre.ts';

/** The failure that an update was refused with. */
async function refusal(update: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await update.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure))
    throw new Error(`not refused: ${String(error)}`);
  return error.cause;
}

describe('a queue', () => {
  it('runs as many jobs as fit, and the next when one gives its lease back', async () => {
    const sagemaker = new ScriptedSageMaker(lookingEvery(60_000, completes()));
    await play(
      aQueue('next', { limit: 2 }),
      async (stage) => {
        const jobs = [aJob(), aJob(), aJob()];
        const [first, second, third] = jobs.map(({ jobId }) => jobId);
        expect(await stage.submit(...jobs)).toEqual(
          jobs.map(({ jobId }) => ({ jobId, outcome: 'accepted' })),
        );
        expect(await stage.standing()).toEqual({ running: [first, second], waiting: [third] });
        await stage.until(
          'all have run',
          async () => (await stage.snapshot()).counts.running === 0,
          '1 minute',
        );
        expect(sagemaker.launches.map(({ jobId }) => jobId)[2]).toBe(third);
        expect((await stage.view(third!)).status).toBe('SUCCEEDED');
        expect(await stage.standing()).toEqual({ running: [], waiting: [] });
      },
      { sagemaker },
    );
  });

  it('starts a job that it admits at once with its lease, without a second message', async () => {
    await play(aQueue('at-once', { limit: 1 }), async (stage) => {
      const job = aJob();
      await stage.submit(job);
      await stage.until(
        'it has run',
        async () => (await stage.view(job.jobId)).status === 'SUCCEEDED',
        '1 minute',
      );
      const { events } = await stage.handle.fetchHistory();
      expect(
        events?.filter((event) => event.signalExternalWorkflowExecutionInitiatedEventAttributes),
      ).toEqual([]);
      const { events: own } = await stage.job(job.jobId).fetchHistory();
      const [started] = own ?? [];
      const input = started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
      expect(JSON.parse(Buffer.from(input ?? '').toString())).toMatchObject({
        queued: true,
        lease: { number: 1, placement: { instanceType: 'ml.p4d.24xlarge', instanceCount: 1 } },
      });
    });
  });

  it('leaves its jobs behind when it ends', async () => {
    await play(aQueue('abandons'), async (stage) => {
      const job = aJob();
      await stage.submit(job);
      await stage.until('it runs', async () => (await stage.view(job.jobId)).attemptCount === 1);
      const { events } = await stage.handle.fetchHistory();
      const starts = (events ?? []).flatMap(
        (event) => event.startChildWorkflowExecutionInitiatedEventAttributes ?? [],
      );
      // PARENT_CLOSE_POLICY_ABANDON; the time-skipping server does not enforce it, a real one does.
      expect(starts.map(({ parentClosePolicy }) => parentClosePolicy)).toEqual([2]);
      expect(starts[0]?.workflowIdReusePolicy).toBe(3);
    });
  });

  it('knows a job that is handed in again, whatever is said of it', async () => {
    await play(
      aQueue('again', { limit: 1 }),
      async (stage) => {
        const job = aJob();
        await stage.submit(job);
        expect(await stage.submit(job, { ...job, priority: 50 })).toEqual([
          { jobId: job.jobId, outcome: 'known' },
          { jobId: job.jobId, outcome: 'known' },
        ]);
        expect((await stage.snapshot()).counts).toMatchObject({ running: 1, waiting: 0 });
      },
      { sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())) },
    );
  });

  it('forgets what it accepted of an id that belongs to a workflow already', async () => {
    const sagemaker = new ScriptedSageMaker(lookingEvery(60_000, completes()));
    await play(
      aQueue('twice', { limit: 1 }),
      async (stage) => {
        const job = aJob();
        await stage.submit(job);
        await stage.until(
          'it has run',
          async () => (await stage.view(job.jobId)).status === 'SUCCEEDED',
          '1 minute',
        );
        await stage.submit(job);
        await stage.until('it is gone', async () => (await stage.snapshot()).counts.running === 0);
        expect(sagemaker.launches).toHaveLength(1);
        expect(await stage.submit(aJob())).toMatchObject([{ outcome: 'accepted' }]);
      },
      { sagemaker },
    );
  });
});

describe('a submission', () => {
  it('refuses each job that the queue can never run, with code and reason, and takes the others', async () => {
    await play(aQueue('refuses', { limit: 4 }), async (stage) => {
      const elsewhere = aJob({ placements: [P5, G6] });
      const big = aJob({
        placements: [{ kind: 'instances', instanceType: 'ml.p4d.24xlarge', instanceCount: 5 }],
      });
      const good = aJob();
      const nonsense = { ...aJob(), priority: -1 };
      expect(await stage.submit(elsewhere, big, good, nonsense)).toMatchObject([
        {
          outcome: 'refused',
          code: 'PLACEMENT_NOT_IN_QUEUE',
          message: expect.stringContaining('ml.p4d.24xlarge') as string,
        },
        { outcome: 'refused', code: 'NEVER_FITS', message: expect.stringContaining('limit of 4') as string },
        { jobId: good.jobId, outcome: 'accepted' },
        { outcome: 'refused', code: 'JOB_INVALID', message: expect.stringContaining('priority') as string },
      ]);
    });
  });

  it('refuses a job whose share the queue does not have', async () => {
    await play(aQueue('shares', { policy: quotaShares({ red: 5, blue: 5 }) }), async (stage) => {
      const lost = aJob();
      const strange = { ...aJob(), share: 'green' };
      expect(await stage.submit(lost, strange, { ...aJob(), share: 'red' })).toMatchObject([
        {
          outcome: 'refused',
          code: 'SHARE_MISSING',
          message: expect.stringContaining('red, blue') as string,
        },
        { outcome: 'refused', code: 'SHARE_NOT_FOUND', message: expect.stringContaining('green') as string },
        { outcome: 'accepted' },
      ]);
    });
  });

  it('is refused as a whole when more would wait than may, and loses nothing that was accepted', async () => {
    await play(
      aQueue('full', { limit: 1, maxWaiting: 3 }),
      async (stage) => {
        await stage.submit(aJob(), aJob(), aJob());
        const failure = await refusal(stage.submit(aJob(), aJob()));
        expect(failure.type).toBe('QUEUE_FULL');
        expect(failure.message).toMatch(/2 waiting jobs and takes 3 at most.*submit them again/s);
        expect(failure.details).toEqual([{ room: 1 }]);
        expect((await stage.snapshot()).counts).toMatchObject({ running: 1, waiting: 2 });
        expect(await stage.submit(aJob())).toMatchObject([{ outcome: 'accepted' }]);
      },
      { sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())) },
    );
  });

  it('of more than 100 jobs, or of something else, is refused', async () => {
    await play(aQueue('shapes'), async (stage) => {
      const many = Array.from({ length: 101 }, () => aJob());
      expect((await refusal(stage.submit(...many))).type).toBe('JOB_INVALID');
      const nonsense = stage.handle.executeUpdate('submitJobs', { args: ['please'] });
      expect((await refusal(nonsense)).type).toBe('JOB_INVALID');
      expect((await stage.snapshot()).counts.waiting).toBe(0);
    });
  });
});

describe('a message', () => {
  it('about an older lease, an unknown job, or without sense changes nothing', async () => {
    await play(
      aQueue('late', { limit: 1 }),
      async (stage) => {
        const [runs, waits] = [aJob(), aJob()];
        await stage.submit(runs, waits);
        const before = await stage.standing();
        const ended = { kind: 'ended', status: 'SUCCEEDED', ranSeconds: 1 } as const;
        await stage.handle.signal(signalsToQueue.release, { jobId: runs.jobId, lease: 7, outcome: ended });
        await stage.handle.signal(signalsToQueue.release, { jobId: waits.jobId, lease: 1, outcome: ended });
        await stage.handle.signal(signalsToQueue.release, { jobId: 'nobody', lease: 1, outcome: ended });
        await stage.handle.signal(signalsToQueue.withdraw, { jobId: 'nobody' });
        await stage.handle.signal(signalsToQueue.withdraw, { jobId: runs.jobId, lease: 1 });
        for (const name of ['release', 'enqueue', 'jobChanged', 'withdraw', 'capacityNews'])
          await stage.handle.signal(name, { jobId: 17 });
        expect(await stage.standing()).toEqual(before);
      },
      { sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())) },
    );
  });

  it('that arrives twice counts once', async () => {
    await play(
      aQueue('doubles', { limit: 1 }),
      async (stage) => {
        const [runs, next, last] = [aJob(), aJob(), aJob()];
        await stage.submit(runs, next, last);
        await stage.until('it is launched', async () => (await stage.view(runs.jobId)).attemptCount === 1);
        const release = {
          jobId: runs.jobId,
          lease: 1,
          outcome: { kind: 'ended', status: 'STOPPED', ranSeconds: 0 },
        } as const;
        await stage.handle.signal(signalsToQueue.release, release);
        await stage.handle.signal(signalsToQueue.release, release);
        expect(await stage.standing()).toEqual({ running: [next.jobId], waiting: [last.jobId] });
      },
      { sagemaker: new ScriptedSageMaker(lookingEvery(10_000, trainsOn())) },
    );
  });
});
