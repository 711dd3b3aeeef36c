import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { TrainyardActivities } from '../activities/types.ts';

/** At most three calls of AWS, which end by themselves before this (aws/clients.ts). */
const CALL_TIMEOUT = '90 seconds';
/** How soon the loss of a worker is noticed; activities that call AWS beat every three seconds. */
const HEARTBEAT_TIMEOUT = '12 seconds';

/**
 * Launching and stopping are retried without end: throttling and outages never end a job. A cancelled launch is waited
 * for, because whether the training job exists must be known.
 */
export const { launchTraining, stopTraining } = proxyActivities<TrainyardActivities>({
  startToCloseTimeout: CALL_TIMEOUT,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/**
 * The safety check sets its own pace (nextRetryDelay). TRY_CANCEL: nobody waits for the end of a watch that is no
 * longer needed, and a late result is ignored.
 */
export const { watchTraining } = proxyActivities<TrainyardActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '30 seconds', backoffCoefficient: 1 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** Bounded: a dead topic must not keep a job open for long. */
export const { sendNotification } = proxyActivities<TrainyardActivities>({
  startToCloseTimeout: CALL_TIMEOUT,
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** One session of sweeps; its heartbeats carry the watermark to the next try. A session that is cut short still reports. */
export const { sweepTrainings } = proxyActivities<TrainyardActivities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Paced calls for many leases; what it cannot tell in its time it leaves for the next one. */
export const { surveyQueue } = proxyActivities<TrainyardActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
});
