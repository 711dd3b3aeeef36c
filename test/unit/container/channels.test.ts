import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadChannels } from '../../../src/local-aws/container/channels.ts';
import { S3Folder } from '../../../src/local-aws/container/s3-folder.ts';
import { readTrainingRequest } from '../../../src/local-aws/container/training-request.ts';
import { aTrainingGround, type RunOptions, type TrainingGround } from '../../support/a-training-run.ts';

let ground: TrainingGround;
beforeEach(async () => {
  ground = await aTrainingGround();
});
afterEach(() => ground.remove());

/** Downloads the channels and tells, per instance, what lies in its data directory. */
async function downloaded(
  InputDataConfig: unknown,
  options: RunOptions = {},
): Promise<Readonly<Record<string, readonly string[]>>> {
  const run = ground.run('', { ...options, request: { ...options.request, InputDataConfig } });
  const dataDir = (host: string): string => join(ground.directory, 'data', host);
  await downloadChannels(readTrainingRequest(run.request), run, new S3Folder(ground.s3Dir), dataDir);
  const found = run.instances.map(async ({ host }) => {
    const entries = await readdir(dataDir(host), { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return [host, files.map((file) => file.slice(dataDir(host).length + 1)).sort()] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

const channel = (
  S3Uri: string,
  source: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({
  ChannelName: 'train',
  DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri, ...source } },
});

describe('S3Prefix', () => {
  beforeEach(() =>
    ground.put({
      's3://bucket/data/a.csv': 'a',
      's3://bucket/data/sub/b.csv': 'b',
      's3://bucket/data-2/c.csv': 'c',
    }),
  );

  it.each([
    [
      'a folder gives its files with their structure',
      's3://bucket/data/',
      ['train/a.csv', 'train/sub/b.csv'],
    ],
    [
      'a prefix without a slash gives everything that begins with it',
      's3://bucket/data',
      ['train/a.csv', 'train/data-2/c.csv', 'train/sub/b.csv'],
    ],
    ['one object keeps its name', 's3://bucket/data/a.csv', ['train/a.csv']],
    ['part of a name gives what begins with it', 's3://bucket/data/su', ['train/sub/b.csv']],
    [
      'a bucket gives everything in it',
      's3://bucket',
      ['train/data-2/c.csv', 'train/data/a.csv', 'train/data/sub/b.csv'],
    ],
  ])('%s', async (_, uri, files) => {
    expect(await downloaded([channel(uri)])).toEqual({ 'algo-1': files });
  });

  it('copies the content', async () => {
    await downloaded([channel('s3://bucket/data/')]);
    expect(await readFile(join(ground.directory, 'data/algo-1/train/sub/b.csv'), 'utf8')).toBe('b');
  });

  it('without objects fails in the words of S3', async () => {
    await expect(downloaded([channel('s3://bucket/none/')])).rejects.toThrow(
      'Data download failed:No S3 objects found under S3 URL "s3://bucket/none/" given in input data source.',
    );
  });

  it('never copies what a link outside the S3 folder leads to', async () => {
    await writeFile(join(ground.directory, 'secret'), 'secret');
    await symlink(join(ground.directory, 'secret'), join(ground.s3Dir, 'bucket/data/link'));
    expect(await downloaded([channel('s3://bucket/data/')])).toEqual({
      'algo-1': ['train/a.csv', 'train/sub/b.csv'],
    });
  });
});

describe('distribution', () => {
  const objects = Object.fromEntries(
    Array.from({ length: 7 }, (_, index) => [`s3://bucket/data/part-${index}`, '']),
  );

  it('FullyReplicated gives every instance everything', async () => {
    await ground.put(objects);
    const shares = await downloaded(
      [channel('s3://bucket/data/', { S3DataDistributionType: 'FullyReplicated' })],
      {
        instances: 2,
      },
    );
    expect(shares['algo-1']).toHaveLength(7);
    expect(shares['algo-2']).toEqual(shares['algo-1']);
  });

  it.each([1, 2, 3, 7])(
    'ShardedByS3Key gives %d instances each an equal part and no object twice',
    async (instances) => {
      await ground.put(objects);
      const shares = Object.values(
        await downloaded([channel('s3://bucket/data/', { S3DataDistributionType: 'ShardedByS3Key' })], {
          instances,
        }),
      );
      const sizes = shares.map((files) => files.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(shares.flat().sort()).toEqual(Array.from({ length: 7 }, (_, index) => `train/part-${index}`));
    },
  );

  it('is among the instance groups that a channel names', async () => {
    await ground.put(objects);
    const shares = await downloaded(
      [
        channel('s3://bucket/data/', {
          S3DataDistributionType: 'ShardedByS3Key',
          InstanceGroupNames: ['cpu'],
        }),
      ],
      {
        instances: [
          { host: 'algo-1', instanceType: 'ml.g5.xlarge', instanceGroupName: 'gpu' },
          { host: 'algo-2', instanceType: 'ml.c5.xlarge', instanceGroupName: 'cpu' },
          { host: 'algo-3', instanceType: 'ml.c5.xlarge', instanceGroupName: 'cpu' },
        ],
      },
    );
    expect(Object.values(shares).map((files) => files.length)).toEqual([0, 4, 3]);
  });
});

describe('ManifestFile', () => {
  const manifest = (content: unknown): Promise<void> =>
    ground.put({
      's3://bucket/manifest': typeof content === 'string' ? content : JSON.stringify(content),
      's3://bucket/data/a.csv': 'a',
      's3://bucket/data/sub/b.csv': 'b',
    });
  const viaManifest = [channel('s3://bucket/manifest', { S3DataType: 'ManifestFile' })];

  it('gives the objects that it names below its prefix', async () => {
    await manifest([{ prefix: 's3://bucket/data/' }, 'sub/b.csv']);
    expect(await downloaded(viaManifest)).toEqual({ 'algo-1': ['train/sub/b.csv'] });
  });

  it.each([
    [
      'an object is missing',
      [{ prefix: 's3://bucket/data/' }, 'none'],
      'Unable to download object s3://bucket/data/none (NoSuchKey',
    ],
    ['it is no JSON', '{', 'is not a JSON array'],
    ['it has no prefix', ['a.csv'], 'before any prefix'],
    [
      'a name leads out of the bucket',
      [{ prefix: 's3://bucket/data/' }, '../../../secret'],
      'cannot be a file here',
    ],
    ['its prefix leads out of S3', [{ prefix: 's3://bucket/../../' }, 'secret'], 'cannot be a file here'],
  ])('fails when %s', async (_, content, text) => {
    await manifest(content);
    await mkdir(join(ground.directory, 'data'), { recursive: true });
    await expect(downloaded(viaManifest)).rejects.toThrow(text);
  });
});

it.each([
  ['Pipe mode', { ...channel('s3://bucket/a'), InputMode: 'Pipe' }, 'Pipe mode is not available'],
  [
    'augmented manifests',
    channel('s3://bucket/a', { S3DataType: 'AugmentedManifestFile' }),
    'AugmentedManifestFile',
  ],
  [
    'file systems',
    { ChannelName: 'train', DataSource: { FileSystemDataSource: { FileSystemId: 'fs-1' } } },
    'has no S3DataSource',
  ],
])('%s are refused with what is possible instead', async (_, config, text) => {
  await ground.put({ 's3://bucket/a': '' });
  await expect(downloaded([config])).rejects.toThrow(text);
});

it('FastFile is read as File', async () => {
  await ground.put({ 's3://bucket/a': '' });
  expect(await downloaded([{ ...channel('s3://bucket/a'), InputMode: 'FastFile' }])).toEqual({
    'algo-1': ['train/a'],
  });
});
