import { describe, expect, test } from 'vitest';
import { readTrace } from '../../../src/simulation/trace.ts';
import { formatProblem } from '../../../src/jobs/job-problem.ts';

const DEFAULTS = { environments: ['P4'] };
const read = (...lines: readonly string[]) => readTrace(lines.join('\n'), 'load.csv', DEFAULTS);

describe('a trace', () => {
  test('gives a job for each line', () => {
    const { jobs, problems } = read(
      'arrives,runs,instances,share,priority,user,id,environments,limit,checkpoint',
      '0,90s,2,prod,50,ana,first,P5|P4,1h,10m',
      '1h30m,3600,,lab,,,,,,',
    );
    expect(problems).toEqual([]);
    expect(jobs).toEqual([
      {
        id: 'first',
        share: 'prod',
        priority: 50,
        user: 'ana',
        options: [
          { environment: 'P5', instances: 2 },
          { environment: 'P4', instances: 2 },
        ],
        arrivesAt: 0,
        runsFor: 90_000,
        limitSeconds: 3600,
        checkpointSeconds: 600,
      },
      {
        id: 'job-2',
        share: 'lab',
        priority: 0,
        options: [{ environment: 'P4', instances: 1 }],
        arrivesAt: 5_400_000,
        runsFor: 3_600_000,
      },
    ]);
  });

  test('says where each job is', () => {
    const { lines } = read('share,arrives,runs,user', 'a,0,5,"two\nlines"', '', 'a,0,5,b');
    expect(lines).toEqual([2, 5]);
  });

  test('may have times, of which the earliest is the start', () => {
    const { jobs } = read('share,arrives,runs', 'a,2026-11-16T08:00:30Z,10', 'a,2026-11-16T08:00:00Z,10');
    expect(jobs.map(({ arrivesAt }) => arrivesAt)).toEqual([30_000, 0]);
  });

  test('is CSV: quotes, line ends of Windows, a byte order mark, blank lines', () => {
    const { jobs, problems } = readTrace(
      '\uFEFFarrives,runs,user,share\r\n0,5,"Doe, ""Jo""",a\r\n\r\n1,5,"two\nlines",a\r\n2,5,last,a',
      'load.csv',
      DEFAULTS,
    );
    expect(problems).toEqual([]);
    expect(jobs.map(({ user }) => user)).toEqual(['Doe, "Jo"', 'two\nlines', 'last']);
  });
});

describe('wrong lines are named', () => {
  const header = 'arrives,runs,share';
  test.each([
    ['an empty file', [''], /^load\.csv:1: the trace is empty\. Allowed: a header line: arrives,runs/],
    ['only a header', [header], /^load\.csv:1: the trace has no job below its header/],
    [
      'a column that is misspelt',
      ['arrives,runs,sahre', '0,1,a'],
      /:1: unknown column "sahre".*Did you mean "share"\?/,
    ],
    ['a column that is needed', ['arrives,share', '0,a'], /^load\.csv:1: the column runs is missing/],
    ['a column twice', ['arrives,runs,runs', '0,1,1'], /:1: the column runs is there twice/],
    ['too few fields', [header, '0,1,a', '5,1'], /^load\.csv:3: the line has 2 fields, the header 3/],
    [
      'no duration',
      [header, '0,soon,a'],
      /:2: runs: "soon" is not allowed\. Allowed: seconds, or a duration/,
    ],
    ['no time to run', [header, '0,0,a'], /:2: runs: "0" is not allowed/],
    [
      'times and durations',
      [header, '0,1,a', '2026-11-16T08:00:00Z,1,a'],
      /:3: arrives: "2026-11-16T08:00:00Z"/,
    ],
    ['no share, where one is needed', [header, '0,1,'], /^load\.csv:2: share is missing/],
    ['a negative number', [`${header},instances`, '0,1,a,-2'], /:2: instances: "-2" is not allowed/],
    [
      'the line after one that spans two',
      [`${header},user`, '0,1,a,"x\ny"', '0,,a,z'],
      /^load\.csv:4: runs is missing/,
    ],
  ])('%s', (_, lines, message) => {
    const { problems } = read(...lines);
    expect(problems.map(formatProblem).join('\n')).toMatch(message);
    expect(problems).toHaveLength(1);
  });

  test('but not all of thousands', () => {
    const { problems } = read(header, ...Array.from({ length: 5000 }, () => '0,never,a'));
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)?.what).toMatch(/the rest was not read/);
  });
});
