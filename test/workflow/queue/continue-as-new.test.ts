import { describe, expect, it } from 'vitest';
import { queueQueries, queueUpdates, signalsToQueue } from '../../../src/workflows/messages.ts';
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
        // Nobody is there to take a lease.
        await stage.handle.executeUpdate(queueUpdates.pause);
        const first = (await stage.handle.describe()).runId;
        for (let n = 0; n < 60; n += 1) await stage.handle.signal(signalsToQueue.enqueue, ghost(n));
        await stage.until('a run has ended', async () => (await stage.handle.describe()).runId !== first);
        await stage.until('all are there', async () => (await stage.snapshot()).counts.waiting === 60);
        const { front } = await stage.handle.query(queueQueries.snapshot, { limit: 60, share: 'red' });
        const reds = Array.from({ length: 30 }, (_, n) => ghost(2 * n).job);
        const order = reds.sort(
          (a, b) => b.priority - a.priority || Number(a.jobId.slice(6)) - Number(b.jobId.slice(6)),
        );
        expect(front.map(({ jobId }) => jobId)).toEqual(order.map(({ jobId }) => jobId));
        for (let n = 0; n < 60; n += 1)
          await stage.handle.signal(signalsToQueue.withdraw, { jobId: `ghost-${n}` });
        await stage.until('all are gone', async () => (await stage.snapshot()).counts.waiting === 0);
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
