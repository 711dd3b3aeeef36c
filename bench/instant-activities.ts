import { newsOf } from '../src/activities/attempt-end.ts';
import { attemptName } from '../src/jobs/attempt-name.ts';
import type { BenchActivities } from './harness.ts';

/** Activities that answer at once that all went well. */
export const instantActivities: Partial<BenchActivities> = {
  noop: () => Promise.resolve(),
  launchTraining: ({ jobId, attempt }) =>
    Promise.resolve({ kind: 'launched', arn: `arn:${attemptName({ jobId, attempt })}`, adopted: false }),
  watchTraining: ({ name, attempt }) =>
    Promise.resolve(
      newsOf(
        attempt,
        { name, arn: `arn:${name}`, status: 'Completed', createdAt: 0, metrics: [], interruptions: 0 },
        { stopRequested: false, now: 0 },
      ),
    ),
  sendNotification: () => Promise.resolve({ messageId: 'none' }),
  surveyQueue: () => Promise.resolve({ gone: [], enrol: [], cannotTell: 0, stopped: [] }),
};
