import { Journal } from '../journal.ts';

export interface Topic {
  readonly arn: string;
  readonly name: string;
  readonly fifo: boolean;
  /** As set; what SNS computes is not here. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export const PROTOCOLS = ['http', 'https', 'email', 'email-json'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/**
 *   (Subscribe) -> pending -> confirmed -> deactivated -> confirmed ...
 *
 * Only http and https begin as pending. A deactivated one was unsubscribed and can be restored with its token. Pending
 * and deactivated ones vanish after some days.
 */
export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  readonly status: 'pending' | 'confirmed' | 'deactivated';
  /** Epoch milliseconds at which the status began. */
  readonly since: number;
  readonly token: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface MessageAttribute {
  readonly type: string;
  /** Base64 where the type is Binary. */
  readonly value: string;
}

export interface Message {
  readonly id: string;
  readonly kind: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  readonly topicArn: string;
  readonly subject?: string;
  readonly body: string;
  /** With `json`, the body holds one text per protocol. */
  readonly structure?: 'json';
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What a FIFO topic remembers of a message, to recognise it when it is sent again. */
export interface Sighting {
  readonly topicArn: string;
  readonly deduplicationId: string;
  readonly messageId: string;
  readonly sequenceNumber: string;
  readonly at: number;
}

type Entry =
  | { readonly kind: 'topic'; readonly topic: Topic }
  | { readonly kind: 'topicDeleted'; readonly arn: string }
  | { readonly kind: 'subscription'; readonly subscription: Subscription }
  | { readonly kind: 'subscriptionDeleted'; readonly arn: string }
  | { readonly kind: 'message'; readonly message: Message; readonly to: readonly string[] }
  | { readonly kind: 'sighting'; readonly sighting: Sighting }
  | { readonly kind: 'settled'; readonly messageId: string; readonly subscriptionArn: string };

/** Topics, subscriptions and undelivered messages, in memory and on disk. Changes show at once; `durable` waits. */
export class SnsState {
  readonly #topics = new Map<string, Topic>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #ofTopic = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, { readonly message: Message; readonly to: Set<string> }>();
  readonly #sightings = new Map<string, Sighting>();
  #journal: Journal<Entry> | undefined;
  #deliveries = 0;
  #sequence = 0;

  /** @throws TrainyardError LOCAL_AWS_STATE when the stored state cannot be read */
  static async open(dir: string): Promise<SnsState> {
    const state = new SnsState();
    state.#journal = await Journal.open<Entry>({
      dir,
      load: (entry) => state.#load(entry as Entry),
      snapshot: () => state.#entries(),
    });
    return state;
  }

  topic(arn: string): Topic | undefined {
    return this.#topics.get(arn);
  }

  topics(): readonly Topic[] {
    return [...this.#topics.values()];
  }

  get topicCount(): number {
    return this.#topics.size;
  }

  subscription(arn: string): Subscription | undefined {
    return this.#subscriptions.get(arn);
  }

  subscriptions(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  subscriptionsOf(topicArn: string): readonly Subscription[] {
    return [...(this.#ofTopic.get(topicArn) ?? [])].flatMap((arn) => this.#subscriptions.get(arn) ?? []);
  }

  putTopic(topic: Topic): void {
    this.#change({ kind: 'topic', topic });
  }

  /** With its subscriptions. */
  deleteTopic(arn: string): void {
    this.#change({ kind: 'topicDeleted', arn });
  }

  putSubscription(subscription: Subscription): void {
    this.#change({ kind: 'subscription', subscription });
  }

  deleteSubscription(arn: string): void {
    this.#change({ kind: 'subscriptionDeleted', arn });
  }

  /** Deliveries that are not settled. */
  get deliveries(): number {
    return this.#deliveries;
  }

  /** Messages with the ARNs of the subscriptions that they still have to get to. */
  waiting(): readonly { readonly message: Message; readonly to: readonly string[] }[] {
    return [...this.#waiting.values()].map(({ message, to }) => ({ message, to: [...to] }));
  }

  accept(message: Message, to: readonly string[]): void {
    if (to.length > 0) this.#change({ kind: 'message', message, to });
  }

  /** The message was delivered to the subscription, or never will be. */
  settle(messageId: string, subscriptionArn: string): void {
    this.#change({ kind: 'settled', messageId, subscriptionArn });
  }

  sighting(topicArn: string, deduplicationId: string): Sighting | undefined {
    return this.#sightings.get(sightingKey({ topicArn, deduplicationId }));
  }

  /** 20 digits, larger than all before. */
  nextSequenceNumber(): string {
    return String(this.#sequence + 1).padStart(20, '0');
  }

  remember(sighting: Sighting, forgetBefore: number): void {
    this.#change({ kind: 'sighting', sighting });
    for (const [key, { at }] of this.#sightings) {
      if (at >= forgetBefore) break;
      this.#sightings.delete(key);
    }
  }

  /** Resolves when every change so far is on disk. */
  async durable(): Promise<void> {
    await this.#journal?.durable();
  }

  async close(): Promise<void> {
    await this.#journal?.close();
    this.#journal = undefined;
  }

  #change(entry: Entry): void {
    this.#load(entry);
    this.#journal?.append(entry);
  }

  #load(entry: Entry): void {
    switch (entry.kind) {
      case 'topic':
        this.#topics.set(entry.topic.arn, entry.topic);
        return;
      case 'topicDeleted':
        this.#topics.delete(entry.arn);
        for (const arn of this.#ofTopic.get(entry.arn) ?? []) this.#subscriptions.delete(arn);
        this.#ofTopic.delete(entry.arn);
        return;
      case 'subscription': {
        const { subscription } = entry;
        this.#subscriptions.set(subscription.arn, subscription);
        const siblings = this.#ofTopic.get(subscription.topicArn) ?? new Set();
        this.#ofTopic.set(subscription.topicArn, siblings.add(subscription.arn));
        return;
      }
      case 'subscriptionDeleted': {
        const topicArn = this.#subscriptions.get(entry.arn)?.topicArn;
        this.#subscriptions.delete(entry.arn);
        if (topicArn !== undefined) this.#ofTopic.get(topicArn)?.delete(entry.arn);
        return;
      }
      case 'message': {
        const { message, to } = entry;
        this.#deliveries += to.length - (this.#waiting.get(message.id)?.to.size ?? 0);
        this.#waiting.set(message.id, { message, to: new Set(to) });
        return;
      }
      case 'settled': {
        const waiting = this.#waiting.get(entry.messageId);
        if (waiting?.to.delete(entry.subscriptionArn) !== true) return;
        this.#deliveries -= 1;
        if (waiting.to.size === 0) this.#waiting.delete(entry.messageId);
        return;
      }
      case 'sighting': {
        const key = sightingKey(entry.sighting);
        this.#sightings.delete(key);
        this.#sightings.set(key, entry.sighting);
        this.#sequence = Math.max(this.#sequence, Number(entry.sighting.sequenceNumber));
        return;
      }
    }
  }

  *#entries(): Generator<Entry> {
    for (const topic of this.#topics.values()) yield { kind: 'topic', topic };
    for (const subscription of this.#subscriptions.values()) yield { kind: 'subscription', subscription };
    for (const sighting of this.#sightings.values()) yield { kind: 'sighting', sighting };
    for (const { message, to } of this.#waiting.values()) yield { kind: 'message', message, to: [...to] };
  }
}

function sightingKey({ topicArn, deduplicationId }: Pick<Sighting, 'topicArn' | 'deduplicationId'>): string {
  return `${topicArn} ${deduplicationId}`;
}
