import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEnded, secondaryStatus } from '../../../src/local-aws/sagemaker/job.ts';
import { aSpotRequest, aTrainingRequest } from '../../support/local-aws/a-training-request.ts';
import { settle } from '../../support/local-aws/fake-clock.ts';
import { TrainingJobWorld } from '../../support/local-aws/training-job-world.ts';

const CAPACITY = 3;
const TERMINAL = ['Completed', 'Failed', 'Stopped', 'MaxRuntimeExceeded', 'MaxWaitTimeExceeded'];

const jobNumber = fc.integer({ min: 0, max: 5 });
const action = fc.oneof(
  fc.record({
    do: fc.constant('create' as const),
    job: jobNumber,
    count: fc.integer({ min: 1, max: 3 }),
    spot: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('finish' as const),
    job: jobNumber,
    how: fc.constantFrom('completed', 'failed', 'lost'),
  }),
  fc.record({ do: fc.constant('stop' as const), job: jobNumber }),
  fc.record({ do: fc.constant('interrupt' as const), job: jobNumber }),
  fc.record({ do: fc.constant('crash' as const), job: jobNumber }),
  fc.record({ do: fc.constant('advance' as const), seconds: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ do: fc.constant('restart' as const) }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

async function perform(world: TrainingJobWorld, step: Action): Promise<void> {
  switch (step.do) {
    case 'create': {
      const make = step.spot ? aSpotRequest : aTrainingRequest;
      const request = make({
        TrainingJobName: `job-${step.job}`,
        ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: step.count },
        RetryStrategy: { MaximumRetryAttempts: 1 },
      });
      await world.jobs
        .create(request)
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'ResourceInUse' }));
      return;
    }
    case 'finish': {
      const job = world.store.get(`job-${step.job}`);
      if (job === undefined) return;
      const run = `${job.name}#${job.state.incarnation}`;
      if (step.how === 'failed') world.host.finish(run, { kind: 'failed', reason: 'AlgorithmError: exit 1' });
      else world.host.finish(run, { kind: step.how === 'lost' ? 'lost' : 'completed' });
      return;
    }
    case 'stop': {
      const job = world.store.get(`job-${step.job}`);
      if (job?.state.status === 'InProgress') world.jobs.stop(job.name);
      return;
    }
    case 'interrupt':
      world.jobs.interruptSpot(`job-${step.job}`);
      return;
    case 'crash':
      world.jobs.crash(`job-${step.job}`);
      return;
    case 'advance':
      return world.advance(step.seconds);
    case 'restart':
      return world.restart();
  }
}

function checkInvariants(world: TrainingJobWorld): void {
  const jobs = [...world.store.all()];
  const held = jobs.filter((job) => job.state.holdsInstances).flatMap((job) => job.state.instances);
  const used = held.reduce((sum, { count }) => sum + count, 0);
  expect(used).toBeLessThanOrEqual(CAPACITY);
  expect(world.jobs.pool.view()[0]).toMatchObject({ used: used - spotOf(world), spotUsed: spotOf(world) });
  for (const job of jobs) {
    const { state } = job;
    expect(TERMINAL.includes(secondaryStatus(state))).toBe(isEnded(job));
    expect(isEnded(job) && state.holdsInstances).toBe(false);
    for (const [index, transition] of state.transitions.entries()) {
      expect(transition.endedAt).toBe(state.transitions[index + 1]?.startedAt ?? state.endedAt);
    }
  }
}

function spotOf(world: TrainingJobWorld): number {
  return [...world.store.all()]
    .filter((job) => job.state.holdsInstances && job.request.EnableManagedSpotTraining === true)
    .flatMap((job) => job.state.instances)
    .reduce((sum, { count }) => sum + count, 0);
}

describe('whatever happens to training jobs, in any order', () => {
  it('capacity is never exceeded, accounts agree with the jobs, and every job ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (steps) => {
        const world = new TrainingJobWorld({ instances: { 'ml.m5.large': { capacity: CAPACITY } } });
        for (const step of steps) {
          await perform(world, step);
          await settle();
          checkInvariants(world);
        }
        await world.advance(20_000);
        checkInvariants(world);
        expect([...world.store.all()].filter((job) => !isEnded(job))).toEqual([]);
        expect(world.jobs.pool.view()[0]).toMatchObject({
          used: 0,
          spotUsed: 0,
          quotaUsed: 0,
          spotQuotaUsed: 0,
        });
        expect(world.logged).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('no run is started again once it was ended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (steps) => {
        const world = new TrainingJobWorld();
        const startedTooLate: string[] = [];
        const start = world.host.start.bind(world.host);
        world.host.start = (run) => {
          const key = `${run.jobName}#${run.incarnation}`;
          const ended = ['upload', 'stop', 'interrupt'].map((call) => `${call} ${key}`);
          if (world.host.calls.some((call) => ended.some((end) => call.startsWith(end))))
            startedTooLate.push(key);
          return start(run);
        };
        for (const step of steps) await perform(world, step);
        await world.advance(20_000);
        expect(startedTooLate).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
