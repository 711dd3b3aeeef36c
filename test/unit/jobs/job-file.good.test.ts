import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkJobFile, type JobFileOptions, parseJobFile } from '../../../src/jobs/job-file.ts';
import { formatProblem } from '../../../src/jobs/job-problem.ts';
import { resolveJob } from '../../../src/jobs/job-schema.ts';
import { describePlacement } from '../../../src/jobs/placement.ts';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import { GOOD_JOB_FILE, SMALLEST_JOB_FILE, withChange } from './job-file.fixture.ts';

const context = { generateJobId: () => 'generated-1' };
const parse = (text: string, options: Partial<JobFileOptions> = {}): JobSpec =>
  parseJobFile(text, { file: 'job.yaml', ...context, ...options });
const warnings = (text: string): string[] =>
  checkJobFile(text, { file: 'job.yaml', ...context }).problems.map(formatProblem);
const placements = (job: JobSpec): string[] => job.placements.map(describePlacement);

describe('a good job file', () => {
  test('becomes a job with its placements in order and its defaults filled in', () => {
    expect(parse(GOOD_JOB_FILE)).toEqual({
      specVersion: 1,
      jobId: 'rank-lr-3',
      queue: 'search',
      share: 'ProdExp1',
      priority: 50,
      user: 'ana@example.com',
      training: {
        AlgorithmSpecification: {
          TrainingImage: '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8-gpu',
          TrainingInputMode: 'File',
        },
        RoleArn: 'arn:aws:iam::111122223333:role/trainer',
        OutputDataConfig: { S3OutputPath: 's3://models/rank-lr' },
        ResourceConfig: { InstanceType: 'ml.p4d.24xlarge', InstanceCount: 1, VolumeSizeInGB: 100 },
        StoppingCondition: { MaxRuntimeInSeconds: 7200 },
        CheckpointConfig: { S3Uri: 's3://models/checkpoints/rank-lr' },
        HyperParameters: { epochs: '3', lr: '1e-3' },
        InputDataConfig: [
          {
            ChannelName: 'train',
            DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://data/train' } },
          },
        ],
        Tags: [{ Key: 'team', Value: 'search' }],
      },
      placements: [
        { kind: 'instances', instanceType: 'ml.p4d.24xlarge', instanceCount: 1 },
        { kind: 'instances', instanceType: 'ml.p5.48xlarge', instanceCount: 1 },
      ],
      retry: {
        attempts: 3,
        internalAttempts: 5,
        backoff: { initialSeconds: 10, maxSeconds: 600, factor: 2 },
        capacityBackoff: { initialSeconds: 60, maxSeconds: 1800, factor: 2 },
      },
      timeLimits: { totalSeconds: 86_400 },
      notify: { topicArn: 'arn:aws:sns:us-east-1:111122223333:jobs', on: ['SUCCEEDED', 'FAILED'] },
    } satisfies JobSpec);
    expect(warnings(GOOD_JOB_FILE)).toEqual([]);
  });

  test('needs only the training section', () => {
    const job = parse(SMALLEST_JOB_FILE);
    expect(job).toMatchObject({ jobId: 'generated-1', priority: 0, timeLimits: {}, retry: { attempts: 1 } });
    expect(job).not.toHaveProperty('notify');
    expect(job).not.toHaveProperty('queue');
  });

  test('notifies at every end unless it says otherwise', () => {
    const job = parse(withChange('\n  on: [SUCCEEDED, FAILED]', ''));
    expect(job.notify?.on).toEqual(['SUCCEEDED', 'FAILED', 'STOPPED']);
  });

  const readings: Record<string, string> = {
    JSON: JSON.stringify(parse(GOOD_JOB_FILE)),
    'JSON that is indented by tabs': JSON.stringify(parse(GOOD_JOB_FILE), null, '\t'),
    'Windows line ends': GOOD_JOB_FILE.replaceAll('\n', '\r\n'),
    'a byte order mark': `\ufeff${GOOD_JOB_FILE}`,
    'document markers': `---\n${GOOD_JOB_FILE}...\n`,
    'an empty document behind it': `${GOOD_JOB_FILE}---\n# the end\n`,
    'a directive for YAML 1.1, whose `on` would be true': `%YAML 1.1\n---\n${GOOD_JOB_FILE}`,
  };
  test.each(Object.entries(readings))('reads the same from %s', (_, text) => {
    expect(parse(text)).toEqual(parse(GOOD_JOB_FILE));
  });

  test('may use an alias for a whole value', () => {
    const job = parse(
      withChange('s3://models/rank-lr }', '&out s3://models/rank-lr }').replace(
        's3://models/checkpoints/rank-lr',
        '*out',
      ),
    );
    expect(job.training.CheckpointConfig?.S3Uri).toBe('s3://models/rank-lr');
  });

  test('reads numbers and words as YAML 1.2 does: no octal, no booleans but true and false', () => {
    expect(parse(withChange('priority: 50', 'priority: 0050')).priority).toBe(50);
    expect(parse(withChange('ana@example.com', 'NO')).user).toBe('NO');
    expect(parse(withChange('ana@example.com', '2026-11-20')).user).toBe('2026-11-20');
  });

  test('passes on what SageMaker understands and Trainyard does not', () => {
    const job = parse(
      withChange(
        '  RoleArn:',
        '  DebugHookConfig: { S3OutputPath: s3://d/e, New: [1, true, null] }\n  RoleArn:',
      ),
    );
    expect(job.training.DebugHookConfig).toEqual({ S3OutputPath: 's3://d/e', New: [1, true, null] });
  });
});

describe('the examples of this repository', () => {
  const folder = new URL('../../../examples/jobs/', import.meta.url);
  test.each(readdirSync(folder))('%s is a good job file', (name) => {
    expect(
      warnings(readFileSync(new URL(name, folder), 'utf8')).filter((line) => !line.includes('warning')),
    ).toEqual([]);
  });
});

describe('placements', () => {
  const on = (resources: string, listed: string): string =>
    `${SMALLEST_JOB_FILE.replace('{ InstanceType: ml.m5.xlarge, InstanceCount: 1 }', resources)}${listed}`;

  test('the type of the ResourceConfig comes first and no placement twice', () => {
    const text = on(
      '{ InstanceType: ml.g5.48xlarge, InstanceCount: 1 }',
      'placements: [{ gpus: 8, families: [g5, g6], maxInstances: 2 }, { instanceType: ml.g6.48xlarge, instanceCount: 1 }]',
    );
    expect(placements(parse(text))).toEqual([
      '1 × ml.g5.48xlarge',
      '2 × ml.g6.12xlarge',
      '2 × ml.g5.12xlarge',
      '1 × ml.g6.48xlarge',
    ]);
  });

  test('constraints alone are enough', () => {
    const text = on(
      '{ VolumeSizeInGB: 10 }',
      'placements: [{ gpus: 8, minGpuMemoryGiB: 80, nvlink: true, maxPricePerHour: 70 }]',
    );
    expect(placements(parse(text))).toEqual(['1 × ml.p4de.24xlarge', '1 × ml.p5.48xlarge']);
  });

  test('are at most 20', () => {
    expect(parse(on('{}', 'placements: [{ gpus: 8 }, { gpus: 16 }, { gpus: 32 }]')).placements).toHaveLength(
      20,
    );
  });

  test('instance preferences are launched as written', () => {
    const text = on(
      '{ InstanceCount: 2, InstancePreferences: [{ InstanceType: ml.p5.48xlarge }, { InstanceType: ml.new9.96xlarge }] }',
      '',
    );
    expect(parse(text).placements).toEqual([
      { kind: 'asWritten', label: '2 × ml.p5.48xlarge or 2 × ml.new9.96xlarge' },
    ]);
  });

  test('instance groups are launched as written', () => {
    const groups =
      '[{ InstanceGroupName: a, InstanceType: ml.c5.xlarge, InstanceCount: 1 }, { InstanceGroupName: b, InstanceType: ml.g5.xlarge, InstanceCount: 2 }]';
    expect(placements(parse(on(`{ InstanceGroups: ${groups} }`, '')))).toEqual([
      '1 × ml.c5.xlarge + 2 × ml.g5.xlarge',
    ]);
  });
});

describe('warnings', () => {
  const cases: Record<string, { text: string; want: string }> = {
    'spot training without checkpoints': {
      text: withChange(
        '{ MaxRuntimeInSeconds: 7200 }',
        '{ MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 90 }',
      ).replace(
        '  CheckpointConfig: { S3Uri: s3://models/checkpoints/rank-lr }',
        '  EnableManagedSpotTraining: true',
      ),
      want: 'job.yaml:15:30: warning: training.EnableManagedSpotTraining: is on without a CheckpointConfig: after every interruption the training starts from its beginning.',
    },
    'retries without checkpoints': {
      text: withChange('  CheckpointConfig: { S3Uri: s3://models/checkpoints/rank-lr }\n', ''),
      want: 'job.yaml:22:20: warning: retry.attempts: is above 1 without a CheckpointConfig: every retry starts from the beginning of the training.',
    },
    'a marketed GPU memory': {
      text: withChange(
        '{ instanceType: ml.p5.48xlarge, instanceCount: 1 }',
        '{ gpus: 8, minGpuMemoryGiB: 24 }',
      ),
      want: 'job.yaml:22:33: warning: placements[0].minGpuMemoryGiB: 24 leaves out A10G (22.4) and L4 (22.4), whose usable memory is less than the marketed size.',
    },
    'a member that this version does not know': {
      text: withChange('  RoleArn:', '  QuantumConfig: {}\n  RoleArn:'),
      want: 'job.yaml:11:3: warning: training.QuantumConfig: is not a member of CreateTrainingJob that this version knows; it is passed on as it is.',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { text, want }) => {
    expect(warnings(text)).toContain(want);
    expect(parse(text)).toBeDefined();
  });
});

describe('--set', () => {
  const set = (...pairs: string[]): JobSpec => parse(GOOD_JOB_FILE, { set: pairs });
  const refused = (...pairs: string[]): string[] =>
    checkJobFile(GOOD_JOB_FILE, { file: 'job.yaml', ...context, set: pairs }).problems.map(formatProblem);

  test('replaces values, which are read as YAML', () => {
    expect(set('priority=7', 'user=bo@example.com', 'notify.on=[STARTED]')).toMatchObject({
      priority: 7,
      user: 'bo@example.com',
      notify: { on: ['STARTED'] },
    });
  });

  test('reaches into mappings and lists and makes what is not there', () => {
    const job = set(
      'training.InputDataConfig[0].ChannelName=validation',
      'training.Tags.1={ Key: run, Value: "7" }',
      'training.Environment.LOG_LEVEL=debug',
      'placements.0.instanceCount=2',
    );
    expect(job.training).toMatchObject({
      InputDataConfig: [{ ChannelName: 'validation' }],
      Tags: [{ Key: 'team' }, { Key: 'run', Value: '7' }],
      Environment: { LOG_LEVEL: 'debug' },
    });
    expect(placements(job)[1]).toBe('2 × ml.p5.48xlarge');
  });

  test('removes with null or nothing', () => {
    expect(set('notify=null')).not.toHaveProperty('notify');
    expect(set('user=')).not.toHaveProperty('user');
    expect(set('training.Tags.0=').training.Tags).toEqual([]);
  });

  test('takes a key with a dot behind a backslash', () => {
    expect(set('training.HyperParameters.model\\.depth="6"').training.HyperParameters).toMatchObject({
      'model.depth': '6',
    });
  });

  const texts: Record<string, string> = {
    '0.1': '0.1',
    '1e-3': '1e-3',
    '0.10': '0.10',
    '12345678901234567890': '12345678901234567890',
    true: 'true',
    '"7"': '7',
    "'a b'": 'a b',
    '[64, 64]': '[64, 64]',
    '{"a": 1}': '{"a": 1}',
    'a: b # c': 'a: b # c',
  };
  test.each(Object.entries(texts))('takes %s as the text %s where a job wants text', (value, want) => {
    const { training } = set(`training.HyperParameters.lr=${value}`, `training.Environment.LR=${value}`);
    expect(training).toMatchObject({ HyperParameters: { epochs: '3', lr: want }, Environment: { LR: want } });
    expect(set(`user=${value}`).user).toBe(want);
  });

  test('makes a list where a job wants one', () => {
    const { placements: listed } = parse(SMALLEST_JOB_FILE, {
      set: ['placements[0].instanceType=ml.p5.48xlarge', 'placements[0].instanceCount=2'],
    });
    expect(listed[1]).toEqual({ kind: 'instances', instanceType: 'ml.p5.48xlarge', instanceCount: 2 });
  });

  test.each([
    ['placements[0].instanceCount=2', 'placements[0].instanceType: is missing. Allowed: an instance type'],
    ['notify.on=[STARTED]', 'notify.topicArn: is missing. Allowed: the ARN of a standard SNS topic'],
  ])('%s is named when what it begins is not complete', (pair, want) => {
    const { problems } = checkJobFile(SMALLEST_JOB_FILE, { file: 'job.yaml', ...context, set: [pair] });
    expect(problems.map(formatProblem).join('\n')).toContain(`--set ${pair}: ${want}`);
  });

  test('is not named for what the file lacks anyway', () => {
    const text = withChange('  RoleArn: arn:aws:iam::111122223333:role/trainer\n', '');
    const set = ['training.HyperParameters.lr=1'];
    const { problems } = checkJobFile(text, { file: 'job.yaml', ...context, set });
    expect(problems.map(({ file, line }) => ({ file, line }))).toEqual([{ file: 'job.yaml', line: 7 }]);
  });

  test('applies one after the other', () => {
    expect(set('priority=1', 'priority=2').priority).toBe(2);
  });

  test('a wrong value is reported with the flag instead of a line', () => {
    expect(refused('priority=99999')).toEqual([
      '--set priority=99999: priority: 99999 is not allowed. Allowed: a whole number from 0 to 9999.',
    ]);
  });

  const bad: Record<string, { pair: string; want: string }> = {
    'no equals sign': { pair: 'priority', want: 'there is no key before an equals sign. Allowed: key=value' },
    'no key': { pair: '=7', want: 'there is no key before an equals sign' },
    'an empty part': { pair: 'retry..attempts=2', want: 'a part of the key is empty' },
    'a key of the language': { pair: '__proto__.priority=2', want: 'the key __proto__ is not allowed' },
    'broken YAML': { pair: 'notify.on=[STARTED', want: 'the value is not YAML' },
    'brackets without end': {
      pair: `notify.on=${'['.repeat(20_000)}`,
      want: 'nested more than 32 levels deep here. Allowed: at most 32.',
    },
    'a key inside a number': {
      pair: 'priority.high=1',
      want: 'priority is 50, which has no keys. Allowed: a value for priority itself.',
    },
    'a word as the index of a list': {
      pair: 'placements.first=1',
      want: 'placements is a list, and "first" is no number',
    },
    'an index beyond the end': {
      pair: 'placements.7={}',
      want: "placements has 1 entries, none at 7. Allowed: an entry from 0 to 1, where 1 adds one. To set the whole list: --set 'placements=[...]'.",
    },
  };
  test.each(Object.entries(bad))('refuses %s', (_, { pair, want }) => {
    expect(refused(pair).join()).toContain(want);
    expect(refused(pair).join()).toMatch(/^--set .* Allowed: /);
  });
});

describe('resolveJob', () => {
  test('takes what it made and gives it back unchanged', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          '{ InstanceType: ml.g5.48xlarge, InstanceCount: 2 }',
          '{ InstanceCount: 2, InstancePreferences: [{ InstanceType: ml.p5.48xlarge }] }',
        ),
        fc.record({
          priority: fc.option(fc.integer({ min: 0, max: 9999 }), { nil: undefined }),
          user: fc.option(fc.stringMatching(/^[a-z]{1,20}$/), { nil: undefined }),
          attempts: fc.integer({ min: 1, max: 100 }),
        }),
        (resources, { priority, user, attempts }) => {
          const text = SMALLEST_JOB_FILE.replace(
            '{ InstanceType: ml.m5.xlarge, InstanceCount: 1 }',
            resources,
          );
          const { training } = parse(text);
          const job = resolveJob({ priority, user, training, retry: { attempts } }, context);
          const never = { generateJobId: () => 'another' };
          expect(resolveJob(job, never)).toEqual(job);
          expect(resolveJob(JSON.parse(JSON.stringify(job)), never)).toEqual(job);
        },
      ),
    );
  });

  const { training } = parse(SMALLEST_JOB_FILE);
  const cyclic: Record<string, unknown> = { training };
  cyclic.self = cyclic;
  const notJobs: Record<string, { value: unknown; want: string }> = {
    nothing: { value: undefined, want: 'a value of type undefined is not allowed' },
    null: { value: null, want: 'has no value' },
    'a text': { value: 'job', want: '"job" is not allowed' },
    'a function inside': {
      value: { training: { ...training, RoleArn: () => 'x' } },
      want: 'training.RoleArn: a value of type function',
    },
    'a date inside': {
      value: { training: { ...training, Created: new Date(0) } },
      want: 'training.Created: an object of a class',
    },
    'a cycle': { value: cyclic, want: 'no cycles' },
    'more text than a job can have': {
      value: { training: { ...training, Note: 'x'.repeat(300_000) } },
      want: 'the job is longer than 262144 characters',
    },
    'more values than a job can have': {
      value: { training: { ...training, List: Array.from({ length: 30_000 }, () => 1) } },
      want: 'the job holds more than 20000 values',
    },
    'a resolved job that was tampered with': {
      value: { ...parse(SMALLEST_JOB_FILE), placements: [] },
      want: 'placements: 0 entries are not allowed',
    },
    'a resolved job of another version': {
      value: { ...parse(SMALLEST_JOB_FILE), specVersion: 2 },
      want: 'specVersion: 2 is not allowed. Allowed: 1.',
    },
  };
  test.each(Object.entries(notJobs))('refuses %s', (_, { value, want }) => {
    expect(() => resolveJob(value, context)).toThrow(want);
  });

  test('leaves out members that are undefined', () => {
    expect(resolveJob({ queue: undefined, training }, context)).not.toHaveProperty('queue');
  });

  test('never throws anything but its own error, whatever it is given', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(
        fc.anything({ withDate: true, withMap: true, withNullPrototype: true, maxDepth: 4 }),
        (value) => {
          expect(() => resolveJob(value, context)).toThrow(
            expect.objectContaining({ code: 'JOB_INVALID' }) as Error,
          );
        },
      ),
    );
  });

  test('never throws on any text either', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom(...Array.from('{}[]:,-?&*!|>\'"% \n#a1')) }),
        ),
        (text) => {
          expect(checkJobFile(text, { file: 'job.yaml', ...context }).job).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });
});
