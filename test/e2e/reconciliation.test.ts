/** No training job outlives its job's workflow by more than the reconciliation period (design §8, invariant 4). */
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { awsClients, type AwsClients } from '../../src/aws/clients.ts';
import { sageMakerTrainingService } from '../../src/aws/sagemaker-training-service.ts';
import { TrainyardClient } from '../../src/client/index.ts';
import { DEFAULT_WATCH_SETTINGS } from '../../src/activities/index.ts';
import { resolveConnection } from '../../src/client/connection.ts';
import type { DevServer } from '../../src/servers/dev-server.ts';
import { runWorker } from '../../src/worker.ts';
import { jobWorkflowId } from '../../src/workflows/contract.ts';
import { aJob, TRAINING } from '../support/a-job.ts';
import { devServer } from '../support/dev-server.ts';
import { startTestEndpoint, TEST_CREDENTIALS } from '../support/local-aws/endpoint.ts';

const RECONCILE_MS = 6_000;

let server: DevServer;
let endpoint: Awaited<ReturnType<typeof startTestEndpoint>>;
let connection: Connection;
let client: Client;
let aws: AwsClients;
let worker: Promise<void>;
const ending = new AbortController();

beforeAll(async () => {
  server = await devServer();
  endpoint = await startTestEndpoint({
    images: [{ image: '*', simulate: { seconds: 3_600 } }],
    timing: { startingSeconds: 0, stopGraceSeconds: 0.2 },
  });
  const where = { region: 'us-east-1', endpoint: endpoint.aws.url, credentials: TEST_CREDENTIALS };
  aws = awsClients(where);
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
  worker = runWorker(
    {
      connection: resolveConnection({ address: server.address }),
      aws: { ...where, isLocal: true },
      watch: { ...DEFAULT_WATCH_SETTINGS, sweepMs: 500, reconcileMs: RECONCILE_MS },
    },
    { signal: ending.signal },
  );
});

afterAll(async () => {
  ending.abort();
  await worker;
  await connection.close();
  aws.destroy();
  await endpoint.close();
  await server.stop();
});

it('stops the training job of a terminated job, and nobody else’s', async () => {
  const sagemaker = sageMakerTrainingService(aws.sageMaker);
  const trainyard = TrainyardClient.on(client);
  const [orphan, other] = [aJob(), aJob()];
  for (const { jobId } of [orphan, other]) await trainyard.submit({ ...aJob({ jobId }) });
  await sagemaker.create('ty-somebody-elses-1', TRAINING);
  const statusOf = async (name: string) => (await sagemaker.describe(name))?.status;
  const isRunning = async (jobId: string) => expect(await statusOf(`ty-${jobId}-1`)).toBe('InProgress');
  await vi.waitFor(() => Promise.all([isRunning(orphan.jobId), isRunning(other.jobId)]), 30_000);
  await client.workflow.getHandle(jobWorkflowId(orphan.jobId)).terminate('by hand');
  await vi.waitFor(async () => expect(await statusOf(`ty-${orphan.jobId}-1`)).toBe('Stopped'), {
    timeout: 3 * RECONCILE_MS,
    interval: 250,
  });
  await isRunning(other.jobId);
  expect(await statusOf('ty-somebody-elses-1')).toBe('InProgress');
});
