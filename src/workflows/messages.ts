import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { TrainingChanged } from '../jobs/training-change.ts';
import type { JobEvent, JobView } from '../jobs/view.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import type { QueueSnapshot, ShareUsageView, SnapshotRequest } from '../queues/queue-view.ts';
import type { Explanation } from '../scheduling/explanation.ts';
import {
  JOB_MESSAGES,
  JOB_QUERIES,
  type CancelRequest,
  type Lease,
  type SetPriorityRequest,
} from './contract.ts';
import {
  JOB_QUEUE_SIGNALS,
  QUEUE_QUERIES,
  QUEUE_SIGNALS,
  QUEUE_UPDATES,
  type CapacityNews,
  type EnqueueRequest,
  type EnvironmentRequest,
  type ExplainNewAnswer,
  type ExplainNewRequest,
  type ExplainRequest,
  type JobChange,
  type OperatorAnswer,
  type PreemptOrder,
  type ReleaseRequest,
  type SubmitJobsAnswer,
  type SubmitJobsRequest,
  type TurnedAway,
  type WithdrawRequest,
} from './queue-contract.ts';

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

/** From a queue to its jobs. */
export const signalsFromQueue = {
  lease: defineSignal<[Lease]>(JOB_QUEUE_SIGNALS.lease),
  preempt: defineSignal<[PreemptOrder]>(JOB_QUEUE_SIGNALS.preempt),
  turnedAway: defineSignal<[TurnedAway]>(JOB_QUEUE_SIGNALS.turnedAway),
  enrol: defineSignal(JOB_QUEUE_SIGNALS.enrol),
  full: defineSignal(JOB_QUEUE_SIGNALS.full),
};

/** From a job to its queue. */
export const signalsToQueue = {
  enqueue: defineSignal<[EnqueueRequest]>(QUEUE_SIGNALS.enqueue),
  release: defineSignal<[ReleaseRequest]>(QUEUE_SIGNALS.release),
  jobChanged: defineSignal<[JobChange]>(QUEUE_SIGNALS.jobChanged),
  withdraw: defineSignal<[WithdrawRequest]>(QUEUE_SIGNALS.withdraw),
  capacityNews: defineSignal<[CapacityNews]>(QUEUE_SIGNALS.capacityNews),
};

/** The updates and queries of a `trainingQueue`. */
export const queueUpdates = {
  submitJobs: defineUpdate<SubmitJobsAnswer, [SubmitJobsRequest]>(QUEUE_UPDATES.submitJobs),
  configure: defineUpdate<OperatorAnswer, [QueueSpec]>(QUEUE_UPDATES.configure),
  pause: defineUpdate<OperatorAnswer>(QUEUE_UPDATES.pause),
  resume: defineUpdate<OperatorAnswer>(QUEUE_UPDATES.resume),
  drain: defineUpdate<OperatorAnswer, [EnvironmentRequest]>(QUEUE_UPDATES.drain),
  undrain: defineUpdate<OperatorAnswer, [EnvironmentRequest]>(QUEUE_UPDATES.undrain),
};

export const queueQueries = {
  snapshot: defineQuery<QueueSnapshot, [request?: SnapshotRequest]>(QUEUE_QUERIES.snapshot),
  shares: defineQuery<readonly ShareUsageView[]>(QUEUE_QUERIES.shares),
  explain: defineQuery<Explanation | undefined, [ExplainRequest]>(QUEUE_QUERIES.explain),
  explainNew: defineQuery<ExplainNewAnswer, [ExplainNewRequest]>(QUEUE_QUERIES.explainNew),
};
