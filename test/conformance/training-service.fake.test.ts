import { FakeTrainingService } from '../fixtures/fake-training-service.ts';
import { describeTrainingService, IMAGES, TYPES } from './training-service.suite.ts';

/** No training takes longer than this. */
const GIVE_UP_AFTER_MS = 3_600_000;

describeTrainingService('in-memory fake', () => {
  let now = Date.UTC(2026, 10, 20);
  const service = new FakeTrainingService({
    now: () => now,
    plan: (_name, { AlgorithmSpecification }) => {
      const image = JSON.stringify(AlgorithmSpecification);
      if (image.includes(IMAGES.neverEnds)) return { trainingSeconds: Infinity };
      if (image.includes(IMAGES.fails))
        return { failureReason: 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1' };
      return { metrics: [{ name: 'accuracy', value: 0.97 }] };
    },
    instances: {
      [TYPES.twoAllowed]: { quota: 2 },
      [TYPES.noCapacity]: { capacity: 0 },
      [TYPES.notInRegion]: { available: false },
    },
  });
  return Promise.resolve({
    service,
    now: () => now,
    until: async (name, holds) => {
      for (const start = now; now < start + GIVE_UP_AFTER_MS; now += 1_000) {
        const description = await service.describe(name);
        if (description !== undefined && holds(description)) return description;
      }
      throw new Error(`${name} did not get there: ${JSON.stringify(await service.describe(name))}`);
    },
    loseAnswerOfCreate: () => {
      service.loseNextAnswer('create');
      return Promise.resolve();
    },
    throttleDescribe: () => {
      service.failNext('describe', 'ThrottlingException', 'Rate exceeded', 400);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
});
