/** Training lasts 28 days at the most, and may wait as long before; what was created earlier is over. */
const OLDEST_MS = 60 * 24 * 3_600_000;
/** The clocks of SageMaker and Temporal are not the same. */
const CLOCK_SKEW_MS = 3_600_000;

/**
 * No training job that is alive was created before this (epoch ms). `since`: when the job was submitted that launched it. SageMaker
 * goes through its list by age, so that a bound saves it the whole history of the account.
 */
export function oldestAlive(now: number, since = -Infinity): number {
  return Math.max(now - OLDEST_MS, since - CLOCK_SKEW_MS);
}
