import { describe, expect, test, vi } from 'vitest';
import { generate, type Generator } from '../../../src/simulation/generator.ts';
import { phillyJobs, runningTime } from '../../../src/simulation/presets/philly.ts';
import { RUNNING_TIMES } from '../../../src/simulation/presets/philly-tables.ts';
import { presetScenario } from '../../../src/simulation/presets/index.ts';
import { Random } from '../../../src/simulation/random.ts';

// Whole presets are drawn, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const HOUR = 3_600_000;

function aGenerator(changes: Partial<Generator> = {}): Generator {
  return {
    name: 'g',
    jobs: 2000,
    start: 0,
    arrivals: { every: 0 },
    share: [['a', 1]],
    priority: [[0, 1]],
    instances: [[1, 1]],
    environments: ['P4'],
    runs: 1000,
    ...changes,
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
const part = <T>(values: readonly T[], fits: (value: T) => boolean): number =>
  values.filter(fits).length / values.length;

describe('random numbers', () => {
  test('are the same for the same seed, and others for another', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.unit());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('of a fork do not depend on what was drawn before', () => {
    const [fresh, used] = [new Random(1), new Random(1)];
    used.unit();
    expect(used.fork('x').unit()).toBe(fresh.fork('x').unit());
    expect(fresh.fork('x').unit()).not.toBe(fresh.fork('y').unit());
  });

  test('have the distributions they are named after', () => {
    const random = new Random(3);
    const many = (draw: () => number): number[] => Array.from({ length: 20_000 }, draw);
    expect(mean(many(() => random.unit()))).toBeCloseTo(0.5, 1);
    expect(mean(many(() => random.exponential(4)))).toBeCloseTo(4, 0);
    expect(mean(many(() => random.normal()))).toBeCloseTo(0, 1);
    expect(
      part(
        many(() => random.logUniform(1, 100)),
        (value) => value < 10,
      ),
    ).toBeCloseTo(0.5, 1);
    expect(
      part(
        many(() => random.logNormal(5, 1)),
        (value) => value < 5,
      ),
    ).toBeCloseTo(0.5, 1);
    const faces = many(() => random.integer(1, 6));
    expect([Math.min(...faces), Math.max(...faces)]).toEqual([1, 6]);
  });
});

describe('a generator', () => {
  test('at a fixed distance gives exactly that', () => {
    const jobs = generate(aGenerator({ jobs: 4, start: 100, arrivals: { every: 250 } }), new Random(1));
    expect(jobs.map(({ id, arrivesAt }) => [id, arrivesAt])).toEqual([
      ['g-1', 100],
      ['g-2', 350],
      ['g-3', 600],
      ['g-4', 850],
    ]);
  });

  test('of Poisson arrivals keeps its rate', () => {
    const jobs = generate(aGenerator({ arrivals: { perHour: 20 } }), new Random(1));
    expect((jobs.at(-1)?.arrivesAt ?? 0) / HOUR).toBeGreaterThan(90);
    expect((jobs.at(-1)?.arrivesAt ?? 0) / HOUR).toBeLessThan(110);
  });

  test('of bursts gives jobs that arrive together, of one user and size', () => {
    const jobs = generate(
      aGenerator({
        jobs: 30,
        arrivals: { perHour: 1, burst: [[10, 1]] },
        users: ['ana', 'bo'],
        instances: [
          [1, 1],
          [4, 1],
        ],
        runs: { uniform: [1000, 9000] },
      }),
      new Random(5),
    );
    const bursts = [0, 10, 20].map((from) => jobs.slice(from, from + 10));
    for (const burst of bursts) {
      expect(new Set(burst.map((job) => JSON.stringify([job.arrivesAt, job.user, job.options]))).size).toBe(
        1,
      );
      expect(new Set(burst.map(({ runsFor }) => runsFor)).size).toBeGreaterThan(5);
    }
    expect(new Set(jobs.map(({ arrivesAt }) => arrivesAt)).size).toBe(3);
  });

  test('draws by weight', () => {
    const jobs = generate(
      aGenerator({
        share: [
          ['a', 3],
          ['b', 1],
        ],
        runs: {
          mixture: [
            { weight: 9, runs: 1000 },
            { weight: 1, runs: { uniform: [5000, 6000] } },
          ],
        },
      }),
      new Random(1),
    );
    expect(part(jobs, ({ share }) => share === 'a')).toBeCloseTo(0.75, 1);
    expect(part(jobs, ({ runsFor }) => runsFor === 1000)).toBeCloseTo(0.9, 1);
    expect(jobs.every(({ runsFor }) => runsFor === 1000 || (runsFor >= 5000 && runsFor <= 6000))).toBe(true);
  });

  test('changes nothing else when one property is drawn differently', () => {
    const arrivals = { arrivals: { perHour: 20 } };
    const [one, other] = [
      generate(aGenerator(arrivals), new Random(1)),
      generate(aGenerator({ ...arrivals, runs: { exponential: { mean: 5000 } } }), new Random(1)),
    ];
    expect(other.map(({ arrivesAt }) => arrivesAt)).toEqual(one.map(({ arrivesAt }) => arrivesAt));
    expect(other.map(({ runsFor }) => runsFor)).not.toEqual(one.map(({ runsFor }) => runsFor));
  });
});

describe('the philly load', () => {
  const jobs = [1, 2, 3].flatMap((seed) => phillyJobs(new Random(seed)));

  test.each(RUNNING_TIMES)('running times of $fromGpus GPUs have the published quantiles and mean', (row) => {
    const { fromGpus, mean: published, quantiles } = row;
    expect(Math.round(runningTime(fromGpus, 0.05))).toBe(quantiles[0]);
    expect(Math.round(runningTime(fromGpus, 0.5))).toBe(quantiles[2]);
    expect(Math.round(runningTime(fromGpus, 0.99))).toBe(quantiles[6]);
    const count = 20_000;
    const times = Array.from({ length: count }, (_, index) => runningTime(fromGpus, (index + 0.5) / count));
    expect(Math.abs(mean(times) / published - 1)).toBeLessThan(0.02);
  });

  test('is mostly of small jobs, most of them of few teams', () => {
    expect(part(jobs, ({ options }) => options[0]?.environment === 'g5')).toBeGreaterThan(0.955);
    expect(part(jobs, ({ options }) => options[0]?.environment === 'g5')).toBeLessThan(0.99);
    expect(part(jobs, ({ share }) => share === 'team-a')).toBeGreaterThan(0.35);
  });

  test('comes in bursts: most jobs arrive within a minute of one of the same team', () => {
    const sorted = [...jobs].sort((a, b) => a.arrivesAt - b.arrivesAt);
    expect(part(sorted, ({ priority }) => priority === 10)).toBeGreaterThan(0.45);
    expect(jobs.length / 3 / 14 / 24).toBeGreaterThan(22);
    expect(jobs.length / 3 / 14 / 24).toBeLessThan(42);
  });
});

test.each(['kueue', 'philly', 'calm'] as const)('the preset %s is the same for the same seed', (preset) => {
  expect(presetScenario(preset, 5)).toEqual(presetScenario(preset, 5));
  if (preset !== 'kueue') expect(presetScenario(preset, 6).jobs).not.toEqual(presetScenario(preset, 5).jobs);
});
