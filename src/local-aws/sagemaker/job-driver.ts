import type { Clock } from '../clock.ts';
import type { EffectiveConfig } from '../config/schema.ts';
import type { ContainerHost, RunEnd, RunSpec } from '../container/host.ts';
import type { FaultBook } from '../faults/fault-book.ts';
import { instanceDemand } from './instance-demand.ts';
import type { InstanceRequest, Job, JobState, Outcome, Phase } from './job.ts';
import { nextLimit, wantsAccelerators } from './limits.ts';
import * as to from './transitions.ts';

/** What drivers share. */
export interface DriverContext {
  readonly clock: Clock;
  readonly host: ContainerHost;
  readonly faults: FaultBook;
  readonly config: () => EffectiveConfig;
  readonly job: (name: string) => Job | undefined;
  /** Makes `state` the job's state, with what follows for capacity and quota. */
  readonly commit: (job: Job, state: JobState) => void;
  /** Resolves when all commits are on disk. */
  readonly durable: () => Promise<void>;
  readonly fits: (instances: readonly InstanceRequest[], spot: boolean) => boolean;
  readonly runSpec: (job: Job) => RunSpec;
  readonly log: (line: string) => void;
}

/**
 * Drives one training job from its creation to its end. The phase (job.ts) is the state; statuses are what clients see:
 *
 *   acquiring     Starting, or Pending when no instances are free
 *     -> launching     instances found, all or none; InstancePreferences: the first entry that fits
 *     -> ended         Failed, CapacityError: patience is over (never for spot, which waits for MaxWait), or by fault
 *   launching     Starting
 *     -> downloading   after startingSeconds
 *   downloading   Downloading
 *     -> training      the host has prepared /opt/ml; written to disk before processes start
 *     -> ended         Failed, when the host cannot prepare it (ClientError)
 *   training      Training
 *     -> uploading     the processes ended, with 0 or not
 *     -> interrupting  spot interruption
 *     -> crashed       the processes are lost, or by fault
 *   interrupting  Interrupted    processes get SIGTERM and a short notice
 *     -> interrupted   instances are given back
 *   interrupted   Interrupted
 *     -> acquiring     after spotRestartSeconds; the next run of the same job
 *   crashed       as before      left-over processes are ended
 *     -> acquiring     RetryStrategy has attempts left
 *     -> ended         Failed, InternalServerError
 *   uploading     Uploading
 *     -> ended         Completed, or Failed with the reason of the run or of the upload
 *   stopping      Stopping       SIGTERM and grace for the processes, if there are any; then the output is uploaded
 *     -> ended         Stopped: Stopped, MaxRuntimeExceeded or MaxWaitTimeExceeded
 *
 * StopTrainingJob leads from every phase but stopping and ended to stopping; so do the limits of StoppingCondition from
 * the phases before uploading. Spot interruption also leads from launching and downloading to interrupting.
 *
 * The loop reads the state, does the phase's work or waits for it, and reads the state again. Whoever changes the state
 * from outside calls `wake`. Work in flight outlives a wake-up, and a new process begins a phase's work again.
 */
export class JobDriver {
  readonly #ctx: DriverContext;
  readonly #name: string;
  readonly #prepared = new Once<Awaited<ReturnType<ContainerHost['prepare']>>>();
  readonly #ended = new Once<RunEnd>();
  #woken = false;
  #ring: (() => void) | undefined;
  #detached = false;

  constructor(ctx: DriverContext, name: string) {
    this.#ctx = ctx;
    this.#name = name;
  }

  /** Resolves when the job has ended, or after `detach`. */
  async run(): Promise<void> {
    for (;;) {
      // Nothing happens in the world that a crash could make the disk forget.
      await this.#ctx.durable();
      this.#woken = false;
      const job = this.#ctx.job(this.#name);
      if (this.#detached || job === undefined || job.state.phase.kind === 'ended') return;
      try {
        await this.#step(job);
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  /** The state, the capacity or the config has changed. */
  wake(): void {
    this.#woken = true;
    this.#ring?.();
  }

  /** Leaves the job as it is, processes included, for a later process to find. */
  detach(): void {
    this.#detached = true;
    this.wake();
  }

  async #step(job: Job): Promise<void> {
    const { clock, config, host } = this.#ctx;
    const { phase, incarnation, lastModifiedAt: since } = job.state;
    const { startingSeconds, spotRestartSeconds } = config().timing;
    const now = clock.now();
    const limit = nextLimit(job, config().timeScale);
    if (limit !== undefined && now >= limit.at) {
      this.#commit(job, to.stopBegun(job.state, now, limit.cause));
      return;
    }
    switch (phase.kind) {
      case 'acquiring':
        return this.#acquire(job, phase, limit?.at);
      case 'launching': {
        // The first half launches, the second prepares.
        const at = since + (startingSeconds * 1_000) / 2;
        if (now < at) return this.#pause(at, limit?.at);
        this.#commit(
          job,
          phase.launched ? to.downloadBegun(job.state, now) : to.instancesLaunched(job.state, now),
        );
        return;
      }
      case 'downloading':
        return this.#download(job, limit?.at);
      case 'training': {
        const { interruptAt = Infinity, internalErrorAt = Infinity } = phase;
        if (now >= interruptAt) this.#commit(job, to.interruptionBegun(job.state, now));
        else if (now >= internalErrorAt) this.#commit(job, to.crashed(job.state, now));
        else {
          const end = this.#ended.get(incarnation, () => this.#train(job));
          if (!end.isSettled)
            return this.#pause(Math.min(interruptAt, internalErrorAt), limit?.at, end.settled);
          this.#trained(job, await end.promise);
        }
        return;
      }
      case 'interrupting':
        await this.#prepared.quiet();
        if (phase.ran) await host.interrupt(this.#ctx.runSpec(job), config().timing.spotNoticeSeconds);
        this.#commit(job, to.interrupted(job.state, clock.now()));
        return;
      case 'interrupted': {
        const at = since + spotRestartSeconds * 1_000;
        if (now < at) return this.#pause(at, limit?.at);
        this.#commit(job, to.restarted(job.state, now, { failAt: this.#capacityFault(now), retry: false }));
        return;
      }
      case 'crashed':
        return this.#recover(job, phase.ran);
      case 'uploading':
        return this.#upload(job, phase.outcome);
      case 'stopping':
        return this.#stop(job, phase);
      case 'ended':
        return;
    }
  }

  async #acquire(
    job: Job,
    phase: Extract<Phase, { kind: 'acquiring' }>,
    limitAt: number | undefined,
  ): Promise<void> {
    const now = this.#ctx.clock.now();
    const spot = job.request.EnableManagedSpotTraining === true;
    const ways = instanceDemand(job.request);
    const found = phase.failAt === undefined ? ways.find((way) => this.#ctx.fits(way, spot)) : undefined;
    if (found !== undefined) this.#commit(job, to.instancesFound(job.state, now, found));
    else if (phase.pendingSince === undefined)
      this.#commit(job, to.outOfCapacity(job.state, now, phase.failAt));
    else {
      const giveUpAt = phase.failAt ?? (spot ? Infinity : phase.pendingSince + this.#patienceMs(job));
      if (now < giveUpAt) return this.#pause(giveUpAt, limitAt);
      this.#commit(job, to.failed(job.state, now, to.CAPACITY_ERROR));
    }
  }

  /** "CPU-only list: evaluated once, then capacity failure" (DG train-instance-preferences). */
  #patienceMs(job: Job): number {
    const once = job.request.ResourceConfig?.InstancePreferences !== undefined && !wantsAccelerators(job);
    return once ? 0 : this.#ctx.config().timing.capacityPatienceSeconds * 1_000;
  }

  async #download(job: Job, limitAt: number | undefined): Promise<void> {
    const { clock, host, config } = this.#ctx;
    const run = this.#ctx.runSpec(job);
    const prepared = this.#prepared.get(job.state.incarnation, () => host.prepare(run));
    if (!prepared.isSettled) return this.#pause(limitAt, undefined, prepared.settled);
    const result = await prepared.promise;
    if (result.kind === 'failed') {
      this.#commit(job, to.failed(job.state, clock.now(), result.reason));
      return;
    }
    const earliest = job.state.lastModifiedAt + config().timing.downloadingSeconds * 1_000;
    if (clock.now() < earliest) return this.#pause(earliest, limitAt);
    this.#commit(job, to.trainingBegun(job.state, clock.now(), this.#trainingFaults(job)));
  }

  /** Starting is safe to repeat: an endpoint may have died between "training" on disk and the start. */
  async #train(job: Job): Promise<RunEnd> {
    const run = this.#ctx.runSpec(job);
    await this.#ctx.host.start(run);
    return await this.#ctx.host.wait(run);
  }

  #trained(job: Job, end: RunEnd): void {
    const now = this.#ctx.clock.now();
    switch (end.kind) {
      case 'completed':
        this.#commit(job, to.uploadBegun(job.state, now, { kind: 'completed' }));
        return;
      case 'failed':
        this.#commit(job, to.uploadBegun(job.state, now, { kind: 'failed', reason: end.reason }));
        return;
      case 'lost':
        this.#commit(job, to.crashed(job.state, now));
        return;
    }
  }

  async #upload(job: Job, outcome: Outcome): Promise<void> {
    const { failure, ...products } = await this.#products(job);
    const reason = outcome.kind === 'failed' ? outcome.reason : failure;
    const now = this.#ctx.clock.now();
    this.#commit(
      job,
      reason === undefined
        ? to.completed(job.state, now, products)
        : to.failed(job.state, now, reason, products),
    );
  }

  async #stop(job: Job, phase: Extract<Phase, { kind: 'stopping' }>): Promise<void> {
    const { clock, host, config } = this.#ctx;
    await this.#prepared.quiet();
    let products: to.Products = {};
    if (phase.ran) {
      const waited = (clock.now() - phase.since) / 1_000;
      await host.stop(this.#ctx.runSpec(job), Math.max(0, config().timing.stopGraceSeconds - waited));
      products = await this.#products(job);
    }
    this.#commit(job, to.stopped(job.state, clock.now(), phase.cause, products));
  }

  async #recover(job: Job, ran: boolean): Promise<void> {
    await this.#prepared.quiet();
    if (ran) await this.#ctx.host.stop(this.#ctx.runSpec(job), 0);
    const now = this.#ctx.clock.now();
    const retry = job.state.retries < (job.request.RetryStrategy?.MaximumRetryAttempts ?? 0);
    this.#commit(
      job,
      retry
        ? to.restarted(job.state, now, { failAt: this.#capacityFault(now), retry })
        : to.failed(job.state, now, to.INTERNAL_SERVER_ERROR),
    );
  }

  async #products(job: Job): Promise<to.Products & { readonly failure?: string }> {
    const run = this.#ctx.runSpec(job);
    const uploaded = await this.#ctx.host.upload(run);
    const definitions = job.request.AlgorithmSpecification?.MetricDefinitions ?? [];
    return {
      ...uploaded,
      metrics: definitions.length === 0 ? [] : await this.#ctx.host.metrics(run, definitions),
    };
  }

  /** What the host cannot do is an internal error of SageMaker; where the job ends anyway, it ends. */
  #fail(error: unknown): void {
    const job = this.#ctx.job(this.#name);
    if (job === undefined || this.#detached) return;
    const { phase } = job.state;
    const now = this.#ctx.clock.now();
    this.#ctx.log(
      `${this.#name}: ${phase.kind} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    if (phase.kind === 'stopping') this.#commit(job, to.stopped(job.state, now, phase.cause, {}));
    else if (phase.kind === 'crashed') this.#commit(job, to.failed(job.state, now, to.INTERNAL_SERVER_ERROR));
    else if (phase.kind !== 'ended') this.#commit(job, to.crashed(job.state, now));
  }

  #trainingFaults(job: Job): {
    readonly interruptAt: number | undefined;
    readonly internalErrorAt: number | undefined;
  } {
    const { faults, clock } = this.#ctx;
    const spot = job.request.EnableManagedSpotTraining === true;
    const interruption = spot ? faults.strikeJob('spotInterruption', job.name) : undefined;
    const internal = faults.strikeJob('internalError', job.name);
    const after = (fault: { readonly afterSeconds: number } | undefined): number | undefined =>
      fault === undefined ? undefined : clock.now() + fault.afterSeconds * 1_000;
    return { interruptAt: after(interruption), internalErrorAt: after(internal) };
  }

  #capacityFault(now: number): number | undefined {
    const fault = this.#ctx.faults.strikeJob('capacityError', this.#name);
    return fault === undefined ? undefined : now + fault.afterSeconds * 1_000;
  }

  /** False when the state has changed since `job` was read; the loop then looks again. */
  #commit(job: Job, state: JobState): boolean {
    if (this.#detached || this.#ctx.job(job.name)?.state !== job.state) return false;
    this.#ctx.commit(job, state);
    return true;
  }

  /** Until a time, a wake-up, or the end of some work, whichever is first. */
  async #pause(until = Infinity, limit = Infinity, work?: Promise<void>): Promise<void> {
    if (this.#woken) return;
    const rung = new Promise<void>((resolve) => (this.#ring = resolve));
    const at = Math.min(until, limit);
    const cancel =
      at === Infinity ? undefined : this.#ctx.clock.after(at - this.#ctx.clock.now(), () => this.#ring?.());
    await (work === undefined ? rung : Promise.race([rung, work]));
    cancel?.();
    this.#ring = undefined;
  }
}

interface Flight<T> {
  readonly promise: Promise<T>;
  /** Resolves with the promise, however it ends. */
  readonly settled: Promise<void>;
  readonly isSettled: boolean;
}

/** Work that is begun once per run of a job. */
class Once<T> {
  #key: number | undefined;
  #flight: (Flight<T> & { isSettled: boolean }) | undefined;

  get(key: number, begin: () => Promise<T>): Flight<T> {
    if (this.#flight !== undefined && this.#key === key) return this.#flight;
    const promise = begin();
    const settle = (): void => {
      flight.isSettled = true;
    };
    const flight = { promise, settled: promise.then(settle, settle), isSettled: false };
    this.#key = key;
    this.#flight = flight;
    return flight;
  }

  /** Resolves when nothing is under way. */
  async quiet(): Promise<void> {
    await this.#flight?.settled;
  }
}
