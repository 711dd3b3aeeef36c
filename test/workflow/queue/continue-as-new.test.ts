import { describe, expect, it } from 'vitest';
import { signalsToQueue } from '../../../src/workflows/messages.ts';
import { aQueue, quotaShares } from '../../support/a-queue.ts';
import { P4D } from '../../support/a-job.ts';
import type { EnqueueRequest } from '../../../src/workflows/queue-contract.ts';
import { play } from './theatre.ts';

/*
 * Thresholds: 20 signals a run instead of 5,000. No job has a workflow here, because on the time-skipping server a child that
 * closes after its parent's run locks the time for good; jobs with workflows: test/e2e/queue-continue-as-new.test.ts.
 */
const ghost = (n: number, more: Partial<EnqueueRequest> = {}): EnqueueRequest => ({
  job: { jobId: `ghost-${n}`, share: n % 2 === 0 ? 'red' : 'blue', placements: [P4D], priority: n % 7 },
  queuedAt: 1_000 + n,
  held: false,
  preemptions: 0,
  removed: [],
  ...more,
});

describe('continue-as-new of a queue', () => {
  it('loses no message and no job, however many runs it takes', async () => {
    await play(
      aQueue('rolls', { limit: 2, policy: quotaShares({ red: 1, blue: 1 }) }),
      async (stage) => {
        const first = (await stage.handle.describe()).runId;
        const all = Array.from({ length: 60 }, (_, n) => ghost(n));
        for (const request of all) await stage.handle.signal(signalsToQueue.enqueue, request);
        await stage.until('all are there', async () => {
          const { counts } = await stage.snapshot();
          return counts.waiting + counts.running === 60;
        });
        await stage.until('a run has ended', async () => (await stage.handle.describe()).runId !== first);
        const before = await stage.snapshot();
        expect(before.counts).toMatchObject({ running: 2, waiting: 58 });
        const leases = before.running.map(({ lease }) => lease);
        for (const { jobId, lease } of before.running) {
          const outcome = { kind: 'ended', status: 'SUCCEEDED', ranSeconds: 1 } as const;
          await stage.handle.signal(signalsToQueue.release, { jobId, lease: lease!, outcome });
        }
        await stage.until('the next have leases', async () => (await stage.snapshot()).counts.waiting === 56);
        const after = (await stage.snapshot()).running.map(({ lease }) => lease ?? 0);
        expect(Math.min(...after)).toBeGreaterThan(Math.max(...leases.map((lease) => lease ?? 0)));
        for (let n = 0; n < 60; n += 1)
          await stage.handle.signal(signalsToQueue.withdraw, { jobId: `ghost-${n}` });
        await stage.until('all are gone', async () => {
          const { counts } = await stage.snapshot();
          return counts.waiting + counts.running === 0;
        });
      },
      { limits: { continueAsNewAfterSignals: 20 } },
    );
  });

  it('lets a queue without work be, and remembers that it is paused', async () => {
    await play(
      aQueue('keeps'),
      async (stage) => {
        await stage.handle.executeUpdate('pause');
        for (let n = 0; n < 3; n += 1)
          await stage.handle.signal(signalsToQueue.withdraw, { jobId: 'nobody' });
        await stage.until(
          'it rolls',
          async () =>
            (await stage.handle.fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes
              ?.continuedExecutionRunId !== '',
        );
        expect((await stage.snapshot()).paused).toBe(true);
      },
      { limits: { continueAsNewAfterSignals: 3 } },
    );
  });
});
