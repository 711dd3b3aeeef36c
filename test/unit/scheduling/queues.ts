/** Builders for queues and jobs of the scheduling core. */
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import type { Decision, Outcome } from '../../../src/scheduling/decision.ts';
import type { WaitingJob } from '../../../src/scheduling/job.ts';
import type {
  PolicySetup,
  QueueSetup,
  QuotaShareQueueSetup,
  QuotaShareSetup,
} from '../../../src/scheduling/setup.ts';

export const SECOND = 1000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** One environment `gpu` unless others are given, by name and limit. */
export function aQueue(
  policy: PolicySetup,
  limits: Readonly<Record<string, number>> = { gpu: 10 },
  more: Partial<QueueSetup> = {},
): QueueSetup {
  return {
    environments: Object.entries(limits).map(([name, limit]) => ({ name, limit })),
    policy,
    preemptionLimits: { minimumRuntimeSeconds: 0 },
    ...more,
  };
}

export const FIFO: PolicySetup = { kind: 'fifo' };

/** Weights as people write them: 1, 3, 5. */
export function fairShare(
  weights: Readonly<Record<string, number>>,
  more: { shareDecaySeconds?: number; computeReservation?: number } = {},
): PolicySetup {
  const shares = Object.entries(weights).map(([name, weight]) => ({ name, weightFactor: weight * 10_000 }));
  return { kind: 'fairShare', shareDecaySeconds: 3600, computeReservation: 0, ...more, shares };
}

export function aShare(
  name: string,
  guaranteed: number,
  more: Partial<QuotaShareSetup> = {},
): QuotaShareSetup {
  return {
    name,
    weight: 10_000,
    quota: { gpu: { guaranteed } },
    preemption: { inShare: 'lower', reclaim: 'any' },
    fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
    ...more,
  };
}

export function quotaShares(...shares: QuotaShareSetup[]): QuotaShareQueueSetup {
  return { kind: 'quotaShare', order: 'priority', fairRules: ['final', 'initial'], groups: [], shares };
}

let sequence = 0;

/** Of `size` instances in `gpu`, submitted after all jobs made before. */
export function aJob(id: string, size: number, more: Partial<WaitingJob> = {}): WaitingJob {
  return {
    id,
    share: 'default',
    priority: 0,
    options: [{ environment: 'gpu', instances: size }],
    queuedAt: 0,
    sequence: sequence++,
    preemptions: 0,
    ...more,
  };
}

export function withJobs(setup: QueueSetup, ...jobs: readonly WaitingJob[]): Scheduler {
  return new Scheduler(setup, { waiting: jobs });
}

/** `a` for a start, `-v for a` for a preemption; waits are left out. */
export function actions({ decisions }: Pick<Outcome, 'decisions'>): string[] {
  return decisions.flatMap((decision) => {
    switch (decision.kind) {
      case 'admit':
        return [decision.job];
      case 'preempt':
        return [`-${decision.victim} for ${decision.for}`];
      case 'wait':
        return [];
    }
  });
}

/** The reasons of the waiting jobs that were looked at. */
export function waits({ decisions }: Pick<Outcome, 'decisions'>): Readonly<Record<string, string>> {
  const found = decisions.filter((decision: Decision) => decision.kind === 'wait');
  return Object.fromEntries(found.map(({ job, why }) => [job, why.code]));
}
