import { expect, it } from 'vitest';
import { signalsToQueue } from '../../../src/workflows/messages.ts';
import { P4D } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import { play } from './theatre.ts';

it('a queue without a memory numbers its leases above those that its jobs know: they take no others', async () => {
  await play(aQueue('numbers'), async (stage) => {
    await stage.handle.signal(signalsToQueue.enqueue, {
      job: { jobId: 'veteran', placements: [P4D], priority: 0 },
      queuedAt: 1_000,
      held: false,
      preemptions: 0,
      removed: [],
      newestLease: 50,
    });
    await stage.until('it is granted', async () => (await stage.snapshot()).counts.running === 1);
    const { running } = await stage.snapshot();
    await stage.handle.signal(signalsToQueue.withdraw, { jobId: 'veteran' });
    await stage.until('it is gone', async () => (await stage.snapshot()).counts.running === 0);
    expect(running).toMatchObject([{ jobId: 'veteran', lease: 51 }]);
  });
});
