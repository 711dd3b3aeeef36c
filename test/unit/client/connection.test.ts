import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostAndPort } from '../../../src/client/connecting.ts';
import { resolveConnection, type ConnectOptions } from '../../../src/client/connection.ts';
import { writeDevState } from '../../../src/client/dev-state.ts';

let home: string;
let cwd: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'trainyard-connection-'));
  cwd = join(home, 'work', 'deep');
  mkdirSync(cwd, { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function resolve(
  options: ConnectOptions = {},
  env: Record<string, string> = {},
): ReturnType<typeof resolveConnection> {
  return resolveConnection(options, {
    env: { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), ...env },
    cwd,
  });
}

function profileFile(text: string): string {
  const path = join(home, 'temporal.toml');
  writeFileSync(path, text);
  return path;
}

function startDev(pid = process.pid): void {
  writeDevState(join(home, 'work'), {
    pid,
    temporal: { address: '127.0.0.1:40001', namespace: 'dev', uiUrl: 'http://127.0.0.1:40002' },
    aws: { endpointUrl: 'http://127.0.0.1:40003', region: 'us-east-1' },
    dataDir: join(home, 'data'),
    taskQueue: 'dev-queue',
  });
}

const PROFILES = `
[profile.default]
address = "profile:7233"
namespace = "from-profile"
[profile.cloud]
address = "cloud:7233"
namespace = "ml.a1b2c"
api_key = "secret"
`;

describe('the address comes from', () => {
  test("Temporal's own default when nothing is set", () => {
    expect(resolve()).toMatchObject({
      address: 'localhost:7233',
      namespace: 'default',
      origin: 'default',
      taskQueue: 'trainyard',
    });
  });

  test('a running `trainyard dev` in a directory above, with all that belongs to it', () => {
    startDev();
    expect(resolve()).toMatchObject({
      address: '127.0.0.1:40001',
      namespace: 'dev',
      origin: 'dev',
      taskQueue: 'dev-queue',
      uiUrl: 'http://127.0.0.1:40002',
    });
  });

  test('not from a `trainyard dev` that was killed', () => {
    // Linux gives no process a pid above 2^22.
    startDev(2 ** 22 + 1);
    expect(resolve()).toMatchObject({ origin: 'default', dev: undefined });
  });

  test('a profile before a running `trainyard dev`', () => {
    startDev();
    const settings = resolve({ configFile: profileFile(PROFILES) });
    expect(settings).toMatchObject({
      address: 'profile:7233',
      namespace: 'from-profile',
      origin: 'profile',
      taskQueue: 'trainyard',
    });
    expect(settings.uiUrl).toBeUndefined();
  });

  test('the environment before a profile', () => {
    const env = { TEMPORAL_CONFIG_FILE: profileFile(PROFILES), TEMPORAL_ADDRESS: 'env:7233' };
    expect(resolve({}, env)).toMatchObject({
      address: 'env:7233',
      namespace: 'from-profile',
      origin: 'environment',
    });
  });

  test('an option before the environment', () => {
    const env = { TEMPORAL_ADDRESS: 'env:7233', TEMPORAL_NAMESPACE: 'env' };
    expect(resolve({ address: 'flag:7233' }, env)).toMatchObject({
      address: 'flag:7233',
      namespace: 'env',
      origin: 'option',
    });
  });

  test('the profile that is named, by option or by environment', () => {
    const configFile = profileFile(PROFILES);
    expect(resolve({ configFile, profile: 'cloud' })).toMatchObject({
      address: 'cloud:7233',
      namespace: 'ml.a1b2c',
    });
    expect(resolve({ configFile }, { TEMPORAL_PROFILE: 'cloud' })).toMatchObject({ address: 'cloud:7233' });
  });

  test('elsewhere when a variable is empty', () => {
    expect(resolve({}, { TEMPORAL_ADDRESS: '' })).toMatchObject({ origin: 'default' });
  });
});

describe('encryption', () => {
  test('is off by default', () => {
    expect(resolve().tls).toBeUndefined();
  });

  test('comes with an API key', () => {
    expect(resolve({ apiKey: 'secret' })).toMatchObject({ apiKey: 'secret', tls: true });
    expect(resolve({}, { TEMPORAL_API_KEY: 'secret', TEMPORAL_ADDRESS: 'cloud:7233' })).toMatchObject({
      apiKey: 'secret',
      tls: true,
    });
  });

  test('can be turned off in spite of an API key', () => {
    expect(resolve({ apiKey: 'secret', tls: false })).toMatchObject({ apiKey: 'secret', tls: false });
  });

  test('reads certificates from files', () => {
    const [cert, key] = [join(home, 'cert.pem'), join(home, 'key.pem')];
    writeFileSync(cert, 'CERT');
    writeFileSync(key, 'KEY');
    const { tls } = resolve({ tls: { clientCertFile: cert, clientKeyFile: key, serverName: 'temporal' } });
    expect(tls).toMatchObject({
      serverNameOverride: 'temporal',
      clientCertPair: { crt: new Uint8Array(Buffer.from('CERT')), key: new Uint8Array(Buffer.from('KEY')) },
    });
  });

  test('and keys in the environment are not sent to the plain server of `trainyard dev`', () => {
    startDev();
    expect(resolve({}, { TEMPORAL_API_KEY: 'secret' })).toMatchObject({
      origin: 'dev',
      apiKey: undefined,
      tls: undefined,
    });
  });
});

describe('a setting that cannot be used is explained', () => {
  test.each<[string, ConnectOptions, Record<string, string>, RegExp]>([
    [
      'a profile file that is not there',
      { configFile: '/no/such.toml' },
      {},
      /There is no profile file \/no\/such\.toml/,
    ],
    [
      'a profile file named by the environment',
      {},
      { TEMPORAL_CONFIG_FILE: '/no/such.toml' },
      /\/no\/such\.toml/,
    ],
    [
      'a certificate without its key',
      { tls: { clientCertFile: '/cert.pem' } },
      {},
      /certificate is set without its key/,
    ],
    [
      'a certificate file that is not there',
      { tls: { clientCertFile: '/no/cert.pem', clientKeyFile: '/no/key.pem' } },
      {},
      /cannot be read.*cert\.pem/,
    ],
  ])('%s', (_, options, env, message) => {
    expect(() => resolve(options, env)).toThrow(
      expect.objectContaining({
        code: 'CONNECTION_CONFIG',
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  test('a profile that does not exist, with those that do', () => {
    expect(() => resolve({ configFile: profileFile(PROFILES), profile: 'clod' })).toThrow(
      expect.objectContaining({ code: 'CONNECTION_CONFIG', hint: 'The profiles are: default, cloud.' }),
    );
  });

  test('a profile file that is no TOML', () => {
    expect(() => resolve({ configFile: profileFile('not toml') })).toThrow(
      expect.objectContaining({ code: 'CONNECTION_CONFIG' }),
    );
  });
});

describe('an address', () => {
  test.each([
    ['localhost:7233', 'localhost', 7233],
    ['temporal.example.com', 'temporal.example.com', 7233],
    ['[::1]:80', '::1', 80],
  ])('%s is understood', (address, host, port) => {
    expect(hostAndPort(address)).toEqual({ host, port });
  });

  test.each(['http://localhost:7233', 'localhost:', 'localhost:99999', '', 'a b:1', '::1'])(
    '%j is refused',
    (address) => {
      expect(() => hostAndPort(address)).toThrow(expect.objectContaining({ code: 'CONNECTION_CONFIG' }));
    },
  );
});
