import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LocalAwsConfig, startLocalAws } from '../../src/local-aws/index.ts';
import {
  anSdkRequest,
  describeUntil,
  hasEnded,
  image,
  shell,
  TEST_CREDENTIALS,
} from '../support/local-aws/endpoint.ts';
import {
  type CompiledEndpoint,
  compileEndpoint,
  type EndpointProcess,
} from '../support/local-aws/endpoint-process.ts';

const CONFIG: LocalAwsConfig = {
  timing: { startingSeconds: 0, stopGraceSeconds: 5, spotRestartSeconds: 0, spotNoticeSeconds: 1 },
  images: [
    { image: 'forever', simulate: { seconds: 86_400 } },
    { image: 'instant', simulate: { seconds: 0 } },
  ],
};

let compiled: CompiledEndpoint;
let dataDir: string;
let endpoint: EndpointProcess;
let client: SageMakerClient;

beforeAll(async () => {
  compiled = await compileEndpoint();
});
afterAll(() => compiled.remove());
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-restart-'));
  await start();
});
afterEach(async () => {
  await kill();
  // Ends what still trains.
  const last = await startLocalAws({ dataDir, config: { ...CONFIG, timing: { stopGraceSeconds: 0 } } });
  await last.close({ stopJobs: true });
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function start(config = CONFIG): Promise<void> {
  endpoint = await compiled.start(dataDir, config);
  client = new SageMakerClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    maxAttempts: 1,
  });
}

async function kill(): Promise<void> {
  client.destroy();
  await endpoint.kill();
}

const create = (name: string, changes = {}) =>
  client.send(new CreateTrainingJobCommand(anSdkRequest(name, changes)));
const describeJob = (name: string) => client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
const contentOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
const until = (check: () => Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 15_000, interval: 20 });

/** Says in a file that it began, trains until a file says that it may end. */
function trainingIn(folder: string): {
  readonly job: object;
  readonly begun: string;
  readonly mayEnd: string;
} {
  const [begun, mayEnd] = [join(folder, 'begun'), join(folder, 'may-end')];
  return { begun, mayEnd, job: shell(`echo x >> ${begun}; while [ ! -f ${mayEnd} ]; do sleep 0.05; done`) };
}

describe('kill -9 of the endpoint', () => {
  it('leaves training alone: the job is found again, runs once, and completes', async () => {
    const training = trainingIn(dataDir);
    await create('job', training.job);
    await until(async () => expect(await contentOf(training.begun)).toBe('x\n'));
    await kill();
    await start();
    expect(await describeJob('job')).toMatchObject({
      TrainingJobStatus: 'InProgress',
      SecondaryStatus: 'Training',
    });
    await writeFile(training.mayEnd, '');
    expect((await describeUntil(client, 'job', hasEnded)).TrainingJobStatus).toBe('Completed');
    expect(await contentOf(training.begun)).toBe('x\n');
  });

  it('does not lose the end of a job that ended meanwhile', async () => {
    const training = trainingIn(dataDir);
    await create('job', training.job);
    await until(async () => expect(await contentOf(training.begun)).toBe('x\n'));
    await kill();
    await writeFile(training.mayEnd, '');
    await start();
    expect((await describeUntil(client, 'job', hasEnded)).TrainingJobStatus).toBe('Completed');
  });

  it('does not hide a job from what may happen to it: its instances can still die', async () => {
    const pid = join(dataDir, 'pid');
    await create('job', shell(`echo $$ > ${pid}; exec sleep 600`));
    await until(async () => expect(await contentOf(pid)).toMatch(/\d/));
    await kill();
    await start();
    const answer = await fetch(`${endpoint.url}/_local/jobs/job/crash`, { method: 'POST' });
    expect(await answer.json()).toEqual({ jobs: ['job'] });
    const job = await describeUntil(client, 'job', hasEnded);
    expect(job.FailureReason).toBe(
      'InternalServerError: We encountered an internal error. Please try again.',
    );
  });

  it('in the middle of a stop lets the stop go on', async () => {
    const pid = join(dataDir, 'pid');
    await create('job', shell(`trap '' TERM; echo $$ > ${pid}; while :; do sleep 0.05; done`));
    await until(async () => expect(await contentOf(pid)).toMatch(/\d/));
    await client.send(new StopTrainingJobCommand({ TrainingJobName: 'job' }));
    await kill();
    await start({ ...CONFIG, timing: { ...CONFIG.timing, stopGraceSeconds: 1 } });
    expect(await describeUntil(client, 'job', hasEnded)).toMatchObject({
      TrainingJobStatus: 'Stopped',
      SecondaryStatus: 'Stopped',
    });
  });

  it('at any moment keeps every job that was answered for, once', async () => {
    const answered = new Set<string>();
    const log = join(dataDir, 'runs');
    for (let round = 0; round < 5; round++) {
      let answers = 0;
      let enough: () => void = () => undefined;
      const someAnswered = new Promise<void>((resolve) => (enough = resolve));
      const creating = Array.from({ length: 12 }, async (_, i) => {
        const name = `job-${round}-${i}`;
        const job = i % 4 === 0 ? shell(`echo ${name} >> ${log}`) : image('instant');
        try {
          await create(name, job);
          answered.add(name);
        } catch {
          return;
        } finally {
          if (++answers > 2 * round) enough();
        }
      });
      await someAnswered;
      await kill();
      await Promise.all(creating);
      await start();
    }
    expect(answered.size).toBeGreaterThan(0);
    for (const name of answered) {
      const job = await describeUntil(client, name, hasEnded);
      // The window between "start" and its record is an internal error, as when a machine dies.
      expect(job.FailureReason ?? job.TrainingJobStatus).toMatch(/^(Completed|InternalServerError: )/);
    }
    const runs = (await contentOf(log)).split('\n').filter((line) => line !== '');
    expect(runs).toEqual([...new Set(runs)]);
  });

  it('keeps names taken, tags, and what has ended', async () => {
    await create('done', { Tags: [{ Key: 'k', Value: 'v' }] });
    const before = await describeUntil(client, 'done', hasEnded);
    await kill();
    await start();
    expect({ ...(await describeJob('done')), $metadata: {} }).toEqual({ ...before, $metadata: {} });
    await expect(create('done')).rejects.toMatchObject({ name: 'ResourceInUse' });
  });
});

describe('two endpoints', () => {
  it('do not work on the same data', async () => {
    await expect(startLocalAws({ dataDir })).rejects.toMatchObject({ code: 'LOCAL_AWS_IN_USE' });
  });

  it('do not listen on the same port', async () => {
    const other = await mkdtemp(join(tmpdir(), 'trainyard-other-'));
    await expect(startLocalAws({ dataDir: other, port: endpoint.port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
    });
    await rm(other, { recursive: true });
  });
});

describe('many jobs', () => {
  it('are created, listed and found again quickly', async () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `job-${i}`);
    for (let i = 0; i < names.length; i += 50) {
      await Promise.all(names.slice(i, i + 50).map((name) => create(name, image('forever'))));
    }
    await until(async () => {
      const jobs = (await (await fetch(`${endpoint.url}/_local/jobs`)).json()) as { phase: string }[];
      expect(jobs.filter(({ phase }) => phase === 'training')).toHaveLength(1_000);
    });
    await kill();
    await start();
    expect(await describeJob('job-999')).toMatchObject({ SecondaryStatus: 'Training' });
  });
});
