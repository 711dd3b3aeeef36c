/**
 * Plays a job in a queue on the test server, which then leaves an archive of the classes that it loaded. A process of its own, which can
 * end whatever the play is waiting for. Arguments: the server's executable, the archive, the workflow bundle.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { QueueStage } from '../workflow/queue/queue-stage.ts';
import { completes, ScriptedSageMaker } from '../workflow/scripted-sagemaker.ts';
import { aJob } from './a-job.ts';
import { aQueue } from './a-queue.ts';
import './temporal-runtime.ts';
import { startTestServer } from './test-server-process.ts';
import { attach } from './time-skipping.ts';

const PATIENCE_MS = 30_000;

const [executable = '', archive = '', codePath = ''] = process.argv.slice(2);
const server = await startTestServer({ executable, javaOptions: `-XX:ArchiveClassesAtExit=${archive}` });
await Promise.race([rehearse(await attach(server)), sleep(PATIENCE_MS)]);
await server.stop('SIGTERM');
process.exit();

async function rehearse(environment: TestWorkflowEnvironment): Promise<void> {
  const sagemaker = new ScriptedSageMaker(completes());
  const queue = aQueue('rehearsal');
  await QueueStage.with({ environment, workflowBundle: { codePath }, sagemaker, queue }, async (stage) => {
    const job = aJob();
    await stage.submit(job);
    await stage.job(job.jobId).result();
    await stage.snapshot();
  });
}
