import type { Connection } from '@temporalio/client';
import { describeTaskQueues } from './pollers.ts';

/** `WorkerVersioningMode` of the protocol. */
const VERSIONED = 2;

/** Name of a Worker Deployment and version of the code in it. */
export interface ServingVersion {
  readonly deployment: string;
  readonly buildId: string;
}

export interface ServingWorker {
  /** `<pid>@<host>` unless set otherwise. */
  readonly identity: string;
  /** Absent: a worker without Worker Versioning. */
  readonly version?: ServingVersion;
  /** Whether work goes to it: its version is the current or the ramping one. */
  readonly getsWork: boolean;
}

export interface ServingWorkers {
  /** By identity. */
  readonly workers: readonly ServingWorker[];
  /** The version that gets the work. Absent: workers without a version do. */
  readonly current?: ServingVersion;
}

type VersionOnWire = { readonly deploymentName?: string | null; readonly buildId?: string | null } | null;

/**
 * Which workers ask for work on a task queue, and whether they get any: a worker with a version gets none before its version is
 * the current one, and one without gets none while there is a current version.
 */
export async function servingWorkers(
  connection: Pick<Connection, 'workflowService'>,
  namespace: string,
  taskQueue: string,
  now = Date.now(),
): Promise<ServingWorkers> {
  const { workflow, activity } = await describeTaskQueues(connection, namespace, taskQueue, now);
  const { versioningInfo } = workflow;
  const current = versionOf(versioningInfo?.currentDeploymentVersion);
  const ramp = versioningInfo?.rampingVersionPercentage ?? 0;
  const chosen = ramp > 0 ? [current, versionOf(versioningInfo?.rampingDeploymentVersion)] : [current];
  const workers = new Map<string, ServingWorker>();
  for (const { identity, deploymentOptions } of [...workflow.pollers, ...activity.pollers]) {
    const mode: number = deploymentOptions?.workerVersioningMode ?? 0;
    const version = mode === VERSIONED ? versionOf(deploymentOptions) : undefined;
    workers.set(identity ?? '?', {
      identity: identity ?? '?',
      ...(version === undefined ? {} : { version }),
      getsWork: chosen.some((other) => isSame(other, version)),
    });
  }
  return {
    workers: [...workers.values()].sort((a, b) => (a.identity < b.identity ? -1 : 1)),
    ...(current === undefined ? {} : { current }),
  };
}

function versionOf(wire: VersionOnWire | undefined): ServingVersion | undefined {
  const { deploymentName, buildId } = wire ?? {};
  if (deploymentName === undefined || deploymentName === null || deploymentName === '') return undefined;
  return { deployment: deploymentName, buildId: buildId ?? '' };
}

function isSame(a: ServingVersion | undefined, b: ServingVersion | undefined): boolean {
  return a?.deployment === b?.deployment && a?.buildId === b?.buildId;
}
