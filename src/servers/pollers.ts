import type { Connection } from '@temporalio/client';

/** `TaskQueueType` of the protocol. */
const WORKFLOW = 1;
const ACTIVITY = 2;

export interface Pollers {
  /** Identities of workers that asked for work lately: `<pid>@<host>` unless set otherwise. */
  readonly workflow: readonly string[];
  readonly activity: readonly string[];
}

/** A worker asks again at least once a minute; the server itself remembers pollers for five. */
const RECENT_MS = 70_000;

/** Which workers serve a task queue. */
export async function pollersOf(
  connection: Connection,
  namespace: string,
  taskQueue: string,
): Promise<Pollers> {
  const identities = async (taskQueueType: number): Promise<string[]> => {
    const request = { namespace, taskQueue: { name: taskQueue }, taskQueueType };
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum is in @temporalio/proto, no dependency of ours
    const { pollers } = await connection.workflowService.describeTaskQueue(request);
    const recent = pollers.filter(({ lastAccessTime }) => {
      const seconds = Number(lastAccessTime?.seconds ?? 0);
      return Date.now() - seconds * 1000 < RECENT_MS;
    });
    return recent.map(({ identity }) => identity ?? '?');
  };
  const [workflow, activity] = await Promise.all([identities(WORKFLOW), identities(ACTIVITY)]);
  return { workflow, activity };
}
