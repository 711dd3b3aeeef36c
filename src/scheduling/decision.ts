/** What the core decides, each with its reason as data. Sentences for people are made in wording/. */

export type PreemptionCause = 'withinShare' | 'reclaim' | 'reclaimWhileBorrowing' | 'fairShare';

export interface Admission {
  readonly kind: 'admit';
  readonly job: string;
  readonly share: string;
  /** Index in the job's options. */
  readonly option: number;
  readonly environment: string;
  readonly instances: number;
  /** How many of the share's instances in this environment are above its guarantee once the job runs. */
  readonly borrowed: number;
  readonly why:
    | { readonly code: 'FITS' }
    | { readonly code: 'BORROWS' }
    /** Passed a job that came before it and cannot start yet. */
    | { readonly code: 'BACKFILLS'; readonly past: string };
}

export interface Preemption {
  readonly kind: 'preempt';
  readonly victim: string;
  /** The job that the instances are for. */
  readonly for: string;
  readonly cause: PreemptionCause;
  readonly environment: string;
  readonly instances: number;
  /** Instance-seconds of work since the victim's last checkpoint. */
  readonly lostInstanceSeconds: number;
}

/** What keeps a job from starting. Numbers are instances unless they say otherwise. */
export type WaitReason =
  /** No acceptable environment has so many instances free. */
  | {
      readonly code: 'ENVIRONMENT_FULL';
      readonly environment: string;
      readonly needed: number;
      /** Negative: so many are in use above the limit. */
      readonly free: number;
      readonly limit: number;
      /** Where its share may use less than what is free: how much. Negative: so many have to come free before there is any. */
      readonly usable?: number;
    }
  /** The share (or the group `node` above it) may not use more: guaranteed and borrow limit are used up. */
  | {
      readonly code: 'SHARE_LIMIT';
      readonly environment: string;
      readonly node: string;
      readonly needed: number;
      readonly used: number;
      readonly guaranteed: number;
      readonly borrowLimit?: number;
    }
  /** There are free instances, but they are guaranteed to others who do not lend them. */
  | {
      readonly code: 'NOT_LENT';
      readonly environment: string;
      readonly needed: number;
      /** Negative: so many have to come free before there is any for its share. */
      readonly available: number;
      readonly free: number;
    }
  /** Victims were named and must stop first. */
  | { readonly code: 'PREEMPTING'; readonly environment: string; readonly victims: readonly string[] }
  /** Others already stop for another job, and what they free will be enough. */
  | { readonly code: 'RELEASE_EXPECTED'; readonly environment: string; readonly from: readonly string[] }
  /** A job that came before it is saving up for its instances. */
  | {
      readonly code: 'RESERVED';
      readonly environment: string;
      readonly for: string;
      readonly needed: number;
      readonly free: number;
    }
  /** fairShare: kept for shares that are not active yet. */
  | {
      readonly code: 'COMPUTE_RESERVATION';
      readonly environment: string;
      readonly reserved: number;
      readonly needed: number;
      readonly free: number;
    }
  | { readonly code: 'DRAINING'; readonly environment: string }
  | { readonly code: 'COOLING'; readonly environment: string; readonly until: number }
  | { readonly code: 'PROBING'; readonly environment: string; readonly job: string }
  /** Another job comes first in the same share, and the share's turn goes to it. */
  | { readonly code: 'BEHIND'; readonly job: string }
  /** Its size exceeds what it could ever get with today's limits. */
  | {
      readonly code: 'NEVER_FITS';
      readonly environment: string;
      readonly needed: number;
      readonly most: number;
      readonly limitedBy: 'environment' | 'share' | 'borrowLimit';
    };

export interface Wait {
  readonly kind: 'wait';
  readonly job: string;
  readonly share: string;
  /** The constraint of the option that came nearest (the first of `reasons` that a person should hear). */
  readonly why: WaitReason;
  /** One per option, in the job's order. */
  readonly reasons: readonly WaitReason[];
}

export type Decision = Admission | Preemption | Wait;

/** What one cycle, or all cycles up to the fixed point, came to. */
export interface Outcome {
  /** In the order in which they were made; later ones count on the earlier ones. */
  readonly decisions: readonly Decision[];
  /**
   * When time alone could change the outcome (a reservation begins, a minimum runtime ends, an environment's cooling ends).
   * Undefined: only an event can.
   */
  readonly wakeAt?: number;
  /** `settle` stopped at its limit of admissions: the next call goes on. */
  readonly more?: boolean;
}
