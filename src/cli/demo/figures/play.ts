import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrainyardClient } from '../../../client/index.ts';
import { parseJobFile } from '../../../jobs/job-file.ts';
import type { JobSpec } from '../../../jobs/spec.ts';
import { isTerminal } from '../../../jobs/status.ts';
import type { JobView } from '../../../jobs/view.ts';
import { parseQueueFile } from '../../../queues/queue-file.ts';
import { FIGURES_FOLDER } from '../examples-folder.ts';
import type { Board } from '../board.ts';
import { gatherNews } from '../news.ts';
import type { Figure, Role } from './figure.ts';

const POLL_MS = 700;

export interface PlayOptions {
  readonly client: Pick<TrainyardClient, 'applyQueue' | 'submitAll' | 'get' | 'events'>;
  readonly board: Board;
  /** Told of each scene as it begins. */
  readonly says: (line: string) => void;
  readonly signal: AbortSignal;
  /** Epoch milliseconds at which the figure is given up. */
  readonly deadline: number;
  readonly now: () => number;
}

/** Every job of a figure, in the order of its scenes. */
export const rolesOf = ({ scenes }: Figure): readonly Role[] => scenes.flatMap(({ jobs }) => jobs);

/**
 * Sets the queues up, then plays scene after scene, each when its moment is seen to have come, until every job has ended
 * or time is up.
 */
export async function play(figure: Figure, options: PlayOptions): Promise<void> {
  const { client, board, signal, deadline, now } = options;
  for (const file of figure.queues) {
    const path = join(FIGURES_FOLDER, file);
    for (const queue of parseQueueFile(readFileSync(path, 'utf8'), { file: path }))
      await client.applyQueue(queue);
  }
  const roles = rolesOf(figure);
  const known = new Map<string, JobView>();
  const told = new Map<string, Set<string>>();
  const scenes = [...figure.scenes];
  const submitted: string[] = [];
  for (;;) {
    const [scene] = scenes;
    if (scene !== undefined && (scene.when?.(known) ?? true)) {
      scenes.shift();
      options.says(scene.says);
      await client.submitAll(scene.jobs.map(specOf));
      submitted.push(...scene.jobs.map(({ jobId }) => jobId));
    }
    for (const { jobId, event } of await gatherNews(client, submitted, { known, told }))
      board.tell(jobId, event);
    board.show(
      roles.map(({ jobId }) => ({ jobId, job: known.get(jobId) })),
      now(),
    );
    const ended = [...known.values()].filter(({ status }) => isTerminal(status)).length;
    if (ended === roles.length || now() > deadline) return;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** The job file of the figures with the values of a role, as `trainyard submit --set` would do it. */
function specOf(role: Role): JobSpec {
  const path = join(FIGURES_FOLDER, 'job.yaml');
  const values: Readonly<Record<string, string | number>> = {
    jobId: role.jobId,
    queue: role.queue,
    share: role.share ?? 'default',
    priority: role.priority ?? 0,
    user: role.user,
    'training.ResourceConfig.InstanceType': role.instanceType,
    'training.ResourceConfig.InstanceCount': role.instances,
    'training.HyperParameters.epochs': `"${role.seconds}"`,
    'training.CheckpointConfig.S3Uri': `s3://trainyard-examples/checkpoints/${role.jobId}/`,
  };
  return parseJobFile(readFileSync(path, 'utf8'), {
    file: path,
    generateJobId: () => role.jobId,
    set: Object.entries(values).map(([key, value]) => `${key}=${value}`),
  });
}
