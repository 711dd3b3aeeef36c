import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { list } from 'tar';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunSpec } from '../../src/local-aws/container/host.ts';
import {
  createContainerHost,
  type LocalContainerHost,
  type MountNamespaceSupport,
  probeMountNamespace,
} from '../../src/local-aws/container/index.ts';
import { aTrainingGround, type TrainingGround } from '../support/a-training-run.ts';

const { supported }: MountNamespaceSupport = await probeMountNamespace();

let ground: TrainingGround;
let host: LocalContainerHost;
beforeAll(() => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'the-endpoints-secret');
});
afterAll(() => vi.unstubAllEnvs());
beforeEach(async () => {
  ground = await aTrainingGround();
  host = createContainerHost();
});
afterEach(async () => {
  host.close();
  await ground.remove();
});

/** Runs to the end, without uploading. */
async function trained(run: RunSpec, by: LocalContainerHost = host): Promise<string> {
  expect(await by.prepare(run)).toEqual({ kind: 'ready' });
  await by.start(run);
  const end = await by.wait(run);
  const log = await ground.logOf(run);
  expect(end, log).toEqual({ kind: 'completed' });
  return log;
}

const channel = (ChannelName: string, S3Uri: string): unknown => ({
  ChannelName,
  ContentType: 'text/csv',
  DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri } },
});

async function entriesOf(s3Dir: string, uri: string): Promise<readonly string[]> {
  const names: string[] = [];
  const file = join(s3Dir, uri.replace('s3://', ''));
  await list({ file, onReadEntry: ({ path, type }) => type === 'File' && names.push(path) });
  return names.sort();
}

describe.runIf(supported)('a training process in a mount namespace', () => {
  it('finds at /opt/ml what SageMaker lays out', async () => {
    await ground.put({ 's3://bucket/data/a.csv': '1,2', 's3://bucket/data/more/b.csv': '3,4' });
    const log = await trained(
      ground.run(
        `cd /opt/ml && find . -type d | sort && cat input/data/train/a.csv && cat input/data/train/more/b.csv && pwd
         cat input/config/hyperparameters.json input/config/inputdataconfig.json input/config/resourceconfig.json`,
        {
          request: {
            HyperParameters: { epochs: '3', lr: '0.1' },
            InputDataConfig: [channel('train', 's3://bucket/data/')],
            CheckpointConfig: { S3Uri: 's3://bucket/ck' },
          },
        },
      ),
    );
    const directories = [
      'checkpoints',
      'code',
      'input/config',
      'input/data/train/more',
      'model',
      'output/data',
    ];
    for (const directory of directories) expect(log).toContain(`./${directory}\n`);
    expect(log).toContain('1,23,4/opt/ml\n');
    expect(log).toContain('{"epochs":"3","lr":"0.1"}');
    expect(log).toContain(
      '{"train":{"ContentType":"text/csv","TrainingInputMode":"File","S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}}',
    );
    expect(log).toContain(
      '"instance_groups":[{"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.large","hosts":["algo-1"]}]',
    );
  });

  it('runs the command of the SageMaker Python SDK, version 3', async () => {
    await ground.put({
      's3://bucket/sm_drivers/sm_train.sh': [
        '#!/bin/bash',
        'set -e',
        'echo "export FROM_DRIVER=yes" >/opt/ml/input/sm_training.env',
        'source /opt/ml/input/sm_training.env',
        'cp /opt/ml/input/config/resourceconfig.json /opt/ml/model/',
        'echo "driver $FROM_DRIVER for $TRAINING_JOB_NAME"',
      ].join('\n'),
    });
    const script = '/opt/ml/input/data/sm_drivers/sm_train.sh';
    const run = ground.run('', {
      command: ['/bin/bash', '-c', `chmod +x ${script} && ${script}`],
      request: { InputDataConfig: [channel('sm_drivers', 's3://bucket/sm_drivers/')] },
    });
    expect(await trained(run)).toBe(`driver yes for ${run.jobName}\n`);
  });

  it('sees the rest of the machine as before, and its own name', async () => {
    const own = (await readdir('/opt')).sort();
    const log = await trained(ground.run('ls -A /opt; hostname; grep -c localhost /etc/hosts'));
    expect(log.split('\n')).toEqual(expect.arrayContaining([...own, 'ml', 'algo-1']));
  });

  it('leaves no mount and nothing at /opt/ml of the machine behind', async () => {
    const before = await readFile('/proc/self/mountinfo', 'utf8');
    const existed = await stat('/opt/ml').catch(() => undefined);
    const run = ground.run(
      'echo secret >/opt/ml/model/only-here; touch /opt/also-only-here; cat /proc/self/mountinfo >&2',
    );
    await trained(run);
    await host.upload(run);
    expect(await readFile('/proc/self/mountinfo', 'utf8')).toBe(before);
    expect((await stat('/opt/ml').catch(() => undefined))?.mtimeMs).toBe(existed?.mtimeMs);
  });

  it.each([
    '/opt/ml/checkpoints2',
    '/opt/elsewhere/ckpt',
    '/tmp/trainyard-test-ckpt',
    '/trainyard-test-ckpt/deep',
    '/tmp',
  ])('finds its checkpoints at CheckpointConfig.LocalPath %s', async (LocalPath) => {
    await ground.put({ 's3://bucket/ck/step-1': 'one' });
    const existed = await stat(LocalPath).catch(() => undefined);
    const log = await trained(
      ground.run(`cat ${LocalPath}/step-1; echo two >"$SM_CHECKPOINT_DIR/step-2"; ls /opt/ml/input/config`, {
        request: { CheckpointConfig: { S3Uri: 's3://bucket/ck', LocalPath } },
      }),
    );
    expect(log).toContain('one');
    expect(log).toContain('hyperparameters.json');
    expect(await ground.get('s3://bucket/ck/step-2')).toBe('two\n');
    expect((await stat(LocalPath).catch(() => undefined))?.ino).toBe(existed?.ino);
  });
});

describe('a training process without a mount namespace', () => {
  it('is led to its files by the SM_ variables', async () => {
    const plain = createContainerHost({ mountNamespaces: 'never' });
    await ground.put({ 's3://bucket/data/a.csv': '1,2', 's3://bucket/ck/step-1': 'one' });
    const run = ground.run(
      'cat "$SM_CHANNEL_TRAIN/a.csv" "$SM_INPUT_CONFIG_DIR/hyperparameters.json" "$SM_CHECKPOINT_DIR/step-1"; pwd; echo m >"$SM_MODEL_DIR/model"',
      {
        request: {
          HyperParameters: { lr: '0.1' },
          InputDataConfig: [channel('train', 's3://bucket/data/')],
          CheckpointConfig: { S3Uri: 's3://bucket/ck', LocalPath: '/anywhere/else' },
        },
      },
    );
    const log = await trained(run, plain);
    expect(log).toContain('1,2{"lr":"0.1"}one');
    expect(log).toContain(`${run.jobDir}/run-1/algo-1/ml/code`);
    const { modelUri = '' } = await plain.upload(run);
    expect(await entriesOf(ground.s3Dir, modelUri)).toEqual(['model']);
    plain.close();
  });
});

describe('what training leaves', () => {
  it('is packed to model.tar.gz and output.tar.gz below the S3OutputPath, then the copies are gone', async () => {
    const run = ground.run(
      'mkdir "$SM_MODEL_DIR/sub"; echo 1 >"$SM_MODEL_DIR/a"; echo 2 >"$SM_MODEL_DIR/sub/b"; echo 3 >"$SM_MODEL_DIR/@c"; echo 4 >"$SM_OUTPUT_DATA_DIR/plot"',
      { name: 'packed', request: { OutputDataConfig: { S3OutputPath: 's3://bucket/out/' } } },
    );
    await trained(run);
    expect(await host.upload(run)).toEqual({ modelUri: 's3://bucket/out/packed/output/model.tar.gz' });
    expect(await ground.keys('bucket')).toEqual([
      'out/packed/output/model.tar.gz',
      'out/packed/output/output.tar.gz',
    ]);
    expect(await entriesOf(ground.s3Dir, 's3://bucket/out/packed/output/model.tar.gz')).toEqual([
      './@c',
      'a',
      'sub/b',
    ]);
    expect(await entriesOf(ground.s3Dir, 's3://bucket/out/packed/output/output.tar.gz')).toEqual(['plot']);
    expect(await readdir(join(run.jobDir, 'run-1'))).toEqual(['run.json']);
  });

  it('may be uploaded again after a crash, with the same answer', async () => {
    const run = ground.run('echo 1 >"$SM_MODEL_DIR/a"');
    await trained(run);
    const first = await host.upload(run);
    const later = createContainerHost();
    expect(await later.upload(run)).toEqual(first);
    expect(await later.wait(run)).toEqual({ kind: 'completed' });
    later.close();
  });

  it('with CompressionType NONE is uploaded file by file', async () => {
    const run = ground.run(
      'mkdir "$SM_MODEL_DIR/sub"; echo 2 >"$SM_MODEL_DIR/sub/b"; echo 4 >"$SM_OUTPUT_DATA_DIR/plot"',
      {
        name: 'plain',
        request: { OutputDataConfig: { S3OutputPath: 's3://bucket/out', CompressionType: 'NONE' } },
      },
    );
    await trained(run);
    expect(await host.upload(run)).toEqual({ modelUri: 's3://bucket/out/plain/output/model/' });
    expect(await ground.keys('bucket')).toEqual([
      'out/plain/output/data/plot',
      'out/plain/output/model/sub/b',
    ]);
  });

  it('by several instances becomes one model', async () => {
    const run = ground.run(
      'echo 1 >"$SM_MODEL_DIR/$SM_CURRENT_HOST"; echo "$SM_CURRENT_HOST" >"$SM_MODEL_DIR/same"',
      {
        name: 'merged',
        instances: 3,
      },
    );
    await trained(run);
    const { modelUri = '' } = await host.upload(run);
    expect(await entriesOf(ground.s3Dir, modelUri)).toEqual(['algo-1', 'algo-2', 'algo-3', 'same']);
  });

  it('that cannot be uploaded is the user’s failure', async () => {
    const run = ground.run('true', { request: { OutputDataConfig: { S3OutputPath: 's3://bucket/../up' } } });
    await trained(run);
    expect((await host.upload(run)).failure).toMatch(/^ClientError: Artifact upload failed:/);
  });

  it('is a model only if training succeeded or was stopped', async () => {
    const run = ground.run('echo 1 >"$SM_MODEL_DIR/a"; echo 2 >"$SM_OUTPUT_DATA_DIR/why"; exit 1', {
      name: 'failed',
    });
    await host.prepare(run);
    await host.start(run);
    await host.wait(run);
    expect(await host.upload(run)).toEqual({});
    expect(await ground.keys('bucket')).toEqual(['out/failed/output/output.tar.gz']);
  });
});

it('no secret of the endpoint reaches training', async () => {
  const log = await trained(ground.run('env; tr "\\0" "\\n" </proc/$PPID/environ || true'));
  expect(log).toContain('TRAINING_JOB_NAME=');
  expect(log).not.toContain('the-endpoints-secret');
});

it('values with quotes, spaces and line breaks arrive as they are', async () => {
  const value = `it's "quoted" $HOME \`id\` \\ and\nbroken`;
  const log = await trained(
    ground.run('printf "%s|" "$ODD" "$0" "$1"', {
      command: ['sh', '-c', 'printf "%s|" "$ODD" "$1"', 'x', value],
      request: { Environment: { ODD: value } },
    }),
  );
  expect(log).toBe(`${value}|${value}|`);
});

it('logs of all incarnations are kept, and metrics read from them', async () => {
  const first = ground.run('echo "loss: 0.9"; echo "acc: 0.1"', { name: 'twice' });
  await trained(first);
  const second = ground.run('echo "loss: 0.4" >&2', { name: 'twice', incarnation: 2 });
  await trained(second);
  expect(await ground.logOf(second)).toBe('loss: 0.9\nacc: 0.1\nloss: 0.4\n');
  const metrics = await host.metrics(second, [
    { Name: 'loss', Regex: 'loss: ([0-9.]+)' },
    { Name: 'acc', Regex: 'acc: ([0-9.]+)' },
  ]);
  expect(metrics.map(({ MetricName, Value }) => [MetricName, Value])).toEqual([
    ['loss', 0.4],
    ['acc', 0.1],
  ]);
});

describe('preparing fails with a ClientError for', () => {
  it.each([
    [
      'an image without a command',
      { AlgorithmSpecification: { TrainingImage: 'r/x:1', TrainingInputMode: 'File' } },
      'ContainerEntrypoint',
    ],
    [
      'a channel without objects',
      { InputDataConfig: [channel('train', 's3://bucket/none')] },
      'Data download failed:No S3 objects found',
    ],
    [
      'a key that leads out of S3',
      { InputDataConfig: [channel('train', 's3://bucket/../../x')] },
      'cannot be a file here',
    ],
    ['a checkpoint place that is none', { CheckpointConfig: { S3Uri: 's3://..' } }, 'not an S3 location'],
    [
      'a checkpoint path that hides the input',
      { CheckpointConfig: { S3Uri: 's3://b/c', LocalPath: '/opt/ml/input/../input' } },
      'LocalPath',
    ],
    [
      'a checkpoint path that is the root',
      { CheckpointConfig: { S3Uri: 's3://b/c', LocalPath: '/x/..' } },
      'LocalPath',
    ],
  ])('%s', async (_, request, text) => {
    const result = await host.prepare(ground.run('', { request }));
    expect(result.kind).toBe('failed');
    expect(JSON.stringify(result)).toContain('"reason":"ClientError: ');
    expect(JSON.stringify(result)).toContain(text);
  });
});
