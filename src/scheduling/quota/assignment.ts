import { pauseEnds } from '../claims.ts';
import type { FallbackSetup, QuotaShareQueueSetup, QuotaShareSetup } from '../setup.ts';
import type { Victim } from './candidates.ts';
import { classicVictims } from './classic-victims.ts';
import { type CycleState, type Request, without } from './cycle-state.ts';
import { fairVictims } from './fair-victims.ts';
import type { QuotaLedger } from './ledger.ts';
import { VictimSearch } from './victim-search.ts';
import type { QuotaHead } from './world.ts';

/** How an option could be used now, from worst to best (Kueue's pkg/scheduler/flavorassigner). */
const MODES = ['noFit', 'noCandidates', 'preempt', 'reclaim', 'fit'] as const;

/**
 * noFit: not with any victims that it may look for; noCandidates: with victims, but there are none, or not enough;
 * preempt, reclaim: with victims, some of them, or none of them, of its own share; fit: at once.
 */
export type Mode = (typeof MODES)[number];

interface Trial {
  readonly mode: Mode;
  /** How far up the tree the quota comes from, once victims are gone. 0: the share's own guarantee. */
  readonly height: number;
  readonly victims: readonly Victim[];
}

export interface Assignment extends Trial {
  /** Index in the job's options, and what it asks for. Undefined with `noFit`. */
  readonly option?: number;
  readonly request?: Request;
  /** Where the next cycle should go on; 0: from the start. */
  readonly resumeAt: number;
}

/**
 * The option that a head would use: the first that its share's fallback rules accept, looking from `resumeAt` on; else the best
 * one seen. `only`: no other option than this one.
 */
export function assign(state: CycleState, head: QuotaHead, only?: number): Assignment {
  const { options } = head.job;
  const share = state.ledger.tree.indexOf(head.job.share);
  const { fallback } = state.setupOf(share);
  const expected = stopsExpected(state, head);
  let best: Assignment = { mode: 'noFit', height: 0, victims: [], resumeAt: 0 };
  let tried = head.resumeAt;
  for (const [index, option] of options.entries()) {
    if (index < head.resumeAt && index !== expected?.option) continue;
    tried = index;
    if (only !== undefined && index !== only) continue;
    const environment = state.ledger.tree.findEnvironment(option.environment);
    if (environment === undefined) continue;
    const request = { job: head.job, share, environment, instances: option.instances };
    const trial = tryOption(state, request, index === expected?.option ? expected.victims : undefined);
    // Nobody else needs to stop for it.
    if (expected !== undefined && index !== expected.option && trial.victims.length > 0) continue;
    const accepted = isAccepted(trial, fallback);
    if (accepted || isBetter(trial, best, fallback)) best = { ...trial, option: index, request, resumeAt: 0 };
    if (accepted) break;
  }
  return best.mode === 'noFit' || tried >= options.length - 1 ? best : { ...best, resumeAt: tried + 1 };
}

/** The option for which others are being stopped already, if they are enough, and who of them is needed. */
function stopsExpected(
  state: CycleState,
  { job }: QuotaHead,
): { readonly option: number; readonly victims: readonly Victim[] } | undefined {
  const { tree } = state.ledger;
  if ((state.world.stoppingFor?.(job.id) ?? []).length === 0) return undefined;
  const share = tree.indexOf(job.share);
  for (const [option, { environment: name, instances }] of job.options.entries()) {
    const environment = tree.findEnvironment(name);
    if (environment === undefined) continue;
    const request = { job, share, environment, instances };
    const search = new VictimSearch(state, request);
    for (const candidate of state.stoppingFor(request)) {
      search.take(candidate, candidate.share === share ? 'withinShare' : 'reclaim');
      if (!search.fits(true)) continue;
      const victims = search.minimal(true);
      search.restore();
      return { option, victims };
    }
    search.restore();
  }
  return undefined;
}

/** `stopping`: they are enough and are being stopped for it already. */
function tryOption(state: CycleState, request: Request, stopping?: readonly Victim[]): Trial {
  const { ledger } = state;
  const { share, environment, instances } = request;
  const noFit: Trial = { mode: 'noFit', height: 0, victims: [] };
  const room = state.room(request);
  const limit = ledger.tree.environments[environment]?.limit ?? 0;
  if (instances > Math.min(ledger.tree.quota(share, environment).potential, limit) || room === -Infinity)
    return noFit;

  const { height } = ledger.borrowHeight(share, environment, instances);
  if (instances <= ledger.availableTo(share, environment) && instances <= room)
    return { ...noFit, mode: 'fit', height };
  if (isAboveGuarantee(ledger, state.setupOf(share), state.policy.order, request)) return noFit;

  const pauses = pauseEnds(request.job, state.world.now) !== undefined;
  const victims = pauses ? [] : (stopping ?? findVictims(state, request));
  if (victims.length === 0 || (state.world.mayReturn === false && wouldReturn(ledger, request, victims)))
    return { mode: 'noCandidates', height, victims: [] };
  const after = without(ledger, victims, environment, () =>
    ledger.borrowHeight(share, environment, instances),
  );
  const mode = victims.some((victim) => victim.share === share) ? 'preempt' : 'reclaim';
  return { mode, height: after.height, victims };
}

function findVictims(state: CycleState, request: Request): readonly Victim[] {
  switch (state.policy.order) {
    case 'priority':
      return classicVictims(state, request);
    case 'fairShare':
      return fairVictims(state, request);
  }
}

/** Whether a victim would have a better claim to what it gave up than the request. */
function wouldReturn(
  ledger: QuotaLedger,
  { share, environment }: Request,
  victims: readonly Victim[],
): boolean {
  return without(ledger, victims, environment, () =>
    victims.some(
      (victim) =>
        !victim.evicting &&
        victim.share !== share &&
        ledger.isEntitled(victim.share, share, environment, victim.instances),
    ),
  );
}

/**
 * Whether so many instances are more than the share, and every group above it that could give them, is guaranteed: then a job preempts
 * nobody, unless it may even while borrowing.
 */
export function isAboveGuarantee(
  ledger: QuotaLedger,
  { preemption }: Pick<QuotaShareSetup, 'preemption'>,
  order: QuotaShareQueueSetup['order'],
  { share, environment, instances }: Pick<Request, 'share' | 'environment' | 'instances'>,
): boolean {
  if (preemption.whileBorrowing !== undefined) return false;
  if (order === 'fairShare' && preemption.reclaim !== 'never') return false;
  if (instances <= ledger.tree.quota(share, environment).nominal) return false;
  return !ledger.borrowHeight(share, environment, instances).belowRoot;
}

/** Whether to take this option without looking at the next. */
function isAccepted({ mode, height }: Trial, fallback: FallbackSetup): boolean {
  if (mode === 'noFit' || mode === 'noCandidates') return false;
  if (mode !== 'fit' && fallback.ifPreempting === 'next') return false;
  return height === 0 || fallback.ifBorrowing === 'stop';
}

/** Whether `a` is better than `b`. Equally good: no. */
function isBetter(a: Trial, b: Trial, { prefer }: FallbackSetup): boolean {
  if (a.mode === 'noFit') return false;
  if (b.mode === 'noFit') return true;
  if ((a.mode === 'noCandidates') !== (b.mode === 'noCandidates')) return b.mode === 'noCandidates';
  const byMode = MODES.indexOf(a.mode) - MODES.indexOf(b.mode);
  const byHeight = b.height - a.height;
  return (prefer === 'borrow' ? byMode || byHeight : byHeight || byMode) > 0;
}
