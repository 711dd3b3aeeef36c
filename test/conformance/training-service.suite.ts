import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classifyCallError, classifyTrainingEnd } from '../../src/jobs/failure-classification.ts';
import { isTrainingOver, type TrainingDescription } from '../../src/jobs/training-description.ts';
import type { TrainingRequest } from '../../src/jobs/training-request.ts';
import {
  TrainingServiceError,
  type TrainingService,
  type TrainingSummary,
} from '../../src/ports/training-service.ts';

/**
 * The world that every implementation is put into: training jobs of these images complete quickly with the metric
 * `accuracy`, fail quickly with AlgorithmError, or train until they are stopped.
 */
export const IMAGES = {
  completes: 'trainyard/completes:1',
  fails: 'trainyard/fails:1',
  neverEnds: 'trainyard/never-ends:1',
} as const;

export const TYPES = {
  /** As many as one likes. */
  plenty: 'ml.g6.xlarge',
  /** The account may have 2. */
  twoAllowed: 'ml.p3.2xlarge',
  /** None exists, and patience is short. */
  noCapacity: 'ml.p4d.24xlarge',
  notInRegion: 'ml.trn1.32xlarge',
} as const;

export interface TrainingServiceWorld {
  readonly service: TrainingService;
  /** Lets time pass until the condition holds for the description of the training job. */
  until(name: string, holds: (description: TrainingDescription) => boolean): Promise<TrainingDescription>;
  /** The next create takes effect but its answer gets lost on every try of the client. */
  loseAnswerOfCreate(): Promise<void>;
  /** The next describe is throttled on every try of the client. */
  throttleDescribe(): Promise<void>;
  now(): number;
  close(): Promise<void>;
}

let made = 0;
const freshName = (): string => `suite-${process.pid}-${++made}`;

function requestOf(
  image: string,
  type: string = TYPES.plenty,
  changes: Partial<TrainingRequest> = {},
): TrainingRequest {
  return {
    RoleArn: 'arn:aws:iam::111122223333:role/trainer',
    AlgorithmSpecification: {
      TrainingImage: image,
      TrainingInputMode: 'File',
      MetricDefinitions: [{ Name: 'accuracy', Regex: 'accuracy=([0-9.]+)' }],
    },
    OutputDataConfig: { S3OutputPath: 's3://models/out' },
    ResourceConfig: { InstanceType: type, InstanceCount: 1, VolumeSizeInGB: 10 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    ...changes,
  };
}

async function errorOf(call: Promise<unknown>): Promise<TrainingServiceError> {
  const outcome = await call.then(
    (value) => `resolved with ${JSON.stringify(value)}`,
    (error: unknown) => error,
  );
  if (outcome instanceof TrainingServiceError) return outcome;
  throw new Error(`expected a TrainingServiceError, got ${String(outcome)}`);
}

const over = ({ status }: TrainingDescription): boolean => isTrainingOver(status);

/** What every TrainingService must do, whatever is behind it. */
export function describeTrainingService(name: string, open: () => Promise<TrainingServiceWorld>): void {
  describe(`training service: ${name}`, () => {
    let world: TrainingServiceWorld;
    let service: TrainingService;

    beforeAll(async () => {
      world = await open();
      service = world.service;
    });
    afterAll(async () => {
      await world.close();
    });

    describe('create', () => {
      it('gives the ARN of a training job that can be described at once', async () => {
        const job = freshName();
        const { arn } = await service.create(job, requestOf(IMAGES.neverEnds));
        expect(arn).toMatch(new RegExp(`^arn:aws:sagemaker:[a-z0-9-]+:\\d{12}:training-job/${job}$`));
        const description = await service.describe(job);
        expect(description).toMatchObject({
          name: job,
          arn,
          status: 'InProgress',
          instanceType: TYPES.plenty,
          instanceCount: 1,
          interruptions: 0,
        });
        expect(Math.abs((description?.createdAt ?? 0) - world.now())).toBeLessThan(60_000);
        expect(description).not.toHaveProperty('failureReason');
        expect(description).not.toHaveProperty('modelUri');
        await service.stop(job);
      });

      it('refuses a name that is in use, with the ARN of its owner', async () => {
        const job = freshName();
        const { arn } = await service.create(job, requestOf(IMAGES.neverEnds));
        const error = await errorOf(service.create(job, requestOf(IMAGES.completes)));
        expect(error).toMatchObject({ errorName: 'ResourceInUse', httpStatus: 400 });
        expect(error.message).toContain(arn);
        await service.stop(job);
      });

      it('refuses the name of a training job that has ended', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.completes));
        await world.until(job, over);
        const error = await errorOf(service.create(job, requestOf(IMAGES.completes)));
        expect(error.errorName).toBe('ResourceInUse');
      });

      it('refuses a name that SageMaker does not allow', async () => {
        const error = await errorOf(service.create('under_score', requestOf(IMAGES.completes)));
        expect(error).toMatchObject({ errorName: 'ValidationException', httpStatus: 400 });
        expect(classifyCallError(error).class).toBe('request');
      });

      it('refuses what exceeds the quota, with the numbers in the message', async () => {
        const tooMany = { InstanceType: TYPES.twoAllowed, InstanceCount: 3, VolumeSizeInGB: 10 };
        const request = requestOf(IMAGES.completes, TYPES.twoAllowed, { ResourceConfig: tooMany });
        const error = await errorOf(service.create(freshName(), request));
        expect(error).toMatchObject({ errorName: 'ResourceLimitExceeded', httpStatus: 400 });
        expect(classifyCallError(error)).toMatchObject({
          class: 'quota',
          learnedLimit: { instanceType: TYPES.twoAllowed, limit: 2 },
        });
      });

      it('refuses an instance type that the region does not have, for good', async () => {
        const error = await errorOf(
          service.create(freshName(), requestOf(IMAGES.completes, TYPES.notInRegion)),
        );
        expect(classifyCallError(error)).toMatchObject({ class: 'quota', permanent: true });
      });

      it('leaves a training job behind when its answer gets lost', async () => {
        const job = freshName();
        await world.loseAnswerOfCreate();
        const error = await errorOf(service.create(job, requestOf(IMAGES.neverEnds)));
        // A client that tries again by itself meets its own training job.
        expect(error.errorName === 'ResourceInUse' || classifyCallError(error).class === 'transient').toBe(
          true,
        );
        expect(await service.describe(job)).toMatchObject({ name: job, status: 'InProgress' });
        await service.stop(job);
      });
    });

    describe('describe', () => {
      it('knows nothing of a training job that was never created', async () => {
        expect(await service.describe(freshName())).toBeUndefined();
      });

      it('tells how a training job completed', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.completes));
        const end = await world.until(job, over);
        expect(end).toMatchObject({ status: 'Completed', secondaryStatus: 'Completed', interruptions: 0 });
        expect(end.modelUri).toMatch(/^s3:\/\/models\/out\/.*model\.tar\.gz$/);
        expect(end.trainingStartedAt).toBeGreaterThanOrEqual(end.createdAt);
        expect(end.trainingEndedAt).toBeGreaterThanOrEqual(end.trainingStartedAt ?? Infinity);
        expect(end.lastModifiedAt).toBeGreaterThanOrEqual(end.createdAt);
        expect(end.billableSeconds).toBeGreaterThanOrEqual(0);
        expect(end.metrics).toEqual([{ name: 'accuracy', value: expect.closeTo(0.97, 5) as number }]);
        expect(classifyTrainingEnd(end, { stopRequested: false, elapsedMs: 0 })).toBeUndefined();
      });

      it('tells how the training itself failed', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.fails));
        const end = await world.until(job, over);
        expect(end).toMatchObject({ status: 'Failed', secondaryStatus: 'Failed' });
        expect(classifyTrainingEnd(end, { stopRequested: false, elapsedMs: 0 })?.class).toBe('algorithm');
        expect(end).not.toHaveProperty('modelUri');
      });

      it('shows Pending, then CapacityError, where there are no instances', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.completes, TYPES.noCapacity));
        await world.until(job, ({ secondaryStatus }) => secondaryStatus === 'Pending');
        const end = await world.until(job, over);
        expect(classifyTrainingEnd(end, { stopRequested: false, elapsedMs: 0 })?.class).toBe('capacity');
        expect(end).not.toHaveProperty('trainingStartedAt');
      });

      it('passes throttling on', async () => {
        const job = freshName();
        await world.throttleDescribe();
        const error = await errorOf(service.describe(job));
        expect(error.errorName).toBe('ThrottlingException');
        expect(classifyCallError(error).class).toBe('transient');
      });
    });

    describe('tags', () => {
      it('gives the tags that the training job was created with', async () => {
        const job = freshName();
        const Tags = [
          { Key: 'trainyard:job-id', Value: 'rank-lr' },
          { Key: 'empty', Value: '' },
        ];
        const { arn } = await service.create(job, requestOf(IMAGES.neverEnds, TYPES.plenty, { Tags }));
        expect(await service.tags(arn)).toEqual({ 'trainyard:job-id': 'rank-lr', empty: '' });
        await service.stop(job);
      });

      it('gives none for a training job without tags', async () => {
        const job = freshName();
        const { arn } = await service.create(job, requestOf(IMAGES.neverEnds));
        expect(await service.tags(arn)).toEqual({});
        await service.stop(job);
      });
    });

    describe('stop', () => {
      it('ends a running training job as Stopped, and only in time', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.neverEnds));
        await world.until(job, ({ secondaryStatus }) => secondaryStatus === 'Training');
        await service.stop(job);
        expect((await service.describe(job))?.status).toMatch(/^Stopp(ing|ed)$/);
        const end = await world.until(job, over);
        expect(end).toMatchObject({ status: 'Stopped', secondaryStatus: 'Stopped' });
      });

      it('ends a training job that waits for instances', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.neverEnds, TYPES.noCapacity));
        await service.stop(job);
        expect((await world.until(job, over)).status).toBe('Stopped');
      });

      it('takes a second request, one after the end and one for nobody as no error', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.neverEnds));
        await service.stop(job);
        await service.stop(job);
        await world.until(job, over);
        await service.stop(job);
        await service.stop(freshName());
        expect((await service.describe(job))?.status).toBe('Stopped');
      });
    });

    describe('listModified', () => {
      const all = async (after: number): Promise<TrainingSummary[]> => {
        const found: TrainingSummary[] = [];
        let nextToken: string | undefined;
        do {
          const page = await service.listModified({
            after,
            ...(nextToken === undefined ? {} : { nextToken }),
          });
          expect(page.summaries.length).toBeLessThanOrEqual(100);
          found.push(...page.summaries);
          nextToken = page.nextToken;
        } while (nextToken !== undefined);
        return found;
      };

      it('gives what changed, with status and time of the change', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.completes));
        const end = await world.until(job, over);
        const summary = (await all(end.createdAt - 1_000)).find((found) => found.name === job);
        expect(summary).toEqual({
          name: job,
          status: 'Completed',
          secondaryStatus: 'Completed',
          createdAt: end.createdAt,
          lastModifiedAt: end.lastModifiedAt,
        });
      });

      it('leaves out what has not changed since', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.completes));
        const end = await world.until(job, over);
        const names = (await all((end.lastModifiedAt ?? 0) + 1_000)).map((found) => found.name);
        expect(names).not.toContain(job);
      });

      it('finds every one of more than a page', async () => {
        const since = world.now();
        const jobs = Array.from({ length: 103 }, freshName);
        for (const job of jobs) await service.create(job, requestOf(IMAGES.neverEnds, TYPES.noCapacity));
        const names = (await all(since - 1_000)).map((found) => found.name);
        expect(names).toEqual(expect.arrayContaining(jobs));
        expect(new Set(names).size).toBe(names.length);
      });
    });

    describe('listNamed', () => {
      it('gives the training jobs with a text in their name, whatever their status, newest first', async () => {
        const job = freshName();
        const names = [`${job}x-1`, `${job}x-2`, `${job}y-1`];
        for (const name of names) {
          await service.create(name, requestOf(IMAGES.neverEnds));
          await world.until(name, ({ secondaryStatus }) => secondaryStatus === 'Training');
        }
        await service.stop(`${job}x-1`);
        await world.until(`${job}x-1`, over);
        const { summaries, nextToken } = await service.listNamed({ contains: `${job}x-` });
        expect(summaries.map(({ name, status }) => [name, status])).toEqual([
          [`${job}x-2`, 'InProgress'],
          [`${job}x-1`, 'Stopped'],
        ]);
        expect(nextToken).toBeUndefined();
        for (const name of names) await service.stop(name);
      });

      it('keeps to the times of creation', async () => {
        const job = freshName();
        await service.create(job, requestOf(IMAGES.completes));
        const { createdAt } = await world.until(job, over);
        const found = async (times: { createdAfter?: number; createdBefore?: number }) =>
          (await service.listNamed({ contains: job, ...times })).summaries.length;
        expect(await found({ createdAfter: createdAt - 1_000, createdBefore: createdAt + 1_000 })).toBe(1);
        expect(await found({ createdAfter: createdAt + 1_000 })).toBe(0);
        expect(await found({ createdBefore: createdAt - 1_000 })).toBe(0);
      });

      it('gives a second page to those who ask for it', async () => {
        const job = freshName();
        const names = Array.from({ length: 102 }, (_, index) => `${job}z-${index + 1}`);
        for (const name of names) await service.create(name, requestOf(IMAGES.neverEnds, TYPES.noCapacity));
        const first = await service.listNamed({ contains: `${job}z-` });
        expect(first.summaries).toHaveLength(100);
        const { nextToken = '' } = first;
        const second = await service.listNamed({ contains: `${job}z-`, nextToken });
        expect(second.nextToken).toBeUndefined();
        const found = [...first.summaries, ...second.summaries].map(({ name }) => name);
        expect(found.toSorted()).toEqual(names.toSorted());
      });
    });
  });
}
