import type { PreemptionCause } from '../decision.ts';
import type { RunningJob, WaitingJob } from '../job.ts';
import type { PreemptionSetup, QueueSetup } from '../setup.ts';
import { byCodeUnits } from '../order.ts';

/** A running job that could be stopped for another. */
export interface Candidate {
  readonly job: RunningJob;
  /** Node of its share. */
  readonly share: number;
  readonly instances: number;
  /** Already being stopped for another job: naming it costs nothing. */
  readonly evicting: boolean;
  /** Instance-seconds since its last checkpoint. */
  readonly lost: number;
}

export interface Victim extends Candidate {
  readonly cause: PreemptionCause;
}

/** Work that stopping the job now would lose, in whole instance-seconds; without checkpoints all since its start. */
export function lostInstanceSeconds(job: RunningJob, now: number): number {
  const elapsed = Math.max(0, now - job.startedAt);
  const every = (job.checkpointSeconds ?? 0) * 1000;
  const since = every > 0 ? elapsed % every : elapsed;
  return Math.floor((since * (job.options[job.option]?.instances ?? 0)) / 1000);
}

/** Already evicting, other shares before the taker's own, lower priority, less lost work, started later, id. Total. */
export function candidateOrder(takerShare: number): (a: Candidate, b: Candidate) => number {
  return (a, b) =>
    Number(b.evicting) - Number(a.evicting) ||
    Number(a.share === takerShare) - Number(b.share === takerShare) ||
    byLoss(a, b);
}

/** Lower priority, less lost work, started later, id. Total. */
export function byLoss(a: Candidate, b: Candidate): number {
  return (
    a.job.priority - b.job.priority ||
    a.lost - b.lost ||
    b.job.startedAt - a.job.startedAt ||
    byCodeUnits(a.job.id, b.job.id)
  );
}

/** Whether a policy lets the taker stop the job. `lowerOrNewerEqual` goes by arrival in the queue, not by start. */
export function mayTake(
  policy: PreemptionSetup['inShare'] | PreemptionSetup['reclaim'],
  taker: WaitingJob,
  job: RunningJob,
): boolean {
  switch (policy) {
    case 'never':
      return false;
    case 'lower':
      return job.priority < taker.priority;
    case 'lowerOrNewerEqual':
      return job.priority < taker.priority || (job.priority === taker.priority && isNewer(job, taker));
    case 'any':
      return true;
  }
}

function isNewer(job: WaitingJob, than: WaitingJob): boolean {
  return job.queuedAt - than.queuedAt > 0 || (job.queuedAt === than.queuedAt && job.sequence > than.sequence);
}

/** Whether the queue's limits on preemption protect the job. They do not protect one that is being stopped already. */
export function isProtected(job: RunningJob, limits: QueueSetup['preemptionLimits'], now: number): boolean {
  if (job.evictedFor !== undefined) return false;
  if (now - job.startedAt < limits.minimumRuntimeSeconds * 1000) return true;
  return limits.perJob !== undefined && job.preemptions >= limits.perJob;
}
