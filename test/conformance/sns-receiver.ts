import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';

/** What SNS posts to http endpoints. */
export interface SnsMessage {
  readonly Type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Subject?: string;
  readonly Message: string;
  readonly Timestamp: string;
  readonly Token?: string;
  readonly SubscribeURL?: string;
  readonly UnsubscribeURL?: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>;
}

export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface SnsReceiver {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  /** Deliveries that are JSON documents. */
  readonly messages: readonly SnsMessage[];
  /** Answers what comes next with these statuses, then with 200. */
  answerWith(...statuses: number[]): void;
  /** Takes requests but answers none any more. */
  fallSilent(): void;
  /** The first message, past or to come, of which this is true. */
  next(holds: (message: SnsMessage) => boolean): Promise<SnsMessage>;
  close(): Promise<void>;
}

/** An http endpoint that subscribes to topics, on a free loopback port (or the given one). */
export async function snsReceiver(port = 0): Promise<SnsReceiver> {
  const deliveries: Delivery[] = [];
  const statuses: number[] = [];
  let silent = false;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      deliveries.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      if (!silent) response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const messages = (): SnsMessage[] =>
    deliveries
      .filter(({ headers }) => headers['x-amz-sns-rawdelivery'] === undefined)
      .map(({ body }) => JSON.parse(body) as SnsMessage);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    deliveries,
    get messages() {
      return messages();
    },
    answerWith: (...more) => {
      statuses.push(...more);
    },
    fallSilent: () => {
      silent = true;
    },
    next: (holds) =>
      vi.waitFor(
        () => {
          const found = messages().find(holds);
          if (found === undefined) throw new Error('no such message has arrived');
          return found;
        },
        { timeout: 10_000, interval: 20 },
      ),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
