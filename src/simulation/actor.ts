import type { SimulatedJob } from './scenario.ts';

/** How one job fared. Virtual milliseconds. */
export interface JobOutcome {
  readonly job: SimulatedJob;
  /** Its first start. Absent: it never started. */
  readonly startedAt?: number;
  /** Absent: it never ended. */
  readonly endedAt?: number;
  /** Holding instances, all attempts together. */
  readonly heldFor: number;
  /** The same times the instances: instance-milliseconds. */
  readonly heldInstances: number;
  readonly preemptions: number;
  /** Instance-milliseconds of preempted attempts that no checkpoint kept, the time for stopping included. */
  readonly lost: number;
}

/** A job while the simulation goes on. */
export interface Actor {
  readonly job: SimulatedJob;
  state: 'waiting' | 'running' | 'stopping' | 'ended';
  attempt: number;
  /** Of the present attempt. */
  attemptAt: number;
  option: number;
  /** Work still to do, in milliseconds. */
  remaining: number;
  firstStart: number | undefined;
  endedAt: number | undefined;
  heldFor: number;
  heldInstances: number;
  preemptions: number;
  lost: number;
}

export function actorOf(job: SimulatedJob): Actor {
  return {
    job,
    state: 'waiting',
    attempt: 0,
    attemptAt: 0,
    option: 0,
    remaining: job.runsFor,
    firstStart: undefined,
    endedAt: undefined,
    heldFor: 0,
    heldInstances: 0,
    preemptions: 0,
    lost: 0,
  };
}

/** What it holds, or would hold first. */
export const instancesOf = ({ job, option }: Actor): number => job.options[option]?.instances ?? 0;

export function outcomeOf({
  job,
  firstStart,
  endedAt,
  heldFor,
  heldInstances,
  preemptions,
  lost,
}: Actor): JobOutcome {
  return {
    job,
    ...(firstStart === undefined ? {} : { startedAt: firstStart }),
    ...(endedAt === undefined ? {} : { endedAt }),
    heldFor,
    heldInstances,
    preemptions,
    lost,
  };
}
