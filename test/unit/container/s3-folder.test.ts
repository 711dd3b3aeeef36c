import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinKey, parseS3Uri, S3Folder } from '../../../src/local-aws/container/s3-folder.ts';
import { ClientError } from '../../../src/local-aws/container/training-request.ts';
import { aTrainingGround, type TrainingGround } from '../../support/a-training-run.ts';

let ground: TrainingGround;
let s3: S3Folder;
beforeEach(async () => {
  ground = await aTrainingGround();
  s3 = new S3Folder(ground.s3Dir);
});
afterEach(() => ground.remove());

describe('an S3 location', () => {
  it.each([
    ['s3://bucket/a/b.csv', { bucket: 'bucket', key: 'a/b.csv' }],
    ['s3://bucket/a/', { bucket: 'bucket', key: 'a/' }],
    ['s3://bucket', { bucket: 'bucket', key: '' }],
    ['s3://bucket/', { bucket: 'bucket', key: '' }],
    ['s3://my.bucket-1/a b/ü', { bucket: 'my.bucket-1', key: 'a b/ü' }],
    ['https://s3.us-east-1.amazonaws.com/bucket/a', { bucket: 'bucket', key: 'a' }],
    ['https://bucket.s3.us-east-1.amazonaws.com/a', { bucket: 'bucket', key: 'a' }],
  ])('is read: %s', (uri, place) => {
    expect(parseS3Uri(uri)).toEqual(place);
  });

  it.each([
    's3://bucket/../secret',
    's3://bucket/a/../../secret',
    's3://../etc/passwd',
    's3://./a',
    's3://.staging/x',
    's3:///etc/passwd',
    's3://bucket/a\0b',
    'file:///etc/passwd',
    'https://example.com/bucket/a',
    '',
  ])('is refused: %j', (uri) => {
    expect(() => parseS3Uri(uri)).toThrow(ClientError);
  });

  it('is joined without doubled slashes', () => {
    expect(joinKey('a/', '/b/', '', 'c')).toBe('a/b/c');
  });
});

describe('listing', () => {
  beforeEach(() =>
    ground.put({
      's3://bucket/train/b.csv': '',
      's3://bucket/train/a/c.csv': '',
      's3://bucket/train.csv': '',
      's3://bucket/training-2/d.csv': '',
      's3://bucket/test/e.csv': '',
      's3://other/train/f.csv': '',
    }),
  );

  it.each([
    ['train', ['train.csv', 'train/a/c.csv', 'train/b.csv', 'training-2/d.csv']],
    ['train/', ['train/a/c.csv', 'train/b.csv']],
    ['train/a', ['train/a/c.csv']],
    ['train/b.csv', ['train/b.csv']],
    ['te', ['test/e.csv']],
    ['nothing', []],
    ['train/nothing/deeper', []],
  ])('of prefix "%s" gives every key that begins with it, in key order', async (prefix, keys) => {
    expect((await s3.list('bucket', prefix)).map(({ key }) => key)).toEqual(keys);
    expect(await s3.hasAny('bucket', prefix)).toBe(keys.length > 0);
  });

  it('of the empty prefix gives the whole bucket', async () => {
    expect(await s3.list('bucket', '')).toHaveLength(5);
  });

  it('of a bucket that does not exist is empty', async () => {
    expect(await s3.list('nobucket', '')).toEqual([]);
  });

  it('follows links inside the folder and none that lead out of it', async () => {
    const outside = join(ground.directory, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    const folder = join(ground.s3Dir, 'bucket/links');
    await mkdir(folder);
    await symlink(join(outside, 'secret'), join(folder, 'file'));
    await symlink(outside, join(folder, 'directory'));
    await symlink('../../../outside/secret', join(folder, 'relative'));
    await symlink('../test/e.csv', join(folder, 'fine'));
    expect((await s3.list('bucket', 'links/')).map(({ key }) => key)).toEqual(['links/fine']);
    expect(await s3.get('bucket', 'links/file')).toBeUndefined();
    expect(await s3.get('bucket', 'links/directory/secret')).toBeUndefined();
  });
});

describe('writing', () => {
  it('makes an object and leaves no temporary file', async () => {
    const source = join(ground.directory, 'source');
    await writeFile(source, 'content');
    expect(await s3.put('bucket', 'a/b', source)).toBe(true);
    expect(await ground.get('s3://bucket/a/b')).toBe('content');
    expect(await readdir(join(ground.s3Dir, '.staging'))).toEqual([]);
  });

  it('keeps the old object when the source turns out to have changed', async () => {
    await ground.put({ 's3://bucket/a': 'old' });
    const source = join(ground.directory, 'source');
    await writeFile(source, 'half');
    expect(await s3.put('bucket', 'a', source, () => Promise.resolve(true))).toBe(false);
    expect(await ground.get('s3://bucket/a')).toBe('old');
    expect(await readdir(join(ground.s3Dir, '.staging'))).toEqual([]);
  });

  it('refuses keys and links that lead out of the folder', async () => {
    const source = join(ground.directory, 'source');
    await writeFile(source, '');
    await mkdir(join(ground.directory, 'outside'));
    await mkdir(join(ground.s3Dir, 'bucket'));
    await symlink(join(ground.directory, 'outside'), join(ground.s3Dir, 'bucket/link'));
    await expect(s3.put('bucket', '../up', source)).rejects.toThrow(ClientError);
    await expect(s3.put('bucket', 'link/file', source)).rejects.toThrow(ClientError);
    expect(await readdir(join(ground.directory, 'outside'))).toEqual([]);
  });

  it('deletes an object with the folders that it empties', async () => {
    await ground.put({ 's3://bucket/a/b/c': '', 's3://bucket/a/d': '' });
    await s3.delete('bucket', 'a/b/c');
    await s3.delete('bucket', 'a/b/never');
    expect(await readdir(join(ground.s3Dir, 'bucket/a'))).toEqual(['d']);
  });

  it('does not delete through a link that leads out of the folder', async () => {
    const outside = join(ground.directory, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'kept'), '');
    await mkdir(join(ground.s3Dir, 'bucket'));
    await symlink(outside, join(ground.s3Dir, 'bucket/link'));
    await s3.delete('bucket', 'link/kept');
    expect(await readdir(outside)).toEqual(['kept']);
  });
});
