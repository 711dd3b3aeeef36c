import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporalProfile, workerEnvironment } from '../../../../src/cli/dev/environment.ts';
import { loadWorkerConfig } from '../../../../src/config.ts';

const addresses = {
  temporal: '127.0.0.1:7300',
  uiUrl: 'http://127.0.0.1:8300',
  endpointUrl: 'http://127.0.0.1:4600',
  region: 'eu-west-1',
};

const directory = mkdtempSync(join(tmpdir(), 'trainyard-environment-'));
afterAll(() => rmSync(directory, { recursive: true }));
const profileFile = join(directory, 'temporal.toml');
writeFileSync(profileFile, temporalProfile(addresses));

const environment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  workerEnvironment(env, addresses, profileFile);

test('the worker finds the servers of this dev', () => {
  expect(environment({ PATH: '/bin' })).toMatchObject({
    PATH: '/bin',
    TEMPORAL_ADDRESS: '127.0.0.1:7300',
    TRAINYARD_UI_URL: 'http://127.0.0.1:8300',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4600',
    AWS_REGION: 'eu-west-1',
  });
});

describe('nothing that lies around leads the worker elsewhere', () => {
  test.each([
    'TEMPORAL_API_KEY',
    'TEMPORAL_TLS',
    'TEMPORAL_PROFILE',
    'TEMPORAL_TLS_CLIENT_CERT_PATH',
    'TEMPORAL_GRPC_META_AUTHORIZATION',
    'AWS_PROFILE',
    'AWS_DEFAULT_PROFILE',
    'AWS_SESSION_TOKEN',
    'AWS_ENDPOINT_URL_SAGEMAKER',
    'AWS_ENDPOINT_URL_SNS',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_ROLE_ARN',
    'TRAINYARD_DEPLOYMENT',
    'TRAINYARD_BUILD_ID',
  ])('%s is taken away', (name) => {
    expect(environment({ [name]: 'x' })).not.toHaveProperty(name);
  });

  test.each(['TEMPORAL_ADDRESS', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'])(
    '%s is replaced',
    (name) => {
      expect(environment({ [name]: 'elsewhere' })[name]).not.toBe('elsewhere');
    },
  );

  test("the worker reads this dev's own profile file, whatever the user's says", () => {
    const { connection } = loadWorkerConfig(
      {},
      { env: environment({ TEMPORAL_CONFIG_FILE: '/home/ana/cloud.toml' }), cwd: '/' },
    );
    expect(connection).toMatchObject({
      address: '127.0.0.1:7300',
      namespace: 'default',
      apiKey: undefined,
      tls: undefined,
    });
  });
});
