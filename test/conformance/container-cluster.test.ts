import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEnd, RunSpec } from '../../src/local-aws/container/host.ts';
import {
  createContainerHost,
  type LocalContainerHost,
  probeMountNamespace,
} from '../../src/local-aws/container/index.ts';
import { aTrainingGround, type TrainingGround } from '../support/a-training-run.ts';

const { supported } = await probeMountNamespace();

let ground: TrainingGround;
beforeEach(async () => {
  ground = await aTrainingGround();
});
afterEach(() => ground.remove());

/** algo-1 listens at its own address on a fixed port and prints the sum of what the others send it. */
const SUM = `
  const net = require('node:net');
  const hosts = JSON.parse(process.env.SM_HOSTS);
  const me = process.env.SM_CURRENT_HOST;
  const address = (name) => process.env.USE_TABLE ? JSON.parse(process.env.TRAINYARD_HOST_ADDRS)[name] : name;
  const port = 29500;
  if (me === 'algo-1') {
    let sum = 0, left = hosts.length - 1;
    const server = net.createServer((socket) => socket.on('data', (data) => {
      sum += Number(data); socket.end();
      if (--left === 0) { console.log('sum ' + sum); server.close(); }
    })).listen(port, address(me));
  } else {
    const attempt = () => net.connect(port, address('algo-1'), function () { this.end(process.env.NUMBER); })
      .on('error', () => setTimeout(attempt, 50));
    attempt();
  }`;

const aCluster = (NUMBER: string, environment: Readonly<Record<string, string>> = {}): RunSpec =>
  ground.run('', {
    instances: 3,
    command: ['node', '-e', SUM],
    request: { Environment: { NUMBER, ...environment } },
  });

async function trained(host: LocalContainerHost, run: RunSpec): Promise<RunEnd> {
  await host.prepare(run);
  await host.start(run);
  return host.wait(run);
}

describe('the instances of a job', () => {
  it.runIf(supported)(
    'reach each other by name, and two jobs may use one port at the same time',
    async () => {
      const host = createContainerHost();
      const [one, two] = [aCluster('10'), aCluster('100')];
      expect(await Promise.all([trained(host, one), trained(host, two)])).toEqual([
        { kind: 'completed' },
        { kind: 'completed' },
      ]);
      expect(await ground.logOf(one)).toBe('sum 20\n');
      expect(await ground.logOf(two)).toBe('sum 200\n');
      host.close();
    },
  );

  it.runIf(process.platform === 'linux')(
    'reach each other by TRAINYARD_HOST_ADDRS without a mount namespace',
    async () => {
      const host = createContainerHost({ mountNamespaces: 'never' });
      const run = aCluster('1', { USE_TABLE: 'yes' });
      expect(await trained(host, run)).toEqual({ kind: 'completed' });
      expect(await ground.logOf(run)).toBe('sum 2\n');
      host.close();
    },
  );

  it('each have a log, a rank and their shard', async () => {
    const host = createContainerHost();
    await ground.put({ 's3://bucket/data/a': '', 's3://bucket/data/b': '', 's3://bucket/data/c': '' });
    const run = ground.run('echo "$SM_CURRENT_HOST $SM_CURRENT_HOST_RANK" $(ls "$SM_CHANNEL_TRAIN")', {
      instances: 2,
      request: {
        InputDataConfig: [
          {
            ChannelName: 'train',
            DataSource: {
              S3DataSource: {
                S3DataType: 'S3Prefix',
                S3Uri: 's3://bucket/data/',
                S3DataDistributionType: 'ShardedByS3Key',
              },
            },
          },
        ],
      },
    });
    expect(await trained(host, run)).toEqual({ kind: 'completed' });
    expect(await ground.logOf(run, 'algo-1')).toBe('algo-1 0 a c\n');
    expect(await ground.logOf(run, 'algo-2')).toBe('algo-2 1 b\n');
    host.close();
  });
});
