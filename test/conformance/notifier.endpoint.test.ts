import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfirmSubscriptionCommand, CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { vi } from 'vitest';
import { awsClients } from '../../src/aws/clients.ts';
import { snsNotifier } from '../../src/aws/sns-notifier.ts';
import { startTestEndpoint, TEST_CREDENTIALS } from '../support/local-aws/endpoint.ts';
import { describeNotifier } from './notifier.suite.ts';
import { snsReceiver } from './sns-receiver.ts';

const TRIES = 3;

interface Mail {
  readonly topicArn: string;
  readonly messageId: string;
  readonly text: string;
}

/** People are e-mail subscribers, programs are http endpoints. */
describeNotifier('AWS SDK on the local endpoint', async () => {
  const endpoint = await startTestEndpoint();
  const receiver = await snsReceiver();
  const clients = awsClients({
    region: 'us-east-1',
    endpoint: endpoint.aws.url,
    credentials: TEST_CREDENTIALS,
  });
  const sns = clients.sns('us-east-1');
  const mails = async (): Promise<Mail[]> => {
    const text = await readFile(join(endpoint.dataDir, 'sns', 'mailbox.jsonl'), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Mail);
  };
  return {
    notifier: snsNotifier(clients),
    makeTopic: async (name) => {
      const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name }));
      for (const [Protocol, Endpoint] of [
        ['email', 'ana@example.com'],
        ['http', receiver.url],
      ] as const) {
        await sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }));
      }
      const request = await receiver.next(
        (message) => message.Type === 'SubscriptionConfirmation' && message.TopicArn === TopicArn,
      );
      await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: request.Token }));
      return TopicArn ?? '';
    },
    arrivals: async (topicArn, count) =>
      await vi.waitFor(
        async () => {
          const posts = receiver.messages.filter(
            (message) => message.Type === 'Notification' && message.TopicArn === topicArn,
          );
          const texts = (await mails()).filter((mail) => mail.topicArn === topicArn);
          const found = posts.flatMap((post) => {
            const mail = texts.find(({ messageId }) => messageId === post.MessageId);
            return mail === undefined ? [] : [{ post, mail }];
          });
          if (found.length < count) throw new Error(`${found.length} of ${count} have arrived`);
          return found.slice(0, count).map(({ post, mail }) => ({
            subject: post.Subject ?? '',
            text: mail.text,
            json: post.Message,
            attributes: Object.fromEntries(
              Object.entries(post.MessageAttributes ?? {}).map(([name, { Value }]) => [name, Value]),
            ),
          }));
        },
        { timeout: 10_000, interval: 50 },
      ),
    throttle: async () => {
      await endpoint.control('POST', '/faults', { kind: 'throttle', operation: 'Publish', times: TRIES });
    },
    close: async () => {
      clients.destroy();
      await receiver.close();
      await endpoint.close();
    },
  };
});
