import { isTerminal } from '../../jobs/status.ts';
import type { JobView } from '../../jobs/view.ts';

/** What is known of the examples so far, by job id; absent before they are submitted. */
export type Known = ReadonlyMap<string, JobView>;

/**
 * The two examples that need somebody to act at the right moment: `cancel` holds the account's only ml.p4d.24xlarge, so
 * that `quota` is refused until `cancel` is cancelled. Moments are seen, not timed; one that was missed for good does
 * not keep the others from ending.
 */
export const SUBMIT_WHEN: Readonly<Record<string, (known: Known) => boolean>> = {
  quota: (known) => known.get('cancel')?.status === 'RUNNING' || hasEnded(known.get('cancel')),
};

export const CANCEL_WHEN: Readonly<Record<string, (known: Known) => boolean>> = {
  cancel: (known) => wasRefused(known.get('quota')) || hasEnded(known.get('quota')),
};

export const CANCEL_REASON = 'the example has shown enough';

const hasEnded = (job: JobView | undefined): boolean => job !== undefined && isTerminal(job.status);

const wasRefused = (job: JobView | undefined): boolean =>
  job?.attempts.some(({ trainingStatus }) => trainingStatus === 'Refused') ?? false;
