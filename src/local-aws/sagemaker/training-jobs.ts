import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { EffectiveConfig } from '../config/schema.ts';
import type { ContainerHost, RunSpec } from '../container/host.ts';
import type { FaultBook } from '../faults/fault-book.ts';
import { globMatches } from '../glob.ts';
import { AwsError, resourceNotFound, validationError } from '../wire/aws-error.ts';
import { checkCrossFieldRules } from './cross-field-rules.ts';
import { instanceDemand } from './instance-demand.ts';
import { InstancePool } from './instance-pool.ts';
import { type InstanceRequest, isEnded, type Job, type JobState } from './job.ts';
import { type DriverContext, JobDriver } from './job-driver.ts';
import type { JobStore } from './job-store.ts';
import type { CreateTrainingJobRequest } from './requests.ts';
import { checkS3Inputs } from './s3-input.ts';
import { created, crashed, interruptionBegun, stopBegun } from './transitions.ts';

export interface TrainingJobsOptions {
  readonly store: JobStore;
  readonly host: ContainerHost;
  readonly clock: Clock;
  readonly faults: FaultBook;
  readonly config: () => EffectiveConfig;
  readonly accountId: string;
  readonly jobsDir: string;
  readonly s3Dir: string;
  readonly log: (line: string) => void;
}

/** The training jobs of the account: what may be done to them, and the drivers that run them. */
export class TrainingJobs {
  readonly pool = new InstancePool();
  readonly #options: TrainingJobsOptions;
  readonly #context: DriverContext;
  readonly #drivers = new Map<string, { readonly driver: JobDriver; readonly running: Promise<void> }>();
  readonly #deleting = new Set<string>();
  #lastCreatedAt = 0;

  constructor(options: TrainingJobsOptions) {
    this.#options = options;
    const { store, clock, host, faults, config, log } = options;
    this.#context = {
      clock,
      host,
      faults,
      config,
      log,
      job: (name) => store.get(name),
      commit: (job, state) => this.#commit(job, state),
      durable: () => store.durable(),
      fits: (instances, spot) => this.pool.fits(instances, spot),
      runSpec: (job) => this.#runSpec(job),
    };
  }

  /** Takes up the jobs that an earlier process left unfinished. */
  resume(): void {
    this.configure();
    for (const job of this.#options.store.all()) {
      this.#lastCreatedAt = job.createdAt;
      this.#account(job.state, job, 1);
      if (!isEnded(job)) this.#drive(job.name);
    }
  }

  /** The config has changed. */
  configure(): void {
    this.pool.configure(this.#options.config().instances);
    this.#reclaimSpot();
    for (const { driver } of this.#drivers.values()) driver.wake();
  }

  /** @throws AwsError ValidationException, ResourceInUse, ResourceLimitExceeded */
  async create(request: CreateTrainingJobRequest): Promise<Job> {
    const { store, clock, s3Dir, config, accountId, faults } = this.#options;
    checkCrossFieldRules(request);
    this.#checkNameIsFree(request.TrainingJobName);
    await checkS3Inputs(request, s3Dir, config().region);
    // From here to the end nothing else happens in between. The name comes before the quota: a client that sends the
    // same request again must learn that its job exists.
    this.#checkNameIsFree(request.TrainingJobName);
    this.pool.checkQuota(instanceDemand(request), request.EnableManagedSpotTraining === true);
    const { Tags: tags = [], ...rest } = request;
    const name = request.TrainingJobName;
    const now = Math.max(clock.now(), this.#lastCreatedAt);
    this.#lastCreatedAt = now;
    const fault = faults.strikeJob('capacityError', name);
    const job = store.create(
      {
        name,
        arn: `arn:aws:sagemaker:${config().region}:${accountId}:training-job/${name}`,
        createdAt: now,
        request: rest,
      },
      tags,
      created(now, fault === undefined ? undefined : now + fault.afterSeconds * 1_000),
    );
    this.#account(job.state, job, 1);
    this.#drive(name);
    return job;
  }

  /** @throws AwsError ValidationException for a job that is unknown or not InProgress */
  stop(name: string): void {
    const job = this.find(name);
    if (job.state.status !== 'InProgress') {
      throw validationError(
        `The request was rejected because the training job is in status ${job.state.status}.`,
      );
    }
    this.#change(job, stopBegun(job.state, this.#options.clock.now(), 'user'));
  }

  /** Ended jobs only; the name is free afterwards. @throws AwsError ValidationException, ResourceInUse */
  async delete(name: string): Promise<void> {
    const job = this.find(name);
    if (!isEnded(job)) {
      throw new AwsError(
        'ResourceInUse',
        `The request was rejected because the training job is in status ${job.state.status}. ` +
          'Only training jobs in a terminal state can be deleted.',
      );
    }
    if (warmPoolStatus(job, this.#options.clock.now(), this.#options.config().timeScale) === 'Available') {
      throw new AwsError(
        'ResourceInUse',
        'The request was rejected because the training job retains an Available warm pool.',
      );
    }
    if (this.#deleting.has(name)) throw resourceNotFound();
    this.#deleting.add(name);
    try {
      // Its driver must not meet the next job of this name.
      await this.#drivers.get(name)?.running;
      await rm(join(this.#options.jobsDir, name), { recursive: true, force: true });
      this.#options.store.delete(name);
    } finally {
      this.#deleting.delete(name);
    }
  }

  /** @throws AwsError ValidationException "Requested resource not found." */
  find(name: string): Job {
    const job = this.#options.store.get(name);
    if (job === undefined) throw resourceNotFound();
    return job;
  }

  /** Takes spot instances away from matching jobs that have some; returns their names. */
  interruptSpot(glob: string): readonly string[] {
    return this.#strike(
      glob,
      (job) => job.request.EnableManagedSpotTraining === true && canLoseInstances(job),
      interruptionBegun,
    );
  }

  /** Lets the instances of matching jobs die (InternalServerError); returns the names. */
  crash(glob: string): readonly string[] {
    return this.#strike(glob, canLoseInstances, crashed);
  }

  /** Leaves jobs and processes as they are. */
  detach(): void {
    for (const { driver } of this.#drivers.values()) driver.detach();
  }

  /** Stops every job, as StopTrainingJob does, and resolves when they have stopped. */
  async stopAll(): Promise<void> {
    for (const job of [...this.#options.store.all()])
      if (job.state.status === 'InProgress') this.stop(job.name);
    await Promise.all([...this.#drivers.values()].map(({ running }) => running));
  }

  #strike(
    glob: string,
    mayStrike: (job: Job) => boolean,
    next: (state: JobState, now: number) => JobState,
  ): readonly string[] {
    const struck = [...this.#options.store.all()].filter(
      (job) => globMatches(glob, job.name) && mayStrike(job),
    );
    for (const job of struck) this.#change(job, next(job.state, this.#options.clock.now()));
    return struck.map((job) => job.name);
  }

  /** EC2 takes back what a lowered spotCapacity no longer has, from the newest jobs first. */
  #reclaimSpot(): void {
    const excess = this.pool.spotExcess();
    if (excess.size === 0) return;
    const spot = [...this.#options.store.all()].filter(
      (job) => job.state.holdsInstances && job.request.EnableManagedSpotTraining,
    );
    for (const job of spot.reverse()) {
      const taken = job.state.instances.filter(({ instanceType }) => (excess.get(instanceType) ?? 0) > 0);
      if (taken.length === 0) continue;
      for (const { instanceType, count } of taken)
        excess.set(instanceType, (excess.get(instanceType) ?? 0) - count);
      if (canLoseInstances(job)) this.#change(job, interruptionBegun(job.state, this.#options.clock.now()));
    }
  }

  #checkNameIsFree(name: string): void {
    const job = this.#options.store.get(name);
    if (job === undefined) return;
    throw new AwsError(
      'ResourceInUse',
      'Training job names must be unique within an AWS account and region, and a training job with this name already ' +
        `exists (${job.arn})`,
    );
  }

  #drive(name: string): void {
    const driver = new JobDriver(this.#context, name);
    const running = driver
      .run()
      .catch((error: unknown) =>
        this.#options.log(`${name}: ${error instanceof Error ? error.message : String(error)}`),
      )
      .finally(() => this.#drivers.delete(name));
    this.#drivers.set(name, { driver, running });
  }

  #change(job: Job, state: JobState): void {
    this.#commit(job, state);
    this.#drivers.get(job.name)?.driver.wake();
  }

  #commit(job: Job, state: JobState): void {
    this.#account(job.state, job, -1);
    this.#account(state, job, 1);
    this.#options.store.setState(job.name, state);
    if (!job.state.holdsInstances || state.holdsInstances) return;
    // In the order of creation, so that the job that waits longest tries first.
    for (const { driver } of this.#drivers.values()) driver.wake();
  }

  /** What a job in this state takes of quota and capacity; both follow from the state alone, also after a restart. */
  #account(state: JobState, job: Job, sign: 1 | -1): void {
    if (state.phase.kind === 'ended') return;
    const spot = job.request.EnableManagedSpotTraining === true;
    const counted = state.instances.length > 0 ? [state.instances] : instanceDemand(job.request);
    this.pool.count(counted, spot, sign);
    if (state.holdsInstances) this.pool.hold(state.instances, spot, sign);
  }

  #runSpec(job: Job): RunSpec {
    const { config, jobsDir, s3Dir } = this.#options;
    const [first, ...others] = hostsOf(job.state.instances);
    if (first === undefined) throw new Error(`${job.name} has no instances`);
    return {
      jobName: job.name,
      jobArn: job.arn,
      region: config().region,
      incarnation: job.state.incarnation,
      jobDir: join(jobsDir, job.name),
      s3Dir,
      instances: [first, ...others],
      request: { ...job.request },
      images: config().images.flatMap((image) => ('command' in image ? [image] : [])),
    };
  }
}

/** InUse while it runs, Available for KeepAlivePeriodInSeconds after completion, then Terminated; undefined without one. */
export function warmPoolStatus(
  job: Job,
  now: number,
  timeScale: number,
): 'InUse' | 'Available' | 'Terminated' | undefined {
  const keepAlive = job.request.ResourceConfig?.KeepAlivePeriodInSeconds ?? 0;
  if (keepAlive === 0 || job.state.instances.length === 0) return undefined;
  if (!isEnded(job)) return 'InUse';
  const until = (job.state.endedAt ?? 0) + keepAlive * 1_000 * timeScale;
  return job.state.status === 'Completed' && now < until ? 'Available' : 'Terminated';
}

function canLoseInstances(job: Job): boolean {
  return ['launching', 'downloading', 'training'].includes(job.state.phase.kind);
}

/** `algo-1`, `algo-2`, ... over all groups. */
function hostsOf(instances: readonly InstanceRequest[]): RunSpec['instances'][number][] {
  return instances
    .flatMap((request) => Array.from({ length: request.count }, () => request))
    .map(({ instanceType, group }, index) => ({
      host: `algo-${index + 1}`,
      instanceType,
      ...(group === undefined ? {} : { instanceGroupName: group }),
    }));
}
