import { describe, expect, test } from 'vitest';
import type { JobReport } from '../../../src/client/index.ts';
import { reason } from '../../../src/jobs/reason.ts';
import { HOUR, MINUTE, NOON, trainyard, type Outcome } from './fake-terminal.ts';
import { attempt, event, job, onG5, onP4d } from './job-builders.ts';

const noCapacity = {
  class: 'capacity',
  message: 'CapacityError: Unable to provision requested ML compute capacity.',
} as const;

const running = job({
  attemptCount: 2,
  attempts: [
    attempt({ trainingStatus: 'Failed', endedAt: NOON - 85 * MINUTE, failure: noCapacity }),
    attempt({
      attempt: 2,
      trainingJobName: 'ty-rank-lr-3-2',
      placement: onG5,
      launchedAt: NOON - 50 * MINUTE,
      trainingStartedAt: NOON - 41 * MINUTE,
      secondaryStatus: 'Training',
    }),
  ],
});

const failed = job({
  status: 'FAILED',
  reason: reason('ALGORITHM_ERROR', {
    failure: {
      class: 'algorithm',
      message:
        'AlgorithmError: ExecuteUserScriptError: ExitCode 3 ErrorMessage "ValueError: bad learning rate"',
    },
    failed: 2,
    allowed: 2,
  }),
  statusSince: NOON - HOUR,
  endedAt: NOON - HOUR,
  placements: [onP4d],
  attempts: [
    attempt({
      trainingStatus: 'Failed',
      trainingStartedAt: NOON - 80 * MINUTE,
      endedAt: NOON - HOUR,
      interruptions: 2,
      costUsd: 12.3456,
      failure: {
        class: 'algorithm',
        message:
          'AlgorithmError: ExecuteUserScriptError: ExitCode 3 ErrorMessage "ValueError: bad learning rate"',
      },
    }),
  ],
  runningSeconds: 1_200,
  waitingSeconds: 2_400,
  costUsd: 12.3456,
  metrics: [
    { name: 'validation:accuracy', value: 0.9712 },
    { name: 'loss', value: 12 },
  ],
  modelUri: 's3://bucket/models/rank-lr-3/output/model.tar.gz',
  notifications: ['FAILED: sent to arn:aws:sns:us-east-1:111122223333:jobs (message 1).'],
});

const waiting = job({
  status: 'RUNNABLE',
  held: true,
  reason: reason('HELD'),
  attemptCount: 0,
  attempts: [],
  nextTryAt: NOON + 4 * MINUTE,
});

async function show(report: JobReport, args: readonly string[] = [], columns?: number): Promise<Outcome> {
  return await trainyard(['show', 'rank', ...args], {
    ...(columns === undefined ? {} : { columns }),
    client: {
      resolve: () => Promise.resolve('rank-lr-3'),
      get: () => Promise.resolve(report),
      webUiUrl: () => 'http://127.0.0.1:8233/namespaces/default/workflows/job%2Frank-lr-3',
    },
  });
}

describe('the page of a job', () => {
  test.each<[string, JobReport, number | undefined]>([
    ['running', running, 80],
    ['running', running, 120],
    ['running', running, undefined],
    ['failed', failed, 80],
    ['failed', failed, 120],
    ['failed', failed, undefined],
    ['waiting', waiting, 80],
  ])('%s', async (name, report, columns) => {
    const { stdout } = await show(report, [], columns);
    await expect(stdout).toMatchFileSnapshot(`golden/show-${name}-${columns ?? 'pipe'}.txt`);
  });

  test('counts the time since the status began', async () => {
    const { stdout } = await show(running);
    expect(stdout).toMatch(/waited\s+1h 19m\n/);
    expect(stdout).toMatch(/ran\s+41m\n/);
  });

  test('says on stderr when no worker answers', async () => {
    const { stderr, code } = await show({
      ...waiting,
      incomplete: { code: 'WORKER_NOT_ANSWERING', message: 'No worker answers.' },
    });
    expect(stderr).toBe('warning: No worker answers. [WORKER_NOT_ANSWERING]\n');
    expect(code).toBe(0);
  });
});

test('JSON has every member, with ISO times and the link', async () => {
  const { stdout } = await show(failed, ['-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({
    jobId: 'rank-lr-3',
    status: 'FAILED',
    reason: { code: 'ALGORITHM_ERROR' },
    endedAt: '2026-11-21T11:00:00.000Z',
    runningSeconds: 1_200,
    attempts: [{ launchedAt: '2026-11-21T10:30:00.000Z', costUsd: 12.3456 }],
    metrics: [
      { name: 'validation:accuracy', value: 0.9712 },
      { name: 'loss', value: 12 },
    ],
    webUiUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/job%2Frank-lr-3',
  });
});

describe('the story of a job', () => {
  const story = [
    event(),
    event({
      status: 'RUNNABLE',
      count: 3,
      lastAt: NOON - 50 * MINUTE,
      at: NOON - 90 * MINUTE,
      reason: reason('WAITING_FOR_CAPACITY', {
        placement: onP4d,
        placements: 1,
        failure: noCapacity,
        rounds: 3,
        nextTryAt: NOON,
      }),
    }),
    event({
      status: 'RUNNING',
      attempt: 4,
      lastAt: NOON - MINUTE,
      reason: reason('TRAINING', { placement: onP4d }),
    }),
  ];

  test('is a line per event', async () => {
    const { stdout } = await trainyard(['events', 'rank-lr-3'], {
      client: { events: () => Promise.resolve(story) },
    });
    await expect(stdout).toMatchFileSnapshot('golden/events.txt');
  });

  test('is followed until the job has ended, each event once', async () => {
    let polls = 0;
    const { stdout, stderr, code } = await trainyard(['events', 'rank-lr-3', '--follow', '-o', 'json'], {
      client: {
        events: () => Promise.resolve(story.slice(0, ++polls + 1)),
        wait: () =>
          new Promise((resolve) =>
            setTimeout(
              () => resolve(job({ status: 'SUCCEEDED', reason: reason('COMPLETED', { placement: onP4d }) })),
              20,
            ),
          ),
      },
    });
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { status: string }).status),
    ).toEqual(['SUBMITTED', 'RUNNABLE', 'RUNNING']);
    expect(stderr).toContain('rank-lr-3 is SUCCEEDED');
    expect(code).toBe(0);
  });
});
