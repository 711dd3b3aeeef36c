import { heartbeat } from '@temporalio/activity';

const EVERY_MS = 3_000;

/**
 * Runs a call of AWS with heartbeats, so that the loss of the worker is noticed within the heartbeat timeout and not
 * only when the whole call should have been over. `details` go to the next try.
 */
export async function withHeartbeats<T>(call: () => Promise<T>, details?: () => unknown): Promise<T> {
  const timer = setInterval(() => heartbeat(details?.()), EVERY_MS);
  try {
    return await call();
  } finally {
    clearInterval(timer);
  }
}
