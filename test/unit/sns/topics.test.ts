import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mapParams, type Params, SnsCaller, TOPIC } from './sns-caller.ts';

const FIFO = { 'Attributes.entry.1.key': 'FifoTopic', 'Attributes.entry.1.value': 'true' };

function tagParams(tags: Params): Params {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value], index) => [
      [`Tags.member.${index + 1}.Key`, key],
      [`Tags.member.${index + 1}.Value`, value],
    ]),
  );
}

describe('topics', () => {
  let sns: SnsCaller;
  beforeEach(async () => {
    sns = await SnsCaller.open();
  });
  afterEach(async () => {
    await sns.close();
  });

  it('are made once, however often they are created', async () => {
    const [first, second] = [
      await sns.do('CreateTopic', { Name: 'trainings' }),
      await sns.do('CreateTopic', { Name: 'trainings' }),
    ];
    expect(first.all('TopicArn')).toEqual([TOPIC]);
    expect(second.all('TopicArn')).toEqual([TOPIC]);
    expect((await sns.do('ListTopics')).all('TopicArn')).toEqual([TOPIC]);
  });

  it.each([
    ['a', {}],
    ['x'.repeat(256), {}],
    ['A_b-9', {}],
    [`${'x'.repeat(251)}.fifo`, FIFO],
  ])('may be called %s', async (Name, more) => {
    expect((await sns.ask('CreateTopic', { Name, ...more })).status).toBe(200);
  });

  it.each([
    ['', {}],
    ['x'.repeat(257), {}],
    ['with space', {}],
    ['größe', {}],
    ['a.b', {}],
    ['orders.fifo', {}],
    ['orders', FIFO],
    ['.fifo', FIFO],
    [`${'x'.repeat(252)}.fifo`, FIFO],
  ])('may not be called %s', async (Name, more) => {
    const answer = await sns.ask('CreateTopic', { Name, ...more });
    expect([answer.status, answer.error]).toEqual([400, 'InvalidParameter: Invalid parameter: Topic Name']);
  });

  it('show their attributes, with what SNS adds', async () => {
    await sns.do('CreateTopic', {
      Name: 'trainings',
      ...mapParams('Attributes', { DisplayName: 'Trainings <&> "more"' }),
    });
    await sns.withMailTopic();
    const answer = await sns.do('GetTopicAttributes', { TopicArn: TOPIC });
    const keys = answer.all('key');
    const attributes: Record<string, string> = Object.fromEntries(
      answer.all('value').map((value, index) => [keys[index] ?? '', value]),
    );
    expect(attributes).toMatchObject({
      TopicArn: TOPIC,
      Owner: '111122223333',
      DisplayName: 'Trainings <&> "more"',
      SubscriptionsConfirmed: '1',
      SubscriptionsPending: '0',
      SubscriptionsDeleted: '0',
    });
    expect(JSON.parse(attributes['Policy'] ?? '')).toMatchObject({ Statement: [{ Resource: TOPIC }] });
    expect(attributes).not.toHaveProperty('FifoTopic');
  });

  it('take new attributes', async () => {
    await sns.do('CreateTopic', { Name: 'trainings' });
    await sns.do('SetTopicAttributes', {
      TopicArn: TOPIC,
      AttributeName: 'DisplayName',
      AttributeValue: 'News',
    });
    expect((await sns.do('GetTopicAttributes', { TopicArn: TOPIC })).all('value')).toContain('News');
  });

  const refused: Record<string, { action: string; params: Params; want: string; status?: number }> = {
    'creation with other attributes': {
      action: 'CreateTopic',
      params: { Name: 'trainings', ...mapParams('Attributes', { DisplayName: 'other' }) },
      want: 'InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with different attributes',
    },
    'creation with other tags': {
      action: 'CreateTopic',
      params: { Name: 'trainings', ...tagParams({ team: 'search' }) },
      want: 'InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with different tags',
    },
    'creation with an unknown attribute': {
      action: 'CreateTopic',
      params: { Name: 'other', ...mapParams('Attributes', { Colour: 'red' }) },
      want: 'InvalidParameter: Invalid parameter: Attributes Reason: Unknown attribute Colour',
    },
    'a tag key twice': {
      action: 'CreateTopic',
      params: {
        Name: 'other',
        ...tagParams({ k1: 'v1' }),
        'Tags.member.2.Key': 'k1',
        'Tags.member.2.Value': 'v2',
      },
      want: 'InvalidParameter: Invalid parameter: Duplicated keys are not allowed.',
    },
    'creation without a name': {
      action: 'CreateTopic',
      params: {},
      want: "ValidationError: 1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    },
    'setting an unknown attribute': {
      action: 'SetTopicAttributes',
      params: { TopicArn: TOPIC, AttributeName: 'FifoTopic', AttributeValue: 'false' },
      want: 'InvalidParameter: Invalid parameter: AttributeName',
    },
    'a message limit above 256 KiB': {
      action: 'SetTopicAttributes',
      params: { TopicArn: TOPIC, AttributeName: 'MaximumMessageSize', AttributeValue: '262145' },
      want: 'InvalidParameter: Invalid parameter: MaximumMessageSize Reason: Invalid value [262145]',
    },
    'a policy that is no JSON': {
      action: 'SetTopicAttributes',
      params: { TopicArn: TOPIC, AttributeName: 'Policy', AttributeValue: '{' },
      want: 'InvalidParameter: Invalid parameter: Policy Reason: Invalid value [{]',
    },
    'an unknown topic': {
      action: 'GetTopicAttributes',
      params: { TopicArn: `${TOPIC}-else` },
      want: 'NotFound: Topic does not exist',
      status: 404,
    },
    'what is no ARN': {
      action: 'GetTopicAttributes',
      params: { TopicArn: 'trainings' },
      want: 'InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1',
    },
    'a topic of another region': {
      action: 'GetTopicAttributes',
      params: { TopicArn: TOPIC.replace('us-east-1', 'eu-west-1') },
      want: 'InvalidParameter: Invalid parameter: TopicArn',
    },
    'an operation that SNS does not have': {
      action: 'CreateTopics',
      params: {},
      want: 'InvalidAction: Could not find operation CreateTopics for version 2010-03-31',
    },
    'an operation called like a part of every object': {
      action: 'constructor',
      params: {},
      want: 'InvalidAction: Could not find operation constructor for version 2010-03-31',
    },
    'tags of an unknown topic': {
      action: 'ListTagsForResource',
      params: { ResourceArn: `${TOPIC}-else` },
      want: 'ResourceNotFound: Resource does not exist',
      status: 404,
    },
  };
  for (const [name, { action, params, want, status = 400 }] of Object.entries(refused)) {
    it(`refuse ${name}`, async () => {
      await sns.do('CreateTopic', { Name: 'trainings' });
      const answer = await sns.ask(action, params);
      expect([answer.status, answer.error]).toEqual([status, want]);
    });
  }

  it('are deleted with their subscriptions, and a second time without error', async () => {
    await sns.withMailTopic();
    await sns.do('DeleteTopic', { TopicArn: TOPIC });
    await sns.do('DeleteTopic', { TopicArn: TOPIC });
    expect((await sns.do('ListTopics')).all('TopicArn')).toEqual([]);
    expect((await sns.do('ListSubscriptions')).all('SubscriptionArn')).toEqual([]);
  });

  it('are listed in pages of 100 that fit together', async () => {
    const names = Array.from({ length: 205 }, (_, index) => `t${index}`);
    for (const Name of names) await sns.do('CreateTopic', { Name });
    const found: string[] = [];
    const sizes: number[] = [];
    let token: string | undefined;
    do {
      const page = await sns.do('ListTopics', token === undefined ? {} : { NextToken: token });
      sizes.push(page.all('TopicArn').length);
      found.push(...page.all('TopicArn').map((arn) => arn.split(':').at(-1) ?? ''));
      token = page.all('NextToken')[0];
    } while (token !== undefined);
    expect(sizes).toEqual([100, 100, 5]);
    expect(found.toSorted()).toEqual(names.toSorted());
  });

  it('have tags that can be added, changed and removed', async () => {
    await sns.do('CreateTopic', { Name: 'trainings', ...tagParams({ k1: 'v1', k2: 'v2' }) });
    await sns.do('TagResource', { ResourceArn: TOPIC, ...tagParams({ k2: 'v2b', k3: '' }) });
    await sns.do('UntagResource', { ResourceArn: TOPIC, 'TagKeys.member.1': 'k1' });
    const answer = await sns.do('ListTagsForResource', { ResourceArn: TOPIC });
    expect([answer.all('Key'), answer.all('Value')]).toEqual([
      ['k2', 'k3'],
      ['v2b', ''],
    ]);
  });
});
