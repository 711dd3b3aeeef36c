import { inject } from 'vitest';
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

type Play = <T>(queue: QueueSpec, act: (stage: QueueStage) => Promise<T>, props?: Props) => Promise<T>;

/**
 * Each play has a server of its own: on the time-skipping server a child that closes about when its parent does can lock
 * the time for all that follow (sdk-java#1540). Jobs train for two minutes of skipped time unless scripted otherwise.
 */
export const play: Play = async (queue, act, props = {}) => {
  const environment = await timeSkippingEnvironment(inject('testServer'));
  try {
    return await QueueStage.with(
      {
        environment,
        workflowBundle: { codePath: inject('workflowBundlePath') },
        queue,
        sagemaker: new ScriptedSageMaker(lookingEvery(60_000, completes())),
        ...props,
      },
      act,
    );
  } finally {
    await environment.teardown();
  }
};
