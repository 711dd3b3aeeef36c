import type { SurveyInput } from '../activities/types.ts';
import type { QueueStory } from './queue-story.ts';

/** Waiting jobs in one survey: their ids are in the history, and each may be a question to Temporal. */
const MOST_WAITING = 1_000;

/** Leases of jobs whose workflow has been started. */
export function leasesOf(story: QueueStory): SurveyInput['leases'] {
  return [...story.granted()].flatMap(({ id, grant, queuedAt }) =>
    grant === undefined || story.accepted.has(id) ? [] : [{ jobId: id, lease: grant.lease, since: queuedAt }],
  );
}

/**
 * The next jobs without a lease whose workflow has been started, after the one numbered `after` in the order in which they came. Returns where
 * to go on: after the last job the first is next.
 */
export function nextWaiting(
  story: QueueStory,
  after: number,
): { readonly waiting: readonly string[]; readonly upTo: number } {
  const waiting: string[] = [];
  for (const { id, grant, sequence } of story.entries()) {
    if (grant !== undefined || sequence <= after || story.accepted.has(id)) continue;
    waiting.push(id);
    if (waiting.length === MOST_WAITING) return { waiting, upTo: sequence };
  }
  return { waiting, upTo: 0 };
}
