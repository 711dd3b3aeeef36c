/**
 * What the scheduling core is told about a queue: plain, validated data. A resolved queue file (jobs/queue-spec.ts) has this
 * form, so that nothing stands between the two.
 */

/** Weights are integers in ten-thousandths: 10,000 is the weight 1. */
export const WEIGHT_ONE = 10_000;

/** A pool of one instance family's capacity (AWS Batch's word), counted in instances. */
export interface EnvironmentSetup {
  readonly name: string;
  /** Most instances in use at any time. */
  readonly limit: number;
}

/** How a job of this share chooses among its acceptable environments (Kueue's flavorFungibility). */
export interface FallbackSetup {
  /** Whether an environment that needs borrowing is accepted at once, or the next one is looked at first. */
  readonly ifBorrowing: 'stop' | 'next';
  /** The same for one that needs preemption. */
  readonly ifPreempting: 'stop' | 'next';
  /** Which is better when no environment fits outright. */
  readonly prefer: 'borrow' | 'preempt';
}

/** What jobs of a share may preempt (Kueue's words and rules). */
export interface PreemptionSetup {
  /** Running jobs of the same share; `lower` means of lower priority. */
  readonly inShare: 'never' | 'lower' | 'lowerOrNewerEqual' | 'any';
  /** Running jobs of other shares that use more than their quota. */
  readonly reclaim: 'never' | 'lower' | 'any';
  /**
   * Present: a job may leave its share above its own quota and still preempt lower-priority jobs of other shares, those of at
   * most `maxPriority` when given. Priority order only.
   */
  readonly whileBorrowing?: { readonly maxPriority?: number };
}

/** A share's part of one environment, in instances. */
export interface QuotaSetup {
  readonly guaranteed: number;
  /** Most above `guaranteed`. Absent: no limit. */
  readonly borrowLimit?: number;
  /** Most of `guaranteed` that others may use. Absent: all of it. */
  readonly lendLimit?: number;
}

export interface QuotaShareSetup {
  readonly name: string;
  /** An inner node. Absent: the root. */
  readonly parent?: string;
  /** In ten-thousandths; counts in fair-share order only. */
  readonly weight: number;
  /** By environment, in order of preference for jobs that name no order of their own. An environment left out: nothing guaranteed. */
  readonly quota: Readonly<Record<string, QuotaSetup>>;
  readonly preemption: PreemptionSetup;
  readonly fallback: FallbackSetup;
}

/** An inner node of the tree of shares. */
export interface GroupSetup {
  readonly name: string;
  readonly parent?: string;
  readonly weight: number;
  /** Capacity of the node's own, on top of its children's. */
  readonly quota: Readonly<Record<string, QuotaSetup>>;
}

export interface FifoSetup {
  readonly kind: 'fifo';
}

export interface FairShareSetup {
  readonly kind: 'fairShare';
  /** Half-life of past usage, in seconds. */
  readonly shareDecaySeconds: number;
  /** Percent, 0-99: (computeReservation / 100) ^ activeShares of each environment is kept for shares not yet active. */
  readonly computeReservation: number;
  /** `name` may end in `*`: every share that begins so, each on its own. `weightFactor` in ten-thousandths; lower gets more. */
  readonly shares: readonly { readonly name: string; readonly weightFactor: number }[];
}

export interface QuotaShareQueueSetup {
  readonly kind: 'quotaShare';
  /** Kueue's two modes: who goes first and who may be preempted is decided by priority and quota, or by fair shares. */
  readonly order: 'priority' | 'fairShare';
  /** Fair-share order only (Kueue's preemptionStrategies). (Default: final, then initial) */
  readonly fairRules: readonly ('final' | 'initial')[];
  readonly groups: readonly GroupSetup[];
  readonly shares: readonly QuotaShareSetup[];
}

export type PolicySetup = FifoSetup | FairShareSetup | QuotaShareQueueSetup;

export interface QueueSetup {
  readonly environments: readonly EnvironmentSetup[];
  readonly policy: PolicySetup;
  /** Keeps big jobs from starving: the first job in order that has waited this long gets a reservation. Absent: never. */
  readonly reservation?: { readonly afterSeconds: number };
  readonly preemptionLimits: {
    /** A job is not preempted before it has held its instances this long. 0: at once. */
    readonly minimumRuntimeSeconds: number;
    /** A job that was preempted this often is not preempted again. Absent: no limit. */
    readonly perJob?: number;
  };
}
