import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode, JobReport, Submission, SubmissionResult } from '../../../src/client/index.ts';
import type { Trainyard } from '../../../src/cli/terminal.ts';
import { TrainyardError } from '../../../src/jobs/error-catalogue.ts';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import { explanation } from './explanation-builder.ts';
import { listing, trainyard, type Outcome } from './fake-terminal.ts';
import { job } from './job-builders.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'trainyard-submit-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function jobText(jobId: string, more = ''): string {
  return `jobId: ${jobId}
${more}training:
  AlgorithmSpecification: { TrainingImage: 'repo/trainer:1', TrainingInputMode: File }
  RoleArn: arn:aws:iam::111122223333:role/train
  OutputDataConfig: { S3OutputPath: 's3://bucket/out' }
  ResourceConfig: { InstanceType: ml.p4d.24xlarge, InstanceCount: 1, VolumeSizeInGB: 10 }
  StoppingCondition: { MaxRuntimeInSeconds: 3600 }
`;
}

function file(name: string, text: string): void {
  mkdirSync(join(cwd, name, '..'), { recursive: true });
  writeFileSync(join(cwd, name), text);
}

/** Runs `submit` with a client that takes everything, unless told otherwise. */
async function submit(
  args: readonly string[],
  world: {
    stdin?: string;
    columns?: number;
    client?: Partial<Trainyard>;
    /** What becomes of a job. */
    answer?: Answer;
    onKeyboard?: (ctrlC: () => void) => void;
  } = {},
): Promise<Outcome & { submitted: readonly JobSpec[] }> {
  const submitted: JobSpec[] = [];
  const { answer: _, ...around } = world;
  const outcome = await trainyard(['submit', ...args], {
    ...around,
    cwd,
    client: {
      submitAll: async (specs, options) => {
        const results: SubmissionResult[] = [];
        for (const [index, spec] of (specs as JobSpec[]).entries()) {
          submitted.push(spec);
          const result = await (world.answer ?? taken)(spec.jobId);
          results[index] = result;
          options?.onResult?.(result, index);
        }
        return results;
      },
      list: () => listing(),
      ...world.client,
    },
  });
  return { ...outcome, submitted };
}

type Answer = (jobId: string) => Promise<SubmissionResult>;

const taken: Answer = (jobId) => Promise.resolve({ outcome: 'submitted', ...accepted(jobId) });
const known: Answer = (jobId) => Promise.resolve({ outcome: 'submitted', ...accepted(jobId, true) });
const refused =
  (code: ErrorCode, message: string): Answer =>
  (jobId) =>
    Promise.resolve({ jobId, outcome: 'refused', error: new TrainyardError(code, message) });

const accepted = (jobId: string, alreadySubmitted = false): Submission => ({
  jobId,
  workflowId: `job/${jobId}`,
  alreadySubmitted,
});
const ids = (specs: readonly JobSpec[]): string[] => specs.map(({ jobId }) => jobId);

describe('what is submitted', () => {
  beforeEach(() => {
    file('a.yaml', jobText('a'));
    file('b.yml', jobText('b'));
    file(
      'sweep/1.json',
      JSON.stringify({
        jobId: 's1',
        training: {
          RoleArn: 'arn:aws:iam::111122223333:role/train',
          AlgorithmSpecification: { TrainingImage: 'x', TrainingInputMode: 'File' },
          OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
          ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
          StoppingCondition: { MaxRuntimeInSeconds: 60 },
        },
      }),
    );
    file('sweep/notes.txt', 'no job');
    file('sweep/deep/2.yaml', jobText('s2'));
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['one file', ['-f', 'a.yaml'], ['a']],
    ['files as arguments', ['a.yaml', 'b.yml'], ['a', 'b']],
    ['-f several times', ['-f', 'b.yml', '-f', 'a.yaml'], ['b', 'a']],
    ['-f and a bare word, as they stand', ['-f', 'b.yml', 'a.yaml', '--file=sweep'], ['b', 'a', 's1']],
    ['the same file twice, once', ['-f', 'a.yaml', '-f', 'a.yaml'], ['a']],
    ['a pattern', ['-f', '*.{yaml,yml}'], ['a', 'b']],
    ['a pattern across folders', ['-f', '**/*.yaml'], ['a', 's2']],
    ['a folder: its job files, not those of folders inside', ['-f', 'sweep'], ['s1']],
  ])('%s', async (_, args, want) => {
    const { submitted, stdout, code } = await submit(args);
    expect(ids(submitted)).toEqual(want);
    expect(stdout).toBe(want.map((id) => `${id}\n`).join(''));
    expect(code).toBe(0);
  });

  test('standard input', async () => {
    const { submitted } = await submit(['-f', '-'], { stdin: jobText('from-stdin') });
    expect(ids(submitted)).toEqual(['from-stdin']);
  });

  test('values set on the command line, in every job', async () => {
    const { submitted } = await submit([
      'a.yaml',
      'b.yml',
      '--set',
      'priority=90',
      '--set',
      'training.ResourceConfig.InstanceCount=2',
    ]);
    expect(submitted.map(({ priority, placements }) => [priority, placements[0]])).toEqual(
      Array.from({ length: 2 }, () => [
        90,
        { kind: 'instances', instanceType: 'ml.p4d.24xlarge', instanceCount: 2 },
      ]),
    );
  });

  test('many jobs, with a counter on a terminal only', async () => {
    const many = Array.from({ length: 25 }, (_, index) => `job-${String(index).padStart(2, '0')}`);
    for (const id of many) file(`many/${id}.yaml`, jobText(id));
    const onTerminal = await submit(['-f', 'many'], { columns: 80 });
    expect(onTerminal.stdout).toBe(many.map((id) => `${id}\n`).join(''));
    expect(onTerminal.stderr).toContain('\r25 of 25 submitted');
    expect((await submit(['-f', 'many'])).stderr).not.toContain('\r');
  });

  test('submissions as JSON', async () => {
    const { stdout } = await submit(['a.yaml', '-o', 'json']);
    expect(JSON.parse(stdout)).toEqual([accepted('a')]);
  });
});

describe('bad input reaches no server', () => {
  test('one broken file among many: every problem with its place, and nothing is submitted', async () => {
    file('a.yaml', jobText('a'));
    file('b.yaml', jobText('b', 'priority: 10000\nretyr: {}\n'));
    file('c.yaml', 'jobId: [');
    const { submitted, stdout, stderr, code, connectedWith } = await submit(['-f', '*.yaml']);
    expect({ submitted, stdout, code, connectedWith }).toEqual({
      submitted: [],
      stdout: '',
      code: 2,
      connectedWith: undefined,
    });
    expect(stderr).toMatch(/2 of 3 files are not valid; nothing was submitted/);
    expect(stderr).toMatch(/b\.yaml:2:\d+: priority: 10000/);
    expect(stderr).toMatch(/b\.yaml:3:\d+: retyr: .*Did you mean "retry"/);
    expect(stderr).toMatch(/c\.yaml:1:\d+/);
  });

  test('unless told to go on: the valid ones are submitted, and the code says that not all were', async () => {
    file('a.yaml', jobText('a'));
    file('b.yaml', jobText('b', 'priority: 10000\n'));
    const { submitted, stderr, code } = await submit(['-f', '*.yaml', '--keep-going']);
    expect(ids(submitted)).toEqual(['a']);
    expect(stderr).toMatch(/b\.yaml:2:\d+: priority/);
    expect(code).toBe(2);
  });

  test('the same id in two files', async () => {
    file('a.yaml', jobText('same'));
    file('b.yaml', jobText('same'));
    const { submitted, stderr, code } = await submit(['a.yaml', 'b.yaml']);
    expect({ submitted, code }).toEqual({ submitted: [], code: 2 });
    expect(stderr).toMatch(/b\.yaml: jobId: same is also the id of a\.yaml/);
  });

  test('as JSON, with the problems as records', async () => {
    file('b.yaml', jobText('b', 'priority: 10000\n'));
    const { stderr } = await submit(['b.yaml', '-o', 'json']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: {
        code: 'JOB_INVALID',
        problems: [{ severity: 'error', path: ['priority'], file: 'b.yaml', line: 2 }],
      },
    });
  });

  test.each<[string, readonly string[], RegExp, string]>([
    ['no file at all', [], /No job file is named/, 'USAGE'],
    ['a file that is not there', ['nope.yaml'], /There is no file nope\.yaml/, 'FILE_UNREADABLE'],
    ['a pattern without a match', ['*.yaml'], /No file matches \*\.yaml/, 'FILE_UNREADABLE'],
    ['an empty folder', ['.'], /has no \.yaml, \.yml or \.json files/, 'FILE_UNREADABLE'],
    ['both --wait and --detach', ['x.yaml', '--wait', '--detach'], /cannot be used with/, 'USAGE'],
  ])('%s', async (_, args, message, code) => {
    const outcome = await submit(args);
    expect(outcome).toMatchObject({ code: 2, stdout: '', submitted: [] });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).toContain(`[${code}]`);
  });

  test('a malformed --set is told once, not for every file', async () => {
    file('a.yaml', jobText('a'));
    file('b.yaml', jobText('b'));
    const { stderr, code } = await submit(['a.yaml', 'b.yaml', '--set', 'priority']);
    expect(code).toBe(2);
    expect(stderr.match(/--set/g)?.length).toBeGreaterThan(0);
    expect(stderr).not.toContain('a.yaml');
  });
});

describe('a dry run', () => {
  test('prints what would be submitted, without a server', async () => {
    file('a.yaml', jobText('a'));
    const { stdout, stderr, code } = await submit(['a.yaml', '--dry-run'], {
      client: {
        submittedBefore: () => Promise.reject(new TrainyardError('TEMPORAL_UNREACHABLE', 'gone')),
      },
    });
    expect(stdout).toBe('a  1 × ml.p4d.24xlarge\n');
    expect(stderr).toContain('Dry run');
    expect(code).toBe(0);
  });

  test.each([
    ['the very same job', 'same', '  Was submitted already, just so; nothing would happen.\n', 0],
    ['another job', 'another', '  Refused: The id a belongs to another job. [JOB_EXISTS]\n', 5],
  ] as const)('says that the id is that of %s', async (_, before, line, want) => {
    file('a.yaml', jobText('a'));
    const { stdout, code } = await submit(['a.yaml', '--dry-run'], {
      client: { submittedBefore: () => Promise.resolve(before) },
    });
    expect({ stdout, code }).toEqual({ stdout: `a  1 × ml.p4d.24xlarge\n${line}`, code: want });
  });

  test('prints whole specifications as JSON', async () => {
    file('a.yaml', jobText('a'));
    const { stdout } = await submit(['a.yaml', '--dry-run', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject([{ jobId: 'a', priority: 0, retry: { attempts: 1 } }]);
  });
});

describe('a dry run of jobs in a queue', () => {
  const inQueue = (jobId: string): string => jobText(jobId, 'queue: search\nshare: ProdExp1\n');
  beforeEach(() => file('a.yaml', inQueue('a')));

  test('says what would become of them, from the queue', async () => {
    const { stdout, stderr, submitted, code } = await submit(['a.yaml', '--dry-run'], {
      client: { explainNew: () => Promise.resolve(explanation()) },
    });
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'a  1 × ml.p4d.24xlarge',
      `  ${explanation().sentence}`,
      '  position  3 of 12 in ProdExp1, 7 of 40 in the queue',
      '  starts    probably in 18m (earliest in 10m, latest in 40m) on P4',
    ]);
    expect(stderr).toContain('the job is valid; nothing was submitted');
    expect({ submitted, code }).toEqual({ submitted: [], code: 0 });
  });

  test('says what would be refused, and ends with the code of it', async () => {
    file('b.yaml', jobText('b'));
    const client = {
      explainNew: () => Promise.reject(new TrainyardError('NEVER_FITS', 'It needs 200 instances of P4.')),
    };
    const { stdout, stderr, code } = await submit(['a.yaml', 'b.yaml', '--dry-run'], { client });
    expect(stdout).toBe(
      'a  1 × ml.p4d.24xlarge\n  Refused: It needs 200 instances of P4. [NEVER_FITS]\nb  1 × ml.p4d.24xlarge\n',
    );
    expect(stderr).toContain('1 of 2 would be refused');
    expect(code).toBe(2);
    const { stdout: json } = await submit(['a.yaml', '--dry-run', '-o', 'json'], { client });
    expect(JSON.parse(json)).toMatchObject([{ jobId: 'a', refusal: { code: 'NEVER_FITS' } }]);
  });

  test('needs the server', async () => {
    const { code, stderr } = await submit(['a.yaml', '--dry-run'], {
      client: { explainNew: () => Promise.reject(new TrainyardError('TEMPORAL_UNREACHABLE', 'gone')) },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('[TEMPORAL_UNREACHABLE]');
  });
});

describe('refusals of a queue', () => {
  test('name the job among many', async () => {
    for (const id of ['a', 'b']) file(`${id}.yaml`, jobText(id));
    const { stdout, stderr, code } = await submit(['-f', '*.yaml'], {
      answer: (jobId) =>
        jobId === 'b' ? refused('QUEUE_FULL', 'The queue has 10 waiting jobs.')(jobId) : taken(jobId),
    });
    expect({ stdout, code }).toEqual({ stdout: 'a\n', code: 1 });
    expect(stderr).toContain('b: The queue has 10 waiting jobs.');
  });
});

describe('submitting again', () => {
  test('is no harm, and says so', async () => {
    file('a.yaml', jobText('a'));
    const { stdout, stderr, code } = await submit(['a.yaml'], {
      answer: known,
    });
    expect({ stdout, code }).toEqual({ stdout: 'a\n', code: 0 });
    expect(stderr).toContain('a had been submitted before');
  });

  test('counts what is new apart from what was there', async () => {
    for (const id of ['a', 'b', 'c']) file(`${id}.yaml`, jobText(id));
    const { stderr } = await submit(['-f', '*.yaml'], {
      answer: (jobId) => (jobId === 'b' ? taken(jobId) : known(jobId)),
    });
    expect(stderr).toContain('1 job submitted, 2 already there.');
  });

  test('under a taken id is a conflict, and the other jobs are submitted', async () => {
    for (const id of ['a', 'b', 'c']) file(`${id}.yaml`, jobText(id));
    const { stdout, stderr, code } = await submit(['-f', '*.yaml'], {
      answer: (jobId) =>
        jobId === 'b' ? refused('JOB_EXISTS', 'The id b belongs to another job.')(jobId) : taken(jobId),
    });
    expect({ stdout, code }).toEqual({ stdout: 'a\nc\n', code: 5 });
    expect(stderr).toContain('The id b belongs to another job.');
  });

  test('a server that goes away ends it, and the ids that were submitted are not lost', async () => {
    for (const id of ['a', 'b']) file(`${id}.yaml`, jobText(id));
    const { stdout, code } = await submit(['-f', '*.yaml'], {
      answer: (jobId) =>
        jobId === 'b' ? Promise.reject(new TrainyardError('TEMPORAL_UNREACHABLE', 'gone')) : taken(jobId),
    });
    expect({ stdout, code }).toEqual({ stdout: 'a\n', code: 1 });
  });
});

describe('waiting for the end', () => {
  const ending = (over: Partial<JobReport>): Partial<Trainyard> => ({
    wait: (jobId) => Promise.resolve(job({ jobId, ...over })),
  });

  beforeEach(() => file('a.yaml', jobText('a')));

  test('prints how it ended; 0 when it succeeded', async () => {
    const { stdout, stderr, code } = await submit(['a.yaml', '--wait'], {
      client: ending({ status: 'SUCCEEDED' }),
    });
    expect({ stdout, code }).toEqual({ stdout: 'a  SUCCEEDED  Training on 4 × ml.g5.48xlarge.\n', code: 0 });
    expect(stderr).toContain('a submitted\n');
  });

  test('1 when it failed or was stopped', async () => {
    expect((await submit(['a.yaml', '--wait'], { client: ending({ status: 'FAILED' }) })).code).toBe(1);
    expect((await submit(['a.yaml', '--wait'], { client: ending({ status: 'STOPPED' }) })).code).toBe(1);
  });

  test('Ctrl-C detaches, says how to come back, and leaves the job alone', async () => {
    let ctrlC = (): void => undefined;
    const { stderr, code } = await submit(['a.yaml', '--wait'], {
      onKeyboard: (press) => {
        ctrlC = press;
      },
      client: {
        wait: (_, options) =>
          new Promise((_resolve, reject) => {
            options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
            ctrlC();
          }),
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain('Job a goes on.');
    expect(stderr).toContain('trainyard wait a\n');
    expect(stderr).toContain('trainyard cancel a\n');
  });
});
