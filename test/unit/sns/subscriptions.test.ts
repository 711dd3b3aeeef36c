import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mapParams, type Params, SnsCaller, TOPIC } from './sns-caller.ts';

const HOOK = 'http://127.0.0.1:9/hook';
const NOBODY = `${TOPIC}:00000000-0000-4000-8000-000000000000`;

describe('subscriptions', () => {
  let sns: SnsCaller;
  beforeEach(async () => {
    sns = await SnsCaller.open({ retryDelaysMs: [] });
    await sns.do('CreateTopic', { Name: 'trainings' });
  });
  afterEach(async () => {
    await sns.close();
  });

  const subscribe = async (Protocol: string, Endpoint: string, more: Params = {}): Promise<string> => {
    const answer = await sns.do('Subscribe', { TopicArn: TOPIC, Protocol, Endpoint, ...more });
    return answer.all('SubscriptionArn')[0] ?? '';
  };
  const attributesOf = async (SubscriptionArn: string): Promise<Params> => {
    const answer = await sns.do('GetSubscriptionAttributes', { SubscriptionArn });
    const keys = answer.all('key');
    return Object.fromEntries(answer.all('value').map((value, index) => [keys[index] ?? '', value]));
  };

  it('by e-mail are confirmed at once, since the mailbox is a file here', async () => {
    const arn = await subscribe('email', 'ana@example.com');
    expect(arn).toMatch(new RegExp(`^${TOPIC}:[0-9a-f-]{36}$`));
    expect(await attributesOf(arn)).toMatchObject({
      SubscriptionArn: arn,
      TopicArn: TOPIC,
      Owner: '111122223333',
      Protocol: 'email',
      Endpoint: 'ana@example.com',
      PendingConfirmation: 'false',
      RawMessageDelivery: 'false',
    });
  });

  it('by http wait to be confirmed, and show their ARN only to who asks for it', async () => {
    expect(await subscribe('http', HOOK)).toBe('pending confirmation');
    const arn = await subscribe('http', HOOK, { ReturnSubscriptionArn: 'true' });
    expect((await attributesOf(arn))['PendingConfirmation']).toBe('true');
    const list = await sns.do('ListSubscriptionsByTopic', { TopicArn: TOPIC });
    expect(list.all('SubscriptionArn')).toEqual(['PendingConfirmation']);
    expect(list.all('Endpoint')).toEqual([HOOK]);
  });

  it('are made once for an endpoint', async () => {
    const raw = mapParams('Attributes', { RawMessageDelivery: 'true' });
    const first = await subscribe('email', 'ana@example.com', raw);
    expect(await subscribe('email', 'ana@example.com', raw)).toBe(first);
    expect(await subscribe('email', 'ana@example.com')).toBe(first);
    const other = await sns.ask('Subscribe', {
      TopicArn: TOPIC,
      Protocol: 'email',
      Endpoint: 'ana@example.com',
      ...mapParams('Attributes', { RawMessageDelivery: 'false' }),
    });
    expect(other.error).toBe(
      'InvalidParameter: Invalid parameter: Attributes Reason: Subscription already exists with different attributes',
    );
  });

  it('show a filter policy with its scope, as long as there is one', async () => {
    const arn = await subscribe(
      'email',
      'ana@example.com',
      mapParams('Attributes', { FilterPolicy: '{"a":["b"]}' }),
    );
    expect(await attributesOf(arn)).toMatchObject({
      FilterPolicy: '{"a":["b"]}',
      FilterPolicyScope: 'MessageAttributes',
    });
    await sns.do('SetSubscriptionAttributes', {
      SubscriptionArn: arn,
      AttributeName: 'FilterPolicy',
      AttributeValue: '',
    });
    const attributes = await attributesOf(arn);
    expect(attributes).not.toHaveProperty('FilterPolicy');
    expect(attributes).not.toHaveProperty('FilterPolicyScope');
  });

  it('take a nested policy once their scope is the body, and then keep that scope', async () => {
    const arn = await subscribe('email', 'ana@example.com');
    const set = (AttributeName: string, AttributeValue: string): ReturnType<SnsCaller['ask']> =>
      sns.ask('SetSubscriptionAttributes', { SubscriptionArn: arn, AttributeName, AttributeValue });
    const nested = '{"job":{"user":["ana"]}}';
    const refusal =
      'InvalidParameter: Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy';
    expect((await set('FilterPolicy', nested)).error).toBe(refusal);
    expect((await set('FilterPolicyScope', 'MessageBody')).status).toBe(200);
    expect((await set('FilterPolicy', nested)).status).toBe(200);
    expect((await set('FilterPolicyScope', 'MessageAttributes')).error).toBe(refusal);
  });

  it('end with their removal, once and again', async () => {
    const arn = await subscribe('email', 'ana@example.com');
    await sns.do('Unsubscribe', { SubscriptionArn: arn });
    await sns.do('Unsubscribe', { SubscriptionArn: arn });
    await sns.do('Unsubscribe', { SubscriptionArn: NOBODY });
    expect((await sns.do('ListSubscriptions')).all('Endpoint')).toEqual([]);
    expect((await sns.ask('GetSubscriptionAttributes', { SubscriptionArn: arn })).error).toBe(
      'NotFound: Subscription does not exist',
    );
  });

  it('that nobody confirms are forgotten after three days', async () => {
    await subscribe('http', HOOK);
    sns.now += 3 * 86_400_000 + 1;
    await subscribe('email', 'ana@example.com');
    expect((await sns.do('ListSubscriptions')).all('Protocol')).toEqual(['email']);
  });

  it('whose endpoint does not answer are given up in the background', async () => {
    await subscribe('http', HOOK);
    await vi.waitFor(() =>
      expect(sns.log.join('\n')).toMatch(/gave up message .* after 1 tries: .*ECONNREFUSED/),
    );
  });

  const set = (AttributeName: string, AttributeValue: string): { action: string; params: Params } => ({
    action: 'SetSubscriptionAttributes',
    params: { SubscriptionArn: 'MINE', AttributeName, AttributeValue },
  });
  const ask = (
    Protocol: string,
    Endpoint: string,
    attributes: Params = {},
  ): { action: string; params: Params } => ({
    action: 'Subscribe',
    params: { TopicArn: TOPIC, Protocol, Endpoint, ...mapParams('Attributes', attributes) },
  });
  const refused: Record<string, { action: string; params: Params; want: string; status?: number }> = {
    'protocols that are not here': {
      ...ask('sqs', 'arn:aws:sqs:us-east-1:111122223333:q'),
      want: 'Invalid parameter: Amazon SNS does not support this protocol string: sqs',
    },
    'protocols that are nowhere': {
      ...ask('test-protocol', 'x'),
      want: 'Invalid parameter: Amazon SNS does not support this protocol string: test-protocol',
    },
    'an endpoint of another protocol': {
      ...ask('https', HOOK),
      want: 'Invalid parameter: Endpoint must match the specified protocol',
    },
    'an endpoint that is no URL': { ...ask('http', 'http://'), want: 'Invalid parameter: Endpoint' },
    'an endpoint on another machine, by address': {
      ...ask('http', 'http://169.254.169.254/latest/meta-data'),
      want: 'Invalid parameter: Endpoint Reason: 169.254.169.254 is not on this machine, and the local AWS endpoint delivers nowhere else',
    },
    'an endpoint on another machine, in disguise': {
      ...ask('http', 'http://0x0a000001:8080/'),
      want: 'Invalid parameter: Endpoint Reason: 10.0.0.1:8080 is not on this machine, and the local AWS endpoint delivers nowhere else',
    },
    'an endpoint on any address': {
      ...ask('http', 'http://0.0.0.0/'),
      want: 'Invalid parameter: Endpoint Reason: 0.0.0.0 is not on this machine, and the local AWS endpoint delivers nowhere else',
    },
    'what is no e-mail address': { ...ask('email', 'ana'), want: 'Invalid parameter: Email address' },
    'no endpoint': { ...ask('email', ''), want: 'Invalid parameter: Endpoint' },
    'raw delivery that is neither true nor false': {
      ...ask('email', 'bo@example.com', { RawMessageDelivery: 'wrongvalue' }),
      want: 'Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false.',
    },
    'raw delivery that is set to nonsense': {
      ...set('RawMessageDelivery', 'test-ValUe'),
      want: 'Invalid parameter: RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false.',
    },
    'an unknown scope': {
      ...set('FilterPolicyScope', 'RandomValue'),
      want: 'Invalid parameter: FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes',
    },
    'an unknown attribute': { ...set('FakeAttribute', 'x'), want: 'Invalid parameter: AttributeName' },
    'a bad filter policy': {
      ...ask('email', 'bo@example.com', { FilterPolicy: '{"key":[]}' }),
      want: 'Invalid parameter: Attributes Reason: FilterPolicy: Empty arrays are not allowed',
    },
    'a bad filter policy that is set': {
      ...set('FilterPolicy', '{"key_a":"value_one"}'),
      want: 'Invalid parameter: FilterPolicy: "key_a" must be an object or an array',
    },
    'an unknown topic': {
      action: 'Subscribe',
      params: { TopicArn: `${TOPIC}-else`, Protocol: 'email', Endpoint: 'bo@example.com' },
      want: 'Topic does not exist',
      status: 404,
    },
    'attributes of nobody': {
      action: 'GetSubscriptionAttributes',
      params: { SubscriptionArn: NOBODY },
      want: 'Subscription does not exist',
      status: 404,
    },
    'removal of nothing': {
      action: 'Unsubscribe',
      params: {},
      want: 'Invalid parameter: SubscriptionArn Reason: no value for required parameter',
    },
    'removal of what is no ARN': {
      action: 'Unsubscribe',
      params: { SubscriptionArn: 'randomstring' },
      want: 'Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1',
    },
    'removal of a topic': {
      action: 'Unsubscribe',
      params: { SubscriptionArn: TOPIC },
      want: 'Invalid parameter: SubscriptionId',
    },
    'confirmation with an unknown token': {
      action: 'ConfirmSubscription',
      params: { TopicArn: TOPIC, Token: 'abc123' },
      want: 'Invalid parameter: Token',
    },
    'confirmation with what is no token': {
      action: 'ConfirmSubscription',
      params: { TopicArn: TOPIC, Token: 'randomtoken' },
      want: 'Invalid token',
    },
    'confirmation for another region': {
      action: 'ConfirmSubscription',
      params: { TopicArn: TOPIC.replace('us-east-1', 'eu-west-1'), Token: 'abc123' },
      want: 'Invalid parameter: Topic',
    },
  };
  for (const [name, { action, params, want, status = 400 }] of Object.entries(refused)) {
    it(`refuse ${name}`, async () => {
      const mine = await subscribe('email', 'ana@example.com');
      const answer = await sns.ask(
        action,
        params['SubscriptionArn'] === 'MINE' ? { ...params, SubscriptionArn: mine } : params,
      );
      const code = status === 404 ? 'NotFound' : 'InvalidParameter';
      expect([answer.status, answer.error]).toEqual([status, `${code}: ${want}`]);
      expect((await sns.do('ListSubscriptions')).all('Endpoint')).toEqual(['ana@example.com']);
    });
  }

  it('may be anywhere when the endpoint is told so', async () => {
    const open = await SnsCaller.open({ deliverTo: 'anywhere' });
    await open.do('CreateTopic', { Name: 'trainings' });
    // TEST-NET-1 of RFC 5737: nobody is there.
    const answer = await open.ask('Subscribe', {
      TopicArn: TOPIC,
      Protocol: 'http',
      Endpoint: 'http://192.0.2.1/',
    });
    expect(answer.status).toBe(200);
    await open.close();
  });
});
