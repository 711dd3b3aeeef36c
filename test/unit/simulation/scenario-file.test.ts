import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../../src/jobs/job-problem.ts';
import { checkScenarioFile } from '../../../src/simulation/scenario-file.ts';
import type { Scenario } from '../../../src/simulation/scenario.ts';

const QUEUE = `queue:
  name: shared
  serviceEnvironments:
    - { name: P4, family: p4d, limit: 10 }
    - { name: P5, family: p5, limit: 4 }
  quotaShare:
    shares:
      - { name: prod, guaranteed: { P4: 6 } }
      - { name: lab, guaranteed: { P4: 4 } }
`;

const check = (text: string, trace = '') =>
  checkScenarioFile(text, { file: 's.yaml', readTrace: () => trace });

function scenarioOf(text: string, trace = ''): Scenario {
  const { scenario, problems } = check(text, trace);
  expect(problems.map(formatProblem)).toEqual([]);
  return scenario!;
}

describe('a scenario', () => {
  test('has its defaults filled in', () => {
    const scenario = scenarioOf(`${QUEUE}load: { jobs: [{ share: prod, runs: 5m }] }`);
    expect(scenario).toMatchObject({
      name: 'shared',
      seed: 1,
      policies: [{ name: 'quotaShare' }],
      capacity: [],
      stopFor: 120_000,
      jobs: [
        {
          id: 'job-1',
          share: 'prod',
          priority: 0,
          options: [{ environment: 'P4', instances: 1 }],
          arrivesAt: 0,
          runsFor: 300_000,
        },
      ],
    });
    expect(scenario.jobs[0]).not.toHaveProperty('checkpointSeconds');
  });

  test('repeats jobs at a distance, and sorts all of them by arrival', () => {
    const scenario = scenarioOf(`${QUEUE}
load:
  jobs:
    - { id: late, share: prod, runs: 10, arrives: 1h }
    - { id: many, share: lab, runs: 250ms, count: 3, every: 1h, arrives: 30m, checkpoint: 90 }
preemption: { stop: 0, checkpoint: 10m }`);
    expect(
      scenario.jobs.map(({ id, arrivesAt, checkpointSeconds }) => [id, arrivesAt, checkpointSeconds]),
    ).toEqual([
      ['many-1', 1_800_000, 90],
      ['late', 3_600_000, 600],
      ['many-2', 5_400_000, 90],
      ['many-3', 9_000_000, 90],
    ]);
    expect(scenario.stopFor).toBe(0);
  });

  test('takes options of different sizes, and reads an outage as two changes', () => {
    const scenario = scenarioOf(`${QUEUE}
load:
  jobs:
    - { share: lab, runs: 10, options: [{ environment: P4, instances: 4 }, { environment: P5, instances: 2 }] }
capacity:
  - { at: 2h, environment: P5, limit: 8 }
  - { at: 1h, environment: P4, outage: 90m }`);
    expect(scenario.jobs[0]?.options).toEqual([
      { environment: 'P4', instances: 4 },
      { environment: 'P5', instances: 2 },
    ]);
    expect(scenario.capacity).toEqual([
      { kind: 'outage', at: 3_600_000, environment: 'P4' },
      { kind: 'limit', at: 7_200_000, environment: 'P5', limit: 8 },
      { kind: 'restored', at: 9_000_000, environment: 'P4' },
    ]);
  });

  test('compares with other policies of the same environments', () => {
    const { policies } = scenarioOf(`${QUEUE}
compare:
  - { name: batch, fairShare: { shares: [{ name: "*" }] }, preemption: { minimumRuntimeSeconds: 60 } }
  - { name: no reservation, reservation: false }
load: { jobs: [{ share: prod, runs: 1 }] }`);
    expect(policies.map(({ name, setup }) => [name, setup.policy.kind])).toEqual([
      ['quotaShare', 'quotaShare'],
      ['batch', 'fairShare'],
      ['no reservation', 'quotaShare'],
    ]);
    expect(policies[1]?.setup.preemptionLimits).toEqual({ minimumRuntimeSeconds: 60 });
    expect(policies[0].setup.reservation).toBeDefined();
    expect(policies[2]?.setup.reservation).toBeUndefined();
    expect(policies.map(({ setup }) => setup.environments)).toEqual(
      policies.map(() => policies[0].setup.environments),
    );
  });

  test('draws generators from its seed, or from the one it is given', () => {
    const text = `${QUEUE}seed: 9
load:
  generators:
    - { jobs: 50, share: { prod: 2, lab: 1 }, instances: [[1, 3], [2, 1]], runs: { exponential: { mean: 1h } } }`;
    const [one, same] = [scenarioOf(text), scenarioOf(text)];
    const { scenario: other } = checkScenarioFile(text, { file: 's', seed: 10, readTrace: () => '' });
    expect(one.jobs).toEqual(same.jobs);
    expect(other?.jobs).not.toEqual(one.jobs);
    expect([one.seed, other?.seed]).toEqual([9, 10]);
  });

  test('reads a trace', () => {
    const { jobs } = scenarioOf(`${QUEUE}load: { trace: t.csv }`, 'arrives,runs,share\n3,5,lab\n');
    expect(jobs).toMatchObject([{ id: 'job-1', share: 'lab', arrivesAt: 3000, runsFor: 5000 }]);
  });
});

describe('what is wrong is named with its place', () => {
  const LOAD = 'load: { jobs: [{ share: prod, runs: 5 }] }';
  test.each([
    ['nothing', '', /^s\.yaml:1:1: .*scenario/],
    [
      'a queue file',
      'name: cpu\nserviceEnvironments: [{ name: C5, family: c5, limit: 4 }]\nfifo: {}',
      /^s\.yaml:1:1: this is a queue, and no scenario\. Allowed: a mapping with the keys queue .* and load/,
    ],
    ['no queue', LOAD, /queue: is missing\. Allowed: a queue, as in a queue file/],
    ['no load', QUEUE, /load: is missing/],
    [
      'an empty load',
      `${QUEUE}load: {}`,
      /load: the load has no jobs\. Allowed: at least one of jobs, generators, trace/,
    ],
    ['two documents', `${QUEUE}${LOAD}\n---\n${QUEUE}`, /:\d+:\d+: the file holds a second document/],
    [
      'a misspelt key',
      `${QUEUE}${LOAD}\nsede: 4`,
      /^s\.yaml:11:1: sede: unknown key\..*Did you mean "seed"\?/,
    ],
    [
      'an error in the queue',
      `${QUEUE.replace('limit: 4', 'limit: -4')}${LOAD}`,
      /^s\.yaml:5:\d+: queue\.serviceEnvironments\[1\]\.limit: -4 is not allowed/,
    ],
    [
      'an unknown share',
      `${QUEUE}load: { jobs: [{ share: prd, runs: 5 }] }`,
      /^s\.yaml:10:\d+: load\.jobs\[0\]\.share: the queue has no share "prd"\. Allowed: prod, lab\. Did you mean "prod"\?/,
    ],
    [
      'no share',
      `${QUEUE}load: { jobs: [{ runs: 5 }] }`,
      /load\.jobs\[0\]\.share: is missing\. Allowed: prod, lab/,
    ],
    [
      'an unknown environment',
      `${QUEUE}load: { jobs: [{ share: lab, runs: 5, environments: [P4, P6] }] }`,
      /load\.jobs\[0\]\.environments\[1\]: the queue has no service environment "P6"/,
    ],
    [
      'no duration',
      `${QUEUE}load: { jobs: [{ share: lab, runs: soon }] }`,
      /load\.jobs\[0\]\.runs: "soon" is not allowed\. Allowed: seconds, or a duration such as/,
    ],
    [
      'a change that is none',
      `${QUEUE}${LOAD}\ncapacity: [{ at: 1h, environment: P4 }]`,
      /capacity\[0\]: a change is one of two things\. Allowed: exactly one of limit, outage/,
    ],
    [
      'a policy that lacks a share of the load',
      `${QUEUE}compare: [{ name: x, fairShare: { shares: [{ name: lab }] } }]\n${LOAD}`,
      /compare\[0\]: the queue has no share "prod"\. Allowed: lab/,
    ],
    [
      'a policy that is wrong in itself',
      `${QUEUE}compare: [{ name: x, fairShare: { shares: [] } }]\n${LOAD}`,
      /compare\[0\]\.fairShare\.shares/,
    ],
    [
      'two policies of one name',
      `${QUEUE}compare: [{ name: quotaShare, fifo: {} }]\n${LOAD}`,
      /compare\[0\]\.name: "quotaShare" is the name of another policy already/,
    ],
    [
      'the same id twice',
      `${QUEUE}load: { jobs: [{ id: x, share: lab, runs: 1 }, { id: x, share: lab, runs: 1 }] }`,
      /load: two jobs have the id "x"/,
    ],
    [
      'too many jobs',
      `${QUEUE}load: { generators: [{ jobs: 200000, share: lab, runs: 1 }, { jobs: 1, share: lab, runs: 1 }] }`,
      /the load has 200001 jobs\. Allowed: at most 200000/,
    ],
    [
      'weights that are all 0',
      `${QUEUE}load: { generators: [{ jobs: 2, share: { lab: 0 }, runs: 1 }] }`,
      /load\.generators\[0\]\.share: .*Allowed: at least one weight above 0/,
    ],
    [
      'a distribution that does not exist',
      `${QUEUE}load: { generators: [{ jobs: 2, share: lab, runs: { normal: 3 } }] }`,
      /load\.generators\[0\]\.runs/,
    ],
    ['a wrong line of the trace', `${QUEUE}load: { trace: t.csv }`, /^t\.csv:2: runs: "x" is not allowed/m],
  ])('%s', (_, text, message) => {
    const { scenario, problems } = check(text, 'arrives,runs,share\n3,x,lab\n');
    expect(scenario).toBeUndefined();
    expect(problems.map(formatProblem).join('\n')).toMatch(message);
  });

  test.each([
    [
      'an unknown share',
      '3,5,lab,\n4,5,prd,',
      's/t.csv:3: the queue has no share "prd". Allowed: prod, lab. Did you mean "prod"?',
    ],
    [
      'an unknown environment',
      '3,5,lab,\n4,5,lab,P4|P6',
      's/t.csv:3: the queue has no service environment "P6". ',
    ],
    [
      'an id twice',
      '3,5,lab,,x\n4,5,lab,,y\n5,5,lab,,x',
      's/t.csv:4: two jobs have the id "x". Allowed: each id once.',
    ],
  ])('%s in a trace, with the line of the trace', (_, rows, message) => {
    const columns = rows.includes(',,x')
      ? 'arrives,runs,share,environments,id'
      : 'arrives,runs,share,environments';
    const { problems } = checkScenarioFile(`${QUEUE}load: { trace: t.csv }`, {
      file: 's/s.yaml',
      readTrace: () => `${columns}\n${rows}\n`,
    });
    expect(problems).toHaveLength(1);
    expect(problems.map(formatProblem).join('\n')).toContain(message);
  });

  test('a trace that cannot be read, with the line of the scenario that names it', () => {
    const { problems } = checkScenarioFile(`${QUEUE}load: { trace: t.csv }`, {
      file: 's.yaml',
      readTrace: () => {
        throw new Error('t.csv cannot be read: it is gone');
      },
    });
    expect(problems.map(formatProblem)).toEqual([
      's.yaml:10:16: load.trace: t.csv cannot be read: it is gone. Allowed: a CSV file, beside the scenario file.',
    ]);
  });
});
