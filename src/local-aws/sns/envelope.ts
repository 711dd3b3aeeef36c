import type { Message, Protocol, Subscription } from './state.ts';

/** AWS's own links leave it out; here it tells one service on the port from another. */
const VERSION = '2010-03-31';

/** Makes the URLs that a message carries. */
export interface Links {
  /** Address of this endpoint. */
  readonly endpointUrl: string;
}

/** The text that subscribers of a protocol get. */
export function bodyFor(message: Message, protocol: Protocol): string {
  if (message.structure === undefined) return message.body;
  const bodies = JSON.parse(message.body) as Readonly<Record<string, unknown>>;
  const own = bodies[protocol];
  return typeof own === 'string' ? own : String(bodies['default']);
}

/**
 * The JSON document that http, https and email-json subscribers get
 * (docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html). Nothing here can sign as AWS does, so the
 * signature says so.
 */
export function envelopeOf(message: Message, subscription: Subscription, { endpointUrl }: Links): string {
  const { id, kind, topicArn, subject, attributes, at } = message;
  const isNotification = kind === 'Notification';
  const names = Object.keys(attributes);
  return JSON.stringify(
    {
      Type: kind,
      MessageId: id,
      ...(isNotification ? {} : { Token: subscription.token }),
      TopicArn: topicArn,
      ...(subject === undefined ? {} : { Subject: subject }),
      Message: bodyFor(message, subscription.protocol),
      ...(isNotification ? {} : { SubscribeURL: confirmUrl(subscription, endpointUrl) }),
      Timestamp: new Date(at).toISOString(),
      SignatureVersion: '1',
      Signature: 'not-signed-by-a-local-endpoint',
      SigningCertURL: `${endpointUrl}/no-certificate.pem`,
      ...(isNotification ? { UnsubscribeURL: unsubscribeUrl(subscription, endpointUrl) } : {}),
      ...(names.length === 0
        ? {}
        : {
            MessageAttributes: Object.fromEntries(
              Object.entries(attributes).map(([name, { type, value }]) => [
                name,
                { Type: type, Value: value },
              ]),
            ),
          }),
    },
    null,
    2,
  );
}

function confirmUrl({ topicArn, token }: Subscription, endpointUrl: string): string {
  return `${endpointUrl}/?Action=ConfirmSubscription&Version=${VERSION}&TopicArn=${topicArn}&Token=${token}`;
}

export function unsubscribeUrl({ arn }: Subscription, endpointUrl: string): string {
  return `${endpointUrl}/?Action=Unsubscribe&Version=${VERSION}&SubscriptionArn=${arn}`;
}
