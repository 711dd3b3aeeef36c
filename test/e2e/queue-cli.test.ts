import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type {
  JobExplanation,
  JobReport,
  JobSummary,
  QueueSnapshot,
  QueueSummary,
} from '../../src/client/index.ts';
import { devFolder } from './dev-folder.ts';

/*
 * A queue from the command line, as an operator and two teams use it, against everything that `trainyard dev` starts. Two
 * instances, one guaranteed to each team. The tests follow one another: each finds the queue as the one before left it.
 */

const { cwd, run, json } = devFolder();

/** Each look at it is a process, on a machine that may be busy; a test looks several times. */
vi.setConfig({ testTimeout: 120_000 });
const PATIENCE = { timeout: 50_000, interval: 500 };

const show = (): Promise<QueueSnapshot> => json<QueueSnapshot>('queue', 'show', 'lab');
const statusOf = async (jobId: string): Promise<string> => (await json<JobReport>('show', jobId)).status;

function queueFile(limit: number): string {
  writeFileSync(
    join(cwd, 'lab.yaml'),
    `name: lab
serviceEnvironments:
  - { name: M5, instanceTypes: [ml.m5.large], limit: ${limit} }
quotaShare:
  shares:
    - { name: red, guaranteed: { M5: 1 } }
    - { name: blue, guaranteed: { M5: 1 } }
`,
  );
  return 'lab.yaml';
}

/** A job that runs until it is stopped. */
function jobFile(jobId: string, share: string, instances = 1): string {
  writeFileSync(
    join(cwd, `${jobId}.yaml`),
    `jobId: ${jobId}
queue: lab
share: ${share}
training:
  AlgorithmSpecification:
    TrainingImage: repo/shell:1
    TrainingInputMode: File
    ContainerEntrypoint: [sh, -c]
    ContainerArguments: [exec sleep 600]
  RoleArn: arn:aws:iam::111122223333:role/train
  OutputDataConfig: { S3OutputPath: 's3://bucket/out' }
  ResourceConfig: { InstanceType: ml.m5.large, InstanceCount: ${instances}, VolumeSizeInGB: 5 }
  StoppingCondition: { MaxRuntimeInSeconds: 900 }
`,
  );
  return `${jobId}.yaml`;
}

describe('a queue', () => {
  test('is made, recognised and changed', async () => {
    expect(await run('queue', 'apply', '-f', queueFile(3))).toMatchObject({
      code: 0,
      stdout: 'lab  created\n',
    });
    expect((await run('queue', 'apply', '-f', 'lab.yaml')).stdout).toBe('lab  unchanged\n');
    expect((await run('queue', 'apply', '-f', queueFile(2))).stdout).toBe('lab  changed\n');
    expect((await show()).environments).toMatchObject([{ name: 'M5', limit: 2, used: 0 }]);
  });

  test('is listed', async () => {
    await expect
      .poll(() => json<QueueSummary[]>('queue', 'list'), PATIENCE)
      .toMatchObject([{ name: 'lab', policy: 'quotaShare', paused: false, counts: { running: 0 } }]);
  });

  test('that does not exist is not found, and takes no jobs', async () => {
    expect((await run('queue', 'show', 'nope')).code).toBe(3);
    const { code, stderr } = await run('submit', jobFile('lost', 'red'), '--set', 'queue=nope');
    expect(code).toBe(3);
    expect(stderr).toContain('There is no queue nope.');
  });
});

describe('capacity that is lent', () => {
  test('is borrowed, and the table says from whom', async () => {
    await run('submit', jobFile('red-1', 'red'), jobFile('red-2', 'red'), jobFile('red-3', 'red'));
    await expect.poll(() => statusOf('red-1'), PATIENCE).toBe('RUNNING');
    await expect.poll(() => statusOf('red-2'), PATIENCE).toBe('RUNNING');
    const { shares, counts, front } = await show();
    expect(shares).toMatchObject([
      { share: 'blue', guaranteed: 1, used: 0, borrowed: 0, lent: 1 },
      { share: 'red', guaranteed: 1, used: 2, borrowed: 1, lent: 0, waitingJobs: 1 },
    ]);
    expect(counts).toMatchObject({ waiting: 1, running: 2 });
    expect(front).toMatchObject([{ jobId: 'red-3', position: 1 }]);
  });

  test('the job that waits is told why, from the queue itself', async () => {
    const answer = await json<JobExplanation>('explain', 'red-3');
    expect(answer).toMatchObject({
      jobId: 'red-3',
      status: 'RUNNABLE',
      queue: 'lab',
      explanation: {
        state: 'waiting',
        position: { inShare: 1, waitingInShare: 1, inQueue: 1, waitingInQueue: 1 },
      },
    });
    const { stdout } = await run('explain', 'red-3');
    expect(stdout.split('\n')[0]).toBe(answer.sentence);
  });

  test('what is not submitted yet is told the same', async () => {
    const fits = await run('submit', jobFile('blue-1', 'blue'), '--dry-run');
    expect(fits).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('blue-1  1 × ml.m5.large') as string,
    });
    const tooBig = await run('submit', jobFile('red-big', 'red', 5), '--dry-run');
    expect(tooBig).toMatchObject({ code: 2, stdout: expect.stringContaining('[NEVER_FITS]') as string });
    const elsewhere = await run('submit', jobFile('green-1', 'green'), '--dry-run');
    expect(elsewhere.stdout).toContain('[SHARE_NOT_FOUND]');
    expect((await run('show', 'blue-1')).code).toBe(3);
  });

  test('what can never fit is refused at submission', async () => {
    const { code, stderr } = await run('submit', 'red-big.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('[NEVER_FITS]');
  });

  test('is given back to its owner', async () => {
    await run('submit', 'blue-1.yaml');
    await expect.poll(() => statusOf('blue-1'), PATIENCE).toBe('RUNNING');
    const { shares } = await show();
    expect(shares).toMatchObject([
      { share: 'blue', used: 1, lent: 0 },
      { share: 'red', used: 1, borrowed: 0 },
    ]);
    await expect
      .poll(() => json<JobSummary[]>('list', '-q', 'lab', '--share', 'red', '--status', 'RUNNABLE'), PATIENCE)
      .toHaveLength(2);
  });

  test('submitting the same job again does no harm', async () => {
    expect(await json('submit', 'blue-1.yaml')).toEqual([
      { jobId: 'blue-1', workflowId: 'job/blue-1', alreadySubmitted: true },
    ]);
  });
});

describe('a priority', () => {
  test('can be tried out, and then preempts', async () => {
    const tried = await json<JobExplanation>('explain', 'red-3', '--what-if', 'priority=90');
    expect(tried.whatIf).toMatchObject({ priority: 90, explanation: { position: { inShare: 1 } } });
    expect((await run('priority', 'red-3', '90')).code).toBe(0);
    await expect.poll(() => statusOf('red-3'), PATIENCE).toBe('RUNNING');
  });
});

describe('operating the queue', () => {
  test('a paused queue says so and starts nothing', async () => {
    expect((await run('queue', 'pause', 'lab')).stdout).toBe('lab  paused; what runs goes on\n');
    expect((await run('queue', 'pause', 'lab')).stdout).toBe('lab  was paused already\n');
    expect((await run('queue', 'show', 'lab')).stdout.split('\n')[0]).toContain('PAUSED');
    expect((await run('queue', 'resume', 'lab')).stdout).toBe('lab  resumed\n');
  });

  test('an environment is drained, and takes jobs again', async () => {
    expect((await run('queue', 'drain', 'lab', 'M5')).code).toBe(0);
    expect((await show()).environments).toMatchObject([{ state: { kind: 'draining' } }]);
    expect((await run('queue', 'drain', 'lab', 'M5', '--undo')).code).toBe(0);
    const { code, stderr } = await run('queue', 'drain', 'lab', 'M6');
    expect(code).toBe(3);
    expect(stderr).toContain('[ENVIRONMENT_NOT_FOUND]');
  });

  test('a queue with jobs is not deleted', async () => {
    expect((await run('queue', 'delete', 'lab', '--yes')).code).toBe(5);
  });

  test('all of its jobs are cancelled at once, and then it is deleted', async () => {
    const { code, stdout } = await run('cancel', '--filter', 'queue=lab', '--yes');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(4);
    await expect
      .poll(async () => (await show()).counts, PATIENCE)
      .toEqual({ waiting: 0, held: 0, running: 0, stopping: 0 });
    expect(await run('queue', 'delete', 'lab', '--yes')).toMatchObject({ code: 0, stdout: 'lab  deleted\n' });
    expect((await run('queue', 'show', 'lab')).code).toBe(3);
  });
});
