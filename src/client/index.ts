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
import { resolveJob, type JobInput } from '../jobs/job-schema.ts';
import type { JobSpec } from '../jobs/spec.ts';
import type { JobEvent } from '../jobs/view.ts';
import { JOB_MESSAGES, jobWorkflowId, type CancelRequest } from '../workflows/contract.ts';
import { connectClient } from './connecting.ts';
import { resolveConnection, type ConnectionSettings, type ConnectOptions } from './connection.ts';
import { generateJobId } from './job-id.ts';
import { countJobs, listJobs, resolveJobId, withDefaults, type JobFilter } from './job-list.ts';
import { readEvents, readJob, type JobReport } from './job-report.ts';
import { steerJob, type SteeringAnswer, type SteeringMessage } from './job-steering.ts';
import { submitJob, type Submission } from './job-submission.ts';
import type { JobSummary } from './job-summary.ts';
import { waitForJob, type WaitOptions } from './job-wait.ts';
import { explainRpcError } from './rpc-error.ts';

export { TrainyardError, type ErrorCode, type ErrorPlace } from '../jobs/error-catalogue.ts';
export { JobInvalidError, type Problem } from '../jobs/job-problem.ts';
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
export { type ConnectOptions, type TlsFiles } from './connection.ts';
export { type JobFilter } from './job-list.ts';
export { type JobReport } from './job-report.ts';
export { type SteeringAnswer } from './job-steering.ts';
export { type Submission } from './job-submission.ts';
export { type JobSummary } from './job-summary.ts';
export { type WaitOptions } from './job-wait.ts';

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
   * the same specification under the same job id again starts nothing (`alreadySubmitted`).
   *
   * @param job what a job file holds, or the specification that it was resolved to
   * @throws TrainyardError JOB_INVALID, JOB_EXISTS, QUEUE_NOT_FOUND, SEARCH_ATTRIBUTES_MISSING
   */
  async submit(job: JobInput | JobSpec): Promise<Submission> {
    const spec = resolveJob(job, { generateJobId });
    return await this.#call(() => submitJob(this.#client, spec, this.#settings.taskQueue, Date.now()));
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
   * Asks the job to stop. Its training job is stopped, with SIGTERM and a grace period, and the job ends as STOPPED.
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

  /** The job's page in the Temporal Web UI; undefined when the UI's address is not known. */
  webUiUrl(jobId: string): string | undefined {
    const { uiUrl, namespace } = this.#settings;
    if (uiUrl === undefined) return undefined;
    const workflow = encodeURIComponent(jobWorkflowId(jobId));
    return `${uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${workflow}`;
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    await this.#client.connection.close();
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
