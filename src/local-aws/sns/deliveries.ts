import { bodyFor, envelopeOf, unsubscribeUrl } from './envelope.ts';
import { post } from './http-post.ts';
import { isOnThisMachine } from './loopback.ts';
import type { Mailbox } from './mailbox.ts';
import type { Message, SnsState, Subscription } from './state.ts';

export interface DeliveriesOptions {
  readonly state: SnsState;
  readonly mailbox: Mailbox;
  readonly endpointUrl: () => string;
  /** Waits between the tries of one delivery, in milliseconds. */
  readonly retryDelaysMs: readonly number[];
  readonly onlyLoopback: boolean;
  readonly log: (line: string) => void;
}

interface Delivery {
  readonly message: Message;
  readonly subscriptionArn: string;
  tries: number;
}

interface Lane {
  readonly ready: Delivery[];
  underWay: number;
}

type Outcome =
  { readonly kind: 'delivered' } | { readonly kind: 'failed'; readonly why: string; readonly retry: boolean };

const CONCURRENCY = 64;
/** Of one subscription, so that an endpoint that is slow to answer holds up nobody else. */
const CONCURRENCY_OF_ONE = 4;
const NOT_LISTENING_MS = 50;
const AGENT = 'Amazon Simple Notification Service Agent';

/**
 * Delivers in the background. A delivery, from acceptance on:
 *
 *   ready -> under way -> settled                  delivered, refused, tries used up, or its subscription is gone
 *      ^         |
 *      '- waiting '                                failed for now
 *
 * What is not settled is on disk and becomes ready again, with all its tries, when the endpoint starts.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  /** By subscription; only those with something to do. */
  readonly #lanes = new Map<string, Lane>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #waiting = new Set<NodeJS.Timeout>();
  readonly #closing = new AbortController();

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    for (const { message, to } of options.state.waiting()) this.add(message, to);
  }

  add(message: Message, subscriptionArns: readonly string[]): void {
    for (const subscriptionArn of subscriptionArns) this.#enqueue({ message, subscriptionArn, tries: 0 });
    this.#begin();
  }

  /** Gives up what is under way; it stays unsettled. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const timer of this.#waiting) clearTimeout(timer);
    await Promise.all(this.#underWay);
  }

  #enqueue(delivery: Delivery): void {
    const lane = this.#lanes.get(delivery.subscriptionArn) ?? { ready: [], underWay: 0 };
    lane.ready.push(delivery);
    this.#lanes.set(delivery.subscriptionArn, lane);
  }

  #begin(): void {
    if (this.#closing.signal.aborted) return;
    for (const [arn, lane] of this.#lanes) {
      while (lane.underWay < CONCURRENCY_OF_ONE) {
        if (this.#underWay.size >= CONCURRENCY) return;
        const delivery = lane.ready.shift();
        if (delivery === undefined) break;
        this.#run(delivery, lane);
      }
      if (lane.underWay === 0) this.#lanes.delete(arn);
    }
  }

  #run(delivery: Delivery, lane: Lane): void {
    lane.underWay += 1;
    const trying = this.#try(delivery).finally(() => {
      lane.underWay -= 1;
      this.#underWay.delete(trying);
      this.#begin();
    });
    this.#underWay.add(trying);
  }

  async #try(delivery: Delivery): Promise<void> {
    const { state, retryDelaysMs, endpointUrl, log } = this.#options;
    const { message, subscriptionArn } = delivery;
    // Messages carry the endpoint's address, which it has once it listens.
    if (endpointUrl() === '') {
      this.#again(delivery, NOT_LISTENING_MS);
      return;
    }
    const subscription = state.subscription(subscriptionArn);
    if (subscription === undefined) {
      state.settle(message.id, subscriptionArn);
      return;
    }
    const outcome = await this.#send(message, subscription).catch((error: unknown): Outcome => ({
      kind: 'failed',
      why: error instanceof Error ? error.message : String(error),
      retry: true,
    }));
    if (outcome.kind === 'failed') {
      if (this.#closing.signal.aborted) return;
      const delay = outcome.retry ? retryDelaysMs[delivery.tries] : undefined;
      delivery.tries += 1;
      if (delay !== undefined) {
        this.#again(delivery, delay);
        return;
      }
      log(
        `sns: gave up message ${message.id} for ${subscriptionArn} after ${delivery.tries} tries: ${outcome.why}`,
      );
    }
    state.settle(message.id, subscriptionArn);
  }

  #again(delivery: Delivery, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      this.#enqueue(delivery);
      this.#begin();
    }, delayMs);
    timer.unref();
    this.#waiting.add(timer);
  }

  async #send(message: Message, subscription: Subscription): Promise<Outcome> {
    switch (subscription.protocol) {
      case 'http':
      case 'https':
        return await this.#post(message, subscription);
      case 'email':
      case 'email-json':
        await this.#mail(message, subscription);
        return { kind: 'delivered' };
    }
  }

  async #mail(message: Message, subscription: Subscription): Promise<void> {
    const { mailbox, endpointUrl } = this.#options;
    const url = endpointUrl();
    await mailbox.deliver({
      at: new Date(message.at).toISOString(),
      to: subscription.endpoint,
      subject: message.subject ?? 'AWS Notification Message',
      text:
        subscription.protocol === 'email'
          ? bodyFor(message, 'email')
          : envelopeOf(message, subscription, { endpointUrl: url }),
      messageId: message.id,
      topicArn: message.topicArn,
      subscriptionArn: subscription.arn,
      unsubscribeUrl: unsubscribeUrl(subscription, url),
    });
  }

  async #post(message: Message, subscription: Subscription): Promise<Outcome> {
    const { onlyLoopback, endpointUrl } = this.#options;
    const url = new URL(subscription.endpoint);
    if (onlyLoopback && !(await isOnThisMachine(url))) {
      return { kind: 'failed', why: `${url.host} is not on this machine`, retry: false };
    }
    const isNotification = message.kind === 'Notification';
    const raw = isNotification && subscription.attributes['RawMessageDelivery'] === 'true';
    const status = await post({
      url,
      onlyLoopback,
      signal: this.#closing.signal,
      headers: {
        'content-type': 'text/plain; charset=UTF-8',
        'user-agent': AGENT,
        'x-amz-sns-message-type': message.kind,
        'x-amz-sns-message-id': message.id,
        'x-amz-sns-topic-arn': message.topicArn,
        ...(isNotification ? { 'x-amz-sns-subscription-arn': subscription.arn } : {}),
        ...(raw ? { 'x-amz-sns-rawdelivery': 'true' } : {}),
      },
      body: raw
        ? bodyFor(message, subscription.protocol)
        : envelopeOf(message, subscription, { endpointUrl: endpointUrl() }),
    });
    if (status >= 200 && status < 300) return { kind: 'delivered' };
    // SNS takes what is neither a server's failure nor 429 as final (SendMessageToHttp, "delivery retries").
    return { kind: 'failed', why: `it answered ${status}`, retry: status >= 500 || status === 429 };
  }
}
