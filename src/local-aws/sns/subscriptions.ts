import { randomBytes, randomUUID } from 'node:crypto';
import { AwsError } from '../wire/aws-error.ts';
import { checkArn } from './arn.ts';
import type { Actions, SnsContext } from './context.ts';
import { checkEndpoint } from './endpoint-address.ts';
import { invalidParameter, notFound } from './errors.ts';
import { pageOf } from './paging.ts';
import type { QueryParams } from './query-params.ts';
import type { Message, Subscription } from './state.ts';
import { DEFAULT_SCOPE, withAttributes } from './subscription-attributes.ts';
import { existingTopic } from './topics.ts';
import { entries, members, type Xml } from './xml.ts';

const MAX_SUBSCRIPTIONS = 10_000;
/** Unconfirmed subscriptions, and those that could be restored, are dropped after three days, as by SNS. */
const FORGET_AFTER_MS = 3 * 86_400_000;

/** Subscribe to Unsubscribe, their lists and attributes. */
export function subscriptionActions(context: SnsContext): Actions {
  const { state, home } = context;
  const existing = (params: QueryParams): Subscription => {
    const arn = checkArn(params.required('SubscriptionArn'), 'SubscriptionArn', home);
    const subscription = state.subscription(arn);
    if (subscription === undefined || subscription.status === 'deactivated') throw notFound('Subscription');
    return subscription;
  };
  return {
    Subscribe: async (params) => {
      const subscription = await subscribe(context, params);
      return {
        SubscriptionArn:
          subscription.status === 'confirmed' || params.flag('ReturnSubscriptionArn')
            ? subscription.arn
            : 'pending confirmation',
      };
    },

    ConfirmSubscription: (params) => ({ SubscriptionArn: confirm(context, params).arn }),

    Unsubscribe: (params) => {
      unsubscribe(context, params.text('SubscriptionArn') ?? '');
      return undefined;
    },

    ListSubscriptions: (params) => listOf(state.subscriptions(), params),

    ListSubscriptionsByTopic: (params) =>
      listOf(state.subscriptionsOf(existingTopic(state, home, params.required('TopicArn')).arn), params),

    GetSubscriptionAttributes: (params) => ({ Attributes: entries(attributesOf(context, existing(params))) }),

    SetSubscriptionAttributes: (params) => {
      const subscription = existing(params);
      const set = { [params.required('AttributeName')]: params.text('AttributeValue') ?? '' };
      state.putSubscription({
        ...subscription,
        attributes: withAttributes(subscription.attributes, set, 'Set'),
      });
      return undefined;
    },
  };
}

async function subscribe(context: SnsContext, params: QueryParams): Promise<Subscription> {
  const { state, home, now } = context;
  const topic = existingTopic(state, home, params.required('TopicArn'));
  const { protocol, endpoint } = await checkEndpoint(
    { protocol: params.required('Protocol'), endpoint: params.text('Endpoint') ?? '', fifo: topic.fifo },
    context,
  );
  const wanted = withAttributes({}, params.map('Attributes'), 'Subscribe');
  forgetOld(context);
  const before = state
    .subscriptionsOf(topic.arn)
    .find((other) => other.protocol === protocol && other.endpoint === endpoint);
  if (before !== undefined && before.status !== 'deactivated') {
    if (Object.entries(wanted).some(([name, value]) => before.attributes[name] !== value)) {
      throw invalidParameter('Attributes Reason: Subscription already exists with different attributes');
    }
    if (before.status === 'pending') askForConfirmation(context, before);
    return before;
  }
  if (before !== undefined) state.deleteSubscription(before.arn);
  if (state.subscriptionCount >= MAX_SUBSCRIPTIONS) {
    throw new AwsError('SubscriptionLimitExceeded', 'Subscription limit exceeded', 403);
  }
  const subscription: Subscription = {
    arn: `${topic.arn}:${randomUUID()}`,
    topicArn: topic.arn,
    protocol,
    endpoint,
    // The mailbox is a file of this endpoint: nobody could confirm for it.
    status: protocol === 'http' || protocol === 'https' ? 'pending' : 'confirmed',
    since: now(),
    token: freshToken(),
    attributes: wanted,
  };
  state.putSubscription(subscription);
  if (subscription.status === 'pending') askForConfirmation(context, subscription);
  return subscription;
}

/** Idempotent. Also restores what was unsubscribed. */
function confirm({ state, home, now }: SnsContext, params: QueryParams): Subscription {
  const [topicArn, token] = [params.required('TopicArn'), params.required('Token')];
  const [scheme, , service, region, , name] = topicArn.split(':');
  if (scheme !== 'arn' || service !== 'sns' || region !== home.region || name === undefined) {
    throw invalidParameter('Topic');
  }
  if (!/^[0-9a-f]+$/i.test(token)) throw new AwsError('InvalidParameter', 'Invalid token');
  const subscription = state.subscriptionsOf(topicArn).find((candidate) => candidate.token === token);
  if (subscription === undefined) throw invalidParameter('Token');
  if (subscription.status === 'confirmed') return subscription;
  const confirmed: Subscription = { ...subscription, status: 'confirmed', since: now() };
  state.putSubscription(confirmed);
  return confirmed;
}

/** An unknown subscription is no error. */
function unsubscribe(context: SnsContext, arn: string): void {
  const { state, home, now } = context;
  if (arn === '') throw invalidParameter('SubscriptionArn Reason: no value for required parameter');
  checkArn(arn, 'SubscriptionArn', home);
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(arn.split(':')[6] ?? '')) {
    throw invalidParameter('SubscriptionId');
  }
  const subscription = state.subscription(arn);
  if (subscription === undefined || subscription.status === 'deactivated') return;
  const { protocol, topicArn } = subscription;
  if (subscription.status === 'pending' || (protocol !== 'http' && protocol !== 'https')) {
    state.deleteSubscription(arn);
    return;
  }
  const deactivated: Subscription = {
    ...subscription,
    status: 'deactivated',
    since: now(),
    token: freshToken(),
  };
  state.putSubscription(deactivated);
  sendTo(context, deactivated, {
    kind: 'UnsubscribeConfirmation',
    topicArn,
    body:
      `You have chosen to deactivate subscription ${arn}.\nTo cancel this operation and restore the subscription, ` +
      'visit the SubscribeURL included in this message.',
  });
}

function askForConfirmation(context: SnsContext, subscription: Subscription): void {
  const { topicArn } = subscription;
  sendTo(context, subscription, {
    kind: 'SubscriptionConfirmation',
    topicArn,
    body:
      `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL ` +
      'included in this message.',
  });
}

function sendTo(
  { state, deliveries, now }: SnsContext,
  { arn }: Subscription,
  content: Pick<Message, 'kind' | 'topicArn' | 'body'>,
): void {
  const message: Message = { ...content, id: randomUUID(), attributes: {}, at: now() };
  state.accept(message, [arn]);
  deliveries.add(message, [arn]);
}

function freshToken(): string {
  return randomBytes(64).toString('hex');
}

function forgetOld({ state, now }: SnsContext): void {
  for (const { arn, status, since } of state.subscriptions()) {
    if (status !== 'confirmed' && since < now() - FORGET_AFTER_MS) state.deleteSubscription(arn);
  }
}

function listOf(subscriptions: readonly Subscription[], params: QueryParams): Xml {
  const shown = subscriptions.filter(({ status }) => status !== 'deactivated');
  const { page, nextToken } = pageOf(shown, params.text('NextToken'));
  return {
    Subscriptions: members(
      page.map(({ arn, topicArn, protocol, endpoint, status }) => ({
        SubscriptionArn: status === 'pending' ? 'PendingConfirmation' : arn,
        Owner: topicArn.split(':')[4] ?? '',
        Protocol: protocol,
        Endpoint: endpoint,
        TopicArn: topicArn,
      })),
    ),
    NextToken: nextToken,
  };
}

function attributesOf({ home }: SnsContext, subscription: Subscription): Readonly<Record<string, string>> {
  const { arn, topicArn, protocol, endpoint, status, attributes } = subscription;
  const { FilterPolicy = '', FilterPolicyScope, ...others } = attributes;
  return {
    SubscriptionArn: arn,
    TopicArn: topicArn,
    Owner: home.accountId,
    Protocol: protocol,
    Endpoint: endpoint,
    PendingConfirmation: String(status === 'pending'),
    ConfirmationWasAuthenticated: String(protocol !== 'http' && protocol !== 'https'),
    SubscriptionPrincipal: `arn:aws:iam::${home.accountId}:user/local`,
    RawMessageDelivery: 'false',
    ...others,
    ...(FilterPolicy === '' ? {} : { FilterPolicy, FilterPolicyScope: FilterPolicyScope ?? DEFAULT_SCOPE }),
  };
}
