import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { TrainyardError } from '../../jobs/error-catalogue.ts';
import { Supervisor } from '../../local-aws/container/supervisor.ts';
import { lockDataDir } from '../../local-aws/data-lock.ts';

const run = promisify(execFile);
const runRecord = z.object({ runId: z.string() });

/**
 * Ends the training processes of a local AWS endpoint that is not running any more: they are made to outlive it, and a
 * `dev` that ended must leave nothing behind. Their supervisors go first, so that no exit code is recorded: to the next
 * endpoint it is as if the machine had failed, SageMaker's InternalServerError, and such jobs are tried again from their
 * checkpoint. Does nothing where another endpoint has taken over the directory.
 */
export async function endTraining(awsDir: string): Promise<void> {
  let release: () => void;
  try {
    release = lockDataDir(awsDir);
  } catch (error) {
    if (error instanceof TrainyardError && error.code === 'LOCAL_AWS_IN_USE') return;
    throw error;
  }
  try {
    for (const { pid, root } of await supervisors(join(awsDir, 'jobs'))) {
      process.kill(pid, 'SIGKILL');
      const { runId } = runRecord.parse(JSON.parse(await readFile(join(dirname(root), 'run.json'), 'utf8')));
      await new Supervisor(root, runId).kill();
    }
  } finally {
    release();
  }
}

/** Supervisors are shells whose script is in the directory of their instance. */
async function supervisors(jobsDir: string): Promise<{ readonly pid: number; readonly root: string }[]> {
  const { stdout } = await run('ps', ['-ww', '-eo', 'pid=,args='], { maxBuffer: 64 * 1024 * 1024 });
  return [...stdout.matchAll(/^\s*(\d+) sh (\/.*)\/supervise\.sh /gm)]
    .map(([, pid, root = '']) => ({ pid: Number(pid), root }))
    .filter(({ root }) => root.startsWith(`${jobsDir}/`));
}
