import { TrainyardClient } from '../src/client/index.ts';
import { aJob } from '../test/support/a-job.ts';
import { withServer } from './harness.ts';
import { withLocalWorld } from './local-world.ts';
import { below, median, type BenchReport } from './report.ts';

const SAMPLES = 60;

/** From submission until the endpoint received CreateTrainingJob, beside whole executions of an empty workflow, in turns. */
export async function benchLatency(): Promise<BenchReport> {
  const samples = await withServer((bench) => {
    const taskQueue = 'latency';
    return withLocalWorld(bench, { trainingSeconds: 3_600, taskQueue }, async ({ requests }) => {
      const trainyard = TrainyardClient.on(bench.client, { taskQueue });
      const launches: number[] = [];
      const empty: number[] = [];
      for (let index = -5; index < SAMPLES; index += 1) {
        const emptyStarted = Date.now();
        await bench.client.workflow.execute('bare', { taskQueue, workflowId: `empty/${index}`, args: [0] });
        const emptyMs = Date.now() - emptyStarted;

        const job = aJob({ jobId: `latency${index + 5}` });
        const submittedAt = Date.now();
        await trainyard.submit(job);
        const receivedAt = await firstCreate(() =>
          requests(`operation=CreateTrainingJob&job=ty-${job.jobId}-*`),
        );
        // The first few warm everything up.
        if (index < 0) continue;
        empty.push(emptyMs);
        launches.push(receivedAt - submittedAt);
      }
      return { launches, empty };
    });
  });
  const [launchMs, emptyMs] = [median(samples.launches), median(samples.empty)];
  return {
    name: 'latency',
    measured: { submissionToCreateMsMedian: launchMs, emptyWorkflowMsMedian: emptyMs },
    bars: [below('submission to CreateTrainingJob over an empty workflow', launchMs / emptyMs, 4)],
  };
}

async function firstCreate(look: () => Promise<{ readonly times: readonly number[] }>): Promise<number> {
  for (;;) {
    const [time] = (await look()).times;
    if (time !== undefined) return time;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
