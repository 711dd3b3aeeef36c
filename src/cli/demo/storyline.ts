import { type JobView } from '../../jobs/view.ts';

/** What is known of the examples so far, by their names; absent before they are submitted. */
export type Known = ReadonlyMap<string, JobView>;

/**
 * The two examples that need somebody to act at the right moment. `cancel` holds the account's only ml.p4d.24xlarge, so
 * that `quota` is refused until `cancel` is cancelled; both moments are seen, not timed.
 */
export const SUBMITTED_LATER: Readonly<Record<string, (known: Known) => boolean>> = {
  quota: (known) => known.get('cancel')?.status === 'RUNNING',
};

export const CANCELLED: Readonly<Record<string, (known: Known) => boolean>> = {
  cancel: (known) =>
    known.get('quota')?.attempts.some(({ trainingStatus }) => trainingStatus === 'Refused') ?? false,
};

export const CANCEL_REASON = 'the example has shown enough';
