import { beforeAll, describe, expect, test } from 'vitest';
import { compare, type SimulationReport } from '../../../src/simulation/comparison.ts';
import { presetScenario } from '../../../src/simulation/presets/index.ts';

describe("Kueue's baseline load", () => {
  const scenario = presetScenario('kueue');
  let report: SimulationReport;
  // Three policies, 15,000 jobs each: seconds, more on a busy machine.
  beforeAll(() => {
    report = compare(scenario);
  }, 120_000);
  const policy = (name: string) => report.policies.find((one) => one.name === name)!;

  test('is that of its generator.yaml: 15,000 jobs of 30 queues', () => {
    expect(report).toMatchObject({ jobs: 15_000, shares: 30, environments: [{ limit: 600 }] });
    const own = scenario.jobs.filter(({ share }) => share === 'cohort-2-cq-3');
    const ofPriority = (priority: number) => own.filter((job) => job.priority === priority);
    expect([50, 100, 200].map((priority) => ofPriority(priority).length)).toEqual([350, 100, 50]);
    expect(ofPriority(200).at(0)).toMatchObject({
      arrivesAt: 1200,
      runsFor: 1000,
      options: [{ instances: 20 }],
    });
    expect(ofPriority(50).at(-1)).toMatchObject({ arrivesAt: 35_000, runsFor: 200 });
  });

  // Ideal times without any latency (scheduler facts, computed with a model of Kueue's rules); Kueue itself takes 351 s.
  test.each([
    ['no preemption', 67],
    ['baseline policies', 76.8],
  ])('with %s ends within 1 %% of %d s', (name, ideal) => {
    const { makespanSeconds, jobs } = policy(name);
    expect(jobs).toMatchObject({ ended: 15_000, unfinished: 0, refused: 0 });
    expect(Math.abs(makespanSeconds / ideal - 1)).toBeLessThan(0.01);
  });

  test('with preemption the large jobs do not wait, and one job in eight is work that is lost', () => {
    const { byPriority, lostInstanceSeconds, flips } = policy('baseline policies');
    expect(byPriority[0]).toMatchObject({ name: '200', wait: { mean: 0 } });
    expect(lostInstanceSeconds).toBeGreaterThan(5000);
    expect(flips).toBe(0);
  });

  test('all cohorts fare alike, since they do not lend to each other', () => {
    const waits = policy('no preemption').byShare.map(({ name, wait }) => [
      name.replace(/^cohort-\d/, ''),
      wait,
    ]);
    const first = waits.slice(0, 6);
    for (let cohort = 1; cohort < 5; cohort++) expect(waits.slice(6 * cohort, 6 * cohort + 6)).toEqual(first);
  });

  test('no policy beats the ideal bound', () => {
    for (const { makespanSeconds } of report.policies)
      expect(makespanSeconds).toBeGreaterThanOrEqual(report.ideal.makespanSeconds);
  });
});
