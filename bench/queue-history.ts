import type { Client, WorkflowHandle } from '@temporalio/client';

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** All events of a workflow, those of earlier runs first. */
export async function historyOf(client: Client, workflowId: string): Promise<readonly HistoryEvent[]> {
  const runs: HistoryEvent[][] = [];
  let runId: string | undefined;
  do {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.unshift(events ?? []);
    const started = events?.[0]?.workflowExecutionStartedEventAttributes;
    runId = started?.continuedExecutionRunId ?? undefined;
    if (runId === '') runId = undefined;
  } while (runId !== undefined);
  return runs.flat();
}

type Timestamp = HistoryEvent['eventTime'];

/** Epoch milliseconds with a fraction. */
export function millis(time: Timestamp): number {
  return Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1e6;
}
