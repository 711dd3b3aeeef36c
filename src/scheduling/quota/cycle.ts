import type { Preemption, WaitReason } from '../decision.ts';
import type { QuotaShareQueueSetup } from '../setup.ts';
import { assign, type Assignment } from './assignment.ts';
import { CycleState, type Request, without } from './cycle-state.ts';
import { headOrder } from './head-order.ts';
import { mainReason, whyNot } from './wait-reasons.ts';
import type { QuotaDecision, QuotaHead, QuotaWorld } from './world.ts';
import { byCodeUnits } from '../order.ts';

interface Contender {
  readonly job: QuotaHead['job'];
  readonly resumeAt: number;
  /** Node of its share. */
  readonly share: number;
  readonly madeRoom: boolean;
  readonly assignment: Assignment;
  /** Assigned with all that this cycle had decided up to then. */
  readonly upToDate: boolean;
}

/** What shares offer after their first jobs, in the same cycle. */
export interface Following {
  /** Told what was decided of a job: what its share offers next. Undefined: nothing. */
  after(decided: QuotaDecision): QuotaHead | undefined;
  /** A share's turn ended without a decision. */
  postponed(): void;
}

/**
 * One pass over the jobs that the shares offer (Kueue's pkg/scheduler/scheduler.go): each is assigned an option, they are put in
 * order, and in that order each starts, names victims and waits, or waits. What was decided before counts:
 *
 *                   fits -----------------------> admit
 *   assignment ---- has victims ----------------> preempt each of them, and wait; its instances are reserved
 *                   |        \__ one was named by another job: assigned anew as if those were gone; fits then: wait
 *                   needs victims, has none ----> wait; its quota is reserved unless its share can always take it back
 *                   fits no more, or never -----> wait
 *
 * Victims keep their instances until they are released. Decisions come in the order in which they were made. Nothing given is
 * changed. Throws a RangeError for two heads of one share, or a share or option that is not set up.
 *
 * With `following` a share offers its next job in the same cycle, which goes on until nobody has anything left to offer; and one that
 * no longer fits as it was assigned is assigned anew. If it then has victims where others have started, its share's turn is put off: those
 * who started may have to go before its victims, and cannot be told to in this cycle. Without it, as in Kueue, each share has one turn.
 */
export function quotaCycle(
  heads: readonly QuotaHead[],
  world: QuotaWorld,
  policy: QuotaShareQueueSetup,
  following?: Following,
): readonly QuotaDecision[] {
  const state = new CycleState(world, policy);
  const shares = new Set<string>();
  // In an order of their own, so that the order of `heads` decides nothing.
  const contenders = [...heads]
    .sort((a, b) => byCodeUnits(a.job.share, b.job.share))
    .map((head): Contender => {
      if (shares.has(head.job.share)) throw new RangeError(`two heads of the share "${head.job.share}"`);
      shares.add(head.job.share);
      return contenderOf(state, head, assignmentOf(state, head), false);
    });
  const decisions: QuotaDecision[] = [];
  const order = headOrder(contenders, state.ledger, policy.order);
  for (let contender = order.take(), follower; contender !== undefined; contender = order.take(follower)) {
    if (following !== undefined && !contender.upToDate && isOutdated(state, contender)) {
      follower = contenderOf(state, contender, assignNow(state, contender), true);
      continue;
    }
    if (following !== undefined && contender.upToDate && mayMissVictims(state, contender)) {
      following.postponed();
      follower = undefined;
      continue;
    }
    decide(state, contender, decisions, following !== undefined);
    const decided = decisions.at(-1);
    const next = decided === undefined ? undefined : following?.after(decided);
    follower = next === undefined ? undefined : contenderOf(state, next, assignNow(state, next), true);
  }
  return decisions;
}

/**
 * What others keep for themselves is looked at when it is decided, as with those that were assigned at the beginning. But one that
 * would have to wait for that takes another option if it fits there; in Kueue it waits.
 */
function assignNow(state: CycleState, head: QuotaHead): Assignment {
  // Once somebody is to stop, what counts is who has what afterwards: else a share would go on taking from one that gave its due.
  const assignment = state.asExpected(() => assign(state, head));
  const { mode, request } = assignment;
  if (mode !== 'fit' || request === undefined) return assignment;
  if (fitsNow(state, request) && stillFits(state, request, [])) return assignment;
  const { tree } = state.ledger;
  for (const [option, { environment: name, instances }] of head.job.options.entries()) {
    const environment = tree.findEnvironment(name);
    if (option === assignment.option || environment === undefined) continue;
    if (!fitsNow(state, { ...request, environment, instances })) continue;
    const other = assign(state, { ...head, resumeAt: 0 }, option);
    if (other.mode === 'fit') return other;
  }
  return assignment;
}

function contenderOf(
  state: CycleState,
  { job, resumeAt, madeRoom = false }: QuotaHead,
  assignment: Assignment,
  upToDate: boolean,
): Contender {
  return { job, resumeAt, share: state.ledger.tree.indexOf(job.share), madeRoom, assignment, upToDate };
}

/**
 * Whether what was decided since it was assigned would make it wait, or may spare its victims: when those who stop for others are gone
 * there may be enough for it, too.
 */
function isOutdated(state: CycleState, { assignment: { mode, request, victims } }: Contender): boolean {
  if (request === undefined || mode === 'noFit' || mode === 'noCandidates') return false;
  if (victims.length > 0 && state.victims.size > 0) return true;
  return !victims.some(({ job }) => state.victims.has(job.id)) && !stillFits(state, request, victims);
}

/** Whether somebody has started in this cycle where its victims are, who was none of the candidates. */
function mayMissVictims(state: CycleState, { assignment: { request, victims } }: Contender): boolean {
  return victims.length > 0 && request !== undefined && state.startedIn(request.environment) !== undefined;
}

/** In the first cycle after a change it is looked for, in those after it remembered: before its first decision a cycle is as the last. */
function assignmentOf(state: CycleState, head: QuotaHead): Assignment {
  const { remembered } = state.world;
  if (remembered === undefined) return assign(state, head);
  const key = `${head.resumeAt} ${head.job.id}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const assignment = assign(state, head);
  remembered.set(key, assignment);
  return assignment;
}

/** What shares offer in a cycle, and what would only have used up their turn. */
export interface QuotaOffers {
  readonly heads: readonly QuotaHead[];
  /** In the order of the lines; all of kind `wait`, without `resumeAt`. */
  readonly hopeless: readonly QuotaDecision[];
}

/**
 * The job that each share should offer: the first of its line that could do anything in this cycle (start, name victims or keep
 * capacity for itself). Those before it wait whatever the others do; without this each of them would take a cycle of its own, in
 * which jobs of other shares could start only to be preempted by the one behind them. Kueue offers the first, whatever it
 * is. Lines are read only as far as needed. `world` as for `quotaCycle`.
 */
export function quotaOffers(
  lines: Iterable<Iterable<QuotaHead>>,
  world: QuotaWorld,
  policy: QuotaShareQueueSetup,
): QuotaOffers {
  const state = new CycleState(world, policy);
  const heads: QuotaHead[] = [];
  const hopeless: QuotaDecision[] = [];
  for (const line of lines) {
    for (let head of line) {
      let assignment = assignmentOf(state, head);
      while (!hasEffect(state, assignment) && assignment.resumeAt > 0) {
        head = { ...head, resumeAt: assignment.resumeAt };
        assignment = assignmentOf(state, head);
      }
      if (hasEffect(state, assignment)) {
        heads.push(head);
        break;
      }
      hopeless.push(wait(state, head, assignment));
    }
  }
  return { heads, hopeless };
}

function hasEffect(state: CycleState, assignment: Assignment): boolean {
  const { mode, request } = assignment;
  if (request === undefined || mode === 'noFit') return false;
  return mode !== 'noCandidates' || toReserve(state, request, assignment, false) > 0;
}

function decide(state: CycleState, contender: Contender, decisions: QuotaDecision[], goesOn: boolean): void {
  const { job } = contender;
  const overlapping = contender.assignment.victims.filter((victim) => state.victims.has(victim.job.id));
  const assignment = overlapping.length === 0 ? contender.assignment : assignAgain(state, contender);
  const { request, victims, option, mode } = assignment;
  if (request === undefined || option === undefined) {
    decisions.push(wait(state, contender, assignment));
    return;
  }
  const { environment: index } = request;
  const environment = state.environmentName(index);
  switch (mode) {
    case 'noFit':
      decisions.push(wait(state, contender, assignment));
      return;
    case 'noCandidates':
      decisions.push(wait(state, contender, assignment));
      state.save(request, toReserve(state, request, assignment, goesOn));
      return;
    case 'fit': {
      if (overlapping.length > 0) {
        const from = state.namedIn(index);
        decisions.push(wait(state, contender, assignment, { code: 'RELEASE_EXPECTED', environment, from }));
        state.reserve(request);
        return;
      }
      if (!stillFits(state, request, [])) {
        decisions.push(wait(state, contender, assignment));
        return;
      }
      if (!fitsNow(state, request)) {
        // There will be room when the victims of others are gone.
        const from = state.namedIn(index);
        const reason: WaitReason | undefined =
          from.length > 0 ? { code: 'RELEASE_EXPECTED', environment, from } : undefined;
        decisions.push(wait(state, contender, assignment, reason));
        if (goesOn && reason !== undefined) state.reserve(request);
        return;
      }
      state.admit(request);
      const borrowed = state.ledger.borrowedBy(request.share, index);
      decisions.push({
        kind: 'admit',
        job: job.id,
        share: job.share,
        option,
        environment,
        instances: request.instances,
        borrowed,
        why: { code: borrowed > 0 ? 'BORROWS' : 'FITS' },
      });
      return;
    }
    case 'preempt':
    case 'reclaim': {
      if (victims.some((victim) => state.victims.has(victim.job.id)) || !stillFits(state, request, victims)) {
        decisions.push(wait(state, contender, assignment));
        return;
      }
      state.name(victims, index);
      state.reserve(request);
      for (const victim of victims) {
        if (victim.evicting) continue;
        decisions.push({
          kind: 'preempt',
          victim: victim.job.id,
          for: job.id,
          cause: victim.cause,
          environment,
          instances: victim.instances,
          lostInstanceSeconds: victim.lost,
        } satisfies Preemption);
      }
      const named = victims.map((victim) => victim.job.id);
      const reason: WaitReason = { code: 'PREEMPTING', environment, victims: named };
      const causes = new Map(victims.map((victim) => [victim.job.id, victim.cause]));
      decisions.push({ ...wait(state, contender, { ...assignment, resumeAt: 0 }, reason), causes });
    }
  }
}

/** The same option, as if the victims named by others were gone: they may free enough for this job, too. */
function assignAgain(state: CycleState, { job, assignment }: Contender): Assignment {
  return state.asIfGone(() => assign(state, { job, resumeAt: 0 }, assignment.option));
}

/** Whether it can start while all victims still hold what they have. */
function fitsNow(state: CycleState, request: Request): boolean {
  const { share, environment, instances } = request;
  return instances <= state.inUse.availableTo(share, environment) && instances <= state.roomNow(request);
}

function stillFits(state: CycleState, request: Request, victims: Assignment['victims']): boolean {
  const { share, environment, instances } = request;
  const freed = victims.reduce((sum, victim) => sum + victim.instances, 0);
  const quota = without(state.later, victims, environment, () => state.later.availableTo(share, environment));
  return instances <= quota && instances <= state.roomLater(request) + freed;
}

/**
 * What a job that finds no victims keeps for itself: the rest of its guarantee, or of what its share may borrow. Nothing if its
 * share can always take back what it lends. `onlyAvailable`: no more than it could have now. In Kueue it may be more, which other
 * groups then miss, too, if they hang below one root: in a cycle that goes on and on it would be much.
 */
function toReserve(
  state: CycleState,
  { share, environment, instances }: Request,
  { height }: Assignment,
  onlyAvailable: boolean,
): number {
  if (state.setupOf(share).preemption.reclaim === 'any') return 0;
  const { nominal, borrowLimit } = state.ledger.tree.quota(share, environment);
  const most = height > 0 ? nominal + borrowLimit : nominal;
  const amount = Math.max(0, Math.min(instances, most - state.ledger.usage(share, environment)));
  return onlyAvailable ? Math.min(amount, state.later.availableTo(share, environment)) : amount;
}

/** `reason`: of the assigned option; the others, and it when absent, are looked at as the cycle stands. */
function wait(
  state: CycleState,
  { job }: Pick<Contender, 'job'>,
  assignment: Assignment,
  reason?: WaitReason,
): QuotaDecision {
  const reasons = job.options.map((option, index) =>
    reason !== undefined && index === assignment.option ? reason : whyNot(state, job, option),
  );
  const assigned = assignment.option === undefined ? undefined : reasons[assignment.option];
  const waiting = {
    kind: 'wait',
    job: job.id,
    share: job.share,
    why: assigned ?? mainReason(reasons),
    reasons,
  } as const;
  const again = reason !== undefined ? 0 : assignment.resumeAt;
  return again > 0 ? { ...waiting, resumeAt: again } : waiting;
}
