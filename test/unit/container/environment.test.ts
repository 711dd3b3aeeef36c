import { afterEach, describe, expect, it, vi } from 'vitest';
import { trainingEnvironment } from '../../../src/local-aws/container/environment.ts';
import { inputDataConfig, resourceConfig } from '../../../src/local-aws/container/layout.ts';
import { readTrainingRequest } from '../../../src/local-aws/container/training-request.ts';
import type { RunSpec } from '../../../src/local-aws/container/host.ts';

afterEach(() => vi.unstubAllEnvs());

function environmentOf(
  request: Readonly<Record<string, unknown>> = {},
  host = 'algo-1',
): Record<string, string> {
  const instances: RunSpec['instances'] = [
    { host: 'algo-1', instanceType: 'ml.p4d.24xlarge', instanceGroupName: 'gpu' },
    { host: 'algo-2', instanceType: 'ml.c5.xlarge', instanceGroupName: 'cpu' },
  ];
  const run: RunSpec = {
    jobName: 'job',
    jobArn: 'arn:job',
    region: 'eu-central-1',
    incarnation: 1,
    jobDir: '/jobs/job',
    s3Dir: '/s3',
    instances,
    images: [],
    request: { OutputDataConfig: { S3OutputPath: 's3://bucket' }, ...request },
  };
  const parsed = readTrainingRequest(run.request);
  const instance = instances.find((each) => each.host === host)!;
  return trainingEnvironment({
    run,
    request: parsed,
    instance,
    resourceConfig: resourceConfig(run, instance),
    inputDataConfig: inputDataConfig(parsed, run, instance),
    root: '/opt/ml',
    checkpointDir: '/opt/ml/checkpoints',
    addresses: { 'algo-1': '127.1.0.1', 'algo-2': '127.1.0.2' },
    runId: 'run-id',
  });
}

describe('the environment of training', () => {
  it('names the job and the region', () => {
    expect(environmentOf()).toMatchObject({
      TRAINING_JOB_NAME: 'job',
      TRAINING_JOB_ARN: 'arn:job',
      AWS_REGION: 'eu-central-1',
    });
  });

  it('says where things are', () => {
    expect(environmentOf()).toMatchObject({
      SM_INPUT_DIR: '/opt/ml/input',
      SM_INPUT_CONFIG_DIR: '/opt/ml/input/config',
      SM_MODEL_DIR: '/opt/ml/model',
      SM_OUTPUT_DIR: '/opt/ml/output',
      SM_OUTPUT_DATA_DIR: '/opt/ml/output/data',
      SM_CHECKPOINT_DIR: '/opt/ml/checkpoints',
    });
  });

  it('says who is who', () => {
    expect(environmentOf({}, 'algo-2')).toMatchObject({
      SM_HOSTS: '["algo-1","algo-2"]',
      SM_CURRENT_HOST: 'algo-2',
      SM_CURRENT_HOST_RANK: '1',
      SM_HOST_COUNT: '2',
      SM_MASTER_ADDR: 'algo-1',
      SM_CURRENT_INSTANCE_TYPE: 'ml.c5.xlarge',
      SM_CURRENT_INSTANCE_GROUP: 'cpu',
      SM_CURRENT_INSTANCE_GROUP_HOSTS: '["algo-2"]',
      SM_INSTANCE_GROUPS: '["gpu","cpu"]',
      SM_IS_HETERO: 'true',
      TRAINYARD_HOST_ADDRS: '{"algo-1":"127.1.0.1","algo-2":"127.1.0.2"}',
    });
  });

  it('has the channels of the instance, by both spellings of a dash', () => {
    const source = (InstanceGroupNames: readonly string[]): unknown => ({
      S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/a', InstanceGroupNames },
    });
    const environment = environmentOf({
      InputDataConfig: [
        { ChannelName: 'train-set', DataSource: source([]) },
        { ChannelName: 'other', DataSource: source(['cpu']) },
      ],
    });
    expect(environment).toMatchObject({
      SM_CHANNELS: '["train-set"]',
      'SM_CHANNEL_TRAIN-SET': '/opt/ml/input/data/train-set',
      SM_CHANNEL_TRAIN_SET: '/opt/ml/input/data/train-set',
    });
    expect(environment).not.toHaveProperty('SM_CHANNEL_OTHER');
  });

  it('has the hyperparameters as what they say, and the toolkit’s own apart', () => {
    expect(
      environmentOf({
        HyperParameters: {
          lr: '0.1',
          'batch-size': '32',
          name: 'x y',
          l: '[1, 2]',
          sagemaker_program: 'train.py',
          sagemaker_mpi_enabled: 'true',
        },
      }),
    ).toMatchObject({
      SM_HPS: '{"batch-size":32,"l":[1,2],"lr":0.1,"name":"x y"}',
      SM_HP_LR: '0.1',
      SM_HP_BATCH_SIZE: '32',
      SM_HP_NAME: 'x y',
      SM_HP_L: '[1,2]',
      SM_USER_ARGS: '["--batch-size","32","-l","[1,2]","--lr","0.1","--name","x y"]',
      SM_USER_ENTRY_POINT: 'train.py',
      SM_MODULE_NAME: 'train',
      SM_FRAMEWORK_PARAMS: '{"sagemaker_mpi_enabled":true}',
    });
  });

  it('has all of it once more in SM_TRAINING_ENV', () => {
    expect(
      JSON.parse(environmentOf({ HyperParameters: { lr: '0.1' } })['SM_TRAINING_ENV'] ?? ''),
    ).toMatchObject({
      current_host: 'algo-1',
      hyperparameters: { lr: 0.1 },
      job_name: 'job',
      model_dir: '/opt/ml/model',
      resource_config: { hosts: ['algo-1', 'algo-2'] },
    });
  });

  it('has the request’s Environment, which wins', () => {
    expect(environmentOf({ Environment: { MODE: 'fast', SM_LOG_LEVEL: '10', PATH: '/mine' } })).toMatchObject(
      {
        MODE: 'fast',
        SM_LOG_LEVEL: '10',
        PATH: '/mine',
      },
    );
  });

  it('has nothing of the endpoint’s own environment but PATH, HOME and LANG', () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-value');
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    vi.stubEnv('NPM_TOKEN', 'secret-value');
    const environment = environmentOf();
    expect(
      Object.keys(environment)
        .filter((name) => !/^(SM|SAGEMAKER|TRAINING|TRAINYARD)_/.test(name))
        .sort(),
    ).toEqual([
      'AWS_CONFIG_FILE',
      'AWS_DEFAULT_REGION',
      'AWS_REGION',
      'AWS_SHARED_CREDENTIALS_FILE',
      'CURRENT_HOST',
      'HOME',
      'LANG',
      'PATH',
      'PYTHONUNBUFFERED',
    ]);
    expect(JSON.stringify(environment)).not.toContain('secret-value');
  });

  it('leaves out what is too long for any program to be started with', () => {
    const HyperParameters = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`p${index}`, 'x'.repeat(2500)]),
    );
    const environment = environmentOf({ HyperParameters });
    expect(environment).not.toHaveProperty('SM_HPS');
    expect(environment).toHaveProperty('SM_HP_P99');
  });
});
