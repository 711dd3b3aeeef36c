import { describe, expect, it, test } from 'vitest';
import { queries, signals, updates } from '../../src/workflows/messages.ts';
import { G6, P4D } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import { QueueStage } from './queue-stage/index.ts';
import { completes, lookingEvery, ScriptedSageMaker, trainsOn } from './scripted-sagemaker.ts';
import { resultOf } from './stage.ts';

const DAY = 24 * 3_600_000;
const LEASE = { number: 7, placement: P4D };
const QUEUED = { queued: true } as const;

const stage = new QueueStage(await environmentOfThisFile());

describe('a job that names a queue', () => {
  it('launches at once on the lease that it was started with, and says in the end how long it ran', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ job, start, hears }) => {
      const { job: view, events } = await resultOf(await start({ lease: LEASE }));
      expect(view).toMatchObject({
        status: 'SUCCEEDED',
        queue: job.queue,
        share: 'ProdExp1',
        preemptions: 0,
      });
      expect(events.map(({ reason }) => reason.code)).toEqual([
        'ACCEPTED',
        'LAUNCHING',
        'WAITING_FOR_INSTANCES',
        'TRAINING',
        'COMPLETED',
      ]);
      expect(await hears(1)).toEqual([
        {
          signal: 'release',
          message: {
            jobId: job.jobId,
            lease: 7,
            outcome: { kind: 'ended', status: 'SUCCEEDED', ranSeconds: 3_600 },
          },
        },
      ]);
    });
  });

  it('enrols itself when it was started elsewhere, and says what ordering needs', async () => {
    const training = { CheckpointConfig: { S3Uri: 's3://models/checkpoints' } };
    const wishes = {
      user: 'ana',
      placements: [P4D, G6],
      training,
      timeLimits: { attemptSeconds: 7_500 },
    } as const;
    await stage.with(
      new ScriptedSageMaker(completes()),
      async ({ job, start, hears, lease }) => {
        const handle = await start();
        const { jobId } = job;
        const { submittedAt } = await handle.query(queries.job);
        expect(await hears(1)).toEqual([
          {
            signal: 'enqueue',
            message: {
              job: { jobId, share: 'ProdExp1', user: 'ana', priority: 50, placements: [P4D, G6] },
              queuedAt: submittedAt,
              held: false,
              preemptions: 0,
              limitSeconds: 7_500,
              checkpointSeconds: 900,
              removed: [],
            },
          },
        ]);
        await lease(LEASE);
        expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
      },
      { wishes },
    );
  });

  it('waits for its lease by name of queue, share and priority, for weeks, and launches where the queue says', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(
      sagemaker,
      async ({ job, start, lease, sleep, hears }) => {
        const handle = await start(QUEUED);
        await sleep('20 days');
        expect(await handle.query(queries.job)).toMatchObject({
          status: 'RUNNABLE',
          reason: {
            code: 'IN_QUEUE',
            sentence: `Waiting in queue ${job.queue ?? ''} (share ProdExp1, priority 50).`,
          },
        });
        await lease({ number: 7, placement: G6 });
        const result = await resultOf(handle);
        expect(result.job.status).toBe('SUCCEEDED');
        expect(result.job.waitingSeconds).toBeGreaterThan((20 * DAY) / 1000);
        expect(sagemaker.placements).toEqual(['ml.g6.48xlarge']);
        // The queue knew it: nothing but the release was said.
        expect(await hears(1)).toMatchObject([{ signal: 'release' }]);
      },
      { wishes: { placements: [P4D, G6] } },
    );
  });

  it('shows the lease that it holds', async () => {
    await stage.with(new ScriptedSageMaker(trainsOn()), async ({ start, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      expect(await handle.query(queries.job)).toMatchObject({ lease: 7 });
      await handle.signal(signals.cancel);
      expect((await resultOf(handle)).job).not.toHaveProperty('lease');
    });
  });

  const lives = {
    'admitted at once': { input: { lease: LEASE }, wantAtMost: 38 },
    'waits first': { input: QUEUED, wantAtMost: 42 },
    'enrols itself and waits': { input: {}, wantAtMost: 47 },
  };
  test.each(Object.entries(lives))(
    'needs few history events, its notification included: %s',
    async (_, { input, wantAtMost }) => {
      const sagemaker = new ScriptedSageMaker(lookingEvery(10 * DAY, completes()));
      await stage.with(
        sagemaker,
        async ({ start, lease, sleep }) => {
          const handle = await start(input);
          await sleep('10 days');
          if (!('lease' in input)) await lease(LEASE);
          await resultOf(handle);
          expect((await handle.fetchHistory()).events?.length).toBeLessThanOrEqual(wantAtMost);
        },
        { wishes: { notifyOn: ['SUCCEEDED'] } },
      );
    },
  );

  it('tells a queue that probes for capacity as soon as it has instances, once', async () => {
    await stage.with(new ScriptedSageMaker(completes()), async ({ job: { jobId }, start, hears }) => {
      await resultOf(await start({ lease: { ...LEASE, probe: true } }));
      expect(await hears(2)).toEqual([
        {
          signal: 'jobChanged',
          message: { jobId, priority: 50, held: false, instancesAcquired: { lease: 7 } },
        },
        expect.objectContaining({ signal: 'release' }),
      ]);
    });
  });
});

describe('steering a job in a queue', () => {
  it('cancelled while it waits it withdraws and launches nothing', async () => {
    const sagemaker = new ScriptedSageMaker(completes());
    await stage.with(sagemaker, async ({ job: { jobId }, start, hears }) => {
      const handle = await start(QUEUED);
      await handle.signal(signals.cancel, { reason: 'wrong data' });
      expect((await resultOf(handle)).job.reason.sentence).toBe('Cancelled: wrong data.');
      expect(await hears(1)).toEqual([{ signal: 'withdraw', message: { jobId } }]);
      expect(sagemaker.launches).toEqual([]);
    });
  });

  it("Temporal's own cancel is no different", async () => {
    await stage.with(new ScriptedSageMaker(completes()), async ({ start, hears }) => {
      const handle = await start(QUEUED);
      await handle.query(queries.job);
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
      expect(await hears(1)).toMatchObject([{ signal: 'withdraw' }]);
    });
  });

  it('a time limit on waiting holds in a queue, and the job withdraws', async () => {
    await stage.with(
      new ScriptedSageMaker(completes()),
      async ({ start, hears }) => {
        const { job } = await resultOf(await start(QUEUED));
        expect(job.reason.sentence).toBe('The job reached timeLimits.waitingSeconds of 86400 s.');
        expect(await hears(1)).toMatchObject([{ signal: 'withdraw' }]);
      },
      { wishes: { timeLimits: { waitingSeconds: 86_400 } } },
    );
  });

  it('a new priority reaches the queue, while it waits and while it trains, and its sentence', async () => {
    await stage.with(new ScriptedSageMaker(trainsOn()), async ({ job, start, hears, lease, sleep }) => {
      const handle = await start(QUEUED);
      await handle.signal(signals.setPriority, { priority: 90 });
      const wanted = { signal: 'jobChanged', message: { jobId: job.jobId, priority: 90, held: false } };
      expect(await hears(1)).toEqual([wanted]);
      expect((await handle.query(queries.job)).reason.sentence).toContain('priority 90');
      await lease(LEASE);
      await sleep('1 minute');
      await handle.executeUpdate(updates.setPriority, { args: [{ priority: 10 }] });
      expect((await hears(2))[1]).toMatchObject({ message: { priority: 10 } });
      await handle.signal(signals.cancel);
      await resultOf(handle);
    });
  });

  it('of many changes at once the queue hears few, and the last of them', async () => {
    await stage.with(new ScriptedSageMaker(completes()), async ({ start, hears }) => {
      const handle = await start(QUEUED);
      await Promise.all(
        Array.from({ length: 30 }, (_, n) => handle.signal(signals.setPriority, { priority: n + 1 })),
      );
      const { priority } = await handle.query(queries.job);
      await handle.signal(signals.cancel);
      await resultOf(handle);
      const said = await hears(2);
      expect(said.length).toBeLessThan(20);
      expect(said.at(-2)).toMatchObject({ signal: 'jobChanged', message: { priority } });
      expect(said.at(-1)).toMatchObject({ signal: 'withdraw' });
    });
  });
});
