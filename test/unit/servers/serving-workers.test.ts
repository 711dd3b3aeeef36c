import type { Connection } from '@temporalio/client';
import { expect, test } from 'vitest';
import { servingWorkers } from '../../../src/servers/serving-workers.ts';

const NOW = 1_700_000_000_000;
const NEW = { deploymentName: 'trainyard', buildId: '0.2.0' };
const OLD = { deploymentName: 'trainyard', buildId: '0.1.0' };

interface Poller {
  readonly identity: string;
  readonly version?: typeof NEW;
  readonly secondsAgo?: number;
}

const poller = ({ identity, version, secondsAgo = 1 }: Poller): object => ({
  identity,
  lastAccessTime: { seconds: NOW / 1000 - secondsAgo },
  ...(version === undefined ? {} : { deploymentOptions: { ...version, workerVersioningMode: 2 } }),
});

/** A server that knows one task queue. */
function serverWith(
  pollers: readonly Poller[],
  versioningInfo?: object,
): Pick<Connection, 'workflowService'> {
  const describeTaskQueue = (): Promise<object> =>
    Promise.resolve({ pollers: pollers.map(poller), versioningInfo: versioningInfo ?? null });
  return { workflowService: { describeTaskQueue } } as unknown as Pick<Connection, 'workflowService'>;
}

const plain = { identity: 'plain' };
const older = { identity: 'older', version: OLD };
const newer = { identity: 'newer', version: NEW };

const table: Record<string, { pollers: Poller[]; info?: object; want: Record<string, boolean> }> = {
  'without versions everybody gets work': { pollers: [plain], want: { plain: true } },
  'a version that nobody has made the current one gets none': {
    pollers: [plain, newer],
    want: { newer: false, plain: true },
  },
  'the current version gets all of it': {
    pollers: [plain, older, newer],
    info: { currentDeploymentVersion: NEW },
    want: { newer: true, older: false, plain: false },
  },
  'a ramping version gets some': {
    pollers: [plain, older, newer],
    info: { currentDeploymentVersion: OLD, rampingDeploymentVersion: NEW, rampingVersionPercentage: 5 },
    want: { newer: true, older: true, plain: false },
  },
  'a ramp of nothing gets none': {
    pollers: [older, newer],
    info: { currentDeploymentVersion: OLD, rampingDeploymentVersion: NEW, rampingVersionPercentage: 0 },
    want: { newer: false, older: true },
  },
  'a worker that has not asked for long is none': { pollers: [{ ...plain, secondsAgo: 71 }], want: {} },
};

test.each(Object.entries(table))('%s', async (_, { pollers, info, want }) => {
  const { workers } = await servingWorkers(serverWith(pollers, info), 'default', 'trainyard', NOW);
  expect(Object.fromEntries(workers.map(({ identity, getsWork }) => [identity, getsWork]))).toEqual(want);
});

test('the versions are told', async () => {
  const server = serverWith([plain, newer], { currentDeploymentVersion: OLD });
  expect(await servingWorkers(server, 'default', 'trainyard', NOW)).toEqual({
    workers: [
      { identity: 'newer', version: { deployment: 'trainyard', buildId: '0.2.0' }, getsWork: false },
      { identity: 'plain', getsWork: false },
    ],
    current: { deployment: 'trainyard', buildId: '0.1.0' },
  });
});
