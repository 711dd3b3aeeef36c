import { parseAttemptName } from '../jobs/attempt-name.ts';
import { isTrainingOver } from '../jobs/training-description.ts';
import type { JobDirectory, JobWorkflow } from '../ports/job-directory.ts';
import type { TrainingService } from '../ports/training-service.ts';
import { launcherIn } from './attempt-tags.ts';

export interface OrphanPorts {
  readonly training: Pick<TrainingService, 'describe' | 'tags'>;
  readonly directory: JobDirectory;
}

/**
 * What is to be thought of a live training job that carries an attempt's name.
 *
 *   held      its job's workflow is open: leave it alone
 *   orphan    launched from this Temporal namespace, by a workflow that is over
 *   foreign   not Trainyard's (no tags), or another namespace's in the same account: never touched
 *   over      it has ended meanwhile
 *   unknown   Temporal does not tell, or has forgotten whose it was: never touched
 */
export type Fate = 'held' | 'orphan' | 'foreign' | 'over' | 'unknown';

/**
 * Finds out whose training job `name` is, from its tags and not from its name alone: names are free for everybody in the
 * account. Throws TrainingServiceError.
 */
export async function fateOf({ training, directory }: OrphanPorts, name: string): Promise<Fate> {
  const description = await training.describe(name);
  if (description === undefined || isTrainingOver(description.status)) return 'over';
  const launcher = launcherIn(await training.tags(description.arn));
  if (launcher === undefined || launcher.jobId !== parseAttemptName(name)?.jobId) return 'foreign';
  const own = await directory.namespaceId().catch(() => undefined);
  if (launcher.namespaceId !== undefined && own !== undefined && launcher.namespaceId !== own) {
    return 'foreign';
  }
  const workflow = await directory.stateOf(launcher.jobId);
  if (workflow.kind === 'unknown' || isOpenRun(workflow, launcher.runId)) {
    return workflow.kind === 'unknown' ? 'unknown' : 'held';
  }
  const launchedHere = launcher.namespaceId !== undefined && launcher.namespaceId === own;
  const known = launchedHere || (await knowsRun(directory, workflow, launcher));
  return known ? 'orphan' : 'unknown';
}

/** Where the server does not tell runs apart, an open workflow of the job is taken for the one that launched. */
function isOpenRun(workflow: JobWorkflow, runId: string): boolean {
  return workflow.kind === 'open' && (workflow.runId === undefined || workflow.runId === runId);
}

async function knowsRun(
  directory: JobDirectory,
  workflow: JobWorkflow,
  { jobId, runId }: { readonly jobId: string; readonly runId: string },
): Promise<boolean> {
  if (workflow.kind === 'closed' && workflow.runId === runId) return true;
  return (await directory.hadRun(jobId, runId)) === 'yes';
}
