import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { queryError } from '../wire/answer.ts';
import { AwsError, internalFailure } from '../wire/aws-error.ts';
import type { Actions, SnsContext } from './context.ts';
import { Deliveries } from './deliveries.ts';
import { Mailbox } from './mailbox.ts';
import { publishActions } from './publish.ts';
import { QueryParams } from './query-params.ts';
import { SnsState } from './state.ts';
import { subscriptionActions } from './subscriptions.ts';
import { tagActions } from './tags.ts';
import { topicActions } from './topics.ts';
import { answerXml } from './xml.ts';

export interface SnsOptions {
  /** Topics, subscriptions and undelivered messages are under `sns/state`, e-mail goes to `sns/mailbox.jsonl`. */
  readonly dataDir: string;
  readonly region: string;
  readonly accountId: string;
  /** Address under which this endpoint is reached, for the links in messages. */
  readonly endpointUrl: () => string;
  /** Epoch milliseconds. (Default: the system's) */
  readonly now?: () => number;
  /** (Default: silent) */
  readonly log?: (line: string) => void;
  /** Where http and https subscriptions may be. (Default: `loopback`, addresses of this machine's loopback interface) */
  readonly deliverTo?: 'loopback' | 'anywhere';
  /** Waits between the tries of one delivery, in milliseconds. (Default: 1, 4 and 16 seconds) */
  readonly retryDelaysMs?: readonly number[];
}

export interface Sns {
  /** Answers one request of the query protocol; errors are answers too. */
  handle(action: string, params: URLSearchParams): Promise<{ readonly status: number; readonly xml: string }>;
  /** Ends deliveries under way; they are taken up again by the next endpoint on the same data. */
  close(): Promise<void>;
}

const RETRY_DELAYS_MS = [1_000, 4_000, 16_000];

/**
 * SNS of the local AWS endpoint: topics, subscriptions with filter policies, and delivery to http endpoints of this machine
 * and to a mailbox file. What it has accepted survives kill -9 and is delivered at least once.
 */
export function createSns(options: SnsOptions): Sns {
  const { log = () => undefined } = options;
  const opened = open(options);
  opened.catch((error: unknown) => log(`sns: ${error instanceof Error ? error.message : String(error)}`));
  return {
    handle: async (action, params) => {
      const requestId = randomUUID();
      try {
        const { actions, context } = await opened;
        const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
        if (run === undefined) {
          throw new AwsError('InvalidAction', `Could not find operation ${action} for version 2010-03-31`);
        }
        const result = await run(new QueryParams(params));
        await context.state.durable();
        return { status: 200, xml: answerXml(action, result, requestId) };
      } catch (error) {
        const known = error instanceof AwsError ? error : internalFailure();
        if (known !== error)
          log(`sns: ${action} failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
        const { status, body } = queryError(known, requestId);
        return { status, xml: body };
      }
    },
    close: async () => {
      const parts = await opened.catch(() => undefined);
      await parts?.context.deliveries.close();
      await parts?.context.state.close();
    },
  };
}

async function open(
  options: SnsOptions,
): Promise<{ readonly actions: Actions; readonly context: SnsContext }> {
  const { dataDir, region, accountId, endpointUrl, now = Date.now, log = () => undefined } = options;
  const retryDelaysMs = options.retryDelaysMs ?? RETRY_DELAYS_MS;
  const onlyLoopback = options.deliverTo !== 'anywhere';
  const state = await SnsState.open(join(dataDir, 'sns', 'state'));
  const mailbox = new Mailbox(join(dataDir, 'sns', 'mailbox.jsonl'));
  const deliveries = new Deliveries({ state, mailbox, endpointUrl, retryDelaysMs, onlyLoopback, log });
  const context: SnsContext = {
    state,
    deliveries,
    home: { region, accountId },
    onlyLoopback,
    retryDelaysMs,
    now,
  };
  const actions = {
    ...topicActions(context),
    ...tagActions(context),
    ...subscriptionActions(context),
    ...publishActions(context),
  };
  return { actions, context };
}
