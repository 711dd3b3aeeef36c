import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointSync } from '../../../src/local-aws/container/checkpoints.ts';
import {
  instanceDirectory,
  type InstanceDirectory,
  layOut,
} from '../../../src/local-aws/container/layout.ts';
import { S3Folder } from '../../../src/local-aws/container/s3-folder.ts';
import { readTrainingRequest } from '../../../src/local-aws/container/training-request.ts';
import { aTrainingGround, type TrainingGround } from '../../support/a-training-run.ts';

let ground: TrainingGround;
let one: InstanceDirectory;
let two: InstanceDirectory;
beforeEach(async () => {
  ground = await aTrainingGround();
  const run = ground.run('', { instances: 2 });
  const request = readTrainingRequest(run.request);
  one = instanceDirectory(run, request, 'algo-1');
  two = instanceDirectory(run, request, 'algo-2');
  for (const directory of [one, two]) await layOut(directory);
});
afterEach(() => ground.remove());

const aSync = (...directories: readonly InstanceDirectory[]): CheckpointSync =>
  new CheckpointSync(new S3Folder(ground.s3Dir), 's3://bucket/ck', directories);
const at = (directory: InstanceDirectory, name: string): string =>
  join(directory.checkpoints.directory, name);

describe('checkpoints', () => {
  it('in S3 are copied into every instance at the start, those of a neighbour with a longer name are not', async () => {
    await ground.put({ 's3://bucket/ck/a/b': '1', 's3://bucket/ck-2/c': '2' });
    const sync = aSync(one, two);
    await sync.restore();
    await sync.copyOut('everything');
    expect(await ground.keys('bucket')).toEqual(['ck-2/c', 'ck/a/b']);
    await rm(at(one, 'a'), { recursive: true });
    await sync.copyOut('everything');
    expect(await ground.keys('bucket')).toContain('ck/a/b');
    await rm(at(two, 'a'), { recursive: true });
    await sync.copyOut('everything');
    expect(await ground.keys('bucket')).toEqual(['ck-2/c']);
  });

  it('appear in S3 once they have not changed between two looks', async () => {
    const sync = aSync(one);
    await writeFile(at(one, 'a'), 'half');
    await sync.copyOut('settled');
    expect(await ground.keys('bucket')).toEqual([]);
    await writeFile(at(one, 'a'), 'half and more');
    await sync.copyOut('settled');
    expect(await ground.keys('bucket')).toEqual([]);
    await sync.copyOut('settled');
    expect(await ground.get('s3://bucket/ck/a')).toBe('half and more');
  });

  it('at the end are all copied, also those that just changed', async () => {
    const sync = aSync(one);
    await writeFile(at(one, 'a'), '1');
    await sync.copyOut('everything');
    expect(await ground.get('s3://bucket/ck/a')).toBe('1');
  });

  it('are replaced and renamed in S3 as on disk', async () => {
    const sync = aSync(one);
    await writeFile(at(one, 'a'), '1');
    await sync.copyOut('everything');
    await writeFile(at(one, 'a'), '2');
    await sync.copyOut('everything');
    expect(await ground.get('s3://bucket/ck/a')).toBe('2');
    await rename(at(one, 'a'), at(one, 'b'));
    await sync.copyOut('everything');
    expect(await ground.keys('bucket')).toEqual(['ck/b']);
  });

  it('that others put into S3 later are neither copied in nor deleted', async () => {
    const sync = aSync(one);
    await sync.restore();
    await ground.put({ 's3://bucket/ck/foreign': 'x' });
    await sync.copyOut('everything');
    expect(await ground.keys('bucket')).toEqual(['ck/foreign']);
  });

  it('deleted while no endpoint ran are deleted in S3 by the next', async () => {
    const before = aSync(one);
    await writeFile(at(one, 'a'), '1');
    await before.copyOut('everything');
    await rm(at(one, 'a'));
    const after = aSync(one);
    await after.load();
    await after.copyOut('settled');
    expect(await ground.keys('bucket')).toEqual([]);
  });

  it('stay in S3 when the directory itself is gone', async () => {
    const sync = aSync(one);
    await writeFile(at(one, 'a'), '1');
    await sync.copyOut('everything');
    await rm(one.root, { recursive: true });
    await sync.copyOut('everything');
    expect(await ground.keys('bucket')).toEqual(['ck/a']);
  });

  it('that are links are followed inside the instance only', async () => {
    const sync = aSync(one);
    await writeFile(join(ground.directory, 'secret'), 'secret');
    await writeFile(at(one, 'step-2'), '2');
    await symlink('step-2', at(one, 'latest'));
    await symlink('/opt/ml/checkpoints/step-2', at(one, 'absolute'));
    await symlink(join(ground.directory, 'secret'), at(one, 'secret'));
    await symlink('../../../../../../secret', at(one, 'relative-secret'));
    await sync.copyOut('everything');
    expect(await ground.keys('bucket')).toEqual(['ck/absolute', 'ck/latest', 'ck/step-2']);
  });

  it('of any depth and name are kept', async () => {
    const sync = aSync(one);
    await mkdir(at(one, 'a b/ü/.hidden'), { recursive: true });
    await writeFile(at(one, 'a b/ü/.hidden/x'), '1');
    await sync.copyOut('everything');
    expect(await ground.keys('bucket')).toEqual(['ck/a b/ü/.hidden/x']);
  });
});
