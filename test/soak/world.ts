import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { Client, Connection } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { awsClients, type AwsClients } from '../../src/aws/clients.ts';
import { sageMakerTrainingService } from '../../src/aws/sagemaker-training-service.ts';
import { TrainyardClient } from '../../src/client/index.ts';
import type { TrainingService } from '../../src/ports/training-service.ts';
import { resolveQueue } from '../../src/queues/queue-schema.ts';
import { startDevServer, type DevServer } from '../../src/servers/dev-server.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { DEFAULT_TASK_QUEUE, jobAttributes } from '../../src/workflows/contract.ts';
import { queueWorkflowId, TRAINING_QUEUE } from '../../src/workflows/queue-contract.ts';
import { Killable } from '../support/killable.ts';
import { CAPACITY, type SoakQueue } from './queues.ts';

/** Short, so that a run sees many of each. Of the worker, unless it says otherwise. */
export const PERIODS = {
  reconcileSeconds: 20,
  /** Longer than a call of AWS can last (25 s). */
  settleSeconds: 30,
  stopGraceSeconds: 1,
} as const;

/** What trains, and for how long. */
const IMAGES = [
  { image: 'soak/quick:*', simulate: { seconds: 1 } },
  { image: 'soak/short:*', simulate: { seconds: 3 } },
  { image: 'soak/long:*', simulate: { seconds: 10 } },
  { image: 'soak/fails:*', simulate: { seconds: 1, failure: 'AlgorithmError: ValueError: unlucky' } },
  { image: 'soak/forever:*', simulate: { seconds: 3_600 } },
];
export type Image = 'quick' | 'short' | 'long' | 'fails' | 'forever';

/** A dev server, an endpoint and a worker as processes, in a directory of their own; clients of all of them. */
export class SoakWorld {
  readonly directory: string;
  readonly temporal: Client;
  readonly trainyard: TrainyardClient;
  readonly sagemaker: TrainingService;
  readonly worker: Killable;
  readonly endpoint: Killable;
  topicArn = '';
  readonly #server: DevServer;
  readonly #connection: Connection;
  readonly #aws: AwsClients;
  readonly #endpointUrl: string;

  static async create(temporalCli: string): Promise<SoakWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'trainyard-soak-'));
    const server = await startDevServer({
      executable: temporalCli,
      port: 0,
      uiPort: false,
      searchAttributes: Object.values(jobAttributes),
      logFile: join(directory, 'temporal.log'),
    });
    const connection = await Connection.connect({ address: server.address });
    const world = new SoakWorld(directory, server, connection, await freePort());
    await world.#begin();
    return world;
  }

  private constructor(directory: string, server: DevServer, connection: Connection, awsPort: number) {
    this.directory = directory;
    this.#server = server;
    this.#connection = connection;
    this.temporal = new Client({ connection });
    this.trainyard = TrainyardClient.on(this.temporal);
    this.#endpointUrl = `http://127.0.0.1:${awsPort}`;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    this.#aws = awsClients({ region: 'us-east-1', endpoint: this.#endpointUrl, credentials });
    this.sagemaker = sageMakerTrainingService(this.#aws.sageMaker);
    this.endpoint = new Killable({
      args: [
        'local-aws',
        ...['--port', String(awsPort)],
        ...['--data', join(directory, 'aws')],
        ...['--config', join(directory, 'local-aws.json')],
      ],
      env: process.env,
      log: join(directory, 'endpoint.log'),
    });
    this.worker = new Killable({
      args: ['worker', '--address', server.address],
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: this.#endpointUrl,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        TRAINYARD_SAFETY_CHECK_SECONDS: '5',
        TRAINYARD_SAFETY_CHECKS_PER_SECOND: '10',
        TRAINYARD_SWEEP_SECONDS: '1',
        TRAINYARD_RECONCILE_SECONDS: String(PERIODS.reconcileSeconds),
        TRAINYARD_SETTLE_SECONDS: String(PERIODS.settleSeconds),
      },
      log: join(directory, 'worker.log'),
    });
  }

  get address(): string {
    return this.#server.address;
  }

  async #begin(): Promise<void> {
    await writeFile(
      join(this.directory, 'local-aws.json'),
      JSON.stringify({
        images: IMAGES,
        instances: Object.fromEntries(
          Object.entries(CAPACITY).map(([type, capacity]) => [type, { capacity, quota: capacity }]),
        ),
        timing: {
          startingSeconds: 0,
          capacityPatienceSeconds: 3,
          stopGraceSeconds: PERIODS.stopGraceSeconds,
        },
      }),
    );
    this.endpoint.start();
    await until(() => this.isEndpointUp());
    const sns = this.#aws.sns('us-east-1');
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'ends' }));
    this.topicArn = TopicArn;
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'ana@example.com' }));
    this.worker.start();
  }

  /** Starts the workflow of a queue with short periods; one that is open is left as it is. */
  async startQueue(queue: SoakQueue): Promise<void> {
    try {
      await this.temporal.workflow.start(TRAINING_QUEUE, {
        workflowId: queueWorkflowId(queue.name),
        taskQueue: DEFAULT_TASK_QUEUE,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        args: [
          {
            queue: resolveQueue(queue.file()),
            limits: { reconcileSeconds: PERIODS.reconcileSeconds, continueAsNewAfterEvents: 600 },
          },
        ],
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  /** A request to the endpoint's control path. */
  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.#endpointUrl}/_local${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return answer.json();
  }

  isEndpointUp(): Promise<boolean> {
    return fetch(this.#endpointUrl).then(
      () => true,
      () => false,
    );
  }

  /** `keep`: the logs stay for somebody to look at. */
  async destroy(keep: boolean): Promise<void> {
    await this.worker.kill();
    await this.endpoint.kill();
    await this.#connection.close();
    await this.#server.kill();
    this.#aws.destroy();
    if (!keep) await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Resolves to false when it did not come true in time. */
export async function until(
  holds: () => Promise<boolean>,
  timeoutMs = 60_000,
  everyMs = 250,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) return false;
    await sleep(everyMs);
  }
  return true;
}
