import { beforeEach, describe, expect, test } from 'vitest';
import { TrainyardClient, type SubmissionResult } from '../../../src/client/index.ts';
import { specHash } from '../../../src/client/job-submission.ts';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import { aJob } from '../../support/a-job.ts';
import { FakeTemporal, GrpcError, UNAVAILABLE } from './fake-temporal.ts';
import { givenQueue, refusal } from './queue-builders.ts';

let temporal: FakeTemporal;
let client: TrainyardClient;
beforeEach(() => {
  temporal = new FakeTemporal();
  client = TrainyardClient.on(temporal.client, { taskQueue: 'ours' });
});

const inSearch = (jobId: string): JobSpec => aJob({ jobId, queue: 'search' });
const many = (count: number): JobSpec[] =>
  Array.from({ length: count }, (_, index) => inSearch(`job-${index}`));
const outcomes = (results: readonly SubmissionResult[]): string[] =>
  results.map(
    (result) => `${result.jobId} ${result.outcome === 'refused' ? result.error.code : 'submitted'}`,
  );
const accepted = (): { outcome: 'accepted' } => ({ outcome: 'accepted' });

describe('a job in a queue', () => {
  test('is handed to the queue, and no workflow is started here', async () => {
    const sent = givenQueue(temporal, accepted);
    const job = inSearch('rank-1');
    expect(await client.submit(job)).toEqual({
      jobId: 'rank-1',
      workflowId: 'job/rank-1',
      alreadySubmitted: false,
    });
    expect(sent).toMatchObject([{ jobs: [job], specHashes: [specHash(job)] }]);
    expect(temporal.started).toEqual([]);
  });

  test('that was submitted before is found, and nothing is sent', async () => {
    const sent = givenQueue(temporal, accepted);
    const job = inSearch('rank-1');
    temporal.workflows.set('job/rank-1', { status: 'COMPLETED', memo: { specHash: specHash(job) } });
    expect(await client.submit(job)).toMatchObject({ alreadySubmitted: true });
    expect(sent).toEqual([]);
  });

  test('whose id belongs to another job is a conflict', async () => {
    givenQueue(temporal, accepted);
    temporal.workflows.set('job/rank-1', { status: 'RUNNING', memo: { specHash: 'other' } });
    await expect(client.submit(inSearch('rank-1'))).rejects.toMatchObject({
      code: 'JOB_EXISTS',
      message: 'The id rank-1 belongs to another job.',
    });
  });

  test('that the queue has, but whose workflow is not there yet, was submitted before', async () => {
    givenQueue(temporal, () => ({ outcome: 'known' }));
    expect(await client.submit(inSearch('rank-1'))).toMatchObject({ alreadySubmitted: true });
  });

  test('without such a queue', async () => {
    await expect(client.submit(inSearch('rank-1'))).rejects.toMatchObject({
      code: 'QUEUE_NOT_FOUND',
      message: 'There is no queue search.',
    });
  });

  test('that the queue refuses has its code and its words', async () => {
    givenQueue(temporal, () => ({ outcome: 'refused', code: 'NEVER_FITS', message: 'Too big by 3.' }));
    await expect(client.submit(inSearch('rank-1'))).rejects.toMatchObject({
      code: 'NEVER_FITS',
      message: 'Too big by 3.',
    });
  });

  test('that the queue refuses with a code of a later release', async () => {
    givenQueue(temporal, () => ({ outcome: 'refused', code: 'WRONG_MOON', message: 'Not today.' }));
    await expect(client.submit(inSearch('rank-1'))).rejects.toMatchObject({
      code: 'QUEUE_REFUSED_MESSAGE',
      message: 'Not today.',
    });
  });

  test('without a worker', async () => {
    temporal.workflows.set('queue/search', { status: 'RUNNING' });
    await expect(client.submit(inSearch('rank-1'))).rejects.toMatchObject({ code: 'QUEUE_NOT_ANSWERING' });
  });

  test('that is not valid reaches nobody', async () => {
    const sent = givenQueue(temporal, accepted);
    await expect(client.submit({ ...inSearch('rank-1'), priority: -1 })).rejects.toMatchObject({
      code: 'JOB_INVALID',
    });
    expect(sent).toEqual([]);
  });
});

test('a job can be asked for as soon as it is submitted, however long the queue takes to start it', async () => {
  const looks: string[] = [];
  givenQueue(temporal, accepted);
  temporal.trouble = (request) => {
    if (request !== 'describe') return;
    looks.push(request);
    // The first looks after the queue's answer come too early.
    if (looks.length === 2) temporal.workflows.delete('job/rank-1');
    if (looks.length === 4)
      temporal.workflows.set('job/rank-1', { status: 'RUNNING', queries: { job: 'there' } });
  };
  await client.submit(inSearch('rank-1'));
  expect(await client.get('rank-1')).toBe('there');
});

describe('many jobs', () => {
  test('go to their queue a hundred at a time, in their order', async () => {
    const sent = givenQueue(temporal, accepted);
    const jobs = many(250);
    const results = await client.submitAll(jobs);
    expect(sent.map(({ jobs: batch }) => batch.length)).toEqual([100, 100, 50]);
    expect(sent.flatMap(({ jobs: batch }) => batch.map(({ jobId }) => jobId))).toEqual(
      jobs.map(({ jobId }) => jobId),
    );
    expect(results.map(({ jobId }) => jobId)).toEqual(jobs.map(({ jobId }) => jobId));
  });

  test('are never more than a megabyte at a time', async () => {
    const sent = givenQueue(temporal, accepted);
    const big = {
      HyperParameters: Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`k${n}`, 'x'.repeat(2_400)])),
    };
    const jobs = Array.from({ length: 12 }, (_, n) =>
      aJob({ jobId: `big-${n}`, queue: 'search', training: big }),
    );
    await client.submitAll(jobs);
    expect(sent.length).toBeGreaterThan(1);
    for (const request of sent) expect(Buffer.byteLength(JSON.stringify(request))).toBeLessThan(1_050_000);
    expect(sent.flatMap(({ jobs: batch }) => batch)).toHaveLength(12);
  });

  test('of several queues and of none each go their way', async () => {
    const search = givenQueue(temporal, accepted);
    const lab = givenQueue(temporal, accepted, 'lab');
    const jobs = [
      inSearch('a'),
      aJob({ jobId: 'b', queue: 'lab' }),
      aJob({ jobId: 'c' }),
      inSearch('d'),
      aJob({ jobId: 'e', queue: 'nowhere' }),
    ];
    expect(outcomes(await client.submitAll(jobs))).toEqual([
      'a submitted',
      'b submitted',
      'c submitted',
      'd submitted',
      'e QUEUE_NOT_FOUND',
    ]);
    expect(search.map(({ jobs: batch }) => batch.map(({ jobId }) => jobId))).toEqual([['a', 'd']]);
    expect(lab).toHaveLength(1);
    expect(temporal.started.map(([, options]) => options.workflowId)).toEqual(['job/c']);
  });

  test('of which some are refused: the others are submitted', async () => {
    givenQueue(temporal, (jobId) =>
      jobId === 'job-1'
        ? { outcome: 'refused', code: 'SHARE_MISSING', message: 'names no share' }
        : accepted(),
    );
    expect(outcomes(await client.submitAll(many(3)))).toEqual([
      'job-0 submitted',
      'job-1 SHARE_MISSING',
      'job-2 submitted',
    ]);
  });

  test('are told as they are decided', async () => {
    givenQueue(temporal, accepted);
    const told: [string, number][] = [];
    await client.submitAll(many(3), { onResult: ({ jobId }, index) => told.push([jobId, index]) });
    expect(told).toEqual([
      ['job-0', 0],
      ['job-1', 1],
      ['job-2', 2],
    ]);
  });

  test('none of which is sent when one is not valid', async () => {
    const sent = givenQueue(temporal, accepted);
    const jobs = [inSearch('a'), { ...inSearch('b'), priority: 10_000 }];
    await expect(client.submitAll(jobs)).rejects.toMatchObject({ code: 'JOB_INVALID' });
    expect(sent).toEqual([]);
  });
});

describe('a queue that is busy or full', () => {
  test.each(['QUEUE_BUSY', 'QUEUE_FULL'])(
    'as a whole (%s) is asked again until it takes the jobs',
    async (code) => {
      const sent = givenQueue(temporal, (_, batch) => (batch < 3 ? refusal(code, 'later') : accepted()));
      expect(outcomes(await client.submitAll(many(2)))).toEqual(['job-0 submitted', 'job-1 submitted']);
      expect(sent).toHaveLength(3);
    },
  );

  test('for some of the jobs is asked again for these only', async () => {
    const sent = givenQueue(temporal, (jobId, batch) =>
      jobId === 'job-1' && batch === 1
        ? { outcome: 'refused', code: 'QUEUE_FULL', message: 'full' }
        : accepted(),
    );
    expect(outcomes(await client.submitAll(many(2)))).toEqual(['job-0 submitted', 'job-1 submitted']);
    expect(sent.map(({ jobs }) => jobs.map(({ jobId }) => jobId))).toEqual([['job-0', 'job-1'], ['job-1']]);
  });

  test('for longer than the patience lasts is an error of each job, with the words of the queue', async () => {
    givenQueue(temporal, () => refusal('QUEUE_FULL', 'Queue search has 10 waiting jobs.'));
    const results = await client.submitAll(many(2), { patienceMs: 150 });
    expect(outcomes(results)).toEqual(['job-0 QUEUE_FULL', 'job-1 QUEUE_FULL']);
    expect(results[0]).toMatchObject({ error: { message: 'Queue search has 10 waiting jobs.' } });
  });
});

describe('a queue with room for a part of a batch', () => {
  const ids = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, index) => `job-${from + index}`);
  const sizesOf = (sent: readonly { readonly jobs: readonly unknown[] }[]): number[] =>
    sent.map(({ jobs }) => jobs.length);

  /** A queue that takes `room` jobs; `freed` says how much more there is before each batch. */
  function queueWith(
    room: number,
    freed: (batch: number) => number = () => 0,
  ): ReturnType<typeof givenQueue> {
    let [free, seen] = [room, 0];
    return givenQueue(temporal, (_, batch, size) => {
      if (batch > seen) {
        free += freed(batch);
        seen = batch;
        if (size > free) return refusal('QUEUE_FULL', `Room for ${free}, not for ${size}.`, { room: free });
        free -= size;
      }
      return accepted();
    });
  }

  test('is given that part at once, and the others are refused with what it says then', async () => {
    const sent = queueWith(6);
    const told: string[] = [];
    const results = await client.submitAll(many(9), {
      patienceMs: 0,
      onResult: ({ jobId, outcome }) => told.push(`${jobId} ${outcome}`),
    });
    expect(outcomes(results)).toEqual([
      ...ids(0, 6).map((id) => `${id} submitted`),
      ...ids(6, 9).map((id) => `${id} QUEUE_FULL`),
    ]);
    expect(results.at(-1)).toMatchObject({ error: { message: 'Room for 0, not for 3.' } });
    expect(told).toHaveLength(9);
    expect(sizesOf(sent)).toEqual([9, 6, 3]);
  });

  test('gets the others, in their order, as its jobs start', async () => {
    // From the sixth batch on, one job starts before each batch.
    const sent = queueWith(6, (batch) => (batch > 5 ? 1 : 0));
    const results = await client.submitAll(many(9));
    expect(outcomes(results)).toEqual(ids(0, 9).map((id) => `${id} submitted`));
    const inOrder = sent.flatMap(({ jobs }) => jobs.map(({ jobId }) => jobId));
    expect([...new Set(inOrder)]).toEqual(ids(0, 9));
  });

  test('that fills up before the part arrives takes nothing of those behind it', async () => {
    const sent = queueWith(2, (batch) => (batch === 2 ? -2 : batch === 3 ? 4 : 0));
    const results = await client.submitAll(many(4));
    expect(outcomes(results)).toEqual(ids(0, 4).map((id) => `${id} submitted`));
    expect(sent.map(({ jobs }) => jobs.map(({ jobId }) => jobId))).toEqual([ids(0, 4), ids(0, 2), ids(0, 4)]);
  });

  test('and goes away after it: what it took has been told', async () => {
    const told: string[] = [];
    givenQueue(temporal, (_, batch) =>
      batch === 1
        ? refusal('QUEUE_FULL', 'full', { room: 2 })
        : batch === 2
          ? accepted()
          : new GrpcError(UNAVAILABLE, 'gone'),
    );
    const submitting = client.submitAll(many(3), { onResult: ({ jobId }) => told.push(jobId) });
    await expect(submitting).rejects.toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
    expect(told).toEqual(ids(0, 2));
  });

  test.each([undefined, null, 'much', -1, 0.5])(
    'that says %j of its room is asked again as a whole',
    async (room) => {
      const sent = givenQueue(temporal, (_, batch) =>
        batch === 1 ? refusal('QUEUE_FULL', 'full', { room: room }) : accepted(),
      );
      await client.submitAll(many(3));
      expect(sizesOf(sent)).toEqual([3, 3]);
    },
  );
});

describe('trouble on the way', () => {
  test('a queue between two runs is found again, and the job counts as new', async () => {
    let first = true;
    const job = inSearch('rank-1');
    const sent = givenQueue(temporal, () => {
      if (!first) return { outcome: 'known' };
      first = false;
      const { submittedAt } = sent[0] ?? { submittedAt: -1 };
      // It came through, and its answer was lost.
      temporal.workflows.set('job/rank-1', {
        status: 'RUNNING',
        memo: { specHash: specHash(job), submittedAt },
      });
      return refusal(
        'AcceptedUpdateCompletedWorkflow',
        'Workflow Update failed because the Workflow completed',
      );
    });
    expect(await client.submit(job)).toMatchObject({ alreadySubmitted: false });
    expect(sent).toHaveLength(2);
  });

  test('a server that goes away ends it, and what was submitted has been told', async () => {
    givenQueue(temporal, (_, batch) => (batch === 1 ? accepted() : new GrpcError(UNAVAILABLE, 'gone')));
    const told: string[] = [];
    const submitting = client.submitAll(many(150), { onResult: ({ jobId }) => told.push(jobId) });
    await expect(submitting).rejects.toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
    expect(told).toHaveLength(100);
  });
});
