import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import type { QueueSnapshot } from '../queues/queue-view.ts';
import {
  QUEUE_QUERIES,
  QUEUE_UPDATES,
  queueWorkflowId,
  TRAINING_QUEUE,
  type OperatorAnswer,
  type TrainingQueueInput,
} from '../workflows/queue-contract.ts';
import { TASK_PRIORITY } from '../workflows/contract.ts';
import { queryQueue, queueHandle, updateQueue } from './queue-message.ts';

/** What applying a queue came to. */
export interface AppliedQueue {
  readonly name: string;
  readonly workflowId: string;
  readonly outcome: 'created' | 'changed' | 'unchanged';
}

type TrainingQueueWorkflow = (input: TrainingQueueInput) => Promise<void>;

/**
 * Changes the queue, or starts its workflow when there is none. Jobs that wait for a queue which was gone find the new one
 * by its name.
 * @throws TrainyardError QUEUE_CHANGE_REFUSED, QUEUE_NOT_ANSWERING
 */
export async function applyQueue(client: Client, queue: QueueSpec, taskQueue: string): Promise<AppliedQueue> {
  const { name } = queue;
  const workflowId = queueWorkflowId(name);
  if (await startQueue(client, queue, taskQueue)) return { name, workflowId, outcome: 'created' };
  const { changed } = await updateQueue<OperatorAnswer>(client, name, QUEUE_UPDATES.configure, queue);
  return { name, workflowId, outcome: changed ? 'changed' : 'unchanged' };
}

/** False: the queue is there already. */
async function startQueue(client: Client, queue: QueueSpec, taskQueue: string): Promise<boolean> {
  try {
    await client.workflow.start<TrainingQueueWorkflow>(TRAINING_QUEUE, {
      workflowId: queueWorkflowId(queue.name),
      taskQueue,
      args: [{ queue }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      priority: TASK_PRIORITY.few,
      staticSummary: summaryOf(queue),
      staticDetails:
        `On the command line: \`trainyard queue show ${queue.name}\`, \`trainyard list --queue ${queue.name}\`. ` +
        'What the queue does is in its current details.',
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** One line for lists: `queue search · quotaShare · 100 P4, 20 P5`. */
function summaryOf({ name, policy, environments }: QueueSpec): string {
  const capacity = environments.map((environment) => `${environment.limit} ${environment.name}`).join(', ');
  return `queue ${name} · ${policy.kind} · ${capacity}`.slice(0, 200);
}

/** @throws TrainyardError QUEUE_NOT_FOUND, QUEUE_NOT_ANSWERING */
export async function pauseQueue(client: Client, name: string, paused: boolean): Promise<OperatorAnswer> {
  return await updateQueue(client, name, paused ? QUEUE_UPDATES.pause : QUEUE_UPDATES.resume);
}

/** @throws TrainyardError QUEUE_NOT_FOUND, ENVIRONMENT_NOT_FOUND, QUEUE_NOT_ANSWERING */
export async function drainEnvironment(
  client: Client,
  name: string,
  environment: string,
  draining: boolean,
): Promise<OperatorAnswer> {
  const update = draining ? QUEUE_UPDATES.drain : QUEUE_UPDATES.undrain;
  return await updateQueue(client, name, update, { environment });
}

/**
 * Ends the workflow of a queue that has no jobs. A job that is submitted in the same moment stays RUNNABLE until there is
 * a queue of that name again.
 * @throws TrainyardError QUEUE_NOT_FOUND, QUEUE_IN_USE, QUEUE_NOT_ANSWERING
 */
export async function deleteQueue(client: Client, name: string): Promise<void> {
  const { counts } = await queryQueue<QueueSnapshot>(client, name, QUEUE_QUERIES.snapshot, { limit: 1 });
  const jobs = counts.waiting + counts.held + counts.running + counts.stopping;
  if (jobs > 0) {
    throw new TrainyardError('QUEUE_IN_USE', `Queue ${name} has ${jobs} job${jobs === 1 ? '' : 's'}.`, {
      hint: `Wait for them, or cancel them first: trainyard cancel --filter queue=${name}`,
    });
  }
  await queueHandle(client, name).terminate('The queue was deleted.');
}
