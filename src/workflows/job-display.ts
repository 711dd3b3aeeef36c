import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobView } from '../jobs/view.ts';
import { jobAttributes } from './contract.ts';
import { jobDetails } from './job-details.ts';
import { viewOf, type JobStory } from './job-story.ts';

/** Shows a job in the Temporal Web UI: current details always, search attributes when one of them changed. */
export function jobDisplay(
  job: JobSpec,
  story: JobStory,
  { continued }: { readonly continued: boolean },
): () => void {
  // Search attributes survive continue-as-new.
  let first = !continued;
  let shown = continued ? looks(viewOf(job, story)) : '';
  return () => {
    const view = viewOf(job, story);
    setCurrentDetails(jobDetails(view));
    const instanceType = instanceTypeOf(view);
    const changing: SearchAttributeUpdatePair[] = [
      { key: jobAttributes.status, value: view.status },
      { key: jobAttributes.priority, value: view.priority },
      ...(instanceType === undefined ? [] : [{ key: jobAttributes.instanceType, value: instanceType }]),
    ];
    // Only in the first upsert: jobs that were not started by the client have no attributes yet.
    const fixed: SearchAttributeUpdatePair[] = [
      ...(job.user === undefined ? [] : [{ key: jobAttributes.user, value: job.user }]),
      ...(job.share === undefined ? [] : [{ key: jobAttributes.share, value: job.share }]),
      ...(job.queue === undefined ? [] : [{ key: jobAttributes.queue, value: job.queue }]),
    ];
    const now = looks(view);
    if (now === shown) return;
    shown = now;
    upsertSearchAttributes(first ? [...changing, ...fixed] : changing);
    first = false;
  };
}

/** Of two views that look the same, the second needs no upsert. */
function looks(view: JobView): string {
  return [view.status, view.priority, instanceTypeOf(view)].join(' ');
}

function instanceTypeOf({ placement }: JobView): string | undefined {
  return placement?.kind === 'instances' ? placement.instanceType : undefined;
}
