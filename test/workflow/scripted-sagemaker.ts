import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { newsOf } from '../../src/activities/attempt-end.ts';
import type {
  LaunchInput,
  LaunchResult,
  NotifyInput,
  TrainyardActivities,
} from '../../src/activities/types.ts';
import { attemptName } from '../../src/jobs/attempt-name.ts';
import { classifyCallError } from '../../src/jobs/failure-classification.ts';
import type { TrainingChanged } from '../../src/jobs/training-change.ts';
import type { TrainingDescription } from '../../src/jobs/training-description.ts';

const HOUR = 3_600_000;

/** What happens to one launch. `lives`: the safety checks see these in turn, each after `everyMs` of (skipped) time. */
export type Scene =
  | { readonly kind: 'refused'; readonly errorName: string; readonly message: string }
  | { readonly kind: 'nameTaken'; readonly owner: string }
  | { readonly kind: 'lives'; readonly states: readonly State[]; readonly everyMs: number };

type State = Partial<TrainingDescription> & { readonly status: string };

export const quotaExceeded = (instanceType: string): Scene => ({
  kind: 'refused',
  errorName: 'ResourceLimitExceeded',
  message:
    `The account-level service limit '${instanceType} for training job usage' is 0 Instances, with current utilization ` +
    'of 0 Instances and a request delta of 1 Instances. Please contact AWS support to request an increase for this limit.',
});

export const neverHere = (instanceType: string): Scene => ({
  kind: 'refused',
  errorName: 'ResourceLimitExceeded',
  message: `The requested resource training-job/${instanceType} is not available in this region`,
});

export const refusedWith = (errorName: string, message: string): Scene => ({
  kind: 'refused',
  errorName,
  message,
});

export const running: State = { status: 'InProgress', secondaryStatus: 'Training' };

export const lives = (...states: State[]): Scene => ({ kind: 'lives', states, everyMs: HOUR });

/** The same scene with another time between two looks. */
export const lookingEvery = (everyMs: number, scene: Scene): Scene =>
  scene.kind === 'lives' ? { ...scene, everyMs } : scene;

/** The monitor's news of a first attempt that completed. */
export const completedNews = (): TrainingChanged =>
  newsOf(
    1,
    { name: 'any', arn: 'arn:any', status: 'Completed', createdAt: 0, metrics: [], interruptions: 0 },
    { stopRequested: false, now: 0 },
  );

/** It runs, then ends like this. */
export const endsAs = (end: State): Scene => lives(running, end);

export const completes = (): Scene =>
  endsAs({
    status: 'Completed',
    secondaryStatus: 'Completed',
    trainingStartedAt: 1_000,
    billableSeconds: 3_600,
    modelUri: 's3://models/out/model.tar.gz',
    metrics: [{ name: 'accuracy', value: 0.97 }],
  });

export const failsWith = (failureReason: string): Scene =>
  endsAs({ status: 'Failed', secondaryStatus: 'Failed', failureReason, trainingStartedAt: 1_000 });

/** Pending, then CapacityError: it never had instances. */
export const outOfCapacity = (): Scene =>
  lives({
    status: 'Failed',
    secondaryStatus: 'Failed',
    failureReason:
      'CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.',
  });

/** It trains for ever: only a stop ends it. */
export const trainsOn = (): Scene => ({ kind: 'lives', states: [], everyMs: HOUR });

/**
 * SageMaker as a play: launch n meets scene n, the last scene again and again. Stands in for the activities, so that the
 * workflow alone is under test and time can be skipped.
 */
export class ScriptedSageMaker {
  readonly launches: LaunchInput[] = [];
  readonly stops: string[] = [];
  readonly notifications: NotifyInput[] = [];
  /** What SageMaker says when it is asked whether a launch got through. */
  gotThrough = false;
  /** Called while a launch is under way. */
  duringLaunch: () => Promise<void> = () => Promise.resolve();
  readonly #scenes: readonly [Scene, ...Scene[]];
  readonly #seen = new Map<string, number>();

  constructor(...scenes: [Scene, ...Scene[]]) {
    this.#scenes = scenes;
  }

  get placements(): string[] {
    return this.launches.map(({ placement }) =>
      placement.kind === 'instances' ? placement.instanceType : placement.label,
    );
  }

  readonly activities: TrainyardActivities = {
    launchTraining: async (input) => {
      if (input.training === undefined) return this.gotThrough ? this.#launch(input) : { kind: 'absent' };
      this.launches.push(input);
      await this.duringLaunch();
      return this.#launch(input);
    },
    watchTraining: ({ name, attempt }) => Promise.resolve(this.#look(name, attempt)),
    stopTraining: ({ name }) => {
      this.stops.push(name);
      return Promise.resolve();
    },
    sendNotification: (input) => {
      this.notifications.push(input);
      return Promise.resolve({ messageId: `message-${this.notifications.length}` });
    },
    sweepTrainings: ({ watermark }) =>
      Promise.resolve({ watermark, sweeps: 0, changesSeen: 0, signalsSent: 0, withoutWorkflow: [] }),
    surveyQueue: () => Promise.resolve({ gone: [], enrol: [], cannotTell: 0, stopped: [] }),
  };

  #sceneOf(attempt: number): Scene {
    return this.#scenes[attempt - 1] ?? this.#scenes[this.#scenes.length - 1] ?? this.#scenes[0];
  }

  #launch(input: LaunchInput): LaunchResult {
    const name = attemptName(input);
    const scene = this.#sceneOf(input.attempt);
    switch (scene.kind) {
      case 'refused': {
        const failure = classifyCallError({ ...scene, httpStatus: 400 });
        if (failure.class === 'transient')
          throw ApplicationFailure.create({ type: 'transient', message: scene.message });
        return { kind: 'refused', failure };
      }
      case 'nameTaken':
        return { kind: 'nameTaken', wanted: name, owner: scene.owner };
      case 'lives':
        return {
          kind: 'launched',
          arn: `arn:aws:sagemaker:us-east-1:111122223333:training-job/${name}`,
          adopted: false,
        };
    }
  }

  #look(name: string, attempt: number): TrainingChanged {
    const scene = this.#sceneOf(attempt);
    if (scene.kind !== 'lives') throw new Error(`${name} was never launched`);
    if (this.stops.includes(name)) {
      return this.#news(name, attempt, {
        status: 'Stopped',
        secondaryStatus: 'Stopped',
        trainingStartedAt: 1_000,
      });
    }
    const seen = this.#seen.get(name) ?? 0;
    const state = scene.states[seen];
    if (state === undefined || activityInfo().attempt === 1) {
      throw ApplicationFailure.create({
        type: 'NothingNew',
        message: 'nothing new',
        category: ApplicationFailureCategory.BENIGN,
        nextRetryDelay: scene.everyMs,
      });
    }
    this.#seen.set(name, seen + 1);
    return this.#news(name, attempt, state);
  }

  #news(name: string, attempt: number, state: State): TrainingChanged {
    const arn = `arn:aws:sagemaker:us-east-1:111122223333:training-job/${name}`;
    return newsOf(
      attempt,
      {
        name,
        arn,
        createdAt: 0,
        instanceType: 'ml.p4d.24xlarge',
        instanceCount: 1,
        metrics: [],
        interruptions: 0,
        ...state,
      },
      { stopRequested: this.stops.includes(name), now: Date.now() },
    );
  }
}
