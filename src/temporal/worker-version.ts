import type { WorkerOptions } from '@temporalio/worker';

/** Which version of the code a worker runs, for a Temporal server that routes by it (Worker Versioning). */
export interface WorkerVersion {
  /** Name of the Worker Deployment: all workers that take turns at the same work. */
  readonly deployment: string;
  /** Of this code: any name that changes with it. */
  readonly buildId: string;
}

/**
 * Options of a worker of this version; none for a worker without one.
 *
 * Every workflow is AUTO_UPGRADE: its next task runs on the version that is current, and its history is replayed there.
 *
 * - A job may last for weeks and a queue lasts for ever. PINNED would keep the workers of every version alive as long.
 * - A PINNED queue moves at continue-as-new only if the server says that there is another version and heeds
 *   `initialVersioningBehavior`. Server 1.29 does neither, and 1.32 only by a setting that is off: such a queue would never leave
 *   its version, nor would the jobs that it starts begin elsewhere.
 * - Nothing is gained by PINNED: workers without versions replay whatever history there is, so new code must get on with
 *   histories of older code anyway (`patched`, test/replay).
 *
 * It is the worker's default and not `setWorkflowOptions` of each workflow: a server refuses the workflow tasks of a worker
 * without version that name a behaviour.
 */
export function versioning(
  version: WorkerVersion | undefined,
): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === undefined) return {};
  const { deployment, buildId } = version;
  return {
    workerDeploymentOptions: {
      version: { deploymentName: deployment, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
