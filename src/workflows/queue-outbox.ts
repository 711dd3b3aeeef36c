import {
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  startChild,
  type SignalDefinition,
} from '@temporalio/workflow';
import { TypedSearchAttributes, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { staticDetails, staticSummary } from '../jobs/job-metadata.ts';
import {
  jobWorkflowId,
  searchAttributesAtStart,
  TASK_PRIORITY,
  TRAINING_JOB,
  type JobMemo,
  type Lease,
} from './contract.ts';
import type { Accepted, QueueStory } from './queue-story.ts';
import type { trainingJob } from './training-job.ts';

/** Starts under way: what one workflow task can command without exceeding what the server takes in one message (4 MB). */
const STARTS_AT_A_TIME = 50;
const START_BYTES_AT_A_TIME = 1_000_000;
/** Signals under way: each costs a workflow task a millisecond. The server allows 2,000. */
const SIGNALS_AT_A_TIME = 25;

export interface OutboxEvents {
  /** Some more accepted jobs can be started. */
  roomToStart(): void;
  /** There was a workflow of that id already, so that nothing was started. */
  duplicate(jobId: string): void;
  /** A child of this run is over. */
  over(jobId: string): void;
  /** A signal found no workflow. */
  unreachable(jobId: string): void;
}

interface Parcel {
  readonly to: string;
  readonly what: string;
  readonly send: () => Promise<void>;
  readonly lost: () => void;
}

/**
 * What a queue sends: starts of its jobs, and signals. Bounded in parallel, and all of it is over before continue-as-new.
 * A job that is admitted before its start is commanded gets its lease with the start. A signal to a job whose start is
 * under way waits for it.
 */
export class QueueOutbox {
  readonly #story: QueueStory;
  readonly #on: OutboxEvents;
  readonly #starting = new Map<string, { readonly bytes: number; readonly done: Promise<void> }>();
  #startingBytes = 0;
  readonly #parcels: Parcel[] = [];
  #sending = 0;
  /** Children started in this run. */
  children = 0;

  constructor(story: QueueStory, on: OutboxEvents) {
    this.#story = story;
    this.#on = on;
  }

  /** Nothing is left to send, and nothing is on its way. */
  get idle(): boolean {
    return this.#story.accepted.size === 0 && this.#parcels.length === 0 && this.#sending === 0;
  }

  /** Whether the job hears of its lease by its start, which has not been commanded yet. */
  startsLater(jobId: string): boolean {
    return this.#story.accepted.has(jobId) && !this.#starting.has(jobId);
  }

  tell<Args extends unknown[]>(jobId: string, signal: SignalDefinition<Args>, ...args: Args): void {
    const workflowId = jobWorkflowId(jobId);
    this.#post({
      to: workflowId,
      what: signal.name,
      send: async () => {
        await this.#starting.get(jobId)?.done;
        await getExternalWorkflowHandle(workflowId).signal(signal, ...args);
      },
      lost: () => this.#on.unreachable(jobId),
    });
  }

  /** To another workflow than a job. One that is not there misses nothing that it could use. */
  tellWorkflow<Args extends unknown[]>(
    workflowId: string,
    signal: SignalDefinition<Args>,
    ...args: Args
  ): void {
    this.#post({
      to: workflowId,
      what: signal.name,
      send: () => getExternalWorkflowHandle(workflowId).signal(signal, ...args),
      lost: () => undefined,
    });
  }

  /** Starts as many accepted jobs as may be started now. */
  startJobs(): void {
    for (const [jobId, accepted] of this.#story.accepted) {
      if (this.#starting.has(jobId)) continue;
      if (this.#starting.size >= STARTS_AT_A_TIME) return;
      const bytes = JSON.stringify(accepted.job).length;
      if (this.#starting.size > 0 && this.#startingBytes + bytes > START_BYTES_AT_A_TIME) return;
      this.#startingBytes += bytes;
      const done = this.#start(jobId, accepted).finally(() => {
        this.#starting.delete(jobId);
        this.#startingBytes -= bytes;
        if (this.#story.accepted.size > this.#starting.size) this.#on.roomToStart();
      });
      this.#starting.set(jobId, { bytes, done });
    }
  }

  async #start(jobId: string, { job, specHash, submittedAt }: Accepted): Promise<void> {
    const lease = this.#leaseOf(jobId, job);
    const memo: JobMemo = { submittedAt, ...(specHash === undefined ? {} : { specHash }) };
    this.children += 1;
    try {
      const child = await startChild<typeof trainingJob>(TRAINING_JOB, {
        workflowId: jobWorkflowId(jobId),
        args: [{ job, queued: true, ...(lease === undefined ? {} : { lease }) }],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        // Jobs outlive this run of the queue, and the queue itself.
        priority: TASK_PRIORITY.jobs,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        staticSummary: staticSummary(job),
        staticDetails: staticDetails(job),
        typedSearchAttributes: new TypedSearchAttributes(searchAttributesAtStart(job)),
        memo: { ...memo },
      });
      const over = (): void => this.#on.over(jobId);
      void child.result().then(over, over);
      this.#story.accepted.delete(jobId);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // It has enrolled by itself meanwhile: what it said counts.
      if (this.#story.accepted.delete(jobId)) this.#on.duplicate(jobId);
    }
  }

  #leaseOf(jobId: string, job: Accepted['job']): Lease | undefined {
    const grant = this.#story.get(jobId)?.grant;
    const placement = grant === undefined ? undefined : job.placements[grant.option.placement];
    if (grant === undefined || placement === undefined) return undefined;
    return { number: grant.lease, placement, ...(grant.probe === undefined ? {} : { probe: grant.probe }) };
  }

  #post(parcel: Parcel): void {
    this.#parcels.push(parcel);
    this.#send();
  }

  #send(): void {
    while (this.#sending < SIGNALS_AT_A_TIME) {
      const parcel = this.#parcels.shift();
      if (parcel === undefined) return;
      this.#sending += 1;
      void this.#deliver(parcel);
    }
  }

  async #deliver({ to, what, send, lost }: Parcel): Promise<void> {
    try {
      await send();
    } catch (error) {
      log.info('a signal found no workflow', { to, signal: what, error });
      lost();
    } finally {
      this.#sending -= 1;
      this.#send();
    }
  }
}
