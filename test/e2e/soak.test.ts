/** The short version of `npm run soak`: chaos for half a minute, then the invariants of design §8. */
import { expect, inject, it } from 'vitest';
import { soak } from '../soak/soak.ts';

it('two queues in chaos keep the invariants', { timeout: 480_000 }, async () => {
  const { violations, jobs, trainings } = await soak({
    temporalCli: inject('temporalCli'),
    seconds: 30,
    seed: 4,
    onProgress: () => undefined,
  });
  expect(violations).toEqual([]);
  expect(jobs).toBeGreaterThan(10);
  expect(trainings).toBeGreaterThan(10);
});
