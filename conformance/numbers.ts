import { z } from 'zod';
import { reservedFraction } from '../src/scheduling/fair-share/compute-reservation.ts';
import { decayUsage, USAGE_ONE } from '../src/scheduling/fair-share/decayed-usage.ts';
import { QuotaLedger } from '../src/scheduling/quota/ledger.ts';
import { roundedShare, shareOf } from '../src/scheduling/quota/share-fraction.ts';
import {
  type EnvironmentSetup,
  type GroupSetup,
  type QuotaSetup,
  type QuotaShareSetup,
  WEIGHT_ONE,
} from '../src/scheduling/setup.ts';
import { fairnessError, weightedShares } from '../src/simulation/fairness.ts';
import type { NumberVector } from './vector-file.ts';

/** Formulas that other schedulers use and Trainyard does not. */
const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'classic-fairshare-factor':
    "Slurm's factor; the fairShare policy here compares decayed usage x weight factor and needs no factor between 0 and 1",
  'share-a-new-queue-would-get':
    'no report of the product shows it; a new share is tried with explain --what-if share=...',
};

const fractions = z.record(z.string(), z.number());

/** How each formula's numbers come out of the product. Reads `in`, answers what stands in `out`. */
const FORMULAS: Readonly<Record<string, (given: unknown) => Readonly<Record<string, unknown>>>> = {
  'borrowed-share': (given) => {
    const { quota, use, add, lendable, weight } = borrowedShare.parse(given);
    const pools = [...new Set([quota, use, add].flatMap((amounts) => Object.keys(amounts)))];
    const { environments, quotas } = lending(pools, quota, lendable);
    const ledger = new QuotaLedger(
      { groups: [], shares: [shareNamed('queue', undefined, weight, quotas)] },
      environments,
    );
    for (const pool of pools) ledger.add('queue', pool, (use[pool] ?? 0) + (add[pool] ?? 0));
    return { share: reported(ledger, 'queue') };
  },
  'borrowed-share-tree': (given) => {
    const nodes = Object.entries(tree.parse(given));
    const above = (index: number): string | undefined => {
      const name = nodes[index + 1]?.[0];
      return name === 'root' ? undefined : name;
    };
    const pool = 'pool';
    const limit = nodes.reduce((sum, [, { quota }]) => sum + quota, 0);
    const groups: GroupSetup[] = [];
    const shares: QuotaShareSetup[] = [];
    for (const [index, [name, { quota, weight, lendLimit }]] of nodes.entries()) {
      const quotas = { [pool]: { guaranteed: quota, ...(lendLimit === undefined ? {} : { lendLimit }) } };
      const share = shareNamed(name, above(index), weight, quotas);
      if (index === 0) shares.push(share);
      else if (name !== 'root') groups.push(share);
    }
    const ledger = new QuotaLedger({ groups, shares }, [{ name: pool, limit }]);
    for (const [name, { use }] of nodes) if (use > 0) ledger.add(name, pool, use);
    return Object.fromEntries(nodes.map(([name]) => [name, reported(ledger, name === 'root' ? '' : name)]));
  },
  'decayed-usage': (given) => {
    const { usage, halfLives, start } = decay.parse(given);
    const halfLifeMs = 65_536_000;
    const consumed = decayUsage(
      Math.round(start * USAGE_ONE),
      Math.round(usage * USAGE_ONE),
      Math.round(halfLives * halfLifeMs),
      halfLifeMs,
    );
    return { consumed: consumed / USAGE_ONE };
  },
  'reserved-fraction': (given) => {
    const { computeReservation, activeShares } = reservation.parse(given);
    return { reserved: reservedFraction(computeReservation, activeShares) };
  },
  'weighted-share': (given) => {
    const { capacity, queues } = weighted.parse(given);
    return { ...weightedShares(capacity, queues) };
  },
  'fairness-error': (given) => ({ error: fairnessError(shortfalls.parse(given)) }),
};

const borrowedShare = z.looseObject({
  quota: fractions,
  use: fractions,
  add: fractions.default({}),
  lendable: z.number().int().min(0),
  weight: z.number().min(0).default(1),
});
const tree = z.record(
  z.string(),
  z.looseObject({
    quota: z.number().int().default(0),
    use: z.number().int().default(0),
    weight: z.number().min(0).default(1),
    lendLimit: z.number().int().optional(),
  }),
);
const decay = z.looseObject({
  usage: z.number(),
  halfLives: z.number().min(0),
  start: z.number().default(0),
});
const reservation = z.looseObject({
  computeReservation: z.number().int().min(0).max(100),
  activeShares: z.number().int().min(0),
});
const weighted = z.looseObject({
  capacity: z.number(),
  queues: z.record(z.string(), z.looseObject({ weight: z.number(), demand: z.number() })),
});
const shortfalls = z.looseObject({ capacity: z.number(), entitled: fractions, allocated: fractions });

export interface NumberResult {
  readonly want: string;
  readonly got: string;
  readonly passed: boolean;
}

/** Undefined: the formula has a use in the product. */
export function whyNotApplicable(formula: string): string | undefined {
  if (formula in FORMULAS) return undefined;
  return NOT_APPLICABLE[formula] ?? 'not a formula of the product';
}

export function compute({ formula, in: given, out }: NumberVector): NumberResult {
  const want = JSON.stringify(out);
  try {
    const got = FORMULAS[formula]?.(given) ?? {};
    return { want, got: JSON.stringify(got, infinityInWords), passed: agrees(out, got) };
  } catch (error) {
    return { want, got: error instanceof Error ? error.message : String(error), passed: false };
  }
}

/** A share of so much quota whose root can lend exactly so much: what is beyond the quotas is the root's own. */
function lending(
  pools: readonly string[],
  quota: Readonly<Record<string, number>>,
  lendable: number,
): { environments: EnvironmentSetup[]; quotas: Record<string, QuotaSetup> } {
  const total = pools.reduce((sum, pool) => sum + (quota[pool] ?? 0), 0);
  let extra = Math.max(0, lendable - total);
  let unlent = Math.max(0, total - lendable);
  const quotas: Record<string, QuotaSetup> = {};
  const environments = pools.map((name): EnvironmentSetup => {
    const guaranteed = quota[name] ?? 0;
    const kept = Math.min(unlent, guaranteed);
    unlent -= kept;
    quotas[name] = kept > 0 ? { guaranteed, lendLimit: guaranteed - kept } : { guaranteed };
    const limit = guaranteed + extra;
    extra = 0;
    return { name, limit };
  });
  return { environments, quotas };
}

function shareNamed(
  name: string,
  parent: string | undefined,
  weight: number,
  quota: Record<string, QuotaSetup>,
): QuotaShareSetup {
  return {
    name,
    ...(parent === undefined ? {} : { parent }),
    weight: Math.round(weight * WEIGHT_ONE),
    quota,
    preemption: { inShare: 'never', reclaim: 'never' },
    fallback: { ifBorrowing: 'stop', ifPreempting: 'next', prefer: 'borrow' },
  };
}

function reported(ledger: QuotaLedger, node: string): number | 'infinite' {
  const share = roundedShare(shareOf(ledger, ledger.tree.indexOf(node)));
  return share === Infinity ? 'infinite' : share;
}

/** Numbers are given with at least six digits. */
function agrees(want: unknown, got: unknown): boolean {
  if (typeof want === 'number' && typeof got === 'number') {
    return Math.abs(want - got) <= 1e-6 * Math.max(1, Math.abs(want));
  }
  if (isRecord(want) && isRecord(got)) return Object.keys(want).every((key) => agrees(want[key], got[key]));
  return want === got;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function infinityInWords(_: string, value: unknown): unknown {
  return value === Infinity ? 'infinite' : value;
}
