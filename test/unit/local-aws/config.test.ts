import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrainyardError } from '../../../src/jobs/error-catalogue.ts';
import { LiveConfig } from '../../../src/local-aws/config/live-config.ts';
import { parseConfig } from '../../../src/local-aws/config/load.ts';
import { mergePatch } from '../../../src/local-aws/config/merge-patch.ts';
import { configSchema } from '../../../src/local-aws/config/schema.ts';
import { Timeline } from '../../../src/local-aws/config/timeline.ts';
import { FakeClock } from '../../support/local-aws/fake-clock.ts';

function refusal(text: string): TrainyardError {
  try {
    parseConfig(text, 'aws.yaml');
  } catch (error) {
    if (error instanceof TrainyardError) return error;
    throw error;
  }
  throw new Error('the config was accepted');
}

describe('the config', () => {
  it('may be empty: everything is available, and List is throttled as AWS does', () => {
    const { config } = parseConfig('', 'aws.yaml');
    expect(config).toMatchObject({
      region: 'us-east-1',
      timeScale: 1,
      instances: {},
      throttling: { ListTrainingJobs: { perSecond: 2 } },
      timing: { stopGraceSeconds: 120 },
    });
  });

  it('takes every key of the documentation', () => {
    const { config } = parseConfig(
      `region: eu-west-1
timeScale: 0.01
timing: { startingSeconds: 0, capacityPatienceSeconds: 5 }
instances:
  ml.p4d.24xlarge: { capacity: 4, quota: 8, spotCapacity: 1, spotQuota: 1 }
  ml.p5.*: { available: false }
throttling: { ListTrainingJobs: false, CreateTrainingJob: { perSecond: 1, burst: 5 } }
images:
  - { image: 'trainer:*', command: [python3, train.py] }
  - { image: 'sleep:*', simulate: { seconds: 600 } }
faults:
  - { kind: lostAnswer, operation: CreateTrainingJob, job: 'ty-*', times: 1 }
timeline:
  - { at: 10, set: { instances: { ml.p4d.24xlarge: { capacity: 0 } } } }
  - { at: 20, interrupt: 'ty-*' }
`,
      'aws.yaml',
    );
    expect(config.instances['ml.p4d.24xlarge']?.capacity).toBe(4);
    expect(config.throttling).toEqual({
      ListTrainingJobs: false,
      CreateTrainingJob: { perSecond: 1, burst: 5 },
    });
  });

  const broken: Record<string, { text: string; want: string }> = {
    'an unknown key, with those that exist': {
      text: 'regoin: us-east-1',
      want: 'aws.yaml:1:9: regoin: unknown key; allowed are region, timeScale, timing, instances',
    },
    'an unknown key further inside': {
      text: 'instances:\n  ml.p4d.24xlarge:\n    capasity: 1\n',
      want: 'aws.yaml:3:15: instances.ml.p4d.24xlarge.capasity: unknown key; allowed are capacity, spotCapacity, quota, spotQuota, available',
    },
    'an unknown kind of fault': {
      text: 'faults:\n  - kind: meteor\n',
      want: 'aws.yaml:2:11: faults.0.kind: ',
    },
    'an unknown key of a fault': {
      text: 'faults:\n  - { kind: slow, seconds: 1, time: 2 }\n',
      want: 'faults.0.time: unknown key; allowed are kind, ',
    },
    'a negative capacity': {
      text: 'instances: { a: { capacity: -1 } }',
      want: 'aws.yaml:1:29: instances.a.capacity: ',
    },
    'a rate of nothing': {
      text: 'throttling: { X: { perSecond: 0 } }',
      want: 'aws.yaml:1:31: throttling.X.perSecond: Too small',
    },
    'an image that does nothing': { text: "images: [{ image: 'x' }]", want: 'images.0: an image has either' },
    'bad YAML': { text: 'a: [1, 2\nb: 3', want: 'aws.yaml:2:' },
    'a key twice': { text: 'timeScale: 1\ntimeScale: 2', want: 'aws.yaml:2:1: Map keys must be unique' },
    'a list': { text: '- 1', want: 'must be a mapping' },
    'an alias bomb': {
      text: `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]`,
      want: 'alias',
    },
    'a file that is too large': { text: `# ${'x'.repeat(1_100_000)}`, want: 'larger than 1 MiB' },
  };
  it.each(Object.entries(broken))('is refused for %s', (_name, { text, want }) => {
    const error = refusal(text);
    expect(error.code).toBe('LOCAL_AWS_CONFIG');
    expect(error.message).toContain(want);
  });
});

describe('the config in force', () => {
  let dir: string;
  let file: string;
  let live: LiveConfig;
  const lines: string[] = [];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trainyard-config-'));
    file = join(dir, 'aws.yaml');
    lines.length = 0;
    await writeFile(file, 'timeScale: 0.5\n');
    live = await LiveConfig.open({
      defaults: { region: 'eu-west-1' },
      file,
      log: (line) => lines.push(line),
    });
  });
  afterEach(async () => {
    live.close();
    await rm(dir, { recursive: true });
  });

  it('is the file over the defaults', () => {
    expect(live.current).toMatchObject({ region: 'eu-west-1', timeScale: 0.5 });
  });

  it('follows an edit of the file, which undoes patches', async () => {
    let changes = 0;
    live.onChange(() => changes++);
    live.patch({ region: 'us-west-2' });
    expect(live.current).toMatchObject({ region: 'us-west-2', timeScale: 0.5 });
    await writeFile(file, 'timeScale: 0.25\n');
    await vi.waitFor(() => expect(live.current.timeScale).toBe(0.25), { timeout: 5_000 });
    expect([live.current.region, changes]).toEqual(['eu-west-1', 2]);
  });

  it('stays as it was when an edit is broken, and says so', async () => {
    await writeFile(file, 'timeScale: fast\n');
    await vi.waitFor(() => expect(live.fileError).toContain('aws.yaml:1:12: timeScale: '), {
      timeout: 5_000,
    });
    expect(live.current.timeScale).toBe(0.5);
    expect(lines.join('\n')).toContain('is broken, the config before stays in force');
    await writeFile(file, 'timeScale: 2\n');
    await vi.waitFor(() => expect(live.current.timeScale).toBe(2), { timeout: 5_000 });
    expect(live.fileError).toBeUndefined();
  });

  it('is not changed by a patch that the schema refuses', () => {
    expect(() => live.patch({ instances: { x: { capacity: 'many' } } })).toThrow('instances.x.capacity');
    expect(live.current.instances).toEqual({});
  });

  it('cannot begin with a broken file, or none', async () => {
    await writeFile(file, 'timeScale: fast\n');
    const open = (path: string): Promise<LiveConfig> =>
      LiveConfig.open({ defaults: {}, file: path, log: () => undefined });
    await expect(open(file)).rejects.toMatchObject({ code: 'LOCAL_AWS_CONFIG' });
    await expect(open(join(dir, 'none.yaml'))).rejects.toMatchObject({ code: 'LOCAL_AWS_CONFIG' });
  });
});

describe('a merge patch', () => {
  it.each([
    [{ a: 1, b: { c: 2, d: 3 } }, { b: { c: 4 } }, { a: 1, b: { c: 4, d: 3 } }],
    [{ a: 1, b: 2 }, { a: null }, { b: 2 }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 1 }, { a: { b: 1, c: null } }, { a: { b: 1 } }],
  ])('of %j with %j is %j', (target, patch, want) => {
    expect(mergePatch(target, patch)).toEqual(want);
  });
});

describe('the timeline', () => {
  const steps = configSchema.shape.timeline.parse([
    { at: 10, interrupt: 'a' },
    { at: 5, interrupt: 'b' },
  ]);

  it('takes each step at its time, once', async () => {
    const clock = new FakeClock();
    const taken: unknown[] = [];
    const timeline = new Timeline(clock, (step) => taken.push(step.interrupt));
    timeline.configure(steps);
    await clock.advance(5);
    timeline.configure(steps);
    expect(taken).toEqual(['b']);
    await clock.advance(100);
    expect(taken).toEqual(['b', 'a']);
  });

  it('begins again when it is changed', async () => {
    const clock = new FakeClock();
    const taken: unknown[] = [];
    const timeline = new Timeline(clock, (step) => taken.push(step.interrupt));
    timeline.configure(steps);
    await clock.advance(7);
    timeline.configure(steps.slice(0, 1));
    await clock.advance(9);
    expect(taken).toEqual(['b']);
    await clock.advance(1);
    expect(taken).toEqual(['b', 'a']);
  });
});
