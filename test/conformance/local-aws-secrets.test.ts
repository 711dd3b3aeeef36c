import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTrainingJobCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type LocalAws, startLocalAws } from '../../src/local-aws/index.ts';
import { anSdkRequest, TEST_CREDENTIALS } from '../support/local-aws/endpoint.ts';

let parent: string;
let aws: LocalAws;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'trainyard-secrets-'));
});
afterEach(async () => {
  await aws.close({ stopJobs: true });
  await rm(parent, { recursive: true, force: true, maxRetries: 5 });
});

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

/** Starts an endpoint that stores a job with a secret and a message. */
async function keepSecretsIn(dataDir: string): Promise<void> {
  aws = await startLocalAws({ dataDir, config: { images: [{ image: '*', simulate: { seconds: 0 } }] } });
  const connection = { endpoint: aws.url, region: 'us-east-1', credentials: TEST_CREDENTIALS };
  const [sageMaker, sns] = [new SageMakerClient(connection), new SNSClient(connection)];
  await sageMaker.send(new CreateTrainingJobCommand(anSdkRequest('job', { Environment: { TOKEN: 'x' } })));
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'topic' }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'a@example.com' }));
  await sns.send(new PublishCommand({ TopicArn, Message: 'x' }));
  sageMaker.destroy();
  sns.destroy();
  await vi.waitFor(() => stat(join(dataDir, 'sns/mailbox.jsonl')), { timeout: 10_000 });
}

it('a data directory that the endpoint makes is closed to other users, its parents are not', async () => {
  await keepSecretsIn(join(parent, 'below/aws'));
  expect(await modeOf(join(parent, 'below/aws'))).toBe('700');
  await mkdir(join(parent, 'usual'));
  expect(await modeOf(join(parent, 'below'))).toBe(await modeOf(join(parent, 'usual')));
});

it('in a data directory that others may enter, what holds secrets is closed to them all the same', async () => {
  const dataDir = await mkdtemp(join(parent, 'shared-'));
  await keepSecretsIn(dataDir);
  for (const name of ['state', 'jobs', 'sns', 'sns/state'])
    expect([name, await modeOf(join(dataDir, name))]).toEqual([name, '700']);
  const files = ['sns/mailbox.jsonl'];
  for (const folder of ['state', 'sns/state'])
    files.push(...(await readdir(join(dataDir, folder))).map((file) => join(folder, file)));
  expect(files.length).toBeGreaterThanOrEqual(3);
  for (const file of files) expect([file, await modeOf(join(dataDir, file))]).toEqual([file, '600']);
});
