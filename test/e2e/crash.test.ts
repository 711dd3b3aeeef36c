/**
 * kill -9 of the worker, the Temporal server and the endpoint, at chosen points and at random, with answers lost on the
 * way: no job is lost, none runs twice, each is notified (design §8, invariants 1, 2 and 5). Checked from what SageMaker
 * and the training processes recorded, not from what the workflows believe.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { ListTrainingJobsCommand, type TrainingJobSummary } from '@aws-sdk/client-sagemaker';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awsClients, type AwsClients } from '../../src/aws/clients.ts';
import { TrainyardClient } from '../../src/client/index.ts';
import type { JobSpec } from '../../src/jobs/spec.ts';
import { freePort } from '../../src/servers/free-port.ts';
import type { DevServer } from '../../src/servers/dev-server.ts';
import { aJob } from '../support/a-job.ts';
import { devServer } from '../support/dev-server.ts';
import { Killable } from '../support/killable.ts';

/** Trains for a moment, and leaves a line for each time that it really ran. */
const TRAIN = 'echo "$TRAINING_JOB_NAME" >> "$RUNS"; sleep 2; echo done > "$SM_MODEL_DIR/model.txt"';
/** Fails the first time, succeeds when it finds its checkpoint. */
const FAIL_ONCE =
  'echo "$TRAINING_JOB_NAME" >> "$RUNS"; if [ -e /opt/ml/checkpoints/one ]; then exit 0; fi; ' +
  'echo 1 > /opt/ml/checkpoints/one; sleep 1; echo "ValueError: unlucky" > /opt/ml/output/failure; exit 1';

let world: World;

beforeEach(async () => {
  world = await World.create();
});
afterEach(() => world.destroy());

describe('kill -9', () => {
  it('of the worker while an answer of CreateTrainingJob is lost: the attempt is adopted, not doubled', async () => {
    await world.fault({ kind: 'lostAnswer', operation: 'CreateTrainingJob', times: 3 });
    await world.submit('lost-answer', TRAIN);
    await world.untilRequested('CreateTrainingJob');
    await world.worker.kill();
    world.worker.start();
    await world.expectAllEnded(['SUCCEEDED']);
  });

  it('of the endpoint while a job trains: the job is found again', async () => {
    await world.submit('endpoint-dies', TRAIN.replace('sleep 2', 'sleep 5'));
    await world.untilRuns(1);
    await world.endpoint.kill();
    await sleep(1_000);
    world.endpoint.start();
    await world.expectAllEnded(['SUCCEEDED']);
  });

  it('of the Temporal server while a job trains: the workflow goes on', async () => {
    await world.submit('server-dies', TRAIN.replace('sleep 2', 'sleep 4'));
    await world.untilRuns(1);
    await world.restartTemporal();
    await world.expectAllEnded(['SUCCEEDED']);
  });

  it('of everything at once', async () => {
    await world.submit('all-die', TRAIN.replace('sleep 2', 'sleep 5'));
    await world.untilRuns(1);
    await Promise.all([world.worker.kill(), world.endpoint.kill(), world.restartTemporal()]);
    world.endpoint.start();
    world.worker.start();
    await world.expectAllEnded(['SUCCEEDED']);
  });

  it(
    'of anything at any time, with lost answers, throttling and server errors',
    { timeout: 240_000 },
    async () => {
      await world.fault({ kind: 'lostAnswer', operation: '*TrainingJob', probability: 0.1 });
      await world.fault({ kind: 'lostRequest', operation: '*', probability: 0.05 });
      await world.fault({ kind: 'error', operation: '*', status: 503, probability: 0.05 });
      await world.fault({ kind: 'throttle', operation: '*', probability: 0.05 });
      const jobs = 12;
      for (let n = 0; n < jobs; n += 1) {
        await world.submit(`chaos-${n}`, n % 3 === 0 ? FAIL_ONCE : TRAIN);
        if (n % 2 === 1) await world.killSomething(n);
      }
      for (let n = 0; n < 6; n += 1) {
        await sleep(500 + 300 * n);
        await world.killSomething(n);
      }
      await world.fetchControl('DELETE', '/faults');
      await world.expectAllEnded(['SUCCEEDED']);
    },
  );
});

/** Temporal with a database on disk, the endpoint and a worker as processes, in a directory of their own. */
class World {
  readonly worker: Killable;
  readonly endpoint: Killable;
  readonly #directory: string;
  readonly #endpointUrl: string;
  readonly #aws: AwsClients;
  readonly #specs: JobSpec[] = [];
  #temporal: DevServer;
  #connection: Connection;
  #topicArn = '';

  static async create(): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'trainyard-crash-'));
    const [awsPort, temporalPort] = [await freePort(), await freePort()];
    const temporal = await devServer({ dbFile: join(directory, 'temporal.db'), port: temporalPort });
    const connection = await Connection.connect({ address: temporal.address });
    const world = new World(directory, awsPort, temporal, connection);
    await writeFile(join(directory, 'runs'), '');
    await writeFile(
      join(directory, 'local-aws.yaml'),
      'timing: { startingSeconds: 0, stopGraceSeconds: 1 }\n',
    );
    world.endpoint.start();
    await world.#untilEndpointAnswers();
    const sns = world.#aws.sns('us-east-1');
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'ends' }));
    world.#topicArn = TopicArn;
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'ana@example.com' }));
    world.worker.start();
    return world;
  }

  private constructor(directory: string, awsPort: number, temporal: DevServer, connection: Connection) {
    this.#directory = directory;
    this.#temporal = temporal;
    this.#connection = connection;
    this.#endpointUrl = `http://127.0.0.1:${awsPort}`;
    this.endpoint = new Killable({
      args: [
        'local-aws',
        '--port',
        String(awsPort),
        '--data',
        join(directory, 'aws'),
        '--config',
        join(directory, 'local-aws.yaml'),
      ],
      env: process.env,
      log: join(directory, 'endpoint.log'),
    });
    this.worker = new Killable({
      args: ['worker', '--address', temporal.address],
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: this.#endpointUrl,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        TRAINYARD_SAFETY_CHECK_SECONDS: '3',
      },
      log: join(directory, 'worker.log'),
    });
    this.#aws = awsClients({
      region: 'us-east-1',
      endpoint: this.#endpointUrl,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  }

  async submit(jobId: string, script: string): Promise<void> {
    const s3 = join(this.#directory, 'aws', 's3');
    const job = aJob({
      jobId,
      retry: {
        attempts: 2,
        internalAttempts: 10,
        backoff: { initialSeconds: 1, maxSeconds: 1, factor: 1 },
        capacityBackoff: { initialSeconds: 1, maxSeconds: 1, factor: 1 },
      },
      training: {
        AlgorithmSpecification: {
          TrainingImage: 'busybox:1',
          TrainingInputMode: 'File',
          ContainerEntrypoint: ['sh', '-c', script],
        },
        CheckpointConfig: { S3Uri: `s3://checkpoints/${jobId}` },
        Environment: { RUNS: join(this.#directory, 'runs'), S3: s3 },
      },
    });
    const spec: JobSpec = {
      ...job,
      notify: { topicArn: this.#topicArn, on: ['SUCCEEDED', 'FAILED', 'STOPPED'] },
    };
    this.#specs.push(spec);
    await this.#client().submit(spec);
  }

  #client(): TrainyardClient {
    return TrainyardClient.on(new Client({ connection: this.#connection }));
  }

  fault(fault: Record<string, unknown>): Promise<unknown> {
    return this.fetchControl('POST', '/faults', fault);
  }

  async fetchControl(method: string, path: string, body?: unknown): Promise<unknown> {
    await this.#untilEndpointAnswers();
    const answer = await fetch(`${this.#endpointUrl}/_local${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }

  async restartTemporal(): Promise<void> {
    const { port } = this.#temporal;
    await this.#temporal.kill();
    this.#temporal = await devServer({ dbFile: join(this.#directory, 'temporal.db'), port });
  }

  /** Kills one of the three with SIGKILL, and starts it again after a moment. */
  async killSomething(n: number): Promise<void> {
    if (n % 3 === 2) {
      await this.restartTemporal();
      return;
    }
    const victim = n % 3 === 0 ? this.worker : this.endpoint;
    await victim.kill();
    await sleep(300);
    victim.start();
  }

  async untilRequested(operation: string): Promise<void> {
    await until(async () => {
      const log = (await this.fetchControl('GET', `/requests?operation=${operation}`)) as { count: number };
      return log.count > 0;
    });
  }

  async untilRuns(count: number): Promise<void> {
    await until(async () => (await this.#runs()).length >= count);
  }

  async #runs(): Promise<string[]> {
    return (await readFile(join(this.#directory, 'runs'), 'utf8')).split('\n').filter((line) => line !== '');
  }

  #untilEndpointAnswers(): Promise<void> {
    return until(async () => (await fetch(this.#endpointUrl).catch(() => undefined)) !== undefined);
  }

  /** Waits for the end of every job and holds the invariants against what SageMaker, the processes and SNS recorded. */
  async expectAllEnded(wanted: readonly string[]): Promise<void> {
    for (const { jobId } of this.#specs) {
      const { status, reason } = await this.#client().wait(jobId, { timeoutMs: 150_000 });
      expect(wanted, `${jobId}: ${reason.sentence}`).toContain(status);
    }
    const trainings = await this.#trainings();
    const runs = await this.#runs();
    // Each attempt ran once: a job that was lost with its machine is another attempt under another name.
    expect(runs.toSorted()).toEqual([...new Set(runs)].toSorted());
    for (const { jobId } of this.#specs) {
      const own = trainings.filter(({ TrainingJobName }) => TrainingJobName?.startsWith(`ty-${jobId}-`));
      expect(own.filter(({ TrainingJobStatus }) => TrainingJobStatus === 'Completed')).toHaveLength(1);
      expect(own.filter(({ TrainingJobStatus }) => TrainingJobStatus === 'InProgress')).toHaveLength(0);
      expectNoOverlap(own);
    }
    const letters = await this.#letters();
    expect(new Set(letters)).toEqual(new Set(this.#specs.map(({ jobId }) => jobId)));
  }

  async #trainings(): Promise<TrainingJobSummary[]> {
    const { TrainingJobSummaries = [] } = await this.#aws.sageMaker.send(
      new ListTrainingJobsCommand({ MaxResults: 100 }),
    );
    return TrainingJobSummaries;
  }

  /** The job of each notification id that the mailbox holds; a second copy of the same one is allowed to subscribers. */
  async #letters(): Promise<string[]> {
    const ids = async (): Promise<Set<string>> => {
      const text = await readFile(join(this.#directory, 'aws', 'sns', 'mailbox.jsonl'), 'utf8').catch(
        () => '',
      );
      return new Set([...text.matchAll(/Job (\S+) SUCCEEDED/g)].map((match) => match[1] ?? ''));
    };
    await until(async () => (await ids()).size >= this.#specs.length);
    return [...(await ids())];
  }

  async destroy(): Promise<void> {
    await this.#connection.close();
    await this.worker.kill();
    await this.#temporal.kill();
    await this.endpoint.kill();
    this.#aws.destroy();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** No two training jobs of one job were alive at the same time. */
function expectNoOverlap(trainings: readonly TrainingJobSummary[]): void {
  const spans = trainings
    .map(({ CreationTime, TrainingEndTime, LastModifiedTime }) => ({
      start: CreationTime?.getTime() ?? 0,
      end: (TrainingEndTime ?? LastModifiedTime)?.getTime() ?? Infinity,
    }))
    .toSorted((a, b) => a.start - b.start);
  for (const [index, { start }] of spans.entries()) {
    const before = spans[index - 1];
    if (before !== undefined) expect(start).toBeGreaterThanOrEqual(before.end);
  }
}

async function until(holds: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('It did not come true in time.');
    await sleep(100);
  }
}
