import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SNSClient } from '@aws-sdk/client-sns';
import { Client, Connection } from '@temporalio/client';
import { TrainyardClient } from '../../client/index.ts';
import { DEFAULT_TASK_QUEUE } from '../../workflows/contract.ts';
import type { DevAddresses } from '../dev/environment.ts';
import type { Session } from '../session.ts';

const NAMESPACE = 'default';

/** The running servers, as the examples see them. */
export interface World {
  readonly session: Session;
  readonly temporal: Client;
  readonly trainyard: TrainyardClient;
  readonly sagemaker: SageMakerClient;
  readonly sns: SNSClient;
  readonly endpointUrl: string;
  /** The directory of the local AWS endpoint. */
  readonly awsDir: string;
  readonly uiUrl: string | undefined;
  /** Aborted by Ctrl-C: the examples are left as they are. */
  readonly signal: AbortSignal;
}

export interface WorldOptions {
  readonly session: Session;
  readonly addresses: DevAddresses;
  readonly awsDir: string;
  readonly signal: AbortSignal;
}

export async function withWorld<T>(
  { session, addresses, awsDir, signal }: WorldOptions,
  act: (world: World) => Promise<T>,
): Promise<T> {
  const { endpointUrl, uiUrl } = addresses;
  const aws = {
    endpoint: endpointUrl,
    region: addresses.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 8,
  };
  const sns = new SNSClient(aws);
  const sagemaker = new SageMakerClient(aws);
  const temporal = new Client({
    connection: await Connection.connect({ address: addresses.temporal }),
    namespace: NAMESPACE,
  });
  const trainyard = TrainyardClient.on(temporal, { taskQueue: DEFAULT_TASK_QUEUE });
  try {
    return await act({ session, temporal, trainyard, sagemaker, sns, endpointUrl, awsDir, uiUrl, signal });
  } finally {
    sns.destroy();
    sagemaker.destroy();
    await trainyard.close();
  }
}

export const uiNote = ({ uiUrl }: World): string =>
  uiUrl === undefined ? '' : `; each is a workflow in ${uiUrl}/namespaces/${NAMESPACE}/workflows`;
