import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { ERROR_CATALOGUE, TrainyardError, type ErrorCode } from '../jobs/error-catalogue.ts';
import { queueWorkflowId } from '../workflows/queue-contract.ts';
import { grpcErrorOf, isUnanswered } from './rpc-error.ts';

/** How long a worker has to answer, in milliseconds. */
const ANSWER_MS = 10_000;
/** A queue that continues as new is away for a moment. */
const AWAY_TRIES = 5;
const AWAY_MS = 100;

/** gRPC status of an update whose workflow closed or continued as new before it was accepted. */
const ABORTED = 10;

/** Finds whatever run of the queue is the current one; run ids are never used. */
export function queueHandle(client: Client, name: string): WorkflowHandle {
  return client.workflow.getHandle(queueWorkflowId(name));
}

/**
 * Sends an update and waits for its answer. All updates of a queue mean the same when they arrive twice, so that one
 * that got lost in a continue-as-new is sent again.
 * @throws TrainyardError QUEUE_NOT_FOUND, QUEUE_NOT_ANSWERING, QUEUE_REFUSED_MESSAGE, or the code of the refusal
 */
export async function updateQueue<Answer>(
  client: Client,
  name: string,
  update: string,
  request?: object,
  answerMs = ANSWER_MS,
): Promise<Answer> {
  for (let left = AWAY_TRIES; ; left--) {
    try {
      return await client.withDeadline(Date.now() + answerMs, () =>
        request === undefined
          ? queueHandle(client, name).executeUpdate<Answer, []>(update)
          : queueHandle(client, name).executeUpdate<Answer, [object]>(update, { args: [request] }),
      );
    } catch (error) {
      if (left > 0 && (await isAway(client, name, error))) {
        await sleep(AWAY_MS);
        continue;
      }
      throw inWords(name, error, answerMs, ' What was asked of it may still be done, once one does.');
    }
  }
}

/** @throws TrainyardError QUEUE_NOT_FOUND, QUEUE_NOT_ANSWERING */
export async function queryQueue<Answer>(
  client: Client,
  name: string,
  query: string,
  request: object,
): Promise<Answer> {
  try {
    // A closed workflow answers queries as well, with what was true when it closed.
    const [answer] = await Promise.all([
      client.withDeadline(Date.now() + ANSWER_MS, () =>
        queueHandle(client, name).query<Answer, [object]>(query, request),
      ),
      assertOpen(client, name),
    ]);
    return answer;
  } catch (error) {
    throw inWords(name, error, ANSWER_MS);
  }
}

/** @throws TrainyardError QUEUE_NOT_FOUND */
async function assertOpen(client: Client, name: string): Promise<void> {
  if (!(await isOpen(client, name))) throw queueNotFound(name);
}

export async function isOpen(client: Client, name: string): Promise<boolean> {
  try {
    const { status } = await queueHandle(client, name).describe();
    return status.name === 'RUNNING' || status.name === 'PAUSED';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

export function queueNotFound(name: string): TrainyardError {
  return new TrainyardError('QUEUE_NOT_FOUND', `There is no queue ${name}.`, {
    hint: 'See the queues with `trainyard queue list`; make one with `trainyard queue apply`.',
  });
}

/** Whether an update hit the gap between two runs of a queue that goes on. */
async function isAway(client: Client, name: string, error: unknown): Promise<boolean> {
  const gone =
    error instanceof WorkflowNotFoundError ||
    grpcErrorOf(error)?.code === ABORTED ||
    (error instanceof WorkflowUpdateFailedError &&
      error.cause instanceof ApplicationFailure &&
      error.cause.type === 'AcceptedUpdateCompletedWorkflow');
  return gone && (await isOpen(client, name));
}

function inWords(name: string, error: unknown, answerMs: number, besides = ''): unknown {
  if (error instanceof WorkflowNotFoundError) return queueNotFound(name);
  if (error instanceof WorkflowUpdateFailedError) return refusal(name, error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isUnanswered(error)) {
    return new TrainyardError(
      'QUEUE_NOT_ANSWERING',
      `No worker answered for queue ${name} within ${answerMs / 1000} s.${besides}`,
      {
        hint: 'Start a worker with `trainyard worker` on the same task queue, or read the log of the one that runs.',
        cause: error,
      },
    );
  }
  return error;
}

function refusal(name: string, error: WorkflowUpdateFailedError): TrainyardError {
  const { cause } = error;
  const message = cause?.message ?? error.message;
  const code = cause instanceof ApplicationFailure ? knownCode(cause.type) : undefined;
  return code === undefined
    ? new TrainyardError('QUEUE_REFUSED_MESSAGE', `Queue ${name} refused: ${message}`, { cause: error })
    : new TrainyardError(code, message, { cause: error });
}

/** How many of the jobs that were refused for want of room would have fitted; queues of an earlier release do not say. */
export function roomIn({ cause: refused }: TrainyardError): number | undefined {
  const cause = refused instanceof WorkflowUpdateFailedError ? refused.cause : undefined;
  const details: unknown = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  const room =
    typeof details === 'object' && details !== null && 'room' in details ? details.room : undefined;
  return typeof room === 'number' && Number.isSafeInteger(room) && room >= 0 ? room : undefined;
}

/** Codes of the catalogue travel as the type of a failure, or in an answer. */
export function knownCode(code: string | null | undefined): ErrorCode | undefined {
  return typeof code === 'string' && isCode(code) ? code : undefined;
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CATALOGUE, code);
