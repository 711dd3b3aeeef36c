import { it } from 'vitest';
import { aJob } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import { theatre } from './theatre.ts';
const play = theatre();
const log = (...x: unknown[]): void => void process.stderr.write(`${new Date().toISOString().slice(14)} ${x.map(String).join(' ')}\n`);
for (const n of [1, 2, 3]) it('play ' + n, async () => {
  await play(aQueue('dbg' + n, { limit: 1 }), async (stage) => {
    const job = aJob();
    await stage.submit(job);
    log('submitted');
    for (let i = 0; i < 8; i++) {
      const v = await stage.view(job.jobId).catch((e: unknown) => ({ status: String(e) }));
      log(v.status, (await stage.environment.currentTimeMs()));
      if (v.status === 'SUCCEEDED') break;
      await Promise.race([stage.sleep('1 minute'), new Promise((r) => setTimeout(r, 4000))]);
    }
    const h = await stage.handle.fetchHistory();
    for (const e of h.events ?? []) log(e.eventId?.toString(), Object.keys(e).filter(k => k.endsWith('Attributes')).join(), JSON.stringify(e.workflowTaskFailedEventAttributes?.failure?.message ?? ''));
    log('ending');
  });
  log('ended');
}, 50000);
