import type { WaitReason } from './decision.ts';
import type { WaitingJob } from './job.ts';
import { QueueState } from './queue-state.ts';
import type { QueueSetup } from './setup.ts';
import { whyNot } from './why-not.ts';

type NeverFits = Extract<WaitReason, { code: 'NEVER_FITS' }>;

/** Building the tree of shares costs more than asking it, and one set-up is asked for thousands of jobs. */
const emptyQueues = new WeakMap<QueueSetup, QueueState>();

/**
 * Whether the job could ever start with these limits, on an empty queue: undefined if so, else what forbids it where it would come
 * nearest. For use at submission.
 */
export function neverFits(
  setup: QueueSetup,
  job: Pick<WaitingJob, 'share' | 'options'>,
): NeverFits | undefined {
  const queue = emptyQueues.get(setup) ?? new QueueState(setup);
  emptyQueues.set(setup, queue);
  const alone: WaitingJob = { ...job, id: '', priority: 0, queuedAt: 0, sequence: 0, preemptions: 0 };
  queue.enqueue(alone);
  const reasons = whyNot(queue, alone, 0);
  queue.withdraw(alone.id);
  const never = reasons.flatMap((reason, index): NeverFits[] => {
    if (reason.code === 'NEVER_FITS') return [reason];
    const { environment, instances: needed } = job.options[index] ?? { environment: '', instances: 0 };
    const known = setup.environments.some(({ name }) => name === environment);
    return known ? [] : [{ code: 'NEVER_FITS', environment, needed, most: 0, limitedBy: 'environment' }];
  });
  if (never.length < job.options.length) return undefined;
  return never.sort((a, b) => a.needed - a.most - (b.needed - b.most))[0];
}
