import { setTimeout as sleep } from 'node:timers/promises';
import { StopTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { DEFAULT_WATCH_SETTINGS } from '../src/activities/index.ts';
import { jobWorkflowId, TRAINING_JOB } from '../src/workflows/contract.ts';
import type { JobView } from '../src/jobs/view.ts';
import { aJob } from '../test/support/a-job.ts';
import { timed, withServer, type Bench } from './harness.ts';
import { withLocalWorld } from './local-world.ts';
import { atMost, median, type BenchReport } from './report.ts';

const JOBS = 1_000;
/** All safety checks of the fleet come round at least once. */
const QUIET_SECONDS = 150;
const CHANGES = 5;

/** SageMaker calls that a thousand running jobs cost while nothing changes, and how soon a change is noticed. */
export async function benchCalls(): Promise<BenchReport> {
  const { calls, seconds, noticedMs } = await withServer((bench) => {
    const taskQueue = 'calls';
    return withLocalWorld(bench, { trainingSeconds: 7_200, taskQueue }, async ({ aws, requests }) => {
      await timed(JOBS, 20, (index) => {
        const job = aJob({ jobId: `running-${index}` });
        return bench.client.workflow.start(TRAINING_JOB, {
          taskQueue,
          workflowId: jobWorkflowId(job.jobId),
          args: [{ job }],
        });
      });
      for (const index of [0, JOBS >> 1, JOBS - 1]) await untilStatus(bench, `running-${index}`, 'RUNNING');
      await until(async () => (await requests('operation=CreateTrainingJob')).count === JOBS);
      // What the launches still cause (sweeps that tell a thousand jobs that they run) is no part of the quiet time.
      await sleep(3 * DEFAULT_WATCH_SETTINGS.sweepMs);

      const since = Date.now();
      await sleep(QUIET_SECONDS * 1000);
      const quiet = await requests(`operation=*&since=${since}`);

      const noticed: number[] = [];
      for (let index = 0; index < CHANGES; index += 1) {
        const stoppedAt = Date.now();
        await aws.sageMaker.send(new StopTrainingJobCommand({ TrainingJobName: `ty-running-${index}-1` }));
        await untilStatus(bench, `running-${index}`, 'STOPPED');
        noticed.push(Date.now() - stoppedAt);
      }
      return { calls: quiet.count, seconds: QUIET_SECONDS, noticedMs: noticed };
    });
  });
  const sweeps = Math.max(...noticedMs) / DEFAULT_WATCH_SETTINGS.sweepMs;
  return {
    name: 'calls',
    measured: {
      runningJobs: JOBS,
      quietSeconds: seconds,
      callsInQuietTime: calls,
      noticedMsMedian: median(noticedMs),
      noticedMsMax: Math.max(...noticedMs),
    },
    bars: [
      atMost('SageMaker calls a second while nothing changes', calls / seconds, 1),
      atMost('sweeps until a change is noticed', sweeps, 2),
    ],
  };
}

async function untilStatus({ client }: Bench, jobId: string, status: JobView['status']): Promise<void> {
  const handle = client.workflow.getHandle(jobWorkflowId(jobId));
  await until(async () => (await handle.query<JobView>('job')).status === status);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(200);
}
