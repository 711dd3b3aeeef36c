import type { TrainyardActivities } from '../../src/activities/types.ts';
import type { ScriptedSageMaker } from '../workflow/scripted-sagemaker.ts';

/** The activities of a scripted SageMaker, counting what it is asked for. */
export class Meter {
  /** Most instances at a time. */
  most = 0;
  #live = 0;
  readonly activities: TrainyardActivities;

  constructor({ activities }: ScriptedSageMaker) {
    this.activities = {
      ...activities,
      launchTraining: (input) => {
        this.#live += 1;
        this.most = Math.max(this.most, this.#live);
        return activities.launchTraining(input);
      },
      watchTraining: async (input) => {
        const news = await activities.watchTraining(input);
        if (news.end !== undefined) this.#live -= 1;
        return news;
      },
    };
  }
}
