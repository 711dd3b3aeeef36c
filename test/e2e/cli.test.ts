import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { TrainyardClient, type JobReport, type JobSummary } from '../../src/client/index.ts';
import { devStateOf, startTrainyard } from '../support/trainyard.ts';
import { devFolder } from './dev-folder.ts';

/*
 * The built command line as people use it, against everything that `trainyard dev` starts.
 */

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const { cwd, env, run, json } = devFolder();

/** Each look at it is a process, on a machine that may be busy. */
const PATIENCE = { timeout: 30_000, interval: 500 };

/** Writes a job file whose container runs a shell script. */
function jobFile(jobId: string, script: string): string {
  const name = `${jobId}.yaml`;
  writeFileSync(
    join(cwd, name),
    `jobId: ${jobId}
user: o'neil@example.com
training:
  AlgorithmSpecification:
    TrainingImage: repo/shell:1
    TrainingInputMode: File
    ContainerEntrypoint: [sh, -c]
    ContainerArguments: [${JSON.stringify(script)}]
    MetricDefinitions: [{ Name: accuracy, Regex: 'accuracy=([0-9.]+)' }]
  RoleArn: arn:aws:iam::111122223333:role/train
  OutputDataConfig: { S3OutputPath: 's3://bucket/out' }
  ResourceConfig: { InstanceType: ml.m5.large, InstanceCount: 1, VolumeSizeInGB: 5 }
  StoppingCondition: { MaxRuntimeInSeconds: 600 }
`,
  );
  return name;
}

async function running(jobId: string): Promise<void> {
  await expect.poll(async () => (await json<JobReport>('show', jobId)).status, PATIENCE).toBe('RUNNING');
}

describe('a job that succeeds', () => {
  test('is submitted and waited for', async () => {
    const { code, stdout } = await run('submit', '--file', jobFile('good-1', 'echo accuracy=0.93'), '--wait');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'good-1  SUCCEEDED  Training completed on 1 × ml.m5.large.\n',
    });
  });

  test('shows everything about itself', async () => {
    const job = await json<JobReport & { webUiUrl: string }>('show', 'good');
    expect(job).toMatchObject({
      jobId: 'good-1',
      status: 'SUCCEEDED',
      user: "o'neil@example.com",
      metrics: [{ name: 'accuracy', value: 0.93 }],
      attempts: [{ trainingJobName: 'ty-good-1-1', trainingStatus: 'Completed' }],
    });
    expect((await fetch(job.webUiUrl)).status).toBe(200);
  });

  test('is found by status, user and name', async () => {
    const query = ['--status', 'SUCCEEDED', '--user', "o'neil@example.com", '--name', 'go*1'];
    await expect
      .poll(() => json<JobSummary[]>('list', ...query), PATIENCE)
      .toMatchObject([{ jobId: 'good-1', status: 'SUCCEEDED', instanceType: 'ml.m5.large' }]);
    expect(await json('list', '--status', 'FAILED', '--name', 'good')).toEqual([]);
  });

  test('tells its story', async () => {
    const events = await json<{ status: string }[]>('events', 'good-1');
    expect(events.map(({ status }) => status)).toEqual(
      expect.arrayContaining(['SUBMITTED', 'SCHEDULED', 'SUCCEEDED']),
    );
  });

  test('is not started again by the same file, and its id is taken for another job', async () => {
    const file = 'good-1.yaml';
    expect(await json('submit', file)).toEqual([
      { jobId: 'good-1', workflowId: 'job/good-1', alreadySubmitted: true },
    ]);
    expect(await run('submit', file, '--set', 'priority=1')).toMatchObject({ code: 5, stdout: '' });
  });

  test('cannot be cancelled any more', async () => {
    const { code, stderr } = await run('cancel', 'good-1', '--yes');
    expect(code).toBe(5);
    expect(stderr).toContain('is SUCCEEDED');
  });
});

test("a job that fails ends `wait` with 1, or with its script's own code", async () => {
  await run('submit', jobFile('bad-1', 'echo no data > /opt/ml/output/failure; exit 7'));
  expect(await run('wait', 'bad-1')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^bad-1 {2}FAILED .*no data/) as string,
  });
  expect((await run('wait', 'bad-1', '--exit-code-from-job')).code).toBe(7);
});

test('a job is steered while it runs', async () => {
  await run('submit', jobFile('long-1', 'sleep 300'));
  await running('long-1');
  expect((await run('priority', 'long-1', '77')).code).toBe(0);
  expect((await run('hold', 'long-1')).stdout).toContain('(held)');
  expect(await json<JobReport>('show', 'long-1')).toMatchObject({ priority: 77, held: true });
  expect((await run('release', 'long-1')).code).toBe(0);
  expect((await run('cancel', 'long-1')).code).toBe(2);
  expect((await run('cancel', 'long-1', '--yes', '--reason', 'enough')).code).toBe(0);
  expect(await run('wait', 'long-1')).toMatchObject({
    code: 1,
    stdout: 'long-1  STOPPED  Cancelled: enough.\n',
  });
});

test('Ctrl-C on `submit --wait` detaches, and the job goes on', async () => {
  const submit = startTrainyard(['submit', jobFile('attached-1', 'sleep 300'), '--wait'], { cwd, env });
  await expect.poll(() => submit.stderr(), PATIENCE).toContain('RUNNING');
  submit.child.kill('SIGINT');
  expect(await submit.ended).toBe(130);
  expect(submit.stderr()).toContain('trainyard wait attached-1');
  expect((await json<JobReport>('show', 'attached-1')).status).toBe('RUNNING');
  await run('cancel', 'attached-1', '--yes');
});

test('a job whose workflow somebody terminated ends a wait, with a sentence', async () => {
  await run('submit', jobFile('lost-1', 'sleep 300'));
  await running('lost-1');
  const wait = startTrainyard(['wait', 'lost-1'], { cwd, env });
  await expect.poll(() => wait.stderr(), PATIENCE).toContain('RUNNING');
  const connection = await Connection.connect({ address: devStateOf(cwd).temporal.address });
  await new Client({ connection }).workflow.getHandle('job/lost-1').terminate('by mistake');
  await connection.close();
  expect(await wait.ended).toBe(1);
  expect(wait.stdout()).toMatch(/^lost-1 {2}STOPPED .*terminated in Temporal without a report: by mistake/);
  const stopped = async (): Promise<string[]> =>
    (await json<JobSummary[]>('list', '--status', 'STOPPED')).map(({ jobId }) => jobId);
  await expect.poll(stopped, PATIENCE).toContain('lost-1');
});

test('bad input reaches no workflow', async () => {
  writeFileSync(join(cwd, 'broken.yaml'), 'jobId: broken\npriority: high\n');
  jobFile('never', 'true');
  const { code, stdout, stderr } = await run('submit', 'broken.yaml', 'never.yaml');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/broken\.yaml:2:\d+: priority/);
  expect(await json('list', '--all', '--name', 'never')).toEqual([]);
  expect((await run('show', 'never')).code).toBe(3);
});

test('a reader that goes away before anything is written (| head) is no error', async () => {
  const pipeline = `set -o pipefail; "${process.execPath}" "${MAIN}" schema | true`;
  const child = spawn('bash', ['-c', pipeline], { cwd, env });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('bash completes job ids of this server', async () => {
  const { stdout: script } = await run('completion', 'bash');
  writeFileSync(join(cwd, 'completion.bash'), script);
  const bash = `
    source ${cwd}/completion.bash
    trainyard() { "${process.execPath}" "${MAIN}" "$@"; }
    COMP_WORDS=(trainyard show goo); COMP_CWORD=2
    _trainyard
    echo "\${COMPREPLY[@]}"`;
  expect(spawnSync('bash', ['--norc', '-c', bash], { cwd, env, encoding: 'utf8' })).toMatchObject({
    stdout: 'good-1\n',
    stderr: '',
  });
});

describe('the typed client', () => {
  test('submits, waits and lists from a program', async () => {
    const { temporal, taskQueue } = devStateOf(cwd);
    const client = await TrainyardClient.connect({ address: temporal.address, taskQueue });
    try {
      const { jobId } = await client.submit({
        training: {
          AlgorithmSpecification: {
            TrainingImage: 'x',
            TrainingInputMode: 'File',
            ContainerEntrypoint: ['true'],
          },
          RoleArn: 'arn:aws:iam::111122223333:role/train',
          OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
          ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 5 },
          StoppingCondition: { MaxRuntimeInSeconds: 60 },
        },
      });
      expect(await client.wait(jobId, { timeoutMs: 60_000 })).toMatchObject({ status: 'SUCCEEDED' });
      const succeeded = (): Promise<number> => client.count({ jobIds: [jobId], statuses: ['SUCCEEDED'] });
      await expect.poll(succeeded, PATIENCE).toBe(1);
    } finally {
      await client.close();
    }
  });

  test('says that no worker answers instead of hanging', async () => {
    const { temporal } = devStateOf(cwd);
    const client = await TrainyardClient.connect({ address: temporal.address, taskQueue: 'nobody-there' });
    try {
      await client.submit({
        jobId: 'alone-1',
        training: {
          AlgorithmSpecification: { TrainingImage: 'x', TrainingInputMode: 'File' },
          RoleArn: 'arn:aws:iam::111122223333:role/train',
          OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
          ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 5 },
          StoppingCondition: { MaxRuntimeInSeconds: 60 },
        },
      });
      expect(await client.get('alone-1')).toMatchObject({
        status: 'SUBMITTED',
        incomplete: { code: 'WORKER_NOT_ANSWERING' },
      });
      expect(await client.cancel('alone-1', { reason: 'nobody comes' })).toEqual({
        jobId: 'alone-1',
        answered: false,
      });
    } finally {
      await client.close();
    }
  });
});
