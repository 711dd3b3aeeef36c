import type { JobSpec } from '../jobs/spec.ts';
import { ticketFacts } from '../jobs/ticket-facts.ts';
import type { Lease } from './contract.ts';
import type { EnqueueRequest } from './queue-contract.ts';

/** Where a job stands when its queue is told of it; what is left out is as for a job that was just submitted. */
export interface Standing {
  /** Its place among equals: when it was submitted (epoch ms). */
  readonly queuedAt: number;
  /** (Default: the priority it was submitted with) */
  readonly priority?: number;
  readonly held?: boolean;
  readonly preemptions?: number;
  /** Indices of placements that can never run. */
  readonly removed?: readonly number[];
  /** Epoch ms. */
  readonly notBefore?: number;
  readonly holds?: Lease;
  /** When it was launched (epoch ms). */
  readonly heldSince?: number;
  /** The newest lease that ever reached the job. */
  readonly newestLease?: number;
}

/** What a queue keeps of a job; the same for one that it is handed in and for one that enrols itself. */
export function enqueueRequest(job: JobSpec, standing: Standing): EnqueueRequest {
  const { queuedAt, priority, held, preemptions, removed, notBefore, holds, heldSince, newestLease } =
    standing;
  return {
    job: {
      jobId: job.jobId,
      priority: priority ?? job.priority,
      placements: job.placements,
      ...(job.share === undefined ? {} : { share: job.share }),
      ...(job.user === undefined ? {} : { user: job.user }),
    },
    queuedAt,
    held: held ?? false,
    preemptions: preemptions ?? 0,
    ...ticketFacts(job),
    removed: removed ?? [],
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(holds === undefined ? {} : { holds }),
    ...(heldSince === undefined ? {} : { heldSince }),
    ...(newestLease === undefined ? {} : { newestLease }),
  };
}
