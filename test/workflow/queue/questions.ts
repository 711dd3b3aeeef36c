import type { Explanation } from '../../../src/scheduling/explanation.ts';
import { queueQueries } from '../../../src/workflows/messages.ts';
import type { QueueStage } from './queue-stage.ts';

export function queryExplain(stage: QueueStage, jobId: string): Promise<Explanation | undefined> {
  return stage.handle.query(queueQueries.explain, { jobId });
}
