import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, DEFAULT_WATCH_SETTINGS } from '../../../src/activities/index.ts';
import type { LaunchInput, TrainyardActivities } from '../../../src/activities/types.ts';
import type { JobStatus } from '../../../src/jobs/status.ts';
import type { TrainingChanged } from '../../../src/jobs/training-change.ts';
import { FakeJobDirectory } from '../../fixtures/fake-job-directory.ts';
import { FakeNotifier } from '../../fixtures/fake-notifier.ts';
import { FakeTrainingService, type FakeTrainingOptions } from '../../fixtures/fake-training-service.ts';
import { P4D, TOPIC, TRAINING } from '../../support/a-job.ts';

/** The activities over fakes, with a clock that stands still until it is moved. */
export class ActivityWorld {
  time = Date.UTC(2026, 10, 21);
  readonly told: { jobId: string; change: TrainingChanged }[] = [];
  readonly openJobs = new Map<string, JobStatus>();
  readonly training: FakeTrainingService;
  readonly directory = new FakeJobDirectory();
  readonly notifier = new FakeNotifier(TOPIC);
  readonly #activities: TrainyardActivities;

  constructor(options: Omit<FakeTrainingOptions, 'now'> = {}) {
    const now = (): number => this.time;
    this.training = new FakeTrainingService({ now, ...options });
    this.#activities = createActivities({
      training: this.training,
      notifier: this.notifier,
      jobs: {
        trainingChanged: (jobId, change) => {
          if (!this.openJobs.has(jobId)) return Promise.resolve('noJob');
          this.told.push({ jobId, change });
          return Promise.resolve('delivered');
        },
        knownStatus: (jobId) => Promise.resolve(this.openJobs.get(jobId)),
      },
      directory: this.directory,
      monitorId: () => Promise.resolve('monitor/111122223333/us-east-1'),
      consoleUrl: (name) => `https://console/${name}`,
      watch: { ...DEFAULT_WATCH_SETTINGS, sweepMs: 1, pageMs: 1, sessionMs: 0 },
      isStopping: () => false,
      now,
    });
  }

  pass(seconds: number): void {
    this.time += seconds * 1000;
  }

  /** Runs one activity as Temporal would, as its try number `attempt`. */
  run<Name extends keyof TrainyardActivities>(
    name: Name,
    input: Parameters<TrainyardActivities[Name]>[0],
    attempt = 1,
  ): Promise<Awaited<ReturnType<TrainyardActivities[Name]>>> {
    const call = this.#activities[name] as (
      input: Parameters<TrainyardActivities[Name]>[0],
    ) => Promise<Awaited<ReturnType<TrainyardActivities[Name]>>>;
    return new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') }).run(call, input);
  }
}

export function launchInput(change: Partial<LaunchInput> = {}): LaunchInput {
  return { jobId: 'rank', attempt: 1, runId: 'run-1', placement: P4D, training: TRAINING, ...change };
}
