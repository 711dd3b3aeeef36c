import { beforeEach, describe, expect, test } from 'vitest';
import { TrainyardClient, type QueueSnapshot } from '../../../src/client/index.ts';
import type { Explanation } from '../../../src/scheduling/explanation.ts';
import { reason } from '../../../src/jobs/reason.ts';
import { resolveQueue } from '../../../src/queues/queue-schema.ts';
import { aJob } from '../../support/a-job.ts';
import { aQueue } from '../../support/a-queue.ts';
import { explanation } from '../cli/explanation-builder.ts';
import { job } from '../cli/job-builders.ts';
import { FakeTemporal, type FakeWorkflow } from './fake-temporal.ts';
import { refusal, snapshot } from './queue-builders.ts';

let temporal: FakeTemporal;
let client: TrainyardClient;
beforeEach(() => {
  temporal = new FakeTemporal();
  client = TrainyardClient.on(temporal.client, { taskQueue: 'ours', uiUrl: 'http://ui/' });
});

function given(name: string, workflow: Partial<FakeWorkflow>): void {
  temporal.workflows.set(`queue/${name}`, { status: 'RUNNING', ...workflow });
}

describe('applying a queue', () => {
  test('starts its workflow where there is none', async () => {
    const queue = aQueue('search', { limit: 7 });
    expect(await client.applyQueue(queue)).toEqual({
      name: 'search',
      workflowId: 'queue/search',
      outcome: 'created',
    });
    expect(temporal.started).toMatchObject([
      [
        'trainingQueue',
        {
          workflowId: 'queue/search',
          taskQueue: 'ours',
          args: [{ queue }],
          workflowIdConflictPolicy: 'FAIL',
          staticSummary: 'queue search · fifo · 7 P4',
        },
      ],
    ]);
  });

  test.each([
    [true, 'changed'],
    [false, 'unchanged'],
  ])('changes the one that is there (changed: %s)', async (changed, outcome) => {
    const asked: unknown[] = [];
    given('search', {
      update: (name, args) => {
        asked.push([name, ...args]);
        return { changed };
      },
    });
    expect(await client.applyQueue(aQueue('search'))).toMatchObject({ outcome });
    expect(asked).toEqual([['configure', aQueue('search')]]);
    expect(temporal.started).toEqual([]);
  });

  test('takes what a queue file holds', async () => {
    await client.applyQueue({
      name: 'cpu',
      serviceEnvironments: [{ name: 'C5', family: 'c5', limit: 4 }],
      fifo: {},
    });
    expect(temporal.started).toMatchObject([['trainingQueue', { workflowId: 'queue/cpu' }]]);
  });

  test('that is not valid reaches nobody', async () => {
    await expect(client.applyQueue({ name: 'cpu', serviceEnvironments: [], fifo: {} })).rejects.toMatchObject(
      { code: 'QUEUE_INVALID' },
    );
    expect(temporal.started).toEqual([]);
  });

  test('that the queue refuses has its code and its words', async () => {
    given('search', {
      update: () => {
        throw refusal('QUEUE_CHANGE_REFUSED', 'P4 has 3 instances in use.');
      },
    });
    await expect(client.applyQueue(aQueue('search'))).rejects.toMatchObject({
      code: 'QUEUE_CHANGE_REFUSED',
      message: 'P4 has 3 instances in use.',
    });
  });
});

describe('operating a queue', () => {
  test.each<[string, () => Promise<unknown>, unknown]>([
    ['pause', () => client.pauseQueue('search'), ['pause']],
    ['resume', () => client.resumeQueue('search'), ['resume']],
    ['drain', () => client.drainEnvironment('search', 'P4'), ['drain', { environment: 'P4' }]],
    ['undrain', () => client.undrainEnvironment('search', 'P4'), ['undrain', { environment: 'P4' }]],
  ])('%s', async (_, call, want) => {
    const asked: unknown[] = [];
    given('search', {
      update: (name, args) => {
        asked.push([name, ...args]);
        return { changed: true };
      },
    });
    expect(await call()).toEqual({ changed: true });
    expect(asked).toEqual([want]);
  });

  test('that does not exist, or has ended, is an error with its name', async () => {
    given('old', { status: 'TERMINATED', queries: { snapshot: snapshot() } });
    await expect(client.pauseQueue('nope')).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
    await expect(client.queue('nope')).rejects.toMatchObject({ message: 'There is no queue nope.' });
    await expect(client.queue('old')).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
  });

  test('without a worker is an error that says so', async () => {
    given('search', {});
    await expect(client.pauseQueue('search')).rejects.toMatchObject({ code: 'QUEUE_NOT_ANSWERING' });
    await expect(client.queue('search')).rejects.toMatchObject({ code: 'QUEUE_NOT_ANSWERING' });
  });

  test('deletes one that has no jobs', async () => {
    given('search', { queries: { snapshot: snapshot() } });
    await client.deleteQueue('search');
    expect(temporal.workflows.get('queue/search')?.status).toBe('TERMINATED');
  });

  test.each(['waiting', 'held', 'running', 'stopping'] as const)(
    'deletes none with jobs that are %s',
    async (state) => {
      const counts = { waiting: 0, held: 0, running: 0, stopping: 0, [state]: 1 };
      given('search', { queries: { snapshot: snapshot({ counts }) } });
      await expect(client.deleteQueue('search')).rejects.toMatchObject({ code: 'QUEUE_IN_USE' });
      expect(temporal.workflows.get('queue/search')?.status).toBe('RUNNING');
    },
  );
});

/** A queue with the shares A and Alpha. */
const shared = (): QueueSnapshot => {
  const spec = resolveQueue({
    name: 'search',
    serviceEnvironments: [{ name: 'C5', family: 'c5', limit: 4 }],
    quotaShare: { shares: [{ name: 'A' }, { name: 'Alpha' }] },
  });
  return snapshot({ policy: 'quotaShare', spec });
};

describe('reading queues', () => {
  test('asks for the page that is wanted', async () => {
    const asked: unknown[] = [];
    given('search', {
      queries: {
        snapshot: (request: unknown) => {
          asked.push(request);
          return shared();
        },
      },
    });
    expect(await client.queue('search', { offset: 20, limit: 5, share: 'A' })).toEqual(shared());
    expect(asked).toMatchObject([{ offset: 20, limit: 5, share: 'A' }]);
  });

  test('of a share that it does not have is an error that lists the shares', async () => {
    given('search', { queries: { snapshot: shared() } });
    given('cpu', { queries: { snapshot: snapshot({ name: 'cpu', spec: aQueue('cpu') }) } });
    await expect(client.queue('search', { share: 'Alpa' })).rejects.toMatchObject({
      code: 'SHARE_NOT_FOUND',
      message: 'Queue search has no share Alpa.',
      hint: 'Did you mean Alpha? Its shares: A, Alpha.',
    });
    await expect(client.queue('cpu', { share: 'A' })).rejects.toMatchObject({
      code: 'SHARE_NOT_FOUND',
      hint: 'It is a FIFO queue: all jobs stand in one line.',
    });
  });

  test('of a share that is no longer in the queue file, but has jobs', async () => {
    const usage = {
      share: 'old',
      environment: 'C5',
      guaranteed: 0,
      used: 1,
      borrowed: 1,
      lent: 0,
      waitingJobs: 0,
    };
    given('search', { queries: { snapshot: { ...shared(), shares: [usage] } } });
    expect(await client.queue('search', { share: 'old' })).toMatchObject({ name: 'search' });
  });

  test('lists the open ones by name, those without a worker too', async () => {
    given('search', { queries: { snapshot: snapshot({ paused: true }) } });
    given('lab', {});
    given('old', { status: 'COMPLETED' });
    expect(await client.listQueues()).toMatchObject([
      { name: 'lab', incomplete: { code: 'QUEUE_NOT_ANSWERING' } },
      { name: 'search', paused: true, policy: 'fifo' },
    ]);
    expect(await client.queueNames()).toEqual(['lab', 'search']);
  });

  test('a queue has a page in the Web UI', () => {
    expect(client.queueUrl('search')).toBe('http://ui/namespaces/default/workflows/queue%2Fsearch');
  });
});

describe('explaining a job', () => {
  function givenJob(
    over: Parameters<typeof job>[0],
    explains?: (request: object) => Explanation | null,
  ): void {
    temporal.workflows.set('job/rank-1', {
      status: 'RUNNING',
      queries: { job: job({ jobId: 'rank-1', status: 'RUNNABLE', ...over }) },
    });
    if (explains !== undefined) given('search', { queries: { explain: explains } });
  }

  test('in a queue: the queue is asked', async () => {
    const asked: object[] = [];
    givenJob({ queue: 'search' }, (request) => {
      asked.push(request);
      return explanation({ sentence: 'P4 has 0 of 10 instances free.' });
    });
    expect(await client.explain('rank-1', { estimate: false })).toEqual({
      jobId: 'rank-1',
      status: 'RUNNABLE',
      queue: 'search',
      sentence: 'P4 has 0 of 10 instances free.',
      explanation: explanation({ sentence: 'P4 has 0 of 10 instances free.' }),
    });
    expect(asked).toMatchObject([{ jobId: 'rank-1', estimate: false }]);
  });

  test('with another priority: both answers', async () => {
    givenJob({ queue: 'search' }, (request) =>
      explanation({ sentence: 'whatIf' in request ? 'would start' : 'waits' }),
    );
    expect(await client.explain('rank-1', { whatIf: { priority: 90 } })).toMatchObject({
      sentence: 'waits',
      whatIf: { priority: 90, explanation: { sentence: 'would start' } },
    });
  });

  test('in a share that the queue does not have: an error', async () => {
    givenJob({ queue: 'search' }, () => explanation());
    const queries = temporal.workflows.get('queue/search')?.queries ?? {};
    queries['snapshot'] = shared();
    await expect(client.explain('rank-1', { whatIf: { share: 'Nope' } })).rejects.toMatchObject({
      code: 'SHARE_NOT_FOUND',
      hint: 'Its shares: A, Alpha.',
    });
    expect(await client.explain('rank-1', { whatIf: { share: 'A' } })).toMatchObject({
      whatIf: { share: 'A' },
    });
  });

  test.each<[string, Parameters<typeof job>[0], string]>([
    ['without a queue tells its own reason', {}, 'Ready to launch.'],
    [
      'that is held says so',
      { held: true },
      'Ready to launch. It is held, and is not launched again until it is released.',
    ],
    [
      'that has ended says how',
      { queue: 'search', status: 'STOPPED', reason: reason('CANCELLED', {}) },
      'Cancelled.',
    ],
  ])('%s', async (_, over, sentence) => {
    givenJob({ reason: reason('READY'), ...over });
    const answer = await client.explain('rank-1');
    expect(answer.sentence).toBe(sentence);
    expect(answer.explanation).toBeUndefined();
    expect(answer.incomplete).toBeUndefined();
    await expect(client.explain('rank-1', { whatIf: { priority: 1 } })).rejects.toMatchObject({
      code: 'JOB_NOT_QUEUED',
    });
  });

  test('that its queue does not know (yet) tells its own reason', async () => {
    givenJob({ queue: 'search', reason: reason('ACCEPTED') }, () => null);
    expect(await client.explain('rank-1')).toMatchObject({
      sentence: 'The job was accepted.',
      queue: 'search',
    });
    await expect(client.explain('rank-1', { whatIf: { share: 'A' } })).rejects.toMatchObject({
      message: expect.stringContaining('does not know job rank-1 (yet)') as string,
    });
  });

  test('whose queue is gone says so, and what it knows itself', async () => {
    givenJob({ queue: 'search', reason: reason('ACCEPTED') });
    expect(await client.explain('rank-1')).toMatchObject({
      sentence: 'The job was accepted.',
      incomplete: { code: 'QUEUE_NOT_FOUND' },
    });
  });

  test('that does not exist', async () => {
    await expect(client.explain('nope')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });
});

describe('explaining a job that is not submitted yet', () => {
  test('answers what would become of it', async () => {
    const asked: unknown[] = [];
    const spec = aJob({ jobId: 'new', queue: 'search' });
    given('search', {
      queries: {
        explainNew: (request: unknown) => {
          asked.push(request);
          return { outcome: 'accepted', explanation: explanation() };
        },
      },
    });
    expect(await client.explainNew(spec)).toEqual(explanation());
    expect(asked).toMatchObject([{ job: spec, estimate: true }]);
  });

  test('that would be refused rejects with the code of the refusal', async () => {
    given('search', {
      queries: { explainNew: { outcome: 'refused', code: 'NEVER_FITS', message: 'Too big by 3.' } },
    });
    await expect(client.explainNew(aJob({ queue: 'search' }))).rejects.toMatchObject({
      code: 'NEVER_FITS',
      message: 'Too big by 3.',
    });
  });

  test('and names no queue', async () => {
    await expect(client.explainNew(aJob())).rejects.toMatchObject({ code: 'JOB_NOT_QUEUED' });
  });
});
