import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import type { JobSpec } from '../jobs/spec.ts';
import { jobAttributes } from './contract.ts';
import { jobDetails } from './job-details.ts';
import { viewOf, type JobStory } from './job-story.ts';

/** Shows a job in the Temporal Web UI: current details always, search attributes when one of them changed. */
export function jobDisplay(job: JobSpec, story: JobStory): () => void {
  let shown = '';
  let first = true;
  return () => {
    const view = viewOf(job, story);
    setCurrentDetails(jobDetails(view));
    const instanceType = view.placement?.kind === 'instances' ? view.placement.instanceType : undefined;
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
    const now = [view.status, view.priority, instanceType].join(' ');
    if (now === shown) return;
    shown = now;
    upsertSearchAttributes(first ? [...changing, ...fixed] : changing);
    first = false;
  };
}
