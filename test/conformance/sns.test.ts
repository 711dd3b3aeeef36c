import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  paginateListTopics,
  PublishBatchCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
  TagResourceCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestEndpoint, TEST_CREDENTIALS, type TestEndpoint } from '../support/local-aws/endpoint.ts';
import { type SnsReceiver, snsReceiver } from './sns-receiver.ts';

const OBJECT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let endpoint: TestEndpoint;
let sns: SNSClient;
beforeAll(async () => {
  endpoint = await startTestEndpoint();
  sns = new SNSClient({ region: 'us-east-1', endpoint: endpoint.aws.url, credentials: TEST_CREDENTIALS });
});
afterAll(async () => {
  sns.destroy();
  await endpoint.close();
});

let made = 0;
async function freshTopic(): Promise<string> {
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `topic-${++made}` }));
  if (TopicArn === undefined) throw new Error('CreateTopic gave no ARN');
  return TopicArn;
}

describe('the JavaScript SDK', () => {
  it('reads topics, their attributes and their pages', async () => {
    const arn = await freshTopic();
    const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn: arn }));
    expect(Attributes).toMatchObject({ TopicArn: arn, Owner: '111122223333', SubscriptionsConfirmed: '0' });
    await Promise.all(Array.from({ length: 120 }, freshTopic));
    const found: (string | undefined)[] = [];
    for await (const page of paginateListTopics({ client: sns }, {})) {
      found.push(...(page.Topics ?? []).map(({ TopicArn }) => TopicArn));
    }
    expect(found).toContain(arn);
    expect(new Set(found).size).toBe(found.length);
    expect(found.length).toBeGreaterThan(120);
  });

  it('sees errors as the exceptions of its model', async () => {
    const arn = await freshTopic();
    const error = async (call: Promise<unknown>): Promise<unknown> => call.catch((caught: unknown) => caught);
    expect(
      await error(sns.send(new PublishCommand({ TopicArn: `${arn}-else`, Message: 'x' }))),
    ).toMatchObject({
      name: 'NotFoundException',
      message: 'Topic does not exist',
      $metadata: { httpStatusCode: 404 },
    });
    expect(await error(sns.send(new PublishCommand({ TopicArn: arn, Message: '' })))).toMatchObject({
      name: 'InvalidParameterException',
      message: 'Invalid parameter: Empty message',
    });
    const attribute = { DataType: 'String', StringValue: '' };
    const publish = new PublishCommand({ TopicArn: arn, Message: 'x', MessageAttributes: { a: attribute } });
    expect(await error(sns.send(publish))).toMatchObject({ name: 'InvalidParameterValueException' });
    const entries = Array.from({ length: 11 }, (_, index) => ({ Id: String(index), Message: 'x' }));
    const batch = new PublishBatchCommand({ TopicArn: arn, PublishBatchRequestEntries: entries });
    expect(await error(sns.send(batch))).toMatchObject({ name: 'TooManyEntriesInBatchRequestException' });
    const tag = new TagResourceCommand({ ResourceArn: `${arn}-else`, Tags: [{ Key: 'k', Value: 'v' }] });
    expect(await error(sns.send(tag))).toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('reads the results of a batch', async () => {
    const entries = ['a', 'b'].map((Id) => ({ Id, Message: `message ${Id}` }));
    const answer = await sns.send(
      new PublishBatchCommand({ TopicArn: await freshTopic(), PublishBatchRequestEntries: entries }),
    );
    expect(answer.Failed).toEqual([]);
    expect(answer.Successful).toEqual(
      ['a', 'b'].map((Id) => ({ Id, MessageId: expect.stringMatching(OBJECT_ID) as string })),
    );
  });
});

describe('an http endpoint', () => {
  let receiver: SnsReceiver;
  let topic: string;
  beforeEach(async () => {
    receiver = await snsReceiver();
    topic = await freshTopic();
    return () => receiver.close();
  });

  const subscribe = async (Attributes: Record<string, string> = {}): Promise<string> => {
    const { SubscriptionArn } = await sns.send(
      new SubscribeCommand({
        TopicArn: topic,
        Protocol: 'http',
        Endpoint: receiver.url,
        ReturnSubscriptionArn: true,
        Attributes,
      }),
    );
    const { Token } = await receiver.next(({ Type }) => Type === 'SubscriptionConfirmation');
    await sns.send(new ConfirmSubscriptionCommand({ TopicArn: topic, Token }));
    return SubscriptionArn ?? '';
  };
  const publish = async (Message: string, more: Partial<PublishCommand['input']> = {}): Promise<string> => {
    const { MessageId } = await sns.send(new PublishCommand({ TopicArn: topic, Message, ...more }));
    return MessageId ?? '';
  };

  it('is asked to confirm first, and gets nothing until it does', async () => {
    const answer = await sns.send(
      new SubscribeCommand({ TopicArn: topic, Protocol: 'http', Endpoint: receiver.url }),
    );
    expect(answer.SubscriptionArn).toBe('pending confirmation');
    const request = await receiver.next(({ Type }) => Type === 'SubscriptionConfirmation');
    expect(request).toMatchObject({
      TopicArn: topic,
      Message: `You have chosen to subscribe to the topic ${topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
      SubscribeURL: `${endpoint.aws.url}/?Action=ConfirmSubscription&Version=2010-03-31&TopicArn=${topic}&Token=${request.Token ?? ''}`,
      SignatureVersion: '1',
    });
    expect(receiver.deliveries[0]?.headers).toMatchObject({
      'x-amz-sns-message-type': 'SubscriptionConfirmation',
      'x-amz-sns-message-id': request.MessageId,
      'x-amz-sns-topic-arn': topic,
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
    });
    await publish('too early');
    const confirmed = await sns.send(
      new ConfirmSubscriptionCommand({ TopicArn: topic, Token: request.Token }),
    );
    expect(confirmed.SubscriptionArn).toMatch(new RegExp(`^${topic}:`));
    await publish('in time');
    await receiver.next(({ Message }) => Message === 'in time');
    expect(receiver.messages.map(({ Message }) => Message)).not.toContain('too early');
  });

  it('confirms by visiting the link, and leaves by visiting the other', async () => {
    await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'http', Endpoint: receiver.url }));
    const request = await receiver.next(({ Type }) => Type === 'SubscriptionConfirmation');
    const answer = await fetch(request.SubscribeURL ?? '');
    expect(await answer.text()).toContain('<ConfirmSubscriptionResult><SubscriptionArn>');
    await publish('hello');
    const notification = await receiver.next(({ Message }) => Message === 'hello');
    expect((await fetch(notification.UnsubscribeURL ?? '')).status).toBe(200);
    const list = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }));
    expect(list.Subscriptions).toEqual([]);
  });

  it('gets notifications as JSON documents', async () => {
    const subscriptionArn = await subscribe();
    const id = await publish('Größe\n"quoted"', {
      Subject: 'News',
      MessageAttributes: {
        status: { DataType: 'String', StringValue: 'FAILED' },
        cost: { DataType: 'Number', StringValue: '1.5' },
        raw: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 1, 2) },
      },
    });
    const notification = await receiver.next(({ Type }) => Type === 'Notification');
    expect(notification).toEqual({
      Type: 'Notification',
      MessageId: id,
      TopicArn: topic,
      Subject: 'News',
      Message: 'Größe\n"quoted"',
      Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      SignatureVersion: '1',
      Signature: expect.any(String) as string,
      SigningCertURL: expect.any(String) as string,
      UnsubscribeURL: `${endpoint.aws.url}/?Action=Unsubscribe&Version=2010-03-31&SubscriptionArn=${subscriptionArn}`,
      MessageAttributes: {
        status: { Type: 'String', Value: 'FAILED' },
        cost: { Type: 'Number', Value: '1.5' },
        raw: { Type: 'Binary', Value: 'AAEC' },
      },
    });
    expect(receiver.deliveries.at(-1)?.headers).toMatchObject({
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': id,
      'x-amz-sns-subscription-arn': subscriptionArn,
    });
  });

  it('gets the bare message where it wants that', async () => {
    await subscribe({ RawMessageDelivery: 'true' });
    await publish('{"default":"for all","http":"bare"}', { MessageStructure: 'json' });
    await vi.waitFor(() => {
      expect(receiver.deliveries.at(-1)).toMatchObject({
        body: 'bare',
        headers: { 'x-amz-sns-rawdelivery': 'true' },
      });
    });
  });

  it('gets what its filter policy lets through', async () => {
    const subscriptionArn = await subscribe({ FilterPolicy: '{"status":[{"prefix":"FAIL"}]}' });
    const status = (StringValue: string): Partial<PublishCommand['input']> => ({
      MessageAttributes: { status: { DataType: 'String', StringValue } },
    });
    await publish('one', status('SUCCEEDED'));
    await publish('two', status('FAILED'));
    await receiver.next(({ Message }) => Message === 'two');
    await sns.send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn: subscriptionArn,
        AttributeName: 'FilterPolicy',
        AttributeValue: '{"status":[{"anything-but":"FAILED"}]}',
      }),
    );
    const { Attributes } = await sns.send(
      new GetSubscriptionAttributesCommand({ SubscriptionArn: subscriptionArn }),
    );
    expect(Attributes).toMatchObject({
      FilterPolicyScope: 'MessageAttributes',
      PendingConfirmation: 'false',
    });
    await publish('three', status('FAILED'));
    await publish('four', status('SUCCEEDED'));
    await receiver.next(({ Message }) => Message === 'four');
    const got = receiver.messages.filter(({ Type }) => Type === 'Notification').map(({ Message }) => Message);
    expect(got).toEqual(['two', 'four']);
  });

  it('is tried again when it fails, with the same message', async () => {
    await subscribe();
    receiver.answerWith(503);
    const id = await publish('again');
    await vi.waitFor(
      () => expect(receiver.messages.filter(({ MessageId }) => MessageId === id)).toHaveLength(2),
      { timeout: 10_000 },
    );
  });

  it('is not tried again when it refuses', async () => {
    await subscribe();
    receiver.answerWith(403);
    const refused = await publish('refused');
    await vi.waitFor(() => expect(endpoint.logged.join('\n')).toContain(`gave up message ${refused}`), {
      timeout: 10_000,
    });
    expect(receiver.messages.filter(({ MessageId }) => MessageId === refused)).toHaveLength(1);
  });

  it('holds up nobody else while it does not answer', async () => {
    await subscribe();
    const other = await snsReceiver();
    await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'http', Endpoint: other.url }));
    const { Token } = await other.next(({ Type }) => Type === 'SubscriptionConfirmation');
    await sns.send(new ConfirmSubscriptionCommand({ TopicArn: topic, Token }));
    receiver.fallSilent();
    const ids = await Promise.all(Array.from({ length: 100 }, (_, index) => publish(`message ${index}`)));
    await vi.waitFor(
      () => expect(other.messages.map(({ MessageId }) => MessageId)).toEqual(expect.arrayContaining(ids)),
      {
        timeout: 10_000,
      },
    );
    await other.close();
  });

  it('is told when it was unsubscribed, and can come back', async () => {
    const subscriptionArn = await subscribe();
    await sns.send(new UnsubscribeCommand({ SubscriptionArn: subscriptionArn }));
    const farewell = await receiver.next(({ Type }) => Type === 'UnsubscribeConfirmation');
    expect(farewell.Message).toContain(`You have chosen to deactivate subscription ${subscriptionArn}.`);
    await publish('unheard');
    const back = await sns.send(new ConfirmSubscriptionCommand({ TopicArn: topic, Token: farewell.Token }));
    expect(back.SubscriptionArn).toBe(subscriptionArn);
    await publish('heard');
    await receiver.next(({ Message }) => Message === 'heard');
    expect(receiver.messages.map(({ Message }) => Message)).not.toContain('unheard');
  });
});
