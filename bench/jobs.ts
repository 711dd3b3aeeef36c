import { TrainyardClient } from '../src/client/index.ts';
import { jobWorkflowId } from '../src/workflows/contract.ts';
import { aJob } from '../test/support/a-job.ts';
import { timed, withServer, withWorker, type Bench } from './harness.ts';
import { instantActivities } from './instant-activities.ts';
import { ordinaryJobEvents } from './job-events.ts';
import { atLeast, atMost, median, type BenchReport } from './report.ts';

const JOBS = 500;
const ROUNDS = 3;
const WIDTH = 100;
/** Launch, watch, notify. */
const ACTIVITIES = 3;

/** Jobs a second with instant activities, beside bare workflows with as many no-op activities, in turns. */
export async function benchJobs(): Promise<BenchReport> {
  const { rounds, events } = await withServer(async (bench) => ({
    rounds: await withWorker(bench, 'bench', instantActivities, async () => {
      await Promise.all([jobRound(bench, 'warm-up', 50), bareRound(bench, 'warm-up', 50)]);
      const all: { jobs: number; bare: number }[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const bare = JOBS / (await bareRound(bench, `round-${round}`, JOBS));
        const jobs = JOBS / (await jobRound(bench, `round-${round}`, JOBS));
        all.push({ jobs, bare });
      }
      return all;
    }),
    events: await ordinaryJobEvents(bench),
  }));
  const ratio = median(rounds.map(({ jobs, bare }) => jobs / bare));
  return {
    name: 'jobs',
    measured: {
      jobsPerSecond: median(rounds.map(({ jobs }) => jobs)),
      bareWorkflowsPerSecond: median(rounds.map(({ bare }) => bare)),
      historyEventsPerJobMedian: median(events),
      historyEventsPerJobMax: Math.max(...events),
    },
    bars: [
      atLeast('jobs/s over bare workflows/s', ratio, 0.6),
      atMost('history events of an ordinary job', Math.max(...events), 40),
    ],
  };
}

/** Through the client, as users submit. */
function jobRound({ client }: Bench, round: string, count: number): Promise<number> {
  const trainyard = TrainyardClient.on(client, { taskQueue: 'bench' });
  return timed(count, WIDTH, async (index) => {
    const job = aJob({ jobId: `${round}-${index}`, notifyOn: ['SUCCEEDED'], user: 'ana' });
    await trainyard.submit(job);
    await client.workflow.result(jobWorkflowId(job.jobId));
  });
}

function bareRound({ client }: Bench, round: string, count: number): Promise<number> {
  return timed(count, WIDTH, (index) =>
    client.workflow.execute('bare', {
      taskQueue: 'bench',
      workflowId: `bare/${round}-${index}`,
      args: [ACTIVITIES],
    }),
  );
}
