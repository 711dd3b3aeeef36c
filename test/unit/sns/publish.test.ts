import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Mail } from '../../../src/local-aws/sns/mailbox.ts';
import { type Attribute, attributeParams, mapParams, type Params, SnsCaller, TOPIC } from './sns-caller.ts';

const LIMIT = 262_144;

describe('publishing', () => {
  let sns: SnsCaller;
  beforeEach(async () => {
    sns = await SnsCaller.open();
    await sns.withMailTopic();
  });
  afterEach(async () => {
    await sns.close();
  });

  const arrived = (count: number): Promise<readonly Mail[]> =>
    vi.waitFor(async () => {
      const mails = await sns.mails();
      if (mails.length < count) throw new Error(`${mails.length} of ${count} have arrived`);
      return mails;
    });

  it('delivers to the mailbox, with everything that an e-mail would have', async () => {
    const answer = await sns.do('Publish', { TopicArn: TOPIC, Message: 'hello & <bye>\n', Subject: 'News' });
    const [mail] = await arrived(1);
    expect(mail).toEqual({
      at: '2026-11-20T00:00:00.000Z',
      to: 'ana@example.com',
      subject: 'News',
      text: 'hello & <bye>\n',
      messageId: answer.all('MessageId')[0],
      topicArn: TOPIC,
      subscriptionArn: expect.stringMatching(`^${TOPIC}:`) as string,
      unsubscribeUrl: expect.stringContaining(
        '?Action=Unsubscribe&Version=2010-03-31&SubscriptionArn=',
      ) as string,
    });
  });

  it('gives each protocol its own text of a structured message', async () => {
    await sns.do('Subscribe', { TopicArn: TOPIC, Protocol: 'email-json', Endpoint: 'bot@example.com' });
    const Message = JSON.stringify({ default: 'for all', email: 'for people', sqs: 7 });
    await sns.do('Publish', { TopicArn: TOPIC, Message, MessageStructure: 'json' });
    const mails = await arrived(2);
    expect(mails.find(({ to }) => to === 'ana@example.com')?.text).toBe('for people');
    const document: unknown = JSON.parse(mails.find(({ to }) => to === 'bot@example.com')?.text ?? '');
    expect(document).toMatchObject({ Type: 'Notification', TopicArn: TOPIC, Message: 'for all' });
  });

  it('shows attributes to whoever gets JSON', async () => {
    await sns.do('Subscribe', { TopicArn: TOPIC, Protocol: 'email-json', Endpoint: 'bot@example.com' });
    const attributes = attributeParams({
      status: { type: 'String', text: 'FAILED' },
      cost: { type: 'Number', text: '1.5' },
      raw: { type: 'Binary', binary: 'AAEC' },
    });
    await sns.do('Publish', { TopicArn: TOPIC, Message: 'x', ...attributes });
    const mails = await arrived(2);
    const document: unknown = JSON.parse(mails.find(({ to }) => to === 'bot@example.com')?.text ?? '');
    expect(document).toMatchObject({
      MessageAttributes: {
        status: { Type: 'String', Value: 'FAILED' },
        cost: { Type: 'Number', Value: '1.5' },
        raw: { Type: 'Binary', Value: 'AAEC' },
      },
    });
  });

  it('takes TargetArn for TopicArn', async () => {
    await sns.do('Publish', { TargetArn: TOPIC, Message: 'by target' });
    expect((await arrived(1))[0]?.text).toBe('by target');
  });

  it('lets a filter policy decide', async () => {
    const subscription = await sns.do('Subscribe', {
      TopicArn: TOPIC,
      Protocol: 'email',
      Endpoint: 'failures@example.com',
      ...mapParams('Attributes', { FilterPolicy: '{"status":["FAILED"]}' }),
    });
    const SubscriptionArn = subscription.all('SubscriptionArn')[0] ?? '';
    const publish = (Message: string, status: string): Promise<unknown> =>
      sns.do('Publish', {
        TopicArn: TOPIC,
        Message,
        ...attributeParams({ status: { type: 'String', text: status } }),
      });
    await publish('one', 'SUCCEEDED');
    await publish('two', 'FAILED');
    await sns.do('SetSubscriptionAttributes', {
      SubscriptionArn,
      AttributeName: 'FilterPolicyScope',
      AttributeValue: 'MessageBody',
    });
    await publish('{"status":"FAILED"}', 'SUCCEEDED');
    await publish('{"status":"SUCCEEDED"}', 'FAILED');
    await sns.do('SetSubscriptionAttributes', {
      SubscriptionArn,
      AttributeName: 'FilterPolicy',
      AttributeValue: '',
    });
    await publish('last', 'SUCCEEDED');
    const mails = await arrived(5 + 3);
    expect(mails.filter(({ to }) => to === 'failures@example.com').map(({ text }) => text)).toEqual([
      'two',
      '{"status":"FAILED"}',
      'last',
    ]);
  });

  it('works on a topic that nobody subscribed to', async () => {
    await sns.do('CreateTopic', { Name: 'silent' });
    const answer = await sns.do('Publish', { TopicArn: TOPIC.replace('trainings', 'silent'), Message: 'x' });
    expect(answer.all('MessageId')[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('takes messages up to the limit, attributes included', async () => {
    const attributes = attributeParams({ attr1: { type: 'Number', text: '1' } });
    const room = LIMIT - 'attr1Number1'.length;
    expect(
      (await sns.ask('Publish', { TopicArn: TOPIC, Message: 'a'.repeat(room), ...attributes })).status,
    ).toBe(200);
    const answer = await sns.ask('Publish', {
      TopicArn: TOPIC,
      Message: 'a'.repeat(room + 1),
      ...attributes,
    });
    expect(answer.error).toBe('InvalidParameter: Invalid parameter: Message too long');
  });

  it('counts bytes, not characters, and heeds the limit of the topic', async () => {
    await sns.do('SetTopicAttributes', {
      TopicArn: TOPIC,
      AttributeName: 'MaximumMessageSize',
      AttributeValue: '1024',
    });
    expect((await sns.ask('Publish', { TopicArn: TOPIC, Message: 'ß'.repeat(512) })).status).toBe(200);
    expect((await sns.ask('Publish', { TopicArn: TOPIC, Message: 'ß'.repeat(513) })).status).toBe(400);
  });

  const goodSubjects = ['x'.repeat(100), '(note) 1 < 2', 'Größe 訓練', '!'];
  it.each(goodSubjects)('takes the subject %s', async (Subject) => {
    expect((await sns.ask('Publish', { TopicArn: TOPIC, Message: 'x', Subject })).status).toBe(200);
  });

  const badSubjects = [
    '',
    'x'.repeat(101),
    ' leading space',
    'two\nlines',
    'bell\u0007',
    'line\u2028separator',
  ];
  it.each(badSubjects)('refuses the subject %j', async (Subject) => {
    const answer = await sns.ask('Publish', { TopicArn: TOPIC, Message: 'x', Subject });
    expect(answer.error).toBe('InvalidParameter: Invalid parameter: Subject');
  });

  const refused: Record<string, { params: Params; want: string; status?: number }> = {
    'without a message': {
      params: { TopicArn: TOPIC },
      want: "ValidationError: 1 validation error detected: Value null at 'message' failed to satisfy constraint: Member must not be null",
    },
    'an empty message': {
      params: { TopicArn: TOPIC, Message: '' },
      want: 'InvalidParameter: Invalid parameter: Empty message',
    },
    'without a topic': {
      params: { Message: 'x' },
      want: 'InvalidParameter: Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter',
    },
    'to an unknown topic': {
      params: { TopicArn: `${TOPIC}-else`, Message: 'x' },
      want: 'NotFound: Topic does not exist',
      status: 404,
    },
    'to what is no ARN': {
      params: { TopicArn: 'randomstring', Message: 'x' },
      want: 'InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1',
    },
    'to another region': {
      params: { TopicArn: TOPIC.replace('us-east-1', 'eu-west-1'), Message: 'x' },
      want: 'InvalidParameter: Invalid parameter: TopicArn',
    },
    'to a telephone': {
      params: { PhoneNumber: '+15551234567', Message: 'x' },
      want: 'InvalidParameter: Invalid parameter: PhoneNumber Reason: the local AWS endpoint sends no SMS',
    },
    'a structured message that is no JSON': {
      params: { TopicArn: TOPIC, Message: 'random JSON', MessageStructure: 'json' },
      want: 'InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse',
    },
    'a structured message without default': {
      params: { TopicArn: TOPIC, Message: '{"sqs":"x"}', MessageStructure: 'json' },
      want: 'InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body',
    },
    'a structured message whose default is no text': {
      params: { TopicArn: TOPIC, Message: '{"default":{"object":"x"}}', MessageStructure: 'json' },
      want: 'InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body',
    },
    'a structured message that is null': {
      params: { TopicArn: TOPIC, Message: 'null', MessageStructure: 'json' },
      want: 'InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body',
    },
    'a deduplication id on a standard topic': {
      params: { TopicArn: TOPIC, Message: 'x', MessageDeduplicationId: 'd' },
      want: 'InvalidParameter: Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    },
  };
  for (const [name, { params, want, status = 400 }] of Object.entries(refused)) {
    it(`refuses ${name}`, async () => {
      const answer = await sns.ask('Publish', params);
      expect([answer.status, answer.error]).toEqual([status, want]);
    });
  }

  const badAttributes: Record<string, { attributes: Record<string, Attribute>; want: string }> = {
    'without a type': {
      attributes: { attr1: { text: 'x' } },
      want: "ValidationError: 1 validation error detected: Value null at 'PATHmessageAttributes.attr1.member.dataType' failed to satisfy constraint: Member must not be null",
    },
    'of an unknown type': {
      attributes: { attr1: { type: 'Text', text: 'x' } },
      want: "ParameterValueInvalid: The message attribute 'attr1' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
    },
    'without a text': {
      attributes: { attr1: { type: 'String' } },
      want: "ParameterValueInvalid: The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'String'.",
    },
    'with an empty text': {
      attributes: { attr1: { type: 'String', text: '' } },
      want: "ParameterValueInvalid: The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'String'.",
    },
    'that are binary in the field of texts': {
      attributes: { attr1: { type: 'Binary', text: 'x' } },
      want: "ParameterValueInvalid: The message attribute 'attr1' with type 'Binary' must use field 'Binary'.",
    },
    'that are numbers in the field of bytes': {
      attributes: { attr1: { type: 'Number', binary: 'AAEC' } },
      want: "ParameterValueInvalid: The message attribute 'attr1' with type 'Number' must use field 'String'.",
    },
    'that are no numbers': {
      attributes: { attr1: { type: 'Number', text: 'many' } },
      want: "ParameterValueInvalid: Could not cast message attribute 'attr1' value to number.",
    },
    'with an odd character in the name': {
      attributes: { 'a^*?': { type: 'String', text: 'x' } },
      want: "ParameterValueInvalid: Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
    },
    'with a dot before the name': {
      attributes: { '.abc': { type: 'String', text: 'x' } },
      want: "ParameterValueInvalid: Invalid message attribute name starting with character '.' was found.",
    },
    'with a dot after the name': {
      attributes: { 'abc.': { type: 'String', text: 'x' } },
      want: "ParameterValueInvalid: Invalid message attribute name ending with character '.' was found.",
    },
    'with two dots in the name': {
      attributes: { 'a..bc': { type: 'String', text: 'x' } },
      want: "ParameterValueInvalid: Message attribute name can not have successive '.' character.",
    },
    'with a name too long': {
      attributes: { ['a'.repeat(257)]: { type: 'String', text: 'x' } },
      want: 'ParameterValueInvalid: Length of message attribute name must be less than 256 bytes.',
    },
  };
  for (const [name, { attributes, want }] of Object.entries(badAttributes)) {
    it(`refuses attributes ${name}, alone and in a batch`, async () => {
      const alone = await sns.ask('Publish', {
        TopicArn: TOPIC,
        Message: 'x',
        ...attributeParams(attributes),
      });
      expect(alone.error).toBe(want.replace('PATH', ''));
      const entry = 'PublishBatchRequestEntries.member.1';
      const batch = await sns.ask('PublishBatch', {
        TopicArn: TOPIC,
        [`${entry}.Id`]: '1',
        [`${entry}.Message`]: 'x',
        ...attributeParams(attributes, `${entry}.`),
      });
      expect(batch.error).toBe(want.replace('PATH', 'publishBatchRequestEntries.1.member.'));
    });
  }
});

describe('publishing a batch', () => {
  let sns: SnsCaller;
  beforeEach(async () => {
    sns = await SnsCaller.open();
    await sns.withMailTopic();
  });
  afterEach(async () => {
    await sns.close();
  });

  const batch = (...messages: readonly Params[]): Params => ({
    TopicArn: TOPIC,
    ...Object.fromEntries(
      messages.flatMap((message, index) =>
        Object.entries(message).map(([name, value]) => [
          `PublishBatchRequestEntries.member.${index + 1}.${name}`,
          value,
        ]),
      ),
    ),
  });
  const numbered = (count: number): Params[] =>
    Array.from({ length: count }, (_, index) => ({ Id: `id-${index + 1}`, Message: `m${index + 1}` }));

  it('answers for each entry and delivers each', async () => {
    const answer = await sns.do('PublishBatch', batch(...numbered(10)));
    expect(answer.all('Id')).toEqual(numbered(10).map(({ Id }) => Id));
    expect(new Set(answer.all('MessageId')).size).toBe(10);
    expect(answer.xml).toContain('<Failed></Failed>');
    await vi.waitFor(async () => {
      const texts = (await sns.mails()).map(({ text }) => text);
      expect(texts.toSorted()).toEqual(
        numbered(10)
          .map(({ Message }) => Message)
          .toSorted(),
      );
    });
  });

  const refused: Record<string, { params: Params; want: string }> = {
    'of none': { params: batch(), want: "EmptyBatchRequest: The batch request doesn't contain any entries." },
    'of eleven': {
      params: batch(...numbered(11)),
      want: 'TooManyEntriesInBatchRequest: The batch request contains more entries than permissible.',
    },
    'with an id twice': {
      params: batch({ Id: '1', Message: 'a' }, { Id: '1', Message: 'b' }),
      want: 'BatchEntryIdsNotDistinct: Two or more batch entries in the request have the same Id.',
    },
    'with an odd id': {
      params: batch({ Id: 'message.id', Message: 'a' }),
      want: 'InvalidBatchEntryId: The Id of a batch entry in the batch request contains an impermissible character: message.id',
    },
    'with an id too long': {
      params: batch({ Id: 'a'.repeat(81), Message: 'a' }),
      want: `InvalidBatchEntryId: The Id of a batch entry in the batch request is too long: ${'a'.repeat(81)}`,
    },
    'that is too long together': {
      params: batch(
        { Id: '1', Message: 'a'.repeat(LIMIT / 2) },
        { Id: '2', Message: 'b'.repeat(LIMIT / 2 + 1) },
      ),
      want: 'BatchRequestTooLong: The length of all the messages put together is more than the limit.',
    },
    'with one message that is not right': {
      params: batch({ Id: '1', Message: 'a' }, { Id: '2', Message: '{"sqs":"b"}', MessageStructure: 'json' }),
      want: 'InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body',
    },
  };
  for (const [name, { params, want }] of Object.entries(refused)) {
    it(`refuses one ${name}, and delivers nothing of it`, async () => {
      expect((await sns.ask('PublishBatch', params)).error).toBe(want);
      await sns.do('Publish', { TopicArn: TOPIC, Message: 'after' });
      await vi.waitFor(async () => expect((await sns.mails()).map(({ text }) => text)).toEqual(['after']));
    });
  }
});

describe('a FIFO topic', () => {
  const ORDERS = `${TOPIC}.fifo`;
  let sns: SnsCaller;
  beforeEach(async () => {
    sns = await SnsCaller.open();
  });
  afterEach(async () => {
    await sns.close();
  });
  const create = (attributes: Params = {}): Promise<unknown> =>
    sns.do('CreateTopic', {
      Name: 'trainings.fifo',
      ...mapParams('Attributes', { FifoTopic: 'true', ...attributes }),
    });
  const publish = async (params: Params): Promise<readonly [string | undefined, string | undefined]> => {
    const answer = await sns.do('Publish', { TopicArn: ORDERS, MessageGroupId: 'g', ...params });
    return [answer.all('MessageId')[0], answer.all('SequenceNumber')[0]];
  };

  it('wants a group, and an id or content to recognise repetitions by', async () => {
    await create();
    const noGroup = await sns.ask('Publish', { TopicArn: ORDERS, Message: 'x', MessageDeduplicationId: 'd' });
    expect(noGroup.error).toBe(
      'InvalidParameter: Invalid parameter: The MessageGroupId parameter is required for FIFO topics',
    );
    const noId = await sns.ask('Publish', { TopicArn: ORDERS, Message: 'x', MessageGroupId: 'g' });
    expect(noId.error).toBe(
      'InvalidParameter: Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  });

  it('numbers its messages, and recognises one that is sent again within five minutes', async () => {
    await create();
    const first = await publish({ Message: 'x', MessageDeduplicationId: 'd1' });
    const other = await publish({ Message: 'x', MessageDeduplicationId: 'd2' });
    expect(first[1]).toMatch(/^\d{20}$/);
    expect((other[1] ?? '') > (first[1] ?? '')).toBe(true);
    sns.now += 299_000;
    await sns.restart();
    expect(await publish({ Message: 'y', MessageDeduplicationId: 'd1' })).toEqual(first);
    sns.now += 2_000;
    const later = await publish({ Message: 'y', MessageDeduplicationId: 'd1' });
    expect(later[0]).not.toBe(first[0]);
    expect((later[1] ?? '') > (other[1] ?? '')).toBe(true);
  });

  it('recognises content where it is told to', async () => {
    await create({ ContentBasedDeduplication: 'true' });
    const first = await publish({ Message: 'x' });
    expect(await publish({ Message: 'x' })).toEqual(first);
    expect((await publish({ Message: 'y' }))[0]).not.toBe(first[0]);
  });

  it('refuses the subscriptions that are possible here', async () => {
    await create();
    const answer = await sns.ask('Subscribe', {
      TopicArn: ORDERS,
      Protocol: 'email',
      Endpoint: 'ana@example.com',
    });
    expect(answer.error).toBe(
      'InvalidParameter: Invalid parameter: Protocol Reason: FIFO topics do not deliver to email',
    );
  });
});
