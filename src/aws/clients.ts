import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

export interface AwsClientSettings {
  /** Undefined: what the SDK finds (AWS_REGION, profile). */
  readonly region: string | undefined;
  /** Base address for all services. Undefined: AWS itself, or what AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> say. */
  readonly endpoint: string | undefined;
  /** Undefined: the SDK's own chain (environment, profile, role). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

export interface AwsClients {
  readonly sageMaker: SageMakerClient;
  /** SNS refuses topics of another region, so there is a client for each region that a topic is in. */
  sns(region: string): SNSClient;
  readonly sts: STSClient;
  /** Closes the connections. */
  destroy(): void;
}

/**
 * What one call may take, with the SDK's own retries: less than the shortest startToCloseTimeout of an activity, so that
 * it is the call that reports what went wrong.
 */
const CALL_TIMEOUT_MS = 25_000;

export interface Timeouts {
  /** For a connection, in milliseconds. */
  readonly connectMs: number;
  /** For the answer to one try, in milliseconds. */
  readonly answerMs: number;
}

const TIMEOUTS: Timeouts = { connectMs: 5_000, answerMs: 10_000 };

/**
 * Clients that never wait for ever. Retries are the SDK's: three tries in all, or what AWS_MAX_ATTEMPTS and AWS_RETRY_MODE
 * say.
 */
export function awsClients(
  { region, endpoint, credentials }: AwsClientSettings,
  { connectMs, answerMs }: Timeouts = TIMEOUTS,
): AwsClients {
  const common = {
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      // Without this the SDK only logs (@smithy/node-http-handler, set-request-timeout.js).
      throwOnRequestTimeout: true,
      socketTimeout: answerMs,
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const here = { ...common, ...(region === undefined ? {} : { region }) };
  const sageMaker = new SageMakerClient(here);
  const sts = new STSClient(here);
  const sns = new Map<string, SNSClient>();
  return {
    sageMaker,
    sts,
    sns: (topicRegion) => {
      const client = sns.get(topicRegion) ?? new SNSClient({ ...common, region: topicRegion });
      sns.set(topicRegion, client);
      return client;
    },
    destroy: () => {
      for (const client of [sageMaker, sts, ...sns.values()]) client.destroy();
    },
  };
}

/** Options of every `send`: bounds the whole call. */
export function bounded(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS) };
}

export interface CallerIdentity {
  readonly account: string;
  readonly region: string;
}

/** Whose account and which region the clients work in. Throws the SDK's error when that cannot be found out. */
export async function callerIdentity({ sts }: Pick<AwsClients, 'sts'>): Promise<CallerIdentity> {
  const { Account } = await sts.send(new GetCallerIdentityCommand({}), bounded());
  if (Account === undefined) throw new Error('AWS STS answered GetCallerIdentity without an account.');
  return { account: Account, region: await sts.config.region() };
}
