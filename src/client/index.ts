/**
 * The typed client of Trainyard: submit training jobs, follow them, steer them. It talks to Temporal only, so it works
 * from anywhere that reaches the Temporal server, Temporal Cloud included.
 *
 * ```ts
 * import { TrainyardClient } from 'trainyard';
 *
 * const trainyard = await TrainyardClient.connect();
 * const { jobId } = await trainyard.submit({ training: { ... } });
 * const job = await trainyard.wait(jobId);
 * console.log(job.status, job.reason.sentence);
 * await trainyard.close();
 * ```
 */
import { Connection, type Client } from '@temporalio/client';
import { TrainyardError } from '../jobs/error-catalogue.ts';
import { resolveJob, type JobInput } from '../jobs/job-schema.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobEvent } from '../jobs/view.ts';
import { resolveQueue, type QueueInput } from '../queues/queue-schema.ts';
import type { QueueSpec } from '../queues/queue-spec.ts';
import type { QueueSnapshot, SnapshotRequest } from '../queues/queue-view.ts';
import type { Explanation } from '../scheduling/explanation.ts';
import { JOB_MESSAGES, jobWorkflowId, type CancelRequest } from '../workflows/contract.ts';
import { queueWorkflowId, type OperatorAnswer } from '../workflows/queue-contract.ts';
import { connectClient } from './connecting.ts';
import { resolveConnection, type ConnectionSettings, type ConnectOptions } from './connection.ts';
import { explainJob, explainNew, type ExplainOptions, type JobExplanation } from './job-explanation.ts';
import { generateJobId } from './job-id.ts';
import { countJobs, listJobs, resolveJobId, withDefaults, type JobFilter } from './job-list.ts';
import { readEvents, readJob, type JobReport } from './job-report.ts';
import { steerJob, type SteeringAnswer, type SteeringMessage } from './job-steering.ts';
import { submittedBefore, type Submission } from './job-submission.ts';
import type { JobSummary } from './job-summary.ts';
import { waitForJob, type WaitOptions } from './job-wait.ts';
import { applyQueue, deleteQueue, drainEnvironment, pauseQueue, type AppliedQueue } from './queue-control.ts';
import { listQueues, openQueues, readQueue, type QueueSummary } from './queue-report.ts';
import { submitJobs, type SubmissionResult, type SubmitAllOptions } from './queue-submission.ts';
import { explainRpcError } from './rpc-error.ts';

export { TrainyardError, type ErrorCode, type ErrorPlace } from '../jobs/error-catalogue.ts';
export { InvalidInputError, JobInvalidError, type Problem } from '../jobs/job-problem.ts';
export { type JobInput } from '../jobs/job-schema.ts';
export { type Failure, type FailureClass } from '../jobs/failure.ts';
export { type Placement } from '../jobs/placement.ts';
export { type Reason, type ReasonCode } from '../jobs/reason.ts';
export {
  type BackoffPolicy,
  type JobSpec,
  type NotifyEvent,
  type NotifyPolicy,
  type RetryPolicy,
  type TimeLimits,
} from '../jobs/spec.ts';
export { type JobStatus, type TerminalStatus } from '../jobs/status.ts';
export { type TrainingRequest } from '../jobs/training-request.ts';
export { type AttemptView, type JobEvent, type JobView } from '../jobs/view.ts';
export { type QueueInput } from '../queues/queue-schema.ts';
export { type QueueSpec, type RunnableTimeLimit, type ServiceEnvironment } from '../queues/queue-spec.ts';
export {
  type EnvironmentView,
  type QueuedJobView,
  type QueueSnapshot,
  type ShareUsageView,
  type SnapshotRequest,
} from '../queues/queue-view.ts';
export { type Decision, type WaitReason } from '../scheduling/decision.ts';
export {
  type Explanation,
  type JobAhead,
  type Remedy,
  type StartEstimate,
  type WhatIf,
} from '../scheduling/explanation.ts';
export { type CancelRequest } from '../workflows/contract.ts';
export { type OperatorAnswer } from '../workflows/queue-contract.ts';
export { type ConnectOptions, type TlsFiles } from './connection.ts';
export { type ExplainOptions, type JobExplanation } from './job-explanation.ts';
export { type JobFilter } from './job-list.ts';
export { type JobReport } from './job-report.ts';
export { type SteeringAnswer } from './job-steering.ts';
export { type Submission } from './job-submission.ts';
export { type JobSummary } from './job-summary.ts';
export { type WaitOptions } from './job-wait.ts';
export { type AppliedQueue } from './queue-control.ts';
export { type QueueSummary } from './queue-report.ts';
export { type SubmissionResult, type SubmitAllOptions } from './queue-submission.ts';

/**
 * Every method rejects with a TrainyardError, whose `code` is one of docs/errors.md; besides the codes that the methods
 * name, TEMPORAL_UNREACHABLE, TEMPORAL_DENIED, TEMPORAL_REFUSED and NAMESPACE_NOT_FOUND are possible everywhere.
 */
export class TrainyardClient {
  readonly #client: Client;
  readonly #settings: ConnectionSettings;

  private constructor(client: Client, settings: ConnectionSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /**
   * Connects to Temporal.
   * @throws TrainyardError CONNECTION_CONFIG when the settings cannot be used
   */
  static async connect(options: ConnectOptions = {}): Promise<TrainyardClient> {
    const settings = resolveConnection(options);
    return new TrainyardClient(await connectClient(settings), settings);
  }

  /** Works on a Temporal client that exists already, and on its namespace. `close` closes that client's connection. */
  static on(client: Client, options: Pick<ConnectOptions, 'taskQueue' | 'uiUrl'> = {}): TrainyardClient {
    const { connection } = client;
    const where = connection instanceof Connection ? { address: connection.options.address } : {};
    return new TrainyardClient(
      client,
      resolveConnection({ ...options, ...where, namespace: client.options.namespace }),
    );
  }

  /** Where this client is connected to. */
  get address(): string {
    return this.#settings.address;
  }

  get namespace(): string {
    return this.#settings.namespace;
  }

  /**
   * Hands a job over; it then runs without the caller. The whole job is validated before anything is sent. Submitting
   * the same specification under the same job id again starts nothing (`alreadySubmitted`). A queue that is full or busy
   * is asked again for a minute.
   *
   * @param job what a job file holds, or the specification that it was resolved to
   * @throws TrainyardError JOB_INVALID, JOB_EXISTS, QUEUE_NOT_FOUND, QUEUE_FULL, QUEUE_BUSY, SEARCH_ATTRIBUTES_MISSING, and
   *   what a queue refuses a job for (SHARE_MISSING, SHARE_NOT_FOUND, PLACEMENT_NOT_IN_QUEUE, NEVER_FITS)
   */
  async submit(job: JobInput | JobSpec): Promise<Submission> {
    const [result] = await this.submitAll([job]);
    if (result === undefined) throw new TypeError('submitAll answered nothing about the job');
    if (result.outcome === 'refused') throw result.error;
    const { jobId, workflowId, alreadySubmitted } = result;
    return { jobId, workflowId, alreadySubmitted };
  }

  /**
   * Hands many jobs over: those of a queue a hundred at a time. All are validated before anything is sent. A job that is
   * refused does not keep the others from being submitted; its result has the error. Results are in the order of the jobs.
   *
   * @throws TrainyardError JOB_INVALID for the first job that is not valid; errors of the server, after which some jobs
   *   may have been submitted: `onResult` was told which, and submitting all of them again does no harm
   */
  async submitAll(
    jobs: readonly (JobInput | JobSpec)[],
    options: SubmitAllOptions = {},
  ): Promise<readonly SubmissionResult[]> {
    const specs = jobs.map((job) => resolveJob(job, { generateJobId }));
    const { taskQueue } = this.#settings;
    return await this.#call(() => submitJobs(this.#client, specs, taskQueue, Date.now(), options));
  }

  /**
   * Why the job waits (or what it runs on), what would let it start, and when that will probably be.
   * @throws TrainyardError JOB_NOT_FOUND; with `whatIf` also JOB_NOT_QUEUED, SHARE_NOT_FOUND, QUEUE_NOT_FOUND,
   *   QUEUE_NOT_ANSWERING
   */
  async explain(jobId: string, options: ExplainOptions = {}): Promise<JobExplanation> {
    return await this.#call(() => explainJob(this.#client, jobId, options));
  }

  /**
   * What would become of a job if it were submitted now. Nothing is submitted.
   * @throws TrainyardError JOB_INVALID, JOB_NOT_QUEUED for a job without a queue, QUEUE_NOT_FOUND, QUEUE_NOT_ANSWERING, and
   *   what a queue refuses a job for
   */
  async explainNew(
    job: JobInput | JobSpec,
    options: Pick<ExplainOptions, 'estimate'> = {},
  ): Promise<Explanation> {
    const spec = resolveJob(job, { generateJobId });
    const { queue } = spec;
    if (queue === undefined)
      throw new TrainyardError('JOB_NOT_QUEUED', 'The job names no queue; it would be launched at once.');
    return await this.#call(() => explainNew(this.#client, { ...spec, queue }, options));
  }

  /**
   * What was submitted under the job's id before: the `same` job, which may be submitted again without harm, or `another` one, so
   * that this one would be refused (JOB_EXISTS). Undefined: the id is free.
   * @throws TrainyardError JOB_INVALID
   */
  async submittedBefore(job: JobInput | JobSpec): Promise<'same' | 'another' | undefined> {
    const spec = resolveJob(job, { generateJobId });
    return await this.#call(() => submittedBefore(this.#client, spec));
  }

  /**
   * Everything about one job. Ended jobs need no worker; for live ones `incomplete` is set when no worker answers
   * within 5 s.
   * @throws TrainyardError JOB_NOT_FOUND
   */
  async get(jobId: string): Promise<JobReport> {
    return await this.#call(() => readJob(this.#client, jobId));
  }

  /**
   * The job's story, oldest line first, at most the newest hundred lines.
   * @throws TrainyardError JOB_NOT_FOUND, WORKER_NOT_ANSWERING
   */
  async events(jobId: string): Promise<readonly JobEvent[]> {
    return await this.#call(() => readEvents(this.#client, jobId));
  }

  /**
   * Jobs from Temporal's visibility, unfinished ones first, then the latest ended first. Without `statuses`, `name`,
   * `jobIds` or `endedSince`, jobs that ended more than a day ago are left out.
   */
  async *list(filter: JobFilter = {}): AsyncGenerator<JobSummary, void, undefined> {
    try {
      yield* listJobs(this.#client, withDefaults(filter, Date.now()));
    } catch (error) {
      throw explainRpcError(error, this.#settings);
    }
  }

  /** How many jobs `list` would give. */
  async count(filter: JobFilter = {}): Promise<number> {
    return await this.#call(() => countJobs(this.#client, withDefaults(filter, Date.now())));
  }

  /**
   * Waits until the job has a terminal status. It does not wait for notifications to be delivered, and it sees every
   * kind of end, terminated and timed-out workflows included.
   * @throws TrainyardError JOB_NOT_FOUND, WAIT_TIMED_OUT; the signal's reason when it aborts
   */
  async wait(jobId: string, options: WaitOptions = {}): Promise<JobReport> {
    return await this.#call(() => waitForJob(this.#client, jobId, options), options.signal);
  }

  /**
   * Asks the job to stop. Its training job is stopped, with SIGTERM and a grace period, and the job ends as STOPPED. With
   * `statuses` only if it has one of them when it reads the request; else the answer says as what it was `spared`.
   * @throws TrainyardError JOB_NOT_FOUND, JOB_ENDED, JOB_REFUSED_MESSAGE
   */
  async cancel(jobId: string, request: CancelRequest = {}): Promise<SteeringAnswer> {
    return await this.#steer(jobId, { name: JOB_MESSAGES.cancel, request });
  }

  /**
   * Keeps the job from being launched until it is released. A training job that runs goes on.
   * @throws TrainyardError JOB_NOT_FOUND, JOB_ENDED, JOB_REFUSED_MESSAGE
   */
  async hold(jobId: string): Promise<SteeringAnswer> {
    return await this.#steer(jobId, { name: JOB_MESSAGES.hold });
  }

  /**
   * Undoes `hold`.
   * @throws TrainyardError JOB_NOT_FOUND, JOB_ENDED, JOB_REFUSED_MESSAGE
   */
  async release(jobId: string): Promise<SteeringAnswer> {
    return await this.#steer(jobId, { name: JOB_MESSAGES.release });
  }

  /**
   * Changes the scheduling priority, 0-9999, higher first.
   * @throws TrainyardError JOB_NOT_FOUND, JOB_ENDED, JOB_REFUSED_MESSAGE
   */
  async setPriority(jobId: string, priority: number): Promise<SteeringAnswer> {
    return await this.#steer(jobId, { name: JOB_MESSAGES.setPriority, request: { priority } });
  }

  /**
   * The id of the one job whose id is, or begins with, `text`. All other methods take whole ids.
   * @throws TrainyardError JOB_NOT_FOUND, JOB_ID_AMBIGUOUS
   */
  async resolve(text: string): Promise<string> {
    return await this.#call(() => resolveJobId(this.#client, text));
  }

  /**
   * Makes a queue, or changes the one of that name while it lives.
   *
   * @param queue what a queue file holds, or the specification that it was resolved to
   * @throws TrainyardError QUEUE_INVALID, QUEUE_CHANGE_REFUSED, QUEUE_NOT_ANSWERING
   */
  async applyQueue(queue: QueueInput | QueueSpec): Promise<AppliedQueue> {
    const spec = resolveQueue(queue);
    return await this.#call(() => applyQueue(this.#client, spec, this.#settings.taskQueue));
  }

  /** All queues, by name. Those for which no worker answers within 10 s are `incomplete`. */
  async listQueues(): Promise<readonly QueueSummary[]> {
    return await this.#call(() => listQueues(this.#client));
  }

  /** Names of all queues, from Temporal alone. */
  async queueNames(): Promise<readonly string[]> {
    return await this.#call(async () => [...(await openQueues(this.#client)).keys()].sort());
  }

  /**
   * A queue as it is now: shares, environments, a page of who waits and of who runs, the last decisions.
   * @throws TrainyardError QUEUE_NOT_FOUND, SHARE_NOT_FOUND, QUEUE_NOT_ANSWERING
   */
  async queue(name: string, page: SnapshotRequest = {}): Promise<QueueSnapshot> {
    return await this.#call(() => readQueue(this.#client, name, page));
  }

  /**
   * Starts no further jobs of the queue; what runs goes on, and jobs are accepted.
   * @throws TrainyardError QUEUE_NOT_FOUND, QUEUE_NOT_ANSWERING
   */
  async pauseQueue(name: string): Promise<OperatorAnswer> {
    return await this.#call(() => pauseQueue(this.#client, name, true));
  }

  /**
   * Undoes `pauseQueue`.
   * @throws TrainyardError QUEUE_NOT_FOUND, QUEUE_NOT_ANSWERING
   */
  async resumeQueue(name: string): Promise<OperatorAnswer> {
    return await this.#call(() => pauseQueue(this.#client, name, false));
  }

  /**
   * Starts no further jobs in one environment of the queue; what runs there goes on.
   * @throws TrainyardError QUEUE_NOT_FOUND, ENVIRONMENT_NOT_FOUND, QUEUE_NOT_ANSWERING
   */
  async drainEnvironment(name: string, environment: string): Promise<OperatorAnswer> {
    return await this.#call(() => drainEnvironment(this.#client, name, environment, true));
  }

  /**
   * Undoes `drainEnvironment`.
   * @throws TrainyardError QUEUE_NOT_FOUND, ENVIRONMENT_NOT_FOUND, QUEUE_NOT_ANSWERING
   */
  async undrainEnvironment(name: string, environment: string): Promise<OperatorAnswer> {
    return await this.#call(() => drainEnvironment(this.#client, name, environment, false));
  }

  /**
   * Ends a queue that has no jobs.
   * @throws TrainyardError QUEUE_NOT_FOUND, QUEUE_IN_USE, QUEUE_NOT_ANSWERING
   */
  async deleteQueue(name: string): Promise<void> {
    await this.#call(() => deleteQueue(this.#client, name));
  }

  /** The job's page in the Temporal Web UI; undefined when the UI's address is not known. */
  webUiUrl(jobId: string): string | undefined {
    return this.#pageOf(jobWorkflowId(jobId));
  }

  /** The queue's page in the Temporal Web UI; undefined when the UI's address is not known. */
  queueUrl(name: string): string | undefined {
    return this.#pageOf(queueWorkflowId(name));
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    await this.#client.connection.close();
  }

  #pageOf(workflowId: string): string | undefined {
    const { uiUrl, namespace } = this.#settings;
    if (uiUrl === undefined) return undefined;
    const workflow = encodeURIComponent(workflowId);
    return `${uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${workflow}`;
  }

  async #steer(jobId: string, message: SteeringMessage): Promise<SteeringAnswer> {
    return await this.#call(() => steerJob(this.#client, jobId, message));
  }

  async #call<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      throw explainRpcError(error, this.#settings);
    }
  }
}
