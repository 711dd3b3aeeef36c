import { describe, expect, it, test } from 'vitest';
import type { LeaseOutcome, TurnedAway } from '../../src/workflows/queue-contract.ts';
import { queries, signals, updates } from '../../src/workflows/messages.ts';
import { G6, P4D } from '../support/a-job.ts';
import { environmentOfThisFile } from './environment.ts';
import { QueueStage } from './queue-stage/index.ts';
import {
  completes,
  failsWith,
  neverHere,
  outOfCapacity,
  quotaExceeded,
  refusedWith,
  ScriptedSageMaker,
  trainsOn,
  type Scene,
} from './scripted-sagemaker.ts';
import { resultOf } from './stage.ts';

const LEASE = { number: 7, placement: P4D };
const NEXT = { number: 12, placement: G6 };

const stage = new QueueStage(await environmentOfThisFile());

/** What the queue hears of a failure, and why the job is RUNNABLE then. */
interface Row {
  readonly scene: Scene;
  readonly want: Partial<Extract<LeaseOutcome, { kind: 'again' }>> & Readonly<Record<string, unknown>>;
  readonly wantCode: string;
}

const again: Record<string, Row> = {
  'no capacity: the queue decides what comes next': {
    scene: outOfCapacity(),
    want: { why: 'capacity', removed: [] },
    wantCode: 'BACK_IN_QUEUE',
  },
  'quota: the queue learns the limit from SageMaker': {
    scene: quotaExceeded('ml.p4d.24xlarge'),
    want: {
      why: 'quota',
      removed: [],
      learnedLimit: { instanceType: 'ml.p4d.24xlarge', limit: 0, inUse: 0 },
    },
    wantCode: 'BACK_IN_QUEUE',
  },
  'a type that the region does not have is never granted again': {
    scene: neverHere('ml.p4d.24xlarge'),
    want: { why: 'quota', removed: [0] },
    wantCode: 'BACK_IN_QUEUE',
  },
  'an error of the training code: nothing is granted before the backoff is over': {
    scene: failsWith('AlgorithmError: boom'),
    want: { why: 'failed', notBefore: expect.any(Number) as number, removed: [] },
    wantCode: 'RETRYING',
  },
};

describe('an attempt that comes to nothing goes back to the queue', () => {
  test.each(Object.entries(again))('%s', async (_, { scene, want, wantCode }) => {
    const sagemaker = new ScriptedSageMaker(scene, completes());
    await stage.with(
      sagemaker,
      async ({ start, hears, sleep, lease }) => {
        const handle = await start({ lease: LEASE });
        await sleep('3 hours');
        const [first] = await hears(1);
        expect(first).toMatchObject({ signal: 'release', message: { lease: 7 } });
        expect(first?.message['outcome']).toEqual({ kind: 'again', ...want });
        await sleep('1 day');
        expect(await handle.query(queries.job)).toMatchObject({
          status: 'RUNNABLE',
          reason: { code: wantCode },
          preemptions: 0,
        });
        expect(sagemaker.launches).toHaveLength(1);
        await lease(NEXT);
        expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
        expect(sagemaker.placements).toEqual(['ml.p4d.24xlarge', 'ml.g6.48xlarge']);
      },
      { wishes: { placements: [P4D, G6], retry: { attempts: 2 } } },
    );
  });

  it('until no placement is left', async () => {
    await stage.with(new ScriptedSageMaker(neverHere('ml.p4d.24xlarge')), async ({ start, hears }) => {
      expect((await resultOf(await start({ lease: LEASE }))).job.reason.code).toBe('NO_PLACEMENT_LEFT');
      expect(await hears(1)).toMatchObject([{ message: { outcome: { kind: 'ended', status: 'FAILED' } } }]);
    });
  });

  it('or the failure is the end of the job', async () => {
    const rejected = refusedWith('ValidationException', "Value '' at 'roleArn' failed");
    await stage.with(new ScriptedSageMaker(rejected), async ({ start, hears }) => {
      expect((await resultOf(await start({ lease: LEASE }))).job.reason.code).toBe('REQUEST_REJECTED');
      expect(await hears(1)).toMatchObject([
        { message: { outcome: { kind: 'ended', status: 'FAILED', ranSeconds: 0 } } },
      ]);
    });
  });
});

describe('a job that its queue turns away', () => {
  const codes: readonly TurnedAway['code'][] = ['NEVER_FITS', 'RUNNABLE_TIME_LIMIT', 'NOT_IN_QUEUE'];
  test.each(codes)('has FAILED with the reason %s and the sentence of the queue', async (code) => {
    await stage.with(new ScriptedSageMaker(completes()), async ({ start, turnAway, hears }) => {
      const handle = await start({ queued: true });
      await handle.query(queries.job);
      const sentence = 'It needs 8 instances of P4, and the environment has 6.';
      await turnAway({ code, sentence });
      const { job } = await resultOf(handle);
      expect(job).toMatchObject({ status: 'FAILED', reason: { code, sentence } });
      expect(await hears(0)).toEqual([]);
    });
  });

  it('for having waited, while it trains, trains on', async () => {
    await stage.with(new ScriptedSageMaker(completes()), async ({ start, turnAway, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      await turnAway({ code: 'RUNNABLE_TIME_LIMIT', sentence: 'It waited for too long.' });
      expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
    });
  });
});

describe('a queue that is not there', () => {
  const withoutQueue = { queueOpen: false };

  it('is looked for again and again; the job runs when there is one', async () => {
    await stage.with(
      new ScriptedSageMaker(completes()),
      async ({ job, start, openQueue, hears, lease, sleep }) => {
        const handle = await start();
        await sleep('3 hours');
        expect(await handle.query(queries.job)).toMatchObject({
          status: 'RUNNABLE',
          reason: {
            code: 'QUEUE_MISSING',
            sentence: expect.stringContaining(`There is no queue ${job.queue ?? ''}`) as string,
          },
        });
        const tries = (await handle.fetchHistory()).events?.filter(
          (event) => event.signalExternalWorkflowExecutionInitiatedEventAttributes,
        );
        // After 1, 2, 4, 8 minutes, then every 10: not more, and not fewer.
        expect(tries?.length).toBeGreaterThan(15);
        expect(tries?.length).toBeLessThan(25);
        await openQueue();
        await sleep('11 minutes');
        expect(await hears(1)).toMatchObject([{ signal: 'enqueue', message: { held: false } }]);
        expect((await handle.query(queries.job)).reason.code).toBe('IN_QUEUE');
        await lease(LEASE);
        const { events } = await resultOf(handle);
        expect(events.filter(({ reason }) => reason.code === 'QUEUE_MISSING')).toHaveLength(1);
      },
      withoutQueue,
    );
  });

  it('does not keep a job from being cancelled', async () => {
    await stage.with(
      new ScriptedSageMaker(completes()),
      async ({ start, sleep }) => {
        const handle = await start();
        await sleep('5 minutes');
        await handle.signal(signals.cancel);
        expect((await resultOf(handle)).job.status).toBe('STOPPED');
      },
      withoutQueue,
    );
  });

  it('does not keep a job that trains from ending', async () => {
    await stage.with(
      new ScriptedSageMaker(completes()),
      async ({ start }) => {
        expect((await resultOf(await start({ lease: LEASE }))).job.status).toBe('SUCCEEDED');
      },
      withoutQueue,
    );
  });

  it('and comes back hears of the job at once when it asks', async () => {
    await stage.with(
      new ScriptedSageMaker(completes()),
      async ({ start, openQueue, enrol, hears, lease, sleep }) => {
        const handle = await start();
        await sleep('1 hour');
        await openQueue();
        await enrol();
        expect(await hears(1)).toMatchObject([{ signal: 'enqueue' }]);
        await lease(LEASE);
        expect((await resultOf(handle)).job.status).toBe('SUCCEEDED');
      },
      withoutQueue,
    );
  });

  it('and was lost while the job waited is told everything anew', async () => {
    await stage.with(
      new ScriptedSageMaker(failsWith('AlgorithmError: boom'), completes()),
      async ({ job, start, enrol, hears, sleep }) => {
        const handle = await start({ lease: LEASE });
        await sleep('3 hours');
        await handle.executeUpdate(updates.setPriority, { args: [{ priority: 90 }] });
        await handle.executeUpdate(updates.hold);
        await enrol();
        await expect.poll(async () => (await hears(0)).at(-1)?.signal, { timeout: 20_000 }).toBe('enqueue');
        const last = (await hears(0)).at(-1);
        expect(last).toMatchObject({
          signal: 'enqueue',
          message: {
            job: { jobId: job.jobId, priority: 90 },
            held: true,
            notBefore: expect.any(Number) as number,
          },
        });
        expect(last?.message).not.toHaveProperty('holds');
        await handle.signal(signals.cancel);
        await resultOf(handle);
      },
      { wishes: { retry: { attempts: 2 } } },
    );
  });

  it('and was lost while the job trains is told what the job holds', async () => {
    await stage.with(new ScriptedSageMaker(trainsOn()), async ({ start, enrol, hears, sleep }) => {
      const handle = await start({ lease: LEASE });
      await sleep('1 minute');
      await enrol();
      expect(await hears(1)).toMatchObject([{ signal: 'enqueue', message: { holds: LEASE } }]);
      await handle.signal(signals.cancel);
      await resultOf(handle);
      expect(await hears(2)).toMatchObject([{}, { signal: 'release', message: { lease: 7 } }]);
    });
  });
});
