import { AwsError } from '../wire/aws-error.ts';
import { checkArn, type Home, topicArn } from './arn.ts';
import type { Actions, SnsContext } from './context.ts';
import { invalidParameter, notFound } from './errors.ts';
import { pageOf } from './paging.ts';
import type { QueryParams } from './query-params.ts';
import type { SnsState, Subscription, Topic } from './state.ts';
import { checkTags, tagsIn } from './tags.ts';
import { checkTopicAttribute } from './topic-attributes.ts';
import { entries, members } from './xml.ts';

/** AWS's quota of standard topics. */
const MAX_TOPICS = 100_000;

/** CreateTopic, DeleteTopic, ListTopics, GetTopicAttributes, SetTopicAttributes. */
export function topicActions(context: SnsContext): Actions {
  const { state, home } = context;
  return {
    CreateTopic: (params) => ({ TopicArn: createTopic(context, params).arn }),

    DeleteTopic: (params) => {
      state.deleteTopic(checkArn(params.required('TopicArn'), 'TopicArn', home));
      return undefined;
    },

    ListTopics: (params) => {
      const { page, nextToken } = pageOf(state.topics(), params.text('NextToken'));
      return { Topics: members(page.map(({ arn }) => ({ TopicArn: arn }))), NextToken: nextToken };
    },

    GetTopicAttributes: (params) => ({
      Attributes: entries(attributesOf(context, existingTopic(state, home, params.required('TopicArn')))),
    }),

    SetTopicAttributes: (params) => {
      const topic = existingTopic(state, home, params.required('TopicArn'));
      const name = params.required('AttributeName');
      const value = params.text('AttributeValue') ?? '';
      checkTopicAttribute(name, value, topic.fifo, 'AttributeName');
      state.putTopic({ ...topic, attributes: { ...topic.attributes, [name]: value } });
      return undefined;
    },
  };
}

/** @throws AwsError InvalidParameter, NotFound */
export function existingTopic(state: SnsState, home: Home, arn: string): Topic {
  const topic = state.topic(checkArn(arn, 'TopicArn', home));
  if (topic === undefined) throw notFound('Topic');
  return topic;
}

function createTopic({ state, home }: SnsContext, params: QueryParams): Topic {
  const name = params.required('Name');
  const { FifoTopic, ...attributes } = params.map('Attributes');
  const fifo = FifoTopic?.toLowerCase() === 'true';
  const form = fifo ? /^[a-zA-Z0-9_-]{1,251}\.fifo$/ : /^[a-zA-Z0-9_-]{1,256}$/;
  if (!form.test(name)) throw invalidParameter('Topic Name');
  for (const [key, value] of Object.entries(attributes)) {
    checkTopicAttribute(key, value, fifo, `Attributes Reason: Unknown attribute ${key}`);
  }
  const tags = tagsIn(params);
  checkTags(tags);

  const arn = topicArn(home, name);
  const existing = state.topic(arn);
  if (existing !== undefined) return sameTopic(existing, attributes, tags);
  if (state.topicCount >= MAX_TOPICS) throw new AwsError('TopicLimitExceeded', 'Topic limit exceeded', 403);
  const topic: Topic = { arn, name, fifo, attributes, tags };
  state.putTopic(topic);
  return topic;
}

/** Creating again is no error as long as nothing is asked for that the topic does not have. */
function sameTopic(
  existing: Topic,
  attributes: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>>,
): Topic {
  if (Object.entries(attributes).some(([key, value]) => existing.attributes[key] !== value)) {
    throw invalidParameter('Attributes Reason: Topic already exists with different attributes');
  }
  if (Object.entries(tags).some(([key, value]) => existing.tags[key] !== value)) {
    throw invalidParameter('Tags Reason: Topic already exists with different tags');
  }
  return existing;
}

function attributesOf(
  { state, home, retryDelaysMs }: SnsContext,
  topic: Topic,
): Readonly<Record<string, string>> {
  const subscriptions = state.subscriptionsOf(topic.arn);
  const count = (status: Subscription['status']): string =>
    String(subscriptions.filter((subscription) => subscription.status === status).length);
  return {
    TopicArn: topic.arn,
    Owner: home.accountId,
    DisplayName: '',
    Policy: defaultPolicy(topic.arn, home),
    EffectiveDeliveryPolicy: deliveryPolicy(retryDelaysMs),
    SubscriptionsConfirmed: count('confirmed'),
    SubscriptionsPending: count('pending'),
    SubscriptionsDeleted: count('deactivated'),
    ...(topic.fifo ? { FifoTopic: 'true', ContentBasedDeduplication: 'false' } : {}),
    ...topic.attributes,
  };
}

function defaultPolicy(arn: string, { accountId }: Home): string {
  const actions = [
    'GetTopicAttributes',
    'SetTopicAttributes',
    'AddPermission',
    'RemovePermission',
    'DeleteTopic',
    'Subscribe',
    'ListSubscriptionsByTopic',
    'Publish',
  ];
  return JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: actions.map((action) => `SNS:${action}`),
        Resource: arn,
        Condition: { StringEquals: { 'AWS:SourceOwner': accountId } },
      },
    ],
  });
}

/** What really happens here; AWS by default tries 3 times again, each after 20 seconds. */
function deliveryPolicy(retryDelaysMs: readonly number[]): string {
  const seconds = retryDelaysMs.map((ms) => Math.ceil(ms / 1000));
  return JSON.stringify({
    http: {
      defaultHealthyRetryPolicy: {
        minDelayTarget: Math.min(...seconds),
        maxDelayTarget: Math.max(...seconds),
        numRetries: seconds.length,
        numMaxDelayRetries: 0,
        numNoDelayRetries: 0,
        numMinDelayRetries: 0,
        backoffFunction: 'exponential',
      },
      disableSubscriptionOverrides: false,
      defaultRequestPolicy: { headerContentType: 'text/plain; charset=UTF-8' },
    },
  });
}
