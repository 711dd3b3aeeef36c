/**
 * Records the histories that test/replay replays: `npx tsx test/replay/record.ts VERSION [PART]`, on a real dev server. Run
 * it before a release, into a new folder; the old ones stay, because every recorded history must go on replaying
 * (design §8, invariant 8). With PART only the histories whose names begin with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  jobWorkflowId,
  monitorWorkflowId,
  TRAINING_JOB,
  TRAINING_MONITOR,
} from '../../src/workflows/contract.ts';
import { signals, updates } from '../../src/workflows/messages.ts';
import { aJob, G6, P4D } from '../support/a-job.ts';
import {
  completes,
  failsWith,
  lookingEvery,
  outOfCapacity,
  quotaExceeded,
  running,
  lives,
  ScriptedSageMaker,
  trainsOn,
  type Scene,
} from '../workflow/scripted-sagemaker.ts';
import { recordQueuedJobs } from './record-queued-jobs.ts';
import { recordQueues } from './record-queues.ts';
import { Recorder } from './recorder.ts';

const version = process.argv[2];
if (version === undefined) throw new Error('usage: npx tsx test/replay/record.ts VERSION [PART]');
const folder = new URL(`./histories/${version}/`, import.meta.url).pathname;

/** Quick enough to wait for. */
const quick = (...scenes: [Scene, ...Scene[]]): ScriptedSageMaker => {
  const [first, ...rest] = scenes;
  return new ScriptedSageMaker(lookingEvery(300, first), ...rest.map((scene) => lookingEvery(300, scene)));
};
const soon = { initialSeconds: 1, maxSeconds: 1, factor: 1 };
const retry = { attempts: 2, backoff: soon, capacityBackoff: soon };

const recorder = await Recorder.start(folder, process.argv[3]);
const { client } = recorder;

async function job(
  name: string,
  sagemaker: ScriptedSageMaker,
  wishes: Parameters<typeof aJob>[0],
  act: (handle: Awaited<ReturnType<typeof start>>) => Promise<unknown> = () => Promise.resolve(),
  input: { readonly continueAsNewAfterEvents?: number } = {},
): Promise<void> {
  const spec = aJob({ jobId: name, retry, ...wishes });
  await recorder.record(`job-${name}`, sagemaker.activities, async (taskQueue) => {
    const handle = await start(taskQueue, spec, input);
    await act(handle);
    await client.workflow
      .getHandle(jobWorkflowId(name))
      .result()
      .catch(() => undefined);
    return [{ file: `job-${name}`, workflowId: jobWorkflowId(name) }];
  });
}

async function start(taskQueue: string, spec: ReturnType<typeof aJob>, input: object) {
  return client.workflow.start(TRAINING_JOB, {
    taskQueue,
    workflowId: jobWorkflowId(spec.jobId),
    args: [{ job: spec, ...input }],
  });
}

const notifyOn = ['STARTED', 'SUCCEEDED', 'FAILED', 'STOPPED'] as const;
await job('succeeds', quick(completes()), { notifyOn, user: 'ana' });
await job('falls-back', quick(quotaExceeded('ml.p4d.24xlarge'), outOfCapacity(), completes()), {
  placements: [P4D, G6],
});
await job('fails-for-good', quick(failsWith('AlgorithmError: boom')), { notifyOn });
await job('is-cancelled', quick(trainsOn()), { notifyOn }, async (handle) => {
  await sleep(500);
  await handle.signal(signals.cancel, { reason: 'wrong data' });
});
await job('is-cancelled-by-temporal', quick(trainsOn()), {}, async (handle) => {
  await sleep(500);
  await handle.cancel();
});
await job('is-steered', quick(lookingEvery(2_000, completes())), {}, async (handle) => {
  await handle.executeUpdate(updates.setPriority, { args: [{ priority: 90 }] });
  await handle.executeUpdate(updates.hold);
  await sleep(300);
  await handle.signal(signals.release);
  await handle.signal(signals.trainingChanged, {
    attempt: 1,
    status: 'InProgress',
    secondaryStatus: 'Downloading',
  });
});
await job('runs-into-its-time-limit', quick(trainsOn()), { timeLimits: { attemptSeconds: 1 } });
await job(
  'continues-as-new',
  quick(lives(...Array.from({ length: 12 }, () => running), { status: 'Completed' })),
  {},
  undefined,
  { continueAsNewAfterEvents: 30 },
);
await recorder.record('monitor', quick(completes()).activities, async (taskQueue) => {
  const workflowId = monitorWorkflowId('111122223333', 'us-east-1');
  await client.workflow.start(TRAINING_MONITOR, {
    taskQueue,
    workflowId,
    args: [{ account: '111122223333', region: 'us-east-1', watermark: 1 }],
  });
  await sleep(1_000);
  await client.workflow.getHandle(workflowId).terminate('recorded');
  return [{ file: 'monitor', workflowId }];
});
await recordQueuedJobs(recorder);
await recordQueues(recorder);
await recorder.stop();
