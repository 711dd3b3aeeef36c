import type { EnvironmentSetup, QueueSetup } from '../scheduling/setup.ts';

export interface ServiceEnvironment extends EnvironmentSetup {
  /** SageMaker's names, for example ml.p4d.24xlarge. No type is in two environments of a queue. */
  readonly instanceTypes: readonly string[];
}

/** What ends a job that is RUNNABLE for too long (AWS Batch's jobStateTimeLimitActions). */
export interface RunnableTimeLimit {
  /**
   * `CAPACITY`: every environment it could use is out of capacity or full. `MISCONFIGURATION`: it can never fit with today's
   * limits. `ANY`: whatever the reason.
   */
  readonly reason: 'CAPACITY' | 'MISCONFIGURATION' | 'ANY';
  readonly maxTimeSeconds: number;
}

/** A queue as the workflows know it: validated, defaults filled in. A QueueSetup with what the core need not know. */
export interface QueueSpec extends QueueSetup {
  readonly specVersion: 1;
  /** 1-128 characters, letters, digits, - and _, as in a job file. */
  readonly name: string;
  readonly environments: readonly ServiceEnvironment[];
  readonly runnableTimeLimits: readonly RunnableTimeLimit[];
  /** Most jobs that may wait at a time. (Default: 10,000) */
  readonly maxWaiting: number;
}
