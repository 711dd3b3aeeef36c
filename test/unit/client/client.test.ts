import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, describe, expect, test } from 'vitest';
import { TrainyardClient } from '../../../src/client/index.ts';
import { reason } from '../../../src/jobs/reason.ts';
import type { JobResult } from '../../../src/jobs/view.ts';
import { event, job } from '../cli/job-builders.ts';
import { FakeTemporal, GrpcError, UNAVAILABLE, type FakeWorkflow } from './fake-temporal.ts';

let temporal: FakeTemporal;
let client: TrainyardClient;

beforeEach(() => {
  temporal = new FakeTemporal();
  client = TrainyardClient.on(temporal.client, { uiUrl: 'http://ui' });
});

function given(workflow: FakeWorkflow, jobId = 'rank-lr-3'): void {
  temporal.workflows.set(`job/${jobId}`, workflow);
}

const ended = (over: Partial<JobResult['job']>): JobResult => ({
  job: job({ endedAt: 60_000, ...over }),
  events: [event()],
});

describe('reading a job', () => {
  test('asks a live one', async () => {
    given({ status: 'RUNNING', jobStatus: 'RUNNING', queries: { job: job() } });
    expect(await client.get('rank-lr-3')).toEqual(job());
  });

  test.each<[string, FakeWorkflow]>([
    ['succeeded', { status: 'COMPLETED', report: ended({ status: 'SUCCEEDED' }) }],
    ['failed', { status: 'FAILED', report: ended({ status: 'FAILED' }) }],
    ['was stopped', { status: 'CANCELLED', report: ended({ status: 'STOPPED' }) }],
  ])('that %s needs no worker', async (_, workflow) => {
    given(workflow);
    const want = workflow.report as JobResult;
    expect(await client.get('rank-lr-3')).toEqual(want.job);
    expect(await client.events('rank-lr-3')).toEqual(want.events);
    expect(temporal.queries).toEqual([]);
  });

  test.each<[string, FakeWorkflow, string, RegExp]>([
    [
      'terminated',
      { status: 'TERMINATED', jobStatus: 'RUNNING' },
      'STOPPED',
      /was terminated in Temporal.*by mistake.*may still run/,
    ],
    ['timed out', { status: 'TIMED_OUT', jobStatus: 'RUNNABLE' }, 'FAILED', /timed out/],
    ['cancelled without a report', { status: 'CANCELLED' }, 'STOPPED', /was cancelled/],
    [
      'failed without a report',
      { status: 'FAILED' },
      'FAILED',
      /failed in Temporal.*the training code failed/,
    ],
  ])('whose workflow was %s has a terminal status and a sentence', async (_, workflow, status, sentence) => {
    given({ ...workflow, closeTime: new Date(99_000) });
    const read = await client.get('rank-lr-3');
    expect(read).toMatchObject({ status, endedAt: 99_000, reason: { code: 'WORKFLOW_ENDED' } });
    expect(read.reason.sentence).toMatch(sentence);
  });

  test('whose workflow was terminated keeps its attempts when a worker can still tell them', async () => {
    given({ status: 'TERMINATED', jobStatus: 'RUNNING', queries: { job: job() } });
    expect(await client.get('rank-lr-3')).toMatchObject({
      status: 'STOPPED',
      attempts: job().attempts,
      priority: 50,
    });
  });

  test('without a worker shows what the server knows, and says so', async () => {
    given({ status: 'RUNNING', jobStatus: 'STARTING', memo: { submittedAt: 5 } });
    expect(await client.get('rank-lr-3')).toMatchObject({
      status: 'STARTING',
      submittedAt: 5,
      incomplete: { code: 'WORKER_NOT_ANSWERING' },
    });
    await expect(client.events('rank-lr-3')).rejects.toMatchObject({ code: 'WORKER_NOT_ANSWERING' });
  });

  test.each([
    [4, 'Deadline exceeded'],
    [1, 'Call cancelled'],
    [9, 'no poller seen for task queue recently, worker may be down'],
  ])('goes on without a worker when the query ends with gRPC code %i', async (code, details) => {
    given({ status: 'RUNNING', jobStatus: 'RUNNING', queries: {} });
    temporal.trouble = (request) => {
      if (request.startsWith('query')) throw new GrpcError(code, details);
    };
    expect(await client.get('rank-lr-3')).toMatchObject({ incomplete: { code: 'WORKER_NOT_ANSWERING' } });
  });

  test('that does not exist is an error with its id', async () => {
    await expect(client.get('nope')).rejects.toMatchObject({
      code: 'JOB_NOT_FOUND',
      message: 'There is no job nope.',
    });
  });

  test('has a page in the Web UI', () => {
    expect(client.webUiUrl('rank-lr-3')).toBe('http://ui/namespaces/default/workflows/job%2Frank-lr-3');
  });
});

describe('waiting for a job', () => {
  test('ends with the workflow', async () => {
    given({ status: 'RUNNING', jobStatus: 'RUNNING' });
    const waiting = client.wait('rank-lr-3');
    await Promise.resolve();
    temporal.close('job/rank-lr-3', { status: 'COMPLETED', report: ended({ status: 'SUCCEEDED' }) });
    expect(await waiting).toMatchObject({ status: 'SUCCEEDED' });
  });

  test.each<[FakeWorkflow['status'], string]>([
    ['TERMINATED', 'STOPPED'],
    ['TIMED_OUT', 'FAILED'],
    ['CANCELLED', 'STOPPED'],
    ['FAILED', 'FAILED'],
  ])('ends when the workflow is %s without a report', async (status, want) => {
    given({ status: 'RUNNING', jobStatus: 'RUNNING' });
    const waiting = client.wait('rank-lr-3');
    await Promise.resolve();
    temporal.close('job/rank-lr-3', { status });
    expect(await waiting).toMatchObject({ status: want });
  });

  test('ends as soon as the status is terminal, while a notification is still on its way', async () => {
    const workflow: FakeWorkflow = { status: 'RUNNING', jobStatus: 'RUNNING' };
    given(workflow);
    const waiting = client.wait('rank-lr-3', { pollMs: 1 });
    Object.assign(workflow, { jobStatus: 'SUCCEEDED', queries: { job: job({ status: 'SUCCEEDED' }) } });
    expect(await waiting).toMatchObject({ status: 'SUCCEEDED' });
    expect(workflow.status).toBe('RUNNING');
  });

  test('goes on while the server is away, and tells', async () => {
    given({ status: 'COMPLETED', report: ended({ status: 'SUCCEEDED' }) });
    let failures = 2;
    temporal.trouble = () => {
      if (failures-- > 0) throw new GrpcError(UNAVAILABLE, 'connection refused');
    };
    const troubles: unknown[] = [];
    expect(await client.wait('rank-lr-3', { onTrouble: (error) => troubles.push(error) })).toMatchObject({
      status: 'SUCCEEDED',
    });
    expect(troubles.length).toBeGreaterThan(0);
  });

  test('gives up at the timeout; the job goes on', async () => {
    given({ status: 'RUNNING', jobStatus: 'RUNNING' });
    await expect(client.wait('rank-lr-3', { timeoutMs: 5 })).rejects.toMatchObject({
      code: 'WAIT_TIMED_OUT',
    });
  });

  test("rejects with the caller's own reason when it is aborted", async () => {
    given({ status: 'RUNNING', jobStatus: 'RUNNING' });
    const controller = new AbortController();
    const waiting = client.wait('rank-lr-3', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('for a job that does not exist is an error', async () => {
    await expect(client.wait('nope')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });
});

describe('steering a job', () => {
  test('is answered with the new state', async () => {
    given({
      status: 'RUNNING',
      update: (name, args) => job({ reason: reason('CANCELLED', { reason: JSON.stringify([name, args]) }) }),
    });
    expect(await client.cancel('rank-lr-3', { reason: 'why' })).toMatchObject({
      answered: true,
      job: { reason: { sentence: 'Cancelled: ["cancel",[{"reason":"why"}]].' } },
    });
  });

  test('tells what the job says of itself when it has acted on it', async () => {
    given({
      status: 'RUNNING',
      update: () => job({ reason: reason('READY') }),
      queries: { job: job({ reason: reason('HELD'), held: true }) },
    });
    expect(await client.hold('rank-lr-3')).toMatchObject({ job: { held: true, reason: { code: 'HELD' } } });
  });

  test('leaves a signal when no worker answers', async () => {
    const signals: FakeWorkflow['signals'] = [];
    given({ status: 'RUNNING', signals });
    expect(await client.setPriority('rank-lr-3', 90)).toEqual({ jobId: 'rank-lr-3', answered: false });
    expect(await client.hold('rank-lr-3')).toEqual({ jobId: 'rank-lr-3', answered: false });
    expect(signals).toEqual([
      ['setPriority', [{ priority: 90 }]],
      ['hold', []],
    ]);
  });

  test('is refused with the reason of the job', async () => {
    given({
      status: 'RUNNING',
      update: () => {
        throw new WorkflowUpdateFailedError(
          'failed',
          ApplicationFailure.create({ message: 'priority must be 0-9999' }),
        );
      },
    });
    await expect(client.setPriority('rank-lr-3', -1)).rejects.toMatchObject({
      code: 'JOB_REFUSED_MESSAGE',
      message: 'Job rank-lr-3 refused: priority must be 0-9999',
    });
  });

  test('that has another status than it was asked for by now says which, and is left alone', async () => {
    const asked: unknown[] = [];
    given({
      status: 'RUNNING',
      queries: { job: job({ status: 'RUNNING' }) },
      update: (_, args) => {
        asked.push(...args);
        const details = { status: 'STARTING' };
        const cause = ApplicationFailure.nonRetryable('Job rank-lr-3 is STARTING.', 'OTHER_STATUS', details);
        throw new WorkflowUpdateFailedError('failed', cause);
      },
    });
    expect(await client.cancel('rank-lr-3', { statuses: ['RUNNABLE'] })).toMatchObject({
      answered: true,
      spared: 'STARTING',
      job: { status: 'RUNNING' },
    });
    expect(asked).toEqual([{ statuses: ['RUNNABLE'] }]);
  });

  test('counts as answered when the job ended on the request', async () => {
    given({
      status: 'COMPLETED',
      report: ended({ status: 'STOPPED' }),
    });
    temporal.trouble = (request) => {
      if (!request.startsWith('update')) return;
      const cause = ApplicationFailure.create({ message: 'done', type: 'AcceptedUpdateCompletedWorkflow' });
      throw new WorkflowUpdateFailedError('failed', cause);
    };
    expect(await client.cancel('rank-lr-3')).toMatchObject({ answered: true, job: { status: 'STOPPED' } });
  });

  test('that has ended says how it ended', async () => {
    given({ status: 'COMPLETED', report: ended({ status: 'SUCCEEDED' }) });
    await expect(client.release('rank-lr-3')).rejects.toMatchObject({
      code: 'JOB_ENDED',
      message: 'Job rank-lr-3 is SUCCEEDED, so it can no longer be steered.',
    });
  });

  test('that does not exist is an error', async () => {
    await expect(client.hold('nope')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });
});

describe('an id', () => {
  beforeEach(() => {
    for (const jobId of ['sweep-1', 'sweep-10', 'rank']) given({ status: 'RUNNING' }, jobId);
  });

  test.each([
    ['rank', 'rank'],
    ['ra', 'rank'],
    ['sweep-10', 'sweep-10'],
    ['sweep-1', 'sweep-1'],
  ])('%s means %s', async (text, want) => {
    expect(await client.resolve(text)).toBe(want);
  });

  test('that several jobs begin with lists them', async () => {
    await expect(client.resolve('sweep')).rejects.toMatchObject({
      code: 'JOB_ID_AMBIGUOUS',
      message: 'Several jobs begin with sweep: sweep-1, sweep-10',
    });
  });

  test.each(['nope', '', "x' OR '1'='1", 'a'.repeat(51)])('%j means no job', async (text) => {
    await expect(client.resolve(text)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });
});

describe('trouble with Temporal is explained', () => {
  test.each([
    [UNAVAILABLE, 'connection refused', 'TEMPORAL_UNREACHABLE'],
    [7, 'Request unauthorized.', 'TEMPORAL_DENIED'],
    [16, 'Jwt is expired', 'TEMPORAL_DENIED'],
    [
      3,
      'Namespace default has no mapping defined for search attribute JobStatus',
      'SEARCH_ATTRIBUTES_MISSING',
    ],
    [13, 'boom', 'TEMPORAL_REFUSED'],
  ])('gRPC code %i, "%s": %s', async (code, details, want) => {
    temporal.trouble = () => {
      throw new GrpcError(code, details);
    };
    await expect(client.get('rank')).rejects.toMatchObject({
      code: want,
      message: expect.stringContaining(details) as string,
    });
  });

  test('and a bug is not blamed on Temporal', async () => {
    temporal.trouble = () => {
      throw new TypeError('x is not a function');
    };
    await expect(client.get('rank')).rejects.toThrow(TypeError);
  });
});
