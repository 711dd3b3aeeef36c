import { TrainyardError } from '../jobs/error-catalogue.ts';
import { nearest } from '../jobs/nearest.ts';
import type { Trainyard } from './terminal.ts';

/**
 * For a filter that found no job. A queue that was deleted may have left jobs to list; one that has none and never was is a slip of
 * the pen.
 * @throws TrainyardError QUEUE_NOT_FOUND
 */
export async function assertQueue(client: Trainyard, queue: string): Promise<void> {
  const queues = await client.queueNames();
  if (queues.includes(queue)) return;
  const meant = nearest(queue, queues);
  throw new TrainyardError('QUEUE_NOT_FOUND', `There is no queue ${queue}, and no job of one.`, {
    ...(meant === undefined
      ? {}
      : { hint: `Did you mean ${meant}? See the queues with \`trainyard queue list\`.` }),
  });
}
