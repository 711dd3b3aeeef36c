import type { Clock } from '../clock.ts';
import type { EffectiveConfig } from '../config/schema.ts';
import { resourceNotFound, unknownOperation, validationError } from '../wire/aws-error.ts';
import { brokenTagRule } from './cross-field-rules.ts';
import { type DescribeSettings, describeTrainingJob } from './describe.ts';
import type { Job } from './job.ts';
import type { JobStore } from './job-store.ts';
import { listTrainingJobs } from './list.ts';
import { type Operation, parseRequest, type Requests } from './requests.ts';
import type { TrainingJobs } from './training-jobs.ts';

const MAX_TAGS = 50;

type Handle = (body: string) => unknown;

/** The SageMaker operations of the endpoint, JSON in and JSON out. */
export class SageMaker {
  readonly #operations: ReadonlyMap<string, Handle>;
  readonly #store: JobStore;

  constructor(options: {
    readonly store: JobStore;
    readonly jobs: TrainingJobs;
    readonly clock: Clock;
    readonly config: () => EffectiveConfig;
  }) {
    const { store, jobs, clock, config } = options;
    const settings = (): DescribeSettings => ({
      now: clock.now(),
      timeScale: config().timeScale,
      spotDiscount: config().spotDiscount,
    });
    this.#store = store;
    this.#operations = new Map([
      on('CreateTrainingJob', async (request) => ({ TrainingJobArn: (await jobs.create(request)).arn })),
      on('DescribeTrainingJob', (request) =>
        describeTrainingJob(jobs.find(request.TrainingJobName), settings()),
      ),
      on('ListTrainingJobs', (request) => listTrainingJobs(store.all(), request, settings())),
      on('StopTrainingJob', (request) => jobs.stop(request.TrainingJobName)),
      on('DeleteTrainingJob', (request) => jobs.delete(request.TrainingJobName)),
      on('AddTags', ({ ResourceArn, Tags }) => {
        const job = this.#byArn(ResourceArn);
        const broken = brokenTagRule(Tags);
        if (broken !== undefined) throw validationError(broken);
        const added = new Set(Tags.map((tag) => tag.Key));
        const tags = [...job.tags.filter((tag) => !added.has(tag.Key)), ...Tags];
        if (tags.length > MAX_TAGS) throw validationError(`A resource can have at most ${MAX_TAGS} tags.`);
        store.setTags(job.name, tags);
        return { Tags: tags };
      }),
      on('ListTags', (request) => ({ Tags: this.#byArn(request.ResourceArn).tags })),
      on('DeleteTags', ({ ResourceArn, TagKeys }) => {
        const job = this.#byArn(ResourceArn);
        const tags = job.tags.filter((tag) => !TagKeys.includes(tag.Key));
        store.setTags(job.name, tags);
        return {};
      }),
    ]);
  }

  /**
   * The answer to an operation, once everything that it says is on disk; undefined for an empty one.
   * @throws AwsError
   */
  async handle(operation: string, body: string): Promise<unknown> {
    const handle = this.#operations.get(operation);
    if (handle === undefined) throw unknownOperation();
    try {
      return await handle(body);
    } finally {
      // Errors say something about the state as well: ResourceInUse promises that the job exists.
      await this.#store.durable();
    }
  }

  /** @throws AwsError ValidationException */
  #byArn(arn: string): Job {
    const job = this.#store.get(arn.slice(arn.lastIndexOf('/') + 1));
    if (job?.arn !== arn) throw resourceNotFound();
    return job;
  }
}

function on<O extends Operation>(operation: O, handle: (request: Requests[O]) => unknown): [string, Handle] {
  return [operation, (body) => handle(parseRequest(operation, body))];
}
