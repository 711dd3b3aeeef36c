import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsClients, awsClients } from '../../src/aws/clients.ts';
import { type LocalAws, type LocalAwsConfig, startLocalAws } from '../../src/local-aws/index.ts';

/** Any keys do: the endpoint checks no signatures. */
export const KEYS = { accessKeyId: 'local', secretAccessKey: 'local' };
export const REGION = 'us-east-1';

export interface LocalEndpoint {
  readonly aws: LocalAws;
  readonly clients: AwsClients;
  readonly dataDir: string;
  /** Adds a fault by the control path (docs/local-aws.md). */
  addFault(fault: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** A local AWS endpoint on a free port with a data directory of its own, and clients for it. */
export async function localEndpoint(config: LocalAwsConfig = {}): Promise<LocalEndpoint> {
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-endpoint-'));
  const aws = await startLocalAws({ dataDir, config });
  const clients = awsClients({ region: REGION, endpoint: aws.url, credentials: KEYS });
  return {
    aws,
    clients,
    dataDir,
    addFault: async (fault) => {
      const answer = await fetch(`${aws.url}/_local/faults`, { method: 'POST', body: JSON.stringify(fault) });
      if (!answer.ok) throw new Error(`the endpoint refused the fault: ${await answer.text()}`);
    },
    close: async () => {
      clients.destroy();
      await aws.close({ stopJobs: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
