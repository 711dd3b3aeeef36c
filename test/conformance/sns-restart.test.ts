import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { TEST_CREDENTIALS } from '../support/local-aws/endpoint.ts';
import {
  type CompiledEndpoint,
  compileEndpoint,
  type EndpointProcess,
} from '../support/local-aws/endpoint-process.ts';
import { snsReceiver } from './sns-receiver.ts';

const MESSAGES = 40;

let compiled: CompiledEndpoint;
let dataDir: string;
let endpoint: EndpointProcess;
beforeAll(async () => {
  compiled = await compileEndpoint();
});
afterAll(() => compiled.remove());
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-sns-restart-'));
});
afterEach(async () => {
  await endpoint.kill();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

const client = (): SNSClient =>
  new SNSClient({
    region: 'us-east-1',
    endpoint: endpoint.url,
    credentials: TEST_CREDENTIALS,
    maxAttempts: 1,
  });

it('delivers every accepted message, although it is killed while it takes and delivers them', async () => {
  endpoint = await compiled.start(dataDir, {});
  let sns = client();
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'trainings' }));
  const before = await snsReceiver();
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: before.url }));
  const { Token } = await before.next(({ Type }) => Type === 'SubscriptionConfirmation');
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));

  const accepted: string[] = [];
  const publish = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const { MessageId } = await sns.send(new PublishCommand({ TopicArn, Message: `message ${n}` }));
      accepted.push(MessageId ?? '');
    }
  };
  await publish(MESSAGES / 2);
  // From here on the endpoint has nobody to deliver to.
  await before.close();
  const publishing = publish(MESSAGES / 2).catch(() => undefined);
  await vi.waitFor(() => expect(accepted.length).toBeGreaterThan((MESSAGES * 3) / 4), { interval: 1 });
  await endpoint.kill();
  await publishing;

  const after = await snsReceiver(Number(new URL(before.url).port));
  endpoint = await compiled.start(dataDir, {});
  await vi.waitFor(
    () => {
      const arrived = [...before.messages, ...after.messages].map(({ MessageId }) => MessageId);
      expect(arrived).toEqual(expect.arrayContaining(accepted));
    },
    { timeout: 20_000, interval: 50 },
  );
  expect(after.messages.length).toBeGreaterThan(0);
  sns.destroy();
  sns = client();
  await sns.send(new PublishCommand({ TopicArn, Message: 'one more' }));
  await after.next(({ Message }) => Message === 'one more');
  sns.destroy();
  await after.close();
});
