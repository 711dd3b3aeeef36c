import type { Failure } from './failure.ts';
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
