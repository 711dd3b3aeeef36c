import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { TrainingChanged } from '../jobs/training-change.ts';
import type { JobEvent, JobView } from '../jobs/view.ts';
import { JOB_MESSAGES, JOB_QUERIES, type CancelRequest, type SetPriorityRequest } from './contract.ts';

/** The messages of a `trainingJob`, as signals, updates and queries. */
export const signals = {
  cancel: defineSignal<[request?: CancelRequest | undefined]>(JOB_MESSAGES.cancel),
  hold: defineSignal(JOB_MESSAGES.hold),
  release: defineSignal(JOB_MESSAGES.release),
  setPriority: defineSignal<[SetPriorityRequest]>(JOB_MESSAGES.setPriority),
  trainingChanged: defineSignal<[TrainingChanged]>(JOB_MESSAGES.trainingChanged),
};

export const updates = {
  cancel: defineUpdate<JobView, [CancelRequest | undefined]>(JOB_MESSAGES.cancel),
  hold: defineUpdate<JobView>(JOB_MESSAGES.hold),
  release: defineUpdate<JobView>(JOB_MESSAGES.release),
  setPriority: defineUpdate<JobView, [SetPriorityRequest]>(JOB_MESSAGES.setPriority),
};

export const queries = {
  job: defineQuery<JobView>(JOB_QUERIES.job),
  events: defineQuery<readonly JobEvent[]>(JOB_QUERIES.events),
};
