/** Answers of the core to "why does this job wait, and when will it start": data, with the sentences made in wording/. */
import type { PreemptionCause, WaitReason } from './decision.ts';

export interface JobAhead {
  readonly id: string;
  /** Of a waiting job: its position in the queue, counting from 1. */
  readonly position?: number;
  readonly user?: string;
  readonly share: string;
  readonly priority: number;
  /** Of the option that it uses or would use first. */
  readonly instances: number;
  readonly environment: string;
  readonly state: 'waiting' | 'running';
  /** One sentence. */
  readonly why: string;
}

/** What a remedy leads to: the job starts, has others stopped, or waits for those that stop already. */
export type Consequence = 'starts' | 'preempts' | 'awaits';

/** One thing that would let the job start. */
export type Remedy = {
  readonly sentence: string;
  /** Absent: it is offered again, whatever comes of that. */
  readonly then?: Consequence;
} & (
  | { readonly kind: 'instances'; readonly environment: string; readonly instances: number }
  /** These running jobs end; `expectedAt` is when the last of them has to, by its limit. */
  | { readonly kind: 'jobsEnd'; readonly jobs: readonly string[]; readonly expectedAt?: number }
  | {
      readonly kind: 'quota';
      readonly node: string;
      readonly environment: string;
      readonly by: number;
      readonly which: 'guaranteed' | 'borrowLimit' | 'lendLimit';
      /** Whose guarantee has to fall, since what is guaranteed to nobody is not enough. */
      readonly from?: { readonly node: string; readonly by: number };
    }
  /** With this very priority it starts, or preempts. A higher one may do something else: preempt where this one fits. */
  | { readonly kind: 'priority'; readonly priority: number }
  | { readonly kind: 'time'; readonly at: number }
  | { readonly kind: 'operator'; readonly what: 'resume' | 'release' | 'undrain' }
);

export interface StartEstimate {
  /** Epoch ms; absent when the simulation ends without a start. */
  readonly startAt?: number;
  /** Earliest and latest, when running times are known only as limits and as history. */
  readonly earliestAt?: number;
  readonly latestAt?: number;
  readonly environment?: string;
  /** One sentence: what the estimate rests on. */
  readonly basis: string;
}

export interface Explanation {
  readonly jobId: string;
  readonly at: number;
  readonly state: 'waiting' | 'running' | 'stopping';
  readonly share: string;
  readonly priority: number;
  readonly position?: {
    /** 1 is the next of its share. */
    readonly inShare: number;
    readonly waitingInShare: number;
    /** 1 is the next of the queue, counting as the policy offers jobs. */
    readonly inQueue: number;
    readonly waitingInQueue: number;
  };
  /** What blocks it, and the same for each of its options in its order. */
  readonly blockedBy?: WaitReason;
  readonly blockedByOption: readonly WaitReason[];
  /** The constraint in one sentence with numbers; for running jobs what they hold. */
  readonly sentence: string;
  /** `blockedByOption` in one sentence each, where there are several. */
  readonly sentenceByOption?: readonly string[];
  /** Waiting jobs that would start before it at this moment, if the queue decided: what blocks it is what they leave. */
  readonly startFirst?: readonly string[];
  /** It is not offered at all: `blockedBy`, if there is any, is what would block it then. */
  readonly aside?: 'PAUSED' | 'HELD' | 'RESTING' | 'UNPLACED';
  /**
   * At most ten; `aheadCount` counts all. Waiting jobs in the order of their turns, the last one right before this job; then the running ones
   * that hold what it needs, soonest over first.
   */
  readonly ahead: readonly JobAhead[];
  readonly aheadCount: number;
  readonly remedies: readonly Remedy[];
  readonly estimate?: StartEstimate;
  /** Running jobs: which jobs, or what kind of job, could take its instances away. Empty: nothing can. */
  readonly preemptibleBy: readonly {
    readonly cause: PreemptionCause;
    /** A waiting job that could do it already when its turn comes. */
    readonly job?: string;
    readonly sentence: string;
  }[];
}

/** How long jobs run: what is known besides their limits. */
export interface RunningTimes {
  /** Seconds that ended jobs ran, ascending, by share; `''`: of the whole queue. */
  readonly ended: Readonly<Record<string, readonly number[]>>;
}

/** "What if the job had this priority, or were in that share?" */
export interface WhatIf {
  readonly priority?: number;
  readonly share?: string;
}
