import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { parseAttemptName } from '../../src/jobs/attempt-name.ts';
import { isTrainingOver } from '../../src/jobs/training-description.ts';
import { TrainingServiceError } from '../../src/ports/training-service.ts';
import type { QueueSnapshot } from '../../src/queues/queue-view.ts';
import { jobAttributes, jobWorkflowId } from '../../src/workflows/contract.ts';
import { QUEUES } from './queues.ts';
import type { KnownJob, Register } from './register.ts';
import type { EnvironmentRecord, JobRecord, QueueSums, TrainingSpan } from './verdict.ts';
import type { SoakWorld } from './world.ts';

/** All attempts that SageMaker has a record of. */
export async function trainingsOf({ sagemaker }: SoakWorld): Promise<TrainingSpan[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const from = nextToken === undefined ? {} : { nextToken };
    const page = await patiently(() => sagemaker.listNamed({ contains: 'ty-', ...from }));
    names.push(...page.summaries.map(({ name }) => name));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  const spans: TrainingSpan[] = [];
  for (const name of names) {
    const key = parseAttemptName(name);
    const found = await patiently(() => sagemaker.describe(name));
    if (key === undefined || found === undefined) continue;
    spans.push({
      name,
      jobId: key.jobId,
      instanceType: found.instanceType ?? 'none',
      instances: found.instanceCount ?? 0,
      createdAt: found.createdAt,
      ...(isTrainingOver(found.status) ? { endedAt: found.lastModifiedAt ?? found.createdAt } : {}),
    });
  }
  return spans;
}

/** The monitor and the surveys share the account's rate with whoever reads the record. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const throttled = error instanceof TrainingServiceError && error.errorName === 'ThrottlingException';
      if (!throttled || tries === 30) throw error;
      await sleep(1_000);
    }
  }
}

/** The jobs that were taken in, with what Temporal's server and the mailbox have of them. */
export async function jobsOf(world: SoakWorld, register: Register): Promise<JobRecord[]> {
  const notices = await noticesIn(world);
  const records: JobRecord[] = [];
  for (const job of register.jobs) {
    const submission = job.submission === 'pending' ? 'unsure' : job.submission;
    if (submission === 'refused') continue;
    const workflow = await workflowOf(world, job);
    records.push({
      jobId: job.jobId,
      queue: job.queue,
      submission,
      notices: notices.get(job.jobId) ?? [],
      ...(job.terminatedAt === undefined ? {} : { terminatedAt: job.terminatedAt }),
      ...(workflow === undefined ? {} : { workflow }),
    });
  }
  return records;
}

async function workflowOf({ temporal }: SoakWorld, { jobId }: KnownJob): Promise<JobRecord['workflow']> {
  try {
    const found = await temporal.workflow.getHandle(jobWorkflowId(jobId)).describe();
    const jobStatus = found.typedSearchAttributes.get(jobAttributes.status);
    return {
      status: found.status.name,
      ...(found.closeTime === undefined ? {} : { closedAt: found.closeTime.getTime() }),
      ...(jobStatus === undefined ? {} : { jobStatus }),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The statuses that arrived in the mailbox, by job; copies of the same message count once. */
async function noticesIn({ directory }: SoakWorld): Promise<Map<string, string[]>> {
  const text = await readFile(join(directory, 'aws', 'sns', 'mailbox.jsonl'), 'utf8').catch(() => '');
  const found = new Map<string, string[]>();
  for (const [, jobId = '', status = ''] of text.matchAll(/Job (soak-\d+) (SUCCEEDED|FAILED|STOPPED)\b/g)) {
    found.set(jobId, [...new Set([...(found.get(jobId) ?? []), status])]);
  }
  return found;
}

export const ENVIRONMENTS: readonly EnvironmentRecord[] = QUEUES.flatMap(({ name: queue, environments }) =>
  environments.map(({ name, instanceType, limit }) => ({
    queue,
    name,
    instanceTypes: [instanceType],
    limit,
  })),
);

/** What a queue says of itself, ready to be added up. Rejects when the queue does not answer. */
export async function sumsOf({ trainyard }: SoakWorld, queue: string): Promise<QueueSums> {
  const snapshot = await trainyard.queue(queue, { limit: 1_000 });
  const { counts } = snapshot;
  return {
    queue,
    at: snapshot.at,
    jobs: counts.waiting + counts.held + counts.running + counts.stopping,
    environments: snapshot.environments.map(({ name, used }) => ({
      name,
      limit: ENVIRONMENTS.find((known) => known.queue === queue && known.name === name)?.limit ?? 0,
      used,
      listed: snapshot.running
        .filter(({ environment }) => environment === name)
        .reduce((sum, { instances }) => sum + instances, 0),
      ofShares: leavesOf(snapshot, name),
    })),
  };
}

function leavesOf({ shares }: QueueSnapshot, environment: string): number {
  const parents = new Set(shares.map(({ parent }) => parent));
  return shares
    .filter((node) => node.environment === environment && !parents.has(node.share))
    .reduce((sum, { used }) => sum + used, 0);
}
