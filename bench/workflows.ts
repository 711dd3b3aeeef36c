/** Trainyard's workflows, and the bare ones that they are measured against. */
import {
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';

export * from '../src/workflows/index.ts';

const { noop } = proxyActivities<{ noop(): Promise<void> }>({ startToCloseTimeout: '1 minute' });

/** As many no-op activities, one after the other, as asked for. */
export async function bare(activities: number): Promise<void> {
  for (let done = 0; done < activities; done += 1) await noop();
}

/** What a bare child tells its parent when it is done. */
const done = defineSignal<[child: number]>('done');

/** A parent without any scheduling: all children at once, each with its activities and one signal back. */
export async function bareParent(children: number, activities: number): Promise<void> {
  const ended = new Set<number>();
  setHandler(done, (child) => void ended.add(child));
  const { workflowId } = workflowInfo();
  for (let child = 0; child < children; child += 1) {
    void startChild(bareChild, {
      workflowId: `${workflowId}/${child}`,
      args: [workflowId, child, activities],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  }
  await condition(() => ended.size === children);
}

export async function bareChild(parent: string, child: number, activities: number): Promise<void> {
  await bare(activities);
  await getExternalWorkflowHandle(parent).signal(done, child);
}
