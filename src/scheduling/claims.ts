import type { RunningJob, WaitingJob } from './job.ts';

/**
 * How often others were stopped for a job, and when the last of them were gone.
 *
 *   its victims are gone -> counted -> starts -> ran as long as the next pause: forgotten
 *                              ^         |_____ stopped before, or never started: must pause
 *                              |__________________________________________________|
 *
 * Rules that each make sense can form a circle: A has the better claim to what B holds by their fair shares, B takes back from C
 * what is guaranteed to its share, C comes before A by its priority. Such jobs would stop each other for ever, and none would get anything
 * done. So a job has others stopped a third time only after a pause, and then after one of twice the length. One that runs on
 * is not held up by it, however often it is stopped; and whatever a circle's jobs need, one day the pauses are longer.
 */
export interface Claims {
  readonly times: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

const WITHOUT_PAUSE = 2;
const FIRST_PAUSE = 30_000;

/** All that were being stopped for the job are gone. */
export function withClaim(job: WaitingJob, now: number): WaitingJob {
  return { ...job, claims: { times: (job.claims?.times ?? 0) + 1, at: now } };
}

/** What still counts after a run that ends now. */
export function claimsAfter({ claims, startedAt }: RunningJob, now: number): Claims | undefined {
  return claims !== undefined && now - startedAt >= Math.max(FIRST_PAUSE, pause(claims)) ? undefined : claims;
}

/** Until when the job may not have others stopped; undefined: it may now. Epoch milliseconds. */
export function pauseEnds({ claims }: WaitingJob, now: number): number | undefined {
  if (claims === undefined) return undefined;
  const end = claims.at + pause(claims);
  return end > now ? end : undefined;
}

function pause({ times }: Claims): number {
  return times < WITHOUT_PAUSE ? 0 : FIRST_PAUSE * 2 ** (times - WITHOUT_PAUSE);
}
