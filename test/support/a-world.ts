import type { RunningJob, WaitingJob } from '../../src/scheduling/job.ts';
import { quotaCycle } from '../../src/scheduling/quota/cycle.ts';
import { QuotaLedger } from '../../src/scheduling/quota/ledger.ts';
import type { QuotaDecision, QuotaWorld } from '../../src/scheduling/quota/world.ts';
import {
  type EnvironmentSetup,
  type GroupSetup,
  type QuotaSetup,
  type QuotaShareQueueSetup,
  type QuotaShareSetup,
  WEIGHT_ONE,
} from '../../src/scheduling/setup.ts';

/** The environment of worlds that have only one. */
export const P4 = 'p4';
/** Epoch ms, a whole number of seconds. */
export const NOW = 1_800_000_000_000;

type Quota = number | QuotaSetup;
interface ShareWishes extends Partial<Omit<QuotaShareSetup, 'quota' | 'weight'>> {
  /** 1 unless wished otherwise. */
  readonly weight?: number;
}

/** A share with so much of P4, or of each environment; preempts lower priorities of its own and reclaims from anybody. */
export function aShare(
  name: string,
  quota: Quota | Readonly<Record<string, Quota>>,
  { weight = 1, ...wishes }: ShareWishes = {},
): QuotaShareSetup {
  return {
    name,
    weight: weight * WEIGHT_ONE,
    quota: quotasOf(quota),
    preemption: { inShare: 'lower', reclaim: 'any' },
    fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
    ...wishes,
  };
}

export function aGroup(
  name: string,
  quota: Quota | Readonly<Record<string, Quota>> = {},
  { weight = 1, parent }: { readonly weight?: number; readonly parent?: string } = {},
): GroupSetup {
  return {
    name,
    weight: weight * WEIGHT_ONE,
    quota: quotasOf(quota),
    ...(parent === undefined ? {} : { parent }),
  };
}

/** A waiting job of priority 50 that wants so many of P4, or one of several options. Queued earlier than those made after it. */
export function aWaitingJob(
  id: string,
  share: string,
  instances: number | readonly (readonly [environment: string, instances: number])[],
  wishes: Partial<WaitingJob> = {},
): WaitingJob {
  const options = typeof instances === 'number' ? [[P4, instances] as const] : instances;
  return {
    id,
    share,
    priority: 50,
    options: options.map(([environment, count]) => ({ environment, instances: count })),
    queuedAt: NOW - 60_000,
    sequence: ++made,
    preemptions: 0,
    ...wishes,
  };
}

/** The same, running for a minute with its last checkpoint just written. */
export function aRunningJob(
  id: string,
  share: string,
  instances: Parameters<typeof aWaitingJob>[2],
  wishes: Partial<RunningJob> = {},
): RunningJob {
  return {
    ...aWaitingJob(id, share, instances),
    queuedAt: NOW - 120_000,
    option: 0,
    startedAt: NOW - 60_000,
    checkpointSeconds: 1,
    ...wishes,
  };
}

let made = 0;

export interface WorldWishes extends Partial<Pick<QuotaWorld, 'free' | 'whyNoRoom' | 'probing' | 'limits'>> {
  readonly order?: QuotaShareQueueSetup['order'];
  readonly fairRules?: QuotaShareQueueSetup['fairRules'];
  /** Limits of the environments: what the guarantees add up to unless wished otherwise. */
  readonly environments?: Readonly<Record<string, number>>;
  readonly groups?: readonly GroupSetup[];
  readonly running?: readonly RunningJob[];
}

export interface TestWorld {
  readonly policy: QuotaShareQueueSetup;
  readonly environments: readonly EnvironmentSetup[];
  readonly world: QuotaWorld;
  /** One cycle over these jobs, one per share. */
  cycle(...heads: readonly WaitingJob[]): readonly QuotaDecision[];
}

export function aWorld(shares: readonly QuotaShareSetup[], wishes: WorldWishes = {}): TestWorld {
  const { groups = [], running = [], order = 'priority', fairRules = ['final', 'initial'] } = wishes;
  const policy: QuotaShareQueueSetup = { kind: 'quotaShare', order, fairRules, groups, shares };
  const limits = new Map<string, number>();
  for (const { quota } of [...groups, ...shares]) {
    for (const [name, { guaranteed }] of Object.entries(quota))
      limits.set(name, (limits.get(name) ?? 0) + guaranteed);
  }
  for (const [name, limit] of Object.entries(wishes.environments ?? {})) limits.set(name, limit);
  const environments = [...limits].map(([name, limit]) => ({ name, limit }));
  const ledger = new QuotaLedger(policy, environments);
  const used = new Map<string, number>();
  for (const job of running) {
    const { environment, instances } = job.options[job.option]!;
    ledger.add(job.share, environment, instances);
    used.set(environment, (used.get(environment) ?? 0) + instances);
  }
  const world: QuotaWorld = {
    ledger,
    runningOf: (share) => running.filter((job) => job.share === share),
    free: wishes.free ?? ((environment) => (limits.get(environment) ?? 0) - (used.get(environment) ?? 0)),
    ...(wishes.whyNoRoom === undefined ? {} : { whyNoRoom: wishes.whyNoRoom }),
    ...(wishes.probing === undefined ? {} : { probing: wishes.probing }),
    limits: wishes.limits ?? { minimumRuntimeSeconds: 0 },
    now: NOW,
  };
  return {
    policy,
    environments,
    world,
    cycle: (...heads) =>
      quotaCycle(
        heads.map((job) => ({ job, resumeAt: 0 })),
        world,
        policy,
      ),
  };
}

/** Decisions in few words: `a starts in p4`, `b stops for a (reclaim)`, `c waits: SHARE_LIMIT`. */
export function inWords(decisions: readonly QuotaDecision[]): string[] {
  return decisions.map((decision) => {
    switch (decision.kind) {
      case 'admit':
        return `${decision.job} starts in ${decision.environment}`;
      case 'preempt':
        return `${decision.victim} stops for ${decision.for} (${decision.cause})`;
      case 'wait':
        return `${decision.job} waits: ${decision.why.code}`;
    }
  });
}

function quotasOf(quota: Quota | Readonly<Record<string, Quota>>): Record<string, QuotaSetup> {
  const quotas = typeof quota === 'number' || isQuota(quota) ? { [P4]: quota } : quota;
  return Object.fromEntries(
    Object.entries(quotas).map(([name, each]) => [
      name,
      typeof each === 'number' ? { guaranteed: each } : each,
    ]),
  );
}

function isQuota(quota: QuotaSetup | Readonly<Record<string, Quota>>): quota is QuotaSetup {
  return typeof (quota as Partial<QuotaSetup>).guaranteed === 'number';
}
