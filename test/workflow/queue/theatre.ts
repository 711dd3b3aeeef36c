import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, inject } from 'vitest';
import type { TrainyardActivities } from '../../../src/activities/types.ts';
import type { QueueSpec } from '../../../src/queues/queue-spec.ts';
import type { TrainingQueueInput } from '../../../src/workflows/queue-contract.ts';
import { timeSkippingEnvironment } from '../../support/time-skipping.ts';
import { completes, lookingEvery, ScriptedSageMaker } from '../scripted-sagemaker.ts';
import { QueueStage } from './queue-stage.ts';

/** What a play needs besides its queue. */
export interface Props {
  readonly sagemaker?: ScriptedSageMaker;
  readonly limits?: TrainingQueueInput['limits'];
  readonly activities?: Partial<TrainyardActivities>;
  /** The play starts the queue itself. */
  readonly unstarted?: boolean;
}

export type Play = <T>(queue: QueueSpec, act: (stage: QueueStage) => Promise<T>, props?: Props) => Promise<T>;

/** One environment for the plays of a test file. Jobs train for two minutes of skipped time unless scripted otherwise. */
export function theatre(options: { readonly fresh?: boolean } = {}): Play {
  let environment: TestWorkflowEnvironment;
  beforeAll(async () => {
    environment = await timeSkippingEnvironment(options);
  });
  afterAll(() => environment.teardown());
  return (queue, act, props = {}) =>
    QueueStage.with(
      {
        environment,
        workflowBundle: { codePath: inject('workflowBundlePath') },
        queue,
        sagemaker: new ScriptedSageMaker(lookingEvery(60_000, completes())),
        ...props,
      },
      act,
    );
}
