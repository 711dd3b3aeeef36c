import type { Placement } from '../jobs/placement.ts';
import { afterProbe } from '../queues/environment-health.ts';
import { admitToQueue, FIFO_SHARE, optionsOf, type Ticket, type TicketOption } from '../queues/ticket.ts';
import type { Lease } from './contract.ts';
import { signalsFromQueue } from './messages.ts';
import { learn } from './queue-capacity.ts';
import type { EnqueueRequest } from './queue-contract.ts';
import type { Entry, Grant } from './queue-entry.ts';
import { answered, type QueueRun } from './queue-run.ts';

/**
 * A job tells its queue about itself: one that was started elsewhere, or one that the queue has lost. What it says about
 * itself is believed; a lease that the queue has granted and the job does not speak of may be on its way, and is sent again.
 *
 * A full queue takes in who holds instances, because they count whether it knows of them or not. Others are told so and enrol again
 * later: their place is that of their submission, so that they lose nothing.
 */
export function enrol(run: QueueRun, request: EnqueueRequest, now: number): void {
  const { story, outbox } = run;
  answered(run, request.job.jobId, now);
  run.survey.heardOf.add(request.job.jobId);
  const { job, held, preemptions, removed, notBefore, holds, heldSince } = request;
  const known = story.get(job.jobId);
  const ticket = admitToQueue(job, story.spec);
  if (known === undefined && !ticket.ok && holds === undefined) {
    turnAway(run, job.jobId, ticket);
    return;
  }
  if (known === undefined && holds === undefined && story.waitingSize >= story.spec.maxWaiting) {
    outbox.tell(job.jobId, signalsFromQueue.full);
    return;
  }
  const entry =
    known ??
    story.add(
      {
        id: job.jobId,
        profile: {
          placements: job.placements,
          ...(job.share === undefined ? {} : { asked: job.share }),
          ...(job.user === undefined ? {} : { user: job.user }),
          ...(request.limitSeconds === undefined ? {} : { limitSeconds: request.limitSeconds }),
          ...(request.checkpointSeconds === undefined
            ? {}
            : { checkpointSeconds: request.checkpointSeconds }),
        },
        share: ticket.ok ? ticket.share : (job.share ?? FIFO_SHARE),
        options: ticket.ok ? ticket.options : [],
        priority: job.priority,
        queuedAt: Math.min(request.queuedAt, now),
        // Until it is clear what the job holds, it must not be offered.
        held: true,
      },
      now,
    );
  // Its leases may have been numbered by a queue that was lost.
  story.lastLease = Math.max(story.lastLease, request.newestLease ?? 0);
  // It runs, whoever started it.
  story.accepted.delete(entry.id);
  if (entry.priority !== job.priority) story.setPriority(entry, job.priority);
  if (holds !== undefined) takeOver(run, entry, holds, { since: Math.min(heldSince ?? now, now), now });
  story.amend(
    entry,
    { held, removed, preemptions: Math.max(preemptions, entry.preemptions), notBefore },
    now,
  );
  if (!ticket.ok && known === undefined) {
    turnAway(run, entry.id, ticket);
    if (entry.grant === undefined) story.remove(entry, now);
    else entry.leaving = true;
    return;
  }
  const { grant } = entry;
  const placement = grant === undefined ? undefined : entry.profile.placements[grant.option.placement];
  if (holds === undefined && grant !== undefined && placement !== undefined) {
    const probe = grant.probe === undefined ? {} : { probe: grant.probe };
    outbox.tell(entry.id, signalsFromQueue.lease, { number: grant.lease, placement, ...probe });
  }
}

/**
 * The job holds a lease. It counts, even if there is no room for it. A newer one that the queue granted meanwhile is on its way:
 * the job gives it back, and that release is then late.
 */
function takeOver(
  run: QueueRun,
  entry: Entry,
  holds: Lease,
  { since, now }: { readonly since: number; readonly now: number },
): void {
  const { story } = run;
  const granted = entry.grant;
  if (granted?.lease === holds.number) return;
  const { placements } = entry.profile;
  const placement = placements.findIndex(
    (own) =>
      own.kind === 'instances' &&
      holds.placement.kind === 'instances' &&
      own.instanceType === holds.placement.instanceType &&
      own.instanceCount === holds.placement.instanceCount,
  );
  const option = optionsOf([holds.placement], story.spec)[0] ?? outside(holds.placement);
  const grant: Grant = { lease: holds.number, option: { ...option, placement }, startedAt: since };
  story.hold(entry, grant, now);
  if (granted === undefined) return;
  // Whether there is capacity was for the other lease to find out.
  const { environment } = granted.option;
  learn(run, environment, afterProbe(story.healthOf(environment), entry.id, now), now);
}

/**
 * What no environment of the queue has: it takes room from nobody, but the job must not be offered as long as it holds it. A type of
 * SageMaker is no name that an environment can have.
 */
function outside(placement: Placement): TicketOption {
  return placement.kind === 'instances'
    ? { environment: placement.instanceType, instances: placement.instanceCount, placement: -1 }
    : { environment: '(chosen by SageMaker)', instances: 1, placement: -1 };
}

function turnAway({ outbox }: QueueRun, jobId: string, ticket: Extract<Ticket, { ok: false }>): void {
  const code = ticket.code === 'NEVER_FITS' ? 'NEVER_FITS' : 'NOT_IN_QUEUE';
  outbox.tell(jobId, signalsFromQueue.turnedAway, { code, sentence: ticket.message });
}
