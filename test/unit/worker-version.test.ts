import { describe, expect, test } from 'vitest';
import { loadWorkerConfig } from '../../src/config.ts';
import { versioning } from '../../src/temporal/worker-version.ts';

const versionIn = (env: NodeJS.ProcessEnv): unknown => loadWorkerConfig({}, { env, cwd: '/' }).version;

describe('the version of a worker', () => {
  test('there is none unless it is set', () => {
    expect(versionIn({})).toBeUndefined();
    expect(versionIn({ TRAINYARD_DEPLOYMENT: '', TRAINYARD_BUILD_ID: '' })).toBeUndefined();
  });

  test('it is the name of the deployment and the version of the code', () => {
    expect(versionIn({ TRAINYARD_DEPLOYMENT: 'trainyard', TRAINYARD_BUILD_ID: '0.1.0+177b963' })).toEqual({
      deployment: 'trainyard',
      buildId: '0.1.0+177b963',
    });
  });

  test.each([
    ['a name alone', { TRAINYARD_DEPLOYMENT: 'trainyard' }, 'TRAINYARD_BUILD_ID'],
    ['a version alone', { TRAINYARD_BUILD_ID: '2' }, 'TRAINYARD_DEPLOYMENT'],
    ["a name with '.'", { TRAINYARD_DEPLOYMENT: 'a.b', TRAINYARD_BUILD_ID: '2' }, 'TRAINYARD_DEPLOYMENT'],
    ["a name with ':'", { TRAINYARD_DEPLOYMENT: 'a:b', TRAINYARD_BUILD_ID: '2' }, 'TRAINYARD_DEPLOYMENT'],
    ['a reserved name', { TRAINYARD_DEPLOYMENT: '__a', TRAINYARD_BUILD_ID: '2' }, 'TRAINYARD_DEPLOYMENT'],
    ['a reserved version', { TRAINYARD_DEPLOYMENT: 'a', TRAINYARD_BUILD_ID: '__2' }, 'TRAINYARD_BUILD_ID'],
    ['a space around it', { TRAINYARD_DEPLOYMENT: 'a', TRAINYARD_BUILD_ID: '2 ' }, 'TRAINYARD_BUILD_ID'],
    [
      'a version too long',
      { TRAINYARD_DEPLOYMENT: 'a', TRAINYARD_BUILD_ID: '2'.repeat(101) },
      'TRAINYARD_BUILD_ID',
    ],
  ])('%s is an error that names the setting', (_, env, path) => {
    expect(() => versionIn(env)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', place: { path } }),
    );
  });
});

describe('what Temporal is told', () => {
  test('nothing, without a version', () => {
    expect(versioning(undefined)).toEqual({});
  });

  test('the version, and that workflows follow the current one', () => {
    expect(versioning({ deployment: 'trainyard', buildId: '2' })).toEqual({
      workerDeploymentOptions: {
        version: { deploymentName: 'trainyard', buildId: '2' },
        useWorkerVersioning: true,
        defaultVersioningBehavior: 'AUTO_UPGRADE',
      },
    });
  });
});
