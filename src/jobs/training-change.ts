import { z } from 'zod';
import { FAILURE_CLASSES, type Failure } from './failure.ts';
import type { TrainingDescription } from './training-description.ts';

/** How an attempt ended: SageMaker's last description, and the failure it stands for unless it completed. */
export interface AttemptEnd {
  readonly description: TrainingDescription;
  readonly failure?: Failure;
  /** Approximate; absent where no price is known. */
  readonly costUsd?: number;
}

/** News of a job's training job. `end` is there when it is over: then nobody needs to ask SageMaker again. */
export interface TrainingChanged {
  readonly attempt: number;
  readonly status: string;
  readonly secondaryStatus?: string;
  readonly end?: AttemptEnd;
}

/** The parts of the news that Trainyard relies on; more is let through. */
const newsSchema = z.looseObject({
  attempt: z.int().min(1),
  status: z.string(),
  secondaryStatus: z.string().optional(),
  end: z
    .looseObject({
      description: z.looseObject({
        name: z.string(),
        status: z.string(),
        createdAt: z.number(),
        interruptions: z.number(),
        metrics: z.array(z.looseObject({ name: z.string(), value: z.number() })),
        trainingStartedAt: z.number().optional(),
        trainingEndedAt: z.number().optional(),
      }),
      failure: z.looseObject({ class: z.enum(FAILURE_CLASSES), message: z.string() }).optional(),
      costUsd: z.number().optional(),
    })
    .optional(),
});

/** Whether something that came as news is news: signals can come from anybody. */
export function isTrainingChanged(value: unknown): value is TrainingChanged {
  return newsSchema.safeParse(value).success;
}
