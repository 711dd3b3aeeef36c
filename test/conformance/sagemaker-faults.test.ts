import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListTrainingJobsCommand,
} from '@aws-sdk/client-sagemaker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  anSdkRequest,
  hasEnded,
  image,
  startTestEndpoint,
  type TestEndpoint,
} from '../support/local-aws/endpoint.ts';

let aws: TestEndpoint;
beforeEach(async () => {
  aws = await startTestEndpoint({ throttling: {} });
});
afterEach(() => aws.close());

const create = (name: string, client = aws.client, changes = {}) =>
  client.send(new CreateTrainingJobCommand(anSdkRequest(name, changes)));
const list = () => aws.client.send(new ListTrainingJobsCommand({}));
const addFault = async (fault: object) =>
  expect((await aws.control('POST', '/faults', fault)).status).toBe(200);
const received = async (operation: string) =>
  (await aws.control('GET', `/requests?operation=${operation}`)).json as {
    count: number;
    times: number[];
    requests: object[];
  };

describe('throttling', () => {
  it('allows ListTrainingJobs twice a second, as AWS does', async () => {
    const results = await Promise.allSettled([list(), list(), list()]);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('has exactly the body of AWS', async () => {
    await addFault({ kind: 'throttle', operation: 'ListTrainingJobs', times: 1 });
    const response = await fetch(aws.aws.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'SageMaker.ListTrainingJobs' },
      body: '{}',
    });
    expect([response.status, await response.text()]).toEqual([
      400,
      '{"__type":"ThrottlingException","message":"Rate exceeded"}',
    ]);
  });

  it('can be set for every operation, and lifted', async () => {
    await aws.control('PATCH', '/config', {
      throttling: { ListTrainingJobs: false, CreateTrainingJob: { perSecond: 0.01 } },
    });
    await Promise.all(Array.from({ length: 20 }, list));
    await create('first');
    await expect(create('second')).rejects.toMatchObject({ name: 'ThrottlingException' });
  });
});

describe('a lost answer', () => {
  it('leaves a job that was created, so that the SDK, which sends again by itself, sees ResourceInUse', async () => {
    await addFault({ kind: 'lostAnswer', operation: 'CreateTrainingJob', times: 1 });
    await expect(create('lost', aws.newClient({ maxAttempts: 3 }))).rejects.toMatchObject({
      name: 'ResourceInUse',
    });
    expect((await received('CreateTrainingJob')).requests).toMatchObject([
      { status: 0, job: 'lost' },
      { status: 400, error: 'ResourceInUse' },
    ]);
    await aws.describeUntil('lost', hasEnded);
  });

  it('is a reset of the connection', async () => {
    await addFault({ kind: 'lostAnswer', operation: 'CreateTrainingJob', job: 'lo*', times: 1 });
    await create('other');
    await expect(create('lost')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('a lost request', () => {
  it('leaves nothing', async () => {
    await addFault({ kind: 'lostRequest', operation: 'CreateTrainingJob', times: 1 });
    await expect(create('lost')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(
      aws.client.send(new DescribeTrainingJobCommand({ TrainingJobName: 'lost' })),
    ).rejects.toThrow('Requested resource not found.');
  });
});

describe('an error of the server', () => {
  it('does nothing, and is survived by the retries of the SDK', async () => {
    await addFault({
      kind: 'error',
      operation: 'CreateTrainingJob',
      status: 503,
      code: 'ServiceUnavailable',
      times: 2,
    });
    await create('survives', aws.newClient({ maxAttempts: 3 }));
    expect((await received('CreateTrainingJob')).requests).toMatchObject([
      { status: 503, error: 'ServiceUnavailable' },
      { status: 503 },
      { status: 200 },
    ]);
  });

  it('is InternalFailure when nothing else is said', async () => {
    await addFault({ kind: 'error', operation: 'ListTrainingJobs' });
    await expect(list()).rejects.toMatchObject({
      name: 'InternalFailure',
      $metadata: { httpStatusCode: 500 },
    });
  });
});

describe('a slow answer', () => {
  it('comes after the time that it takes, when the operation is done', async () => {
    await addFault({ kind: 'slow', operation: 'CreateTrainingJob', seconds: 2 });
    let answered = false;
    const creation = create('slow').then(() => (answered = true));
    await aws.describeUntil('slow', hasEnded).catch(() => undefined);
    await aws.describeUntil('slow', hasEnded);
    expect(answered).toBe(false);
    await creation;
  });
});

describe('faults of jobs', () => {
  it('are InternalServerError, CapacityError and spot interruptions', async () => {
    await addFault({ kind: 'internalError', job: 'internal' });
    await addFault({ kind: 'capacityError', job: 'capacity' });
    await addFault({ kind: 'spotInterruption', job: 'spot', times: 1 });
    const spot = {
      ...image('instant'),
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 60 },
    };
    await create('internal', aws.client, image('forever'));
    await create('capacity');
    await create('spot', aws.client, spot);
    expect((await aws.describeUntil('internal', hasEnded)).FailureReason).toBe(
      'InternalServerError: We encountered an internal error. Please try again.',
    );
    expect((await aws.describeUntil('capacity', hasEnded)).FailureReason).toMatch(
      /^CapacityError: Unable to provision/,
    );
    const interrupted = await aws.describeUntil('spot', hasEnded);
    expect(interrupted.SecondaryStatusTransitions?.map(({ Status }) => Status)).toContain('Interrupted');
    expect(interrupted.TrainingJobStatus).toBe('Completed');
  });
});

describe('the control path', () => {
  it('lists what there is', async () => {
    const { json } = await aws.control('GET', '');
    expect(json).toContainEqual({
      method: 'POST',
      path: '/_local/faults',
      what: 'add a fault, or a list of them',
    });
  });

  it('counts the requests that were received', async () => {
    await create('counted');
    await create('counted').catch(() => undefined);
    const { count, times } = await received('CreateTrainingJob');
    expect([count, times.length]).toEqual([2, 2]);
    expect((await received('Describe*')).count).toBe(0);
    await aws.control('DELETE', '/requests');
    expect((await received('CreateTrainingJob')).count).toBe(0);
  });

  it('shows capacity and quotas, and what is used', async () => {
    await aws.control('PATCH', '/instances', { 'ml.m5.large': { capacity: 3, quota: 5 } });
    await create('user', aws.client, image('forever'));
    await aws.describeUntil('user', (job) => job.SecondaryStatus === 'Training');
    expect((await aws.control('GET', '/instances')).json).toMatchObject([
      { instanceType: 'ml.m5.large', capacity: 3, used: 1, quota: 5, quotaUsed: 1 },
    ]);
    expect((await aws.control('GET', '/jobs')).json).toMatchObject([
      { name: 'user', phase: 'training', incarnation: 1 },
    ]);
  });

  it('changes the config, or says what is wrong with a change', async () => {
    expect((await aws.control('PATCH', '/config', { timeScale: 0.5 })).json).toMatchObject({
      config: { timeScale: 0.5 },
    });
    expect(await aws.control('PATCH', '/config', { timeScael: 1 })).toMatchObject({
      status: 400,
      json: {
        code: 'LOCAL_AWS_CONFIG',
        error: expect.stringContaining('timeScael: unknown key; allowed are region') as string,
      },
    });
    expect((await aws.control('PUT', '/config', { region: 'eu-west-1' })).json).toMatchObject({
      config: { region: 'eu-west-1', timeScale: 1 },
    });
  });

  it('adds and removes faults', async () => {
    await addFault([{ kind: 'throttle', id: 'mine' }, { kind: 'lostAnswer' }]);
    expect((await aws.control('GET', '/faults')).json).toMatchObject([
      { id: 'mine' },
      { fault: { kind: 'lostAnswer' } },
    ]);
    expect((await aws.control('DELETE', '/faults/mine')).status).toBe(200);
    expect((await aws.control('DELETE', '/faults/mine')).status).toBe(404);
    await aws.control('DELETE', '/faults');
    expect((await aws.control('GET', '/faults')).json).toEqual([]);
  });

  it.each([
    ['GET', '/nothing', undefined, 404, 'GET /_local lists what there is'],
    ['PUT', '/faults', [], 405, 'allows GET, POST, DELETE'],
    ['POST', '/faults', { kind: 'meteor' }, 400, 'kind'],
    ['POST', '/faults', [], 400, ''],
    ['POST', '/faults', { kind: 'slow', seconds: 1, oops: 1 }, 400, 'oops'],
    ['PATCH', '/config', [], 400, 'must be a JSON object'],
    ['GET', '/requests?oparation=x', undefined, 400, 'Unknown parameter oparation'],
    ['GET', '/requests?limit=x', undefined, 400, 'limit must be a number'],
    ['POST', '/jobs/%E0%A4%A/interrupt', undefined, 400, 'not a valid part'],
  ])('refuses %s %s %j with %i', async (method, path, body, status, error) => {
    const answer = await aws.control(method, path, body);
    expect(answer).toMatchObject({ status, json: { error: expect.stringContaining(error) as string } });
  });
});
