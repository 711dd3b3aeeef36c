import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type CreateTrainingJobCommandInput,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { vi } from 'vitest';
import { type LocalAws, type LocalAwsConfig, startLocalAws } from '../../../src/local-aws/index.ts';

export const TEST_CREDENTIALS = { accessKeyId: 'AKIDTEST', secretAccessKey: 'not-a-secret' };

/** Phases take no time, so that tests need none. */
const QUICK: LocalAwsConfig = {
  timing: {
    startingSeconds: 0,
    spotRestartSeconds: 0,
    spotNoticeSeconds: 1,
    stopGraceSeconds: 5,
    capacityPatienceSeconds: 60,
  },
  throttling: { ListTrainingJobs: false },
  images: [
    { image: 'instant', simulate: { seconds: 0 } },
    { image: 'forever', simulate: { seconds: 86_400 } },
    {
      image: 'failing',
      simulate: { seconds: 0, failure: 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1' },
    },
  ],
};

/** A local AWS endpoint in this process, with clients. */
export interface TestEndpoint {
  readonly aws: LocalAws;
  readonly dataDir: string;
  readonly logged: string[];
  /** One attempt per call, so that errors are seen as they come. */
  readonly client: SageMakerClient;
  newClient(options?: { readonly maxAttempts?: number }): SageMakerClient;
  /** The control path: `control('PATCH', '/instances', {...})`. */
  control(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }>;
  putObject(key: string, text?: string): Promise<void>;
  /** Describes until the test is satisfied. */
  describeUntil(
    name: string,
    done: (job: DescribeTrainingJobCommandOutput) => boolean,
  ): Promise<DescribeTrainingJobCommandOutput>;
  close(): Promise<void>;
}

export async function startTestEndpoint(config: LocalAwsConfig = {}): Promise<TestEndpoint> {
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-aws-'));
  const logged: string[] = [];
  const merged = { ...QUICK, ...config, timing: { ...QUICK.timing, ...config.timing } };
  const aws = await startLocalAws({ dataDir, config: merged, log: (line) => logged.push(line) });
  const clients: SageMakerClient[] = [];
  const newClient = (options: { readonly maxAttempts?: number } = {}): SageMakerClient => {
    const client = new SageMakerClient({
      endpoint: aws.url,
      region: 'us-east-1',
      credentials: TEST_CREDENTIALS,
      maxAttempts: options.maxAttempts ?? 1,
    });
    clients.push(client);
    return client;
  };
  const client = newClient();
  return {
    aws,
    dataDir,
    logged,
    client,
    newClient,
    async control(method, path, body) {
      const response = await fetch(`${aws.url}/_local${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, json: await response.json() };
    },
    async putObject(key, text = 'data') {
      const path = join(dataDir, 's3', key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    },
    describeUntil: (name, done) => describeUntil(client, name, done),
    async close() {
      for (const one of clients) one.destroy();
      await aws.close({ stopJobs: true });
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export async function describeUntil(
  client: SageMakerClient,
  name: string,
  done: (job: DescribeTrainingJobCommandOutput) => boolean,
): Promise<DescribeTrainingJobCommandOutput> {
  return vi.waitFor(
    async () => {
      const job = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
      if (!done(job)) throw new Error(`${name} is ${job.TrainingJobStatus}/${job.SecondaryStatus}`);
      return job;
    },
    { timeout: 30_000, interval: 20 },
  );
}

export const hasEnded = (job: DescribeTrainingJobCommandOutput): boolean =>
  ['Completed', 'Failed', 'Stopped'].includes(job.TrainingJobStatus ?? '');

/** What the SDK sends for a job that runs the image `instant`. */
export function anSdkRequest(
  name: string,
  changes: Partial<CreateTrainingJobCommandInput> = {},
): CreateTrainingJobCommandInput {
  return {
    TrainingJobName: name,
    RoleArn: 'arn:aws:iam::111122223333:role/training',
    AlgorithmSpecification: { TrainingImage: 'instant', TrainingInputMode: 'File' },
    OutputDataConfig: { S3OutputPath: 's3://bucket/output' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 10 },
    StoppingCondition: { MaxRuntimeInSeconds: 3_600 },
    ...changes,
  };
}

export const image = (name: string): Pick<CreateTrainingJobCommandInput, 'AlgorithmSpecification'> => ({
  AlgorithmSpecification: { TrainingImage: name, TrainingInputMode: 'File' },
});

/** A job of real processes, one per instance, each running a shell script. */
export const shell = (script: string): Pick<CreateTrainingJobCommandInput, 'AlgorithmSpecification'> => ({
  AlgorithmSpecification: {
    TrainingImage: 'any',
    TrainingInputMode: 'File',
    ContainerEntrypoint: ['/bin/sh', '-c', script],
  },
});
