/** Trainyard's workflows, and the bare ones that they are measured against. */
import { proxyActivities } from '@temporalio/workflow';

export * from '../src/workflows/index.ts';

const { noop } = proxyActivities<{ noop(): Promise<void> }>({ startToCloseTimeout: '1 minute' });

/** As many no-op activities, one after the other, as asked for. */
export async function bare(activities: number): Promise<void> {
  for (let done = 0; done < activities; done += 1) await noop();
}
