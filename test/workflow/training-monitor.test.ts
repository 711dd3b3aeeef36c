import type { WorkflowHandle } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { describe, expect, inject, it, vi } from 'vitest';
import type { OrphanNotes, SweepInput, TrainyardActivities } from '../../src/activities/types.ts';
import { monitorWorkflowId, TRAINING_MONITOR } from '../../src/workflows/contract.ts';
import { MONITOR_SIGNALS, QUEUE_SIGNALS, queueWorkflowId } from '../../src/workflows/queue-contract.ts';
import type { MonitorInput } from '../../src/workflows/training-monitor.ts';
import { environmentOfThisFile } from './environment.ts';

const P4D = 'ml.p4d.24xlarge';
const NOTES: OrphanNotes = { live: [['ty-rank-1', 5]], suspects: [], lastPassAt: 7, countedAt: 6 };

const environment = await environmentOfThisFile();
let made = 0;

/** Sessions that last until they are cancelled, and then report one sweep more than their watermark. */
function endlessSessions(): {
  readonly inputs: SweepInput[];
  readonly sweepTrainings: TrainyardActivities['sweepTrainings'];
} {
  const inputs: SweepInput[] = [];
  return {
    inputs,
    sweepTrainings: async (input) => {
      inputs.push(input);
      const beat = setInterval(() => Context.current().heartbeat(), 20);
      await Context.current().cancelled.catch(() => undefined);
      clearInterval(beat);
      return {
        watermark: input.watermark + 1,
        sweeps: 1,
        changesSeen: 0,
        signalsSent: 0,
        withoutWorkflow: [],
        orphans: NOTES,
      };
    },
  };
}

interface Scene {
  readonly monitor: WorkflowHandle;
  readonly inputs: readonly SweepInput[];
  /** An open workflow under a queue's id that nobody works on: its history shows what it was told. */
  readonly queue: (name: string) => Promise<WorkflowHandle>;
}

async function withMonitor(
  input: Partial<MonitorInput>,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  const taskQueue = `monitor-${process.pid}-${++made}`;
  const { inputs, sweepTrainings } = endlessSessions();
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: { codePath: inject('workflowBundlePath') },
    activities: { sweepTrainings },
    maxHeartbeatThrottleInterval: '20 ms',
    defaultHeartbeatThrottleInterval: '20 ms',
  });
  const opened: WorkflowHandle[] = [];
  const { workflow } = environment.client;
  await worker.runUntil(async () => {
    const monitor = await workflow.start(TRAINING_MONITOR, {
      taskQueue,
      workflowId: monitorWorkflowId('111122223333', `region-${made}`),
      args: [{ account: '111122223333', region: `region-${made}`, watermark: 1, ...input }],
    });
    await act({
      monitor: workflow.getHandle(monitor.workflowId),
      inputs,
      queue: async (name) => {
        const handle = await workflow.start('nobody', {
          taskQueue: `${taskQueue}-nobody`,
          workflowId: queueWorkflowId(name),
        });
        opened.push(handle);
        return handle;
      },
    });
    await workflow.getHandle(monitor.workflowId).terminate();
    for (const handle of opened) await handle.terminate();
  });
}

/** The news that a queue was told, in order. */
async function toldTo(queue: WorkflowHandle): Promise<unknown[]> {
  const { events } = await queue.fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal?.signalName === QUEUE_SIGNALS.capacityNews
      ? (signal.input?.payloads ?? []).map(({ data }) => JSON.parse(String(data)) as unknown)
      : [],
  );
}

const report = (monitor: WorkflowHandle, queue: string, ...news: object[]): Promise<void> =>
  monitor.signal(MONITOR_SIGNALS.capacityReport, { queue, instanceTypes: [P4D], news });

describe('the monitor', () => {
  it('tells the other queue of a shortage, and a new queue of what is known', async () => {
    await withMonitor({}, async ({ monitor, queue }) => {
      const [search, ads, late] = [await queue('search'), await queue('ads'), await queue('late')];
      const out = { instanceType: P4D, outUntil: Date.now() + 3_600_000 };
      await report(monitor, 'search');
      await report(monitor, 'ads');
      await report(monitor, 'search', out);
      await report(monitor, 'late');
      await vi.waitFor(async () => expect(await toldTo(late)).toEqual([out]), 10_000);
      expect(await toldTo(ads)).toEqual([out]);
      expect(await toldTo(search)).toEqual([]);
    });
  });

  it('goes on without a queue that is gone, and without reports that make no sense', async () => {
    await withMonitor({}, async ({ monitor, queue }) => {
      const ads = await queue('ads-2');
      await monitor.signal(MONITOR_SIGNALS.capacityReport, 'nonsense');
      await report(monitor, 'never-there');
      await report(monitor, 'ads-2');
      const out = { instanceType: P4D, outUntil: Date.now() + 3_600_000 };
      await report(monitor, 'search-2', out);
      await vi.waitFor(async () => expect(await toldTo(ads)).toEqual([out]), 10_000);
    });
  });

  it('continues as new in the middle of a session when reports fill its history, and forgets nothing', async () => {
    await withMonitor({ continueAsNewAfterEvents: 60 }, async ({ monitor, inputs, queue }) => {
      const ads = await queue('ads-3');
      await report(monitor, 'ads-3');
      const first = (await monitor.describe()).runId;
      const until = (n: number): number => Date.now() + 3_600_000 + n;
      let n = 0;
      await vi.waitFor(
        async () => {
          await report(monitor, 'search-3', { instanceType: P4D, outUntil: until(++n * 1_000) });
          expect((await monitor.describe()).runId).not.toBe(first);
        },
        { timeout: 30_000, interval: 50 },
      );
      await vi.waitFor(() => expect(inputs.length).toBeGreaterThan(1), 10_000);
      expect(inputs[1]).toMatchObject({ watermark: 2, orphans: NOTES });
      const last = { instanceType: P4D, outUntil: until(3_600_000) };
      await report(monitor, 'search-3', last);
      await vi.waitFor(async () => expect((await toldTo(ads)).at(-1)).toEqual(last), 10_000);
    });
  });
});
