import type { Client } from '@temporalio/client';
import { TrainyardError, type ErrorCode } from '../jobs/error-catalogue.ts';
import { nearest } from '../jobs/nearest.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import type { EnvironmentView, QueueSnapshot, SnapshotRequest } from '../queues/queue-view.ts';
import { FIFO_SHARE, shareOf } from '../queues/ticket.ts';
import { QUEUE_QUERIES, queueNameOfWorkflow, TRAINING_QUEUE } from '../workflows/queue-contract.ts';
import { inParallel } from './in-parallel.ts';
import { queryQueue } from './queue-message.ts';

/** A queue in a list. */
export interface QueueSummary {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Absent when no worker answers for the queue. */
  readonly policy?: QueueSnapshot['policy'];
  readonly paused?: boolean;
  readonly counts?: QueueSnapshot['counts'];
  readonly environments?: readonly EnvironmentView[];
  /** Set when the queue itself could not be asked. */
  readonly incomplete?: { readonly code: ErrorCode; readonly message: string };
}

/** Queues asked at a time. */
const LANES = 8;

/** All open queues, by name. */
export async function listQueues(client: Client): Promise<readonly QueueSummary[]> {
  const found = await openQueues(client);
  const queues: QueueSummary[] = [];
  await inParallel([...found], LANES, async ([name, startedAt]) => {
    const summary = await summaryOf(client, name, startedAt);
    if (summary !== undefined) queues.push(summary);
  });
  return queues.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Names of the open queues, and when they were started (epoch ms). */
export async function openQueues(client: Client): Promise<ReadonlyMap<string, number>> {
  const query = `WorkflowType = '${TRAINING_QUEUE}' AND ExecutionStatus = 'Running'`;
  const found = new Map<string, number>();
  for await (const { workflowId, startTime } of client.workflow.list({ query })) {
    const name = queueNameOfWorkflow(workflowId);
    if (name !== undefined) found.set(name, startTime.getTime());
  }
  return found;
}

/** Undefined for a queue that ended meanwhile. */
async function summaryOf(client: Client, name: string, startedAt: number): Promise<QueueSummary | undefined> {
  try {
    const { policy, paused, counts, environments } = await readQueue(client, name, { limit: 1 });
    return { name, startedAt, policy, paused, counts, environments };
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    if (error.code === 'QUEUE_NOT_FOUND') return undefined;
    return { name, startedAt, incomplete: { code: error.code, message: error.message } };
  }
}

/** @throws TrainyardError QUEUE_NOT_FOUND, SHARE_NOT_FOUND, QUEUE_NOT_ANSWERING */
export async function readQueue(
  client: Client,
  name: string,
  request: SnapshotRequest,
): Promise<QueueSnapshot> {
  const queue = await queryQueue<QueueSnapshot>(client, name, QUEUE_QUERIES.snapshot, {
    at: Date.now(),
    ...request,
  });
  // A share that was taken out of the queue file may still have jobs.
  if (request.share !== undefined && !queue.shares.some(({ share }) => share === request.share))
    assertShare(queue.spec, request.share);
  return queue;
}

/** @throws TrainyardError SHARE_NOT_FOUND when no job of the queue can be in such a share */
export function assertShare(queue: QueueSpec, share: string): void {
  const { name, policy } = queue;
  const message = `Queue ${name} has no share ${share}.`;
  if (policy.kind === 'fifo') {
    if (share === FIFO_SHARE) return;
    throw new TrainyardError('SHARE_NOT_FOUND', message, {
      hint: 'It is a FIFO queue: all jobs stand in one line.',
    });
  }
  if (typeof shareOf(share, queue) === 'string') return;
  const shares = policy.shares.map((each) => each.name);
  const meant = nearest(share, shares);
  throw new TrainyardError('SHARE_NOT_FOUND', message, {
    hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}Its shares: ${shares.join(', ')}.`,
  });
}
