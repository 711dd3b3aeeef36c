import { WorkflowFailedError, type Client, type WorkflowStartOptions } from '@temporalio/client';
import {
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
  TypedSearchAttributes,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type SearchAttributePair,
} from '@temporalio/common';
import type { JobStatus } from '../../../src/jobs/status.ts';
import { jobAttributes } from '../../../src/workflows/contract.ts';

type StatusName = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED' | 'TIMED_OUT';

export interface FakeWorkflow {
  status: StatusName;
  jobStatus?: JobStatus;
  memo?: Record<string, unknown>;
  startTime?: Date;
  closeTime?: Date;
  /** What the workflow returned, or carries in its failure. */
  report?: unknown;
  /** Answers of the worker by query name, or what makes them from the arguments; without one no worker answers. */
  queries?: Record<string, unknown>;
  update?: (name: string, args: readonly unknown[]) => unknown;
  readonly signals?: [name: string, args: readonly unknown[]][];
}

export class GrpcError extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata = {};

  constructor(code: number, details: string) {
    super(`${code}: ${details}`);
    this.code = code;
    this.details = details;
  }
}

export const DEADLINE = 4;
export const UNAVAILABLE = 14;

/** A Temporal server that only knows what tests put in, as seen through the SDK's client. */
export class FakeTemporal {
  readonly workflows = new Map<string, FakeWorkflow>();
  readonly started: [type: string, options: WorkflowStartOptions][] = [];
  readonly queries: string[] = [];
  /** Called before each request; throws to be a server in trouble. */
  trouble: (request: string) => void = () => undefined;
  #closing: (() => void)[] = [];

  /** Ends a workflow and wakes who waits for its result. */
  close(workflowId: string, end: Partial<FakeWorkflow> & { status: StatusName }): void {
    Object.assign(this.#workflow(workflowId), end);
    for (const wake of this.#closing.splice(0)) wake();
  }

  get client(): Client {
    const surface = {
      options: { namespace: 'default' },
      connection: { close: () => Promise.resolve() },
      withDeadline: <R>(_: number, call: () => Promise<R>) => call(),
      withAbortSignal: <R>(_: AbortSignal, call: () => Promise<R>) => call(),
      workflow: {
        getHandle: (workflowId: string) => this.#handle(workflowId),
        start: (type: string, options: WorkflowStartOptions) => this.#start(type, options),
        list: ({ query }: { query: string }) => this.#list(query),
      },
    };
    // The SDK's client has a hundred members; the code under test uses these.
    return surface as unknown as Client;
  }

  async #start(type: string, options: WorkflowStartOptions): Promise<void> {
    await this.#request('start');
    if (this.workflows.has(options.workflowId)) {
      throw new WorkflowExecutionAlreadyStartedError('exists', options.workflowId, type);
    }
    this.started.push([type, options]);
    this.workflows.set(options.workflowId, { status: 'RUNNING', memo: options.memo ?? {} });
  }

  async *#list(query: string): AsyncGenerator<object> {
    await this.#request('list');
    const prefix = /STARTS_WITH '([^']*)'/.exec(query)?.[1] ?? '';
    const onlyOpen = query.endsWith("AND ExecutionStatus = 'Running'");
    for (const [workflowId, workflow] of this.workflows) {
      if (onlyOpen && workflow.status !== 'RUNNING') continue;
      if (workflowId.startsWith(prefix)) yield this.#facts(workflowId, workflow);
    }
  }

  #handle(workflowId: string): object {
    return {
      describe: async () => {
        await this.#request('describe');
        return this.#facts(workflowId, this.#workflow(workflowId));
      },
      result: async () => {
        await this.#request('result');
        while (this.#workflow(workflowId).status === 'RUNNING') {
          await new Promise<void>((resolve) => this.#closing.push(resolve));
        }
        return resultOf(this.#workflow(workflowId));
      },
      query: async (name: string, ...args: unknown[]) => {
        await this.#request(`query ${name}`);
        this.queries.push(name);
        const answers = this.#workflow(workflowId).queries;
        if (answers === undefined) throw new GrpcError(DEADLINE, 'Deadline exceeded');
        const answer = answers[name];
        // What functions tests put in is theirs.
        return typeof answer === 'function' ? (answer as (...args: unknown[]) => unknown)(...args) : answer;
      },
      terminate: async (reason: string) => {
        await this.#request(`terminate ${reason}`);
        this.close(workflowId, { status: 'TERMINATED' });
      },
      executeUpdate: async (name: string, { args = [] }: { args?: unknown[] } = {}) => {
        await this.#request(`update ${name}`);
        const workflow = this.#workflow(workflowId);
        if (workflow.status !== 'RUNNING') throw notFound(workflowId);
        if (workflow.update === undefined) throw new GrpcError(DEADLINE, 'Deadline exceeded');
        return workflow.update(name, args);
      },
      signal: async (name: string, ...args: unknown[]) => {
        await this.#request(`signal ${name}`);
        const workflow = this.#workflow(workflowId);
        if (workflow.status !== 'RUNNING') throw notFound(workflowId);
        workflow.signals?.push([name, args]);
      },
    };
  }

  #workflow(workflowId: string): FakeWorkflow {
    const workflow = this.workflows.get(workflowId);
    if (workflow === undefined) throw notFound(workflowId);
    return workflow;
  }

  #facts(workflowId: string, workflow: FakeWorkflow): object {
    const { status, jobStatus, memo, startTime = new Date(0), closeTime } = workflow;
    const pairs: SearchAttributePair[] =
      jobStatus === undefined ? [] : [{ key: jobAttributes.status, value: jobStatus }];
    return {
      workflowId,
      taskQueue: 'trainyard',
      status: { name: status },
      startTime,
      closeTime: status === 'RUNNING' ? undefined : (closeTime ?? new Date(60_000)),
      memo,
      typedSearchAttributes: new TypedSearchAttributes(pairs),
    };
  }

  async #request(name: string): Promise<void> {
    await Promise.resolve();
    this.trouble(name);
  }
}

function notFound(workflowId: string): WorkflowNotFoundError {
  return new WorkflowNotFoundError('workflow not found', workflowId, undefined);
}

function resultOf({ status, report }: FakeWorkflow): unknown {
  const details = report === undefined ? [] : [report];
  const failed = (cause: Error): never => {
    throw new WorkflowFailedError('failed', cause, RetryState.NON_RETRYABLE_FAILURE);
  };
  switch (status) {
    case 'COMPLETED':
    case 'RUNNING':
      return report;
    case 'FAILED':
      return failed(ApplicationFailure.create({ message: 'the training code failed', details }));
    case 'CANCELLED':
      return failed(new CancelledFailure('Workflow canceled', details));
    case 'TERMINATED':
      return failed(new TerminatedFailure('by mistake'));
    case 'TIMED_OUT':
      return failed(
        new TimeoutFailure('Workflow execution timed out', undefined, TimeoutType.START_TO_CLOSE),
      );
  }
}
