import { CancellationScope, condition, getExternalWorkflowHandle, log } from '@temporalio/workflow';
import type { Placement } from '../jobs/placement.ts';
import { reason, type Reason } from '../jobs/reason.ts';
import type { JobSpec } from '../jobs/spec.ts';
import { enqueueRequest } from './enqueue-request.ts';
import type { JobStory, LiveAttempt } from './job-story.ts';
import type { LeaseSource } from './leases.ts';
import {
  FIRST_WAIT_MS,
  giveBack,
  heldLease,
  LONGEST_WAIT_MS,
  mayEnrol,
  owe,
  receiveFull,
  type Membership,
  type OwedMessage,
} from './membership.ts';
import { signalsToQueue } from './messages.ts';
import { queueWorkflowId, type JobChange } from './queue-contract.ts';
import { until } from './until.ts';

/** Placements from a queue, and what else the job has to tell it. */
export interface QueueLeases extends LeaseSource {
  /** Priority or hold may have changed. */
  steered(): void;
  /** The live attempt has instances. */
  acquired(live: LiveAttempt): void;
  /** The queue asks the job to enrol (once more). */
  enrol(): void;
  /** The queue has no room for the job, which enrols again later. */
  full(): void;
  /** Before continue-as-new: sends nothing more, and resolves when nothing is on its way. The next run sends what is owed. */
  rest(): Promise<void>;
  /** The job is over: resolves when the queue has heard of it, or is not there to hear. */
  leave(): Promise<void>;
}

/**
 * Leases of the queue that the job names. A grant comes with the start of the workflow or by signal (membership.ts has
 * what becomes of it); messages to the queue go out one at a time, in order, each until it got through. To a queue that is
 * missing only `enqueue` is repeated, because a new one knows nothing of what the others are about.
 *
 * `enter` lets a waiting job be RUNNABLE for a reason.
 */
export function queueLeases(
  job: JobSpec & { readonly queue: string },
  story: JobStory,
  member: Membership,
  enter: (why: Reason) => void,
): QueueLeases {
  const queue = getExternalWorkflowHandle(queueWorkflowId(job.queue));
  const state = { leaving: false, resting: false, called: false, ended: false };
  // Temporal's own cancel does not end it: the queue must hear of the job's end.
  const delivered = CancellationScope.nonCancellable(deliver);
  if (member.full !== undefined) waitForRoom(member.full);

  function ready(): Reason {
    if (member.missing) return reason('QUEUE_MISSING', { queue: job.queue });
    if (member.full !== undefined && !member.known) return reason('QUEUE_FULL', { queue: job.queue });
    const share = job.share === undefined ? {} : { share: job.share };
    return reason('IN_QUEUE', { queue: job.queue, ...share, priority: story.priority });
  }

  function waits(): boolean {
    return story.live === undefined && !story.held && !state.leaving && member.granted === undefined;
  }

  function found(missing: boolean): void {
    if (member.missing === missing) return;
    member.missing = missing;
    if (waits()) enter(ready());
  }

  /** Enrols when the wait is over, unless something else comes first. */
  function waitForRoom(full: NonNullable<Membership['full']>): void {
    const over = (): boolean => state.leaving || member.full !== full;
    void CancellationScope.nonCancellable(async () => {
      if (await until(over, full.until, 'wait for room in the queue')) return;
      if (!member.known) owe(member, { kind: 'enqueue' });
    });
  }

  async function deliver(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    for (;;) {
      await condition(() => state.leaving || (member.owed.length > 0 && !state.resting));
      // A signal that is commanded together with continue-as-new is not delivered.
      if (state.resting) continue;
      const message = member.owed.shift();
      if (message === undefined) return;
      if (message.kind === 'changed' && message.acquired === undefined && !isNews()) continue;
      member.sending = message;
      const reached = await send(message);
      delete member.sending;
      if (reached) {
        wait = FIRST_WAIT_MS;
        if (message.kind === 'enqueue') {
          member.known = true;
          // Told once: a full queue that has taken it in does not say so.
          if (story.reason.code === 'QUEUE_FULL') story.reason = ready();
        }
        found(false);
        continue;
      }
      member.known = false;
      if (state.leaving) continue;
      if (story.live === undefined) owe(member, { kind: 'enqueue' });
      if (message.kind !== 'enqueue') continue;
      found(true);
      state.called = false;
      await until(() => state.leaving || state.called, Date.now() + wait, 'wait for the queue');
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    }
  }

  async function send(message: OwedMessage): Promise<boolean> {
    try {
      await signal(message);
      return true;
    } catch (error) {
      log.warn('the queue could not be told', { queue: job.queue, message: message.kind, error });
      return false;
    }
  }

  function signal(message: OwedMessage): Promise<void> {
    const { jobId } = job;
    switch (message.kind) {
      case 'enqueue': {
        const holds = heldLease(story);
        const { priority, held, submittedAt, nextTryAt } = story;
        const { newestLease } = member;
        member.told = { priority, held };
        const heldSince = holds === undefined ? undefined : story.live?.launchedAt;
        const request = enqueueRequest(job, {
          queuedAt: submittedAt,
          priority,
          held,
          preemptions: member.preemptions,
          removed: story.retry.removed,
          ...(nextTryAt === undefined ? {} : { notBefore: nextTryAt }),
          ...(holds === undefined ? {} : { holds }),
          ...(heldSince === undefined ? {} : { heldSince }),
          ...(newestLease === 0 ? {} : { newestLease }),
        });
        return queue.signal(signalsToQueue.enqueue, request);
      }
      case 'changed': {
        const { acquired } = message;
        const { priority, held } = story;
        member.told = { priority, held };
        const instances = acquired === undefined ? {} : { instancesAcquired: { lease: acquired } };
        const change: JobChange = { jobId, priority, held, ...instances };
        return queue.signal(signalsToQueue.jobChanged, change);
      }
      case 'release':
        return queue.signal(signalsToQueue.release, {
          jobId,
          lease: message.lease,
          outcome: message.outcome,
        });
      case 'withdraw': {
        const lease = member.newestUsed === 0 ? {} : { lease: member.newestUsed };
        return queue.signal(signalsToQueue.withdraw, { jobId, ...lease });
      }
    }
  }

  function isNews(): boolean {
    return story.priority !== member.told.priority || story.held !== member.told.held;
  }

  return {
    ready,
    async acquire(interrupted, deadline) {
      if (member.granted === undefined) {
        if (!member.known && mayEnrol(member, Date.now())) owe(member, { kind: 'enqueue' });
        if (story.status !== 'RUNNABLE') enter(ready());
        const done = (): boolean => member.granted !== undefined || interrupted();
        await until(done, deadline, 'time limit');
      }
      const lease = member.granted;
      // A cancelled job withdraws, which makes a lease void that it has not used.
      if (lease === undefined || story.cancel !== undefined) return undefined;
      delete member.granted;
      delete story.nextTryAt;
      member.newestUsed = lease.number;
      story.retry = { ...story.retry, placementIndex: indexOf(job, lease.placement) };
      return lease;
    },
    release(number, outcome) {
      if (outcome.kind === 'ended') state.ended = true;
      if (member.preempt?.lease === number) delete member.preempt;
      // A queue that does not know the job is told with its next enqueue what is left to say.
      if (member.known || member.sending !== undefined)
        owe(member, { kind: 'release', lease: number, outcome });
    },
    steered() {
      if (story.reason.code === 'IN_QUEUE') story.reason = ready();
      if (member.known || member.sending !== undefined) {
        if (isNews()) owe(member, { kind: 'changed' });
      }
      // After the change, so that the queue does not grant it once more.
      if (story.held && member.granted !== undefined)
        giveBack(story, member, member.granted.number, 'unused');
    },
    acquired(live) {
      if (live.probe === undefined || live.acquired === true) return;
      live.acquired = true;
      owe(member, { kind: 'changed', acquired: live.lease });
    },
    enrol() {
      if (state.leaving) return;
      member.known = false;
      delete member.full;
      state.called = true;
      owe(member, { kind: 'enqueue' });
    },
    full() {
      if (state.leaving) return;
      receiveFull(story, member, { now: Date.now(), random: Math.random() });
      const { full } = member;
      if (full === undefined) return;
      waitForRoom(full);
      if (!waits()) return;
      if (full.times === 1) enter(ready());
      else story.reason = ready();
    },
    async rest() {
      state.resting = true;
      await condition(() => member.sending === undefined);
    },
    async leave() {
      const heardOf = member.known || member.sending?.kind === 'enqueue';
      member.owed = member.owed.filter(({ kind }) => kind === 'release');
      if (heardOf && !state.ended && member.turnedAway === undefined) owe(member, { kind: 'withdraw' });
      state.leaving = true;
      await delivered;
    },
  };
}

/** Index among the job's placements. The queue grants no other; one that a hand made up counts as the first. */
function indexOf({ placements }: JobSpec, wanted: Placement): number {
  return Math.max(
    0,
    placements.findIndex((placement) => isSame(placement, wanted)),
  );
}

function isSame(a: Placement, b: Placement): boolean {
  return a.kind === 'instances' && b.kind === 'instances'
    ? a.instanceType === b.instanceType && a.instanceCount === b.instanceCount
    : a.kind === b.kind;
}
