import type { Connection } from '@temporalio/client';

/** `TaskQueueType` of the protocol. */
const WORKFLOW = 1;
const ACTIVITY = 2;

type Description = Awaited<ReturnType<Connection['workflowService']['describeTaskQueue']>>;

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
  const { workflow, activity } = await describeTaskQueues(connection, namespace, taskQueue);
  const identities = ({ pollers }: Pick<Description, 'pollers'>): string[] =>
    pollers.map(({ identity }) => identity ?? '?');
  return { workflow: identities(workflow), activity: identities(activity) };
}

/** What the server knows of a task queue of both types, with those pollers only that asked for work lately. */
export async function describeTaskQueues(
  connection: Pick<Connection, 'workflowService'>,
  namespace: string,
  taskQueue: string,
  now?: number,
): Promise<Record<'workflow' | 'activity', Pick<Description, 'pollers' | 'versioningInfo'>>> {
  const describe = async (
    taskQueueType: number,
  ): Promise<Pick<Description, 'pollers' | 'versioningInfo'>> => {
    const request = { namespace, taskQueue: { name: taskQueue }, taskQueueType };
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum is in @temporalio/proto, no dependency of ours
    const description = await connection.workflowService.describeTaskQueue(request);
    const at = now ?? Date.now();
    const pollers = description.pollers.filter(
      ({ lastAccessTime }) => at - Number(lastAccessTime?.seconds ?? 0) * 1000 < RECENT_MS,
    );
    return { pollers, versioningInfo: description.versioningInfo ?? null };
  };
  const [workflow, activity] = await Promise.all([describe(WORKFLOW), describe(ACTIVITY)]);
  return { workflow, activity };
}
