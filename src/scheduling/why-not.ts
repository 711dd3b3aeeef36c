import type { Wait, WaitReason } from './decision.ts';
import type { WaitingJob } from './job.ts';
import { offer } from './offer.ts';
import type { QueueState } from './queue-state.ts';
import { headOf, madeRoomIn } from './offered-lines.ts';
import { quotaWorld } from './quota-pass.ts';
import { CycleState } from './quota/cycle-state.ts';
import { quotaCycle } from './quota/cycle.ts';
import { mainReason, whyNot as whyNotOption } from './quota/wait-reasons.ts';
import { Reservations } from './reservation.ts';
import { activeShares } from './room.ts';

/**
 * What keeps a waiting job from starting if it were offered now, in its share's turn: one reason per option, and none when it would
 * start. Nothing is changed.
 */
export function whyNot(state: QueueState, job: WaitingJob, now: number): readonly WaitReason[] {
  const { policy } = state;
  if (policy.kind !== 'quotaShare') {
    const context = {
      now,
      reservations: Reservations.of(state, now),
      activeShares: activeShares(state, now),
    };
    const answer = offer(state, job, context);
    return answer.kind === 'blocked' ? answer.reasons : [];
  }
  const madeRoom = madeRoomIn(state);
  const own = state.waiting.laneOf(job);
  const others = state.waiting.lanes().filter((lane) => lane !== own);
  const heads = [
    { job, resumeAt: 0, madeRoom: madeRoom(job.id) },
    ...others.flatMap(
      (lane) => headOf(state, state.waiting.head(lane) ?? state.waiting.first(lane), madeRoom) ?? [],
    ),
  ];
  for (const decision of quotaCycle(heads, quotaWorld(state, policy, now), policy.setup))
    if (decision.kind === 'wait' && decision.job === job.id) return decision.reasons;
  return [];
}

/** What keeps waiting jobs from starting as things stand, whomever they might have stopped; only for quotaShare, nothing for others. */
export function whyNoRoom(state: QueueState, ids: readonly string[], now: number): readonly Wait[] {
  const { policy } = state;
  if (policy.kind !== 'quotaShare') return [];
  const cycle = new CycleState(quotaWorld(state, policy, now), policy.setup);
  return ids.flatMap((id) => {
    const job = state.waiting.get(id);
    if (job === undefined) return [];
    const reasons = job.options.map((option) => whyNotOption(cycle, job, option));
    return [{ kind: 'wait', job: id, share: job.share, why: mainReason(reasons), reasons }];
  });
}
