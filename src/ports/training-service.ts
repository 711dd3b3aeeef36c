import type { TrainingDescription } from '../jobs/training-description.ts';
import type { TrainingRequest } from '../jobs/training-request.ts';

export interface TrainingSummary {
  readonly name: string;
  readonly status: string;
  readonly secondaryStatus?: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly lastModifiedAt: number;
}

export interface TrainingPage {
  readonly summaries: readonly TrainingSummary[];
  readonly nextToken?: string;
}

/** Starts, observes and stops training jobs. Every method throws TrainingServiceError and nothing else. */
export interface TrainingService {
  create(name: string, request: TrainingRequest): Promise<{ readonly arn: string }>;
  /** Undefined when there is no training job of that name. */
  describe(name: string): Promise<TrainingDescription | undefined>;
  tags(arn: string): Promise<Readonly<Record<string, string>>>;
  /** Asks for a stop. A job that is already ending, ended or gone is not an error. */
  stop(name: string): Promise<void>;
  /** Jobs modified after a time (epoch ms), at most 100 a page, in no promised order. */
  listModified(query: { readonly after: number; readonly nextToken?: string }): Promise<TrainingPage>;
  /**
   * Jobs with this text somewhere in their name, whatever their status, newest first, at most 100 a page. With times (epoch
   * ms): those created in between.
   */
  listNamed(query: NameQuery): Promise<TrainingPage>;
}

export interface NameQuery {
  /** At most 63 characters. */
  readonly contains: string;
  readonly createdAfter?: number;
  readonly createdBefore?: number;
  readonly nextToken?: string;
}

/** A refused or failed call, with what classification needs and no SDK type. */
export class TrainingServiceError extends Error {
  override readonly name = 'TrainingServiceError';
  /** AWS's error name (`ResourceLimitExceeded`), or the transport's code (`ECONNRESET`). */
  readonly errorName: string;
  readonly httpStatus: number | undefined;
  /** How often the call was sent; beyond 1 an earlier try may have taken effect, whatever the last one said. */
  readonly tries: number;

  constructor(
    errorName: string,
    message: string,
    options: { httpStatus?: number; tries?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.errorName = errorName;
    this.httpStatus = options.httpStatus;
    this.tries = options.tries ?? 1;
  }
}
