import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  monitorWorkflowId,
  TASK_PRIORITY,
  TRAINING_MONITOR,
  type TrainingMonitorInput,
} from '../workflows/contract.ts';

/** Between two tries at starting the monitor, and between two looks whether somebody ended it. */
const RETRY_MS = 10_000;
const LOOK_MS = 5 * 60_000;

export interface MonitorKeeper {
  readonly client: Client;
  readonly taskQueue: string;
  /** Which account and region this worker works in; may fail while AWS does. */
  whereAmI(): Promise<{ readonly account: string; readonly region: string }>;
  /** Told why the monitor could not be started; it is tried again. */
  onFailure(error: unknown): void;
}

/**
 * Sees to it that the account's monitor runs, until the signal aborts. Every worker does: starting it twice changes
 * nothing, and a monitor that somebody terminated is back within minutes.
 */
export async function keepMonitorRunning(keeper: MonitorKeeper, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let pause = LOOK_MS;
    try {
      await startMonitor(keeper, await keeper.whereAmI());
    } catch (error) {
      keeper.onFailure(error);
      pause = RETRY_MS;
    }
    await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function startMonitor(
  { client, taskQueue }: MonitorKeeper,
  { account, region }: { readonly account: string; readonly region: string },
): Promise<void> {
  const input: TrainingMonitorInput = { account, region };
  await client.workflow.start(TRAINING_MONITOR, {
    taskQueue,
    workflowId: monitorWorkflowId(account, region),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    args: [input],
    priority: TASK_PRIORITY.few,
    staticSummary: `watches the training jobs of ${account} in ${region}`,
  });
}
