import { realpath } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkS3Inputs } from '../../../src/local-aws/sagemaker/s3-input.ts';
import { aTrainingGround, type TrainingGround } from '../../support/a-training-run.ts';
import { aTrainingRequest } from '../../support/local-aws/a-training-request.ts';

vi.mock('node:fs/promises', { spy: true });

let ground: TrainingGround;
beforeEach(async () => {
  ground = await aTrainingGround();
});
afterEach(() => ground.remove());

const check = (S3Uri: string): Promise<void> =>
  checkS3Inputs(
    aTrainingRequest({
      InputDataConfig: [
        { ChannelName: 'train', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri } } },
      ],
    }),
    ground.s3Dir,
    'us-east-1',
  );

describe('the check of an S3 input', () => {
  it('looks at no more of a large prefix than it takes to find one object', async () => {
    const objects = Array.from({ length: 200 }, (_, i) => [`s3://bucket/train/${i % 10}/${i}.csv`, '']);
    await ground.put(Object.fromEntries(objects) as Record<string, string>);
    vi.mocked(realpath).mockClear();
    await check('s3://bucket/train/');
    expect(vi.mocked(realpath).mock.calls.length).toBeLessThan(10);
  });

  it('goes on past folders without objects', async () => {
    await ground.put({ 's3://bucket/other/x': '', 's3://bucket/train-2/deep/er/x': '' });
    await expect(check('s3://bucket/train')).resolves.toBeUndefined();
    await expect(check('s3://bucket/train/')).rejects.toThrow('No S3 objects found');
  });
});
