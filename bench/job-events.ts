import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { jobWorkflowId, TRAINING_JOB } from '../src/workflows/contract.ts';
import { aJob } from '../test/support/a-job.ts';
import type { Bench } from './harness.ts';
import { withLocalWorld } from './local-world.ts';

const JOBS = 20;
/** Longer than several sweeps and safety checks, so that both have had their say. */
const TRAINING_SECONDS = 20;

/** History events of ordinary jobs that train on the local endpoint, watched by monitor and safety check, and notify. */
export function ordinaryJobEvents(bench: Bench): Promise<number[]> {
  const watch = { sweepMs: 2_000, safetyCheckMs: 5_000, safetyChecksPerSecond: 10 };
  const taskQueue = 'events';
  return withLocalWorld(bench, { trainingSeconds: TRAINING_SECONDS, watch, taskQueue }, async ({ aws }) => {
    const { TopicArn: topicArn = '' } = await aws
      .sns('us-east-1')
      .send(new CreateTopicCommand({ Name: 'bench' }));
    const handles = await Promise.all(
      Array.from({ length: JOBS }, (_, index) => {
        const job = {
          ...aJob({ jobId: `ordinary-${index}` }),
          notify: { topicArn, on: ['SUCCEEDED' as const] },
        };
        return bench.client.workflow.start(TRAINING_JOB, {
          taskQueue,
          workflowId: jobWorkflowId(job.jobId),
          args: [{ job }],
        });
      }),
    );
    return Promise.all(
      handles.map(async (handle) => {
        await handle.result();
        return (await handle.fetchHistory()).events?.length ?? 0;
      }),
    );
  });
}
