import type { JobDirectory } from '../ports/job-directory.ts';
import type { JobMessenger } from '../ports/job-messenger.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { TrainingService } from '../ports/training-service.ts';
import { withHeartbeats } from './heartbeats.ts';
import { launchTraining, type LaunchPorts } from './launch.ts';
import { sendNotification } from './notify.ts';
import { SafetyPace } from './safety-pace.ts';
import { stopTraining } from './stop.ts';
import { surveyQueue } from './survey-queue.ts';
import { sweepTrainings } from './sweep.ts';
import type { TrainyardActivities } from './types.ts';
import { watchTraining } from './watch.ts';

/** How often SageMaker is asked. */
export interface WatchSettings {
  /** Milliseconds between two safety checks of one job. (Default: 2 minutes) */
  readonly safetyCheckMs: number;
  /** Safety checks a second that one worker makes at the most, however many jobs run. (Default: 0.5) */
  readonly safetyChecksPerSecond: number;
  /** Milliseconds between two sweeps of the monitor. (Default: 10 seconds) */
  readonly sweepMs: number;
  /** Milliseconds between two pages of one sweep. (Default: 600) */
  readonly pageMs: number;
  /** Milliseconds that one session of sweeps lasts. (Default: 10 minutes) */
  readonly sessionMs: number;
  /** Milliseconds within which a training job without a workflow is asked to stop. (Default: 5 minutes) */
  readonly reconcileMs: number;
  /**
   * Milliseconds after the end of a job's workflow in which a launch that was under way may still get through: as long as a
   * call of AWS can last, with room to spare. (Default: 1 minute)
   */
  readonly settleMs: number;
}

export const DEFAULT_WATCH_SETTINGS: WatchSettings = {
  safetyCheckMs: 120_000,
  safetyChecksPerSecond: 0.5,
  sweepMs: 10_000,
  pageMs: 600,
  sessionMs: 600_000,
  reconcileMs: 300_000,
  settleMs: 60_000,
};

export interface ActivityPorts {
  readonly training: TrainingService;
  readonly notifier: Notifier;
  readonly jobs: JobMessenger;
  readonly directory: JobDirectory;
  /** Workflow id of the account's monitor; undefined while AWS does not say who we are. */
  readonly monitorId: () => Promise<string | undefined>;
  readonly consoleUrl: LaunchPorts['consoleUrl'];
  readonly watch: WatchSettings;
  /** Whether this worker is ending. */
  readonly isStopping: () => boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The activities of a worker, over its ports. */
export function createActivities(ports: ActivityPorts): TrainyardActivities {
  const { training, notifier, jobs, directory, monitorId, consoleUrl, watch, isStopping, now } = ports;
  const namespaceId = (): Promise<string | undefined> => directory.namespaceId().catch(() => undefined);
  const pace = new SafetyPace(watch.safetyChecksPerSecond);
  return {
    launchTraining: (input) =>
      withHeartbeats(() => launchTraining({ training, consoleUrl, namespaceId }, input)),
    watchTraining: (input) =>
      watchTraining({ training, jobs, pace, safetyCheckMs: watch.safetyCheckMs, now }, input),
    stopTraining: (input) => withHeartbeats(() => stopTraining({ training }, input)),
    sendNotification: (input) => withHeartbeats(() => sendNotification({ notifier }, input)),
    sweepTrainings: (input) =>
      sweepTrainings({ training, jobs, directory, now, isStopping, ...watch }, input),
    surveyQueue: (input) => surveyQueue({ training, directory, monitorId, now, ...watch }, input),
  };
}
