import type { QueuedJobView, QueueSnapshot } from '../client/index.ts';
import { neverFits } from '../scheduling/never-fits.ts';
import { jobList } from '../scheduling/wording/amounts.ts';
import type { Trainyard } from './terminal.ts';

/** Waiting jobs read at a time; a queue holds ten times as many at most. */
const PAGE = 1_000;
/** Jobs that are asked about one by one, because their first choice alone does not tell. */
const MOST_ASKED = 20;

/**
 * Who of a queue's waiting jobs can never start as the queue is now, in one sentence: none of their instance types is in it any more, or
 * they are larger than what they could ever get. Undefined: nobody.
 */
export async function strandedSentence(client: Trainyard, queue: string): Promise<string | undefined> {
  const stranded: string[] = [];
  const doubtful: string[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const page = await client.queue(queue, { offset, limit: PAGE });
    for (const job of page.front) {
      if (job.state === 'unplaced') stranded.push(job.jobId);
      else if (outgrows(page, job)) doubtful.push(job.jobId);
    }
    if (page.front.length < PAGE) break;
  }
  for (const jobId of doubtful.slice(0, MOST_ASKED)) {
    const { explanation } = await client.explain(jobId, { estimate: false });
    const reasons = explanation?.blockedByOption ?? [];
    if (reasons.length > 0 && reasons.every(({ code }) => code === 'NEVER_FITS')) stranded.push(jobId);
  }
  if (stranded.length === 0) return undefined;
  const jobs = stranded.length === 1 ? 'a waiting job' : `${stranded.length} waiting jobs`;
  const more = doubtful.length > MOST_ASKED ? 'at least ' : '';
  return (
    `${more}${jobs} of queue ${queue} can never start as it is now: ${jobList(stranded)}. ` +
    'See why with `trainyard explain`; change the queue again, or cancel them.'
  );
}

function outgrows({ spec }: QueueSnapshot, { share, environment, instances }: QueuedJobView): boolean {
  return neverFits(spec, { share, options: [{ environment, instances }] }) !== undefined;
}
