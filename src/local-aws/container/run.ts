import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoopbackAddresses } from './addresses.ts';
import { uploadArtifact } from './artifacts.ts';
import { CheckpointSync } from './checkpoints.ts';
import { clientErrorReason } from './failure-reason.ts';
import type { ContainerHost, InstanceSpec, RunEnd, RunSpec } from './host.ts';
import { instanceDirectory, runDirectory } from './layout.ts';
import { enterCommand, launchScript, type NamespaceKind } from './namespace.ts';
import { launchOf, prepareRun } from './preparation.ts';
import { isAlive } from './process-tree.ts';
import { type RunRecord, readRunRecord, writeRunRecord } from './run-record.ts';
import { S3Folder } from './s3-folder.ts';
import { type InstanceState, RECORD_MS, Supervisor } from './supervisor.ts';
import { ClientError, readTrainingRequest, type TrainingRequest } from './training-request.ts';
import { isOver, isUnstarted, verdictOf, type Witness } from './verdict.ts';

export interface RunSettings {
  readonly namespaces: () => Promise<NamespaceKind>;
  readonly addresses: LoopbackAddresses;
  readonly checkpointIntervalMs: number;
  /** For instances that an earlier endpoint process started; of its own it is told when they end. */
  readonly pollMs: number;
  readonly log: (line: string) => void;
}

/** What the other instances get to end in when one has failed. */
const FAILURE_GRACE_MS = 5_000;

/** A run that nobody started gets this long, for a supervisor that an endpoint started just before it died. */
const UNCLAIMED_MS = 3_000;

/** A look at instances whose end this process is told of anyway. */
const SELDOM_MS = 5_000;

const INTERNAL_ERROR = 'InternalServerError: We encountered an internal error. Please try again.';

/**
 * One incarnation of a training job, as this endpoint process sees it; all that must outlive it is on disk.
 *
 *   prepare -> start -> (all exit 0 | one fails or is lost: end the others) -> nothing left running
 *           -> last checkpoint copy -> verdict on record -> upload -> directory removed
 *
 * Each step may be repeated by a later endpoint process from its beginning.
 */
export class Run {
  readonly #spec: RunSpec;
  readonly #settings: RunSettings;
  readonly #request: TrainingRequest;
  readonly #s3: S3Folder;
  readonly #checkpoints: CheckpointSync | undefined;
  /** Hosts that this process started: it is told when they end. */
  readonly #children = new Set<string>();
  /** Hosts that this process saw running. */
  readonly #seen = new Set<string>();
  #starting: Promise<void> | undefined;
  #ending: Promise<RunEnd> | undefined;
  #terminations: Promise<unknown> = Promise.resolve();
  #notes: Promise<void> = Promise.resolve();
  #loaded: Promise<void> | undefined;
  #copyAt = 0;
  #isClosed = false;
  #close: () => void = () => undefined;
  readonly #closed = new Promise<void>((resolve) => (this.#close = resolve));
  #wake = new AbortController();

  /** @throws ClientError for locations in S3 that cannot be */
  constructor(spec: RunSpec, settings: RunSettings) {
    this.#spec = spec;
    this.#settings = settings;
    this.#request = readTrainingRequest(spec.request);
    this.#s3 = new S3Folder(spec.s3Dir);
    const directories = spec.instances.map(({ host }) => instanceDirectory(spec, this.#request, host));
    const uri = this.#request.CheckpointConfig?.S3Uri;
    this.#checkpoints = uri === undefined ? undefined : new CheckpointSync(this.#s3, uri, directories);
  }

  async prepare(): ReturnType<ContainerHost['prepare']> {
    const earlier = await readRunRecord(this.#spec);
    if (earlier !== undefined) return { kind: 'ready' };
    try {
      const namespaces = await this.#settings.namespaces();
      const hosts = this.#spec.instances.map(({ host }) => host);
      const addresses = this.#settings.addresses.allocate(runDirectory(this.#spec), hosts.length);
      await prepareRun(this.#spec, this.#request, this.#s3, this.#checkpoints, {
        namespaces,
        addresses: Object.fromEntries(hosts.map((host, index) => [host, addresses[index] ?? '127.0.0.1'])),
      });
      return { kind: 'ready' };
    } catch (error) {
      this.#settings.addresses.release(runDirectory(this.#spec));
      if (error instanceof ClientError) return { kind: 'failed', reason: clientErrorReason(error.message) };
      this.#complain('preparing', error);
      return { kind: 'failed', reason: INTERNAL_ERROR };
    }
  }

  start(): Promise<void> {
    this.#starting = this.#startInstances();
    return this.#starting;
  }

  async #startInstances(): Promise<void> {
    const record = await readRunRecord(this.#spec);
    if (record === undefined) throw new Error(`Training job ${this.#spec.jobName} was not prepared.`);
    if (record.end !== undefined) return;
    try {
      for (const instance of this.#spec.instances) await this.#startInstance(record, instance);
    } catch (error) {
      // A part of the instances is no training; they must not stay behind.
      await this.#terminate(record, 0);
      throw error;
    }
  }

  async #startInstance(record: RunRecord, instance: InstanceSpec): Promise<void> {
    const { root, log } = instanceDirectory(this.#spec, this.#request, instance.host);
    const launch = await launchOf(this.#spec, this.#request, record, instance);
    const isOurs = await new Supervisor(root, record.runId).start(
      launchScript(launch, record.namespaces),
      (script) => enterCommand(record.namespaces, script),
      log,
      () => this.#wake.abort(),
    );
    if (isOurs) this.#children.add(instance.host);
  }

  wait(): Promise<RunEnd> {
    this.#ending ??= this.#untilEnd();
    return this.#ending;
  }

  async #untilEnd(): Promise<RunEnd> {
    const record = await readRunRecord(this.#spec);
    if (record === undefined) return { kind: 'lost' };
    if (record.end !== undefined) return record.end;
    this.#settings.addresses.adopt(runDirectory(this.#spec), Object.values(record.addresses));
    await this.#loadCheckpoints();
    await this.#starting?.catch(() => undefined);
    await this.#untilSomethingEnds(record);
    const end = await this.#conclude(record);
    this.#settings.addresses.release(runDirectory(this.#spec));
    return end;
  }

  /** Returns when all instances have exited, one ended the run for all, or one is never going to start. */
  async #untilSomethingEnds(record: RunRecord): Promise<void> {
    const began = Date.now();
    for (;;) {
      const states = (await this.#witnesses(record)).map(({ state }) => state);
      if (isOver(states)) return;
      if (states.some(isUnstarted) && Date.now() - began >= (await this.#patience(states))) return;
      const told = this.#children.size === states.length && !states.some(isUnstarted);
      await this.#restUntil(Date.now() + (told ? SELDOM_MS : this.#settings.pollMs));
    }
  }

  /** Saves checkpoints until the time has come or somebody aborts `#wake`. After close() it rests for good. */
  async #restUntil(time: number): Promise<void> {
    const { signal } = this.#wake;
    while (!signal.aborted && Date.now() < time) {
      if (this.#checkpoints !== undefined && Date.now() >= this.#copyAt) {
        void this.#copyCheckpoints('settled');
        this.#copyAt = Date.now() + this.#settings.checkpointIntervalMs;
      }
      const next = this.#checkpoints === undefined ? time : Math.min(time, this.#copyAt);
      await sleep(Math.max(0, next - Date.now()), undefined, { signal }).catch(() => undefined);
      if (this.#isClosed) await new Promise(() => undefined);
    }
    if (signal.aborted) this.#wake = new AbortController();
  }

  /** How long instances without a training process are waited for, in milliseconds. */
  async #patience(states: readonly InstanceState[]): Promise<number> {
    if (!states.some(({ kind }) => kind === 'absent')) return RECORD_MS;
    const stopped = (await readRunRecord(this.#spec))?.stopped ?? false;
    return stopped ? 0 : UNCLAIMED_MS;
  }

  async #witnesses(record: RunRecord): Promise<readonly Witness[]> {
    return Promise.all(
      this.#spec.instances.map(async ({ host }) => {
        const directory = instanceDirectory(this.#spec, this.#request, host);
        const supervisor = new Supervisor(directory.root, record.runId);
        const state: InstanceState = await supervisor.state();
        if (state.kind === 'running' && (await isAlive(state.main))) this.#seen.add(host);
        return {
          host,
          directory,
          supervisor,
          state,
          watched: this.#children.has(host) || this.#seen.has(host),
        };
      }),
    );
  }

  async #conclude(record: RunRecord): Promise<RunEnd> {
    await this.#terminations;
    const before = await this.#witnesses(record);
    await Promise.all(
      before.map(({ supervisor, state }) =>
        state.kind === 'exited' || state.kind === 'lost'
          ? supervisor.kill()
          : supervisor.terminate(FAILURE_GRACE_MS),
      ),
    );
    await this.#copyCheckpoints('everything');
    const end = await verdictOf(await this.#witnesses(record), this.#spec, this.#request);
    await this.#note({ end });
    // Nothing will be uploaded.
    if (end.kind === 'lost') await this.#removeInstances();
    return end;
  }

  async #removeInstances(): Promise<void> {
    for (const { host } of this.#spec.instances) {
      await rm(join(runDirectory(this.#spec), host), { recursive: true, force: true });
    }
  }

  /**
   * SIGTERM to all instances, SIGKILL after the grace, then the last copy of the checkpoints. A `wait` under way has
   * ended when this resolves: the caller may then remove the run, and a copy of half a directory would delete the rest
   * of the checkpoints in S3.
   */
  async stop(graceMs: number): Promise<void> {
    const record = await readRunRecord(this.#spec);
    if (record === undefined || record.end !== undefined) return;
    await this.#terminate(record, graceMs);
    this.#wake.abort();
    if (this.#ending !== undefined) {
      await Promise.race([this.#ending, this.#closed]);
      return;
    }
    await this.#loadCheckpoints();
    await this.#copyCheckpoints('everything');
  }

  async #terminate(record: RunRecord, graceMs: number): Promise<void> {
    await this.#note({ stopped: true });
    const witnesses = await this.#witnesses(record);
    const termination = Promise.all(witnesses.map(({ supervisor }) => supervisor.terminate(graceMs)));
    this.#terminations = Promise.all([this.#terminations, termination.catch(() => undefined)]);
    await termination;
  }

  /**
   * The last checkpoints, the model (not after a failure) and the output; then the run's directory goes away, except for
   * its record.
   */
  async upload(): ReturnType<ContainerHost['upload']> {
    const end = await this.wait();
    const record = await readRunRecord(this.#spec);
    if (record === undefined || end.kind === 'lost') return {};
    if (record.uploaded !== undefined) return record.uploaded;
    try {
      await this.#copyCheckpoints('everything');
      const uploaded = await this.#uploadArtifacts(end, record.stopped ?? false);
      await this.#note({ uploaded });
      await this.#removeInstances();
      return uploaded;
    } catch (error) {
      this.#complain('uploading', error);
      const why = error instanceof Error ? error.message : String(error);
      return { failure: clientErrorReason(`Artifact upload failed:${why}`) };
    }
  }

  async #uploadArtifacts(end: RunEnd, stopped: boolean): Promise<{ readonly modelUri?: string }> {
    const places = this.#spec.instances.map(
      ({ host }) => instanceDirectory(this.#spec, this.#request, host).ml,
    );
    const work = join(runDirectory(this.#spec), 'upload');
    const common = [this.#request, this.#spec.jobName, this.#s3, work] as const;
    const output = {
      name: 'output',
      directories: places.map((ml) => join(ml, 'output/data')),
      whenEmpty: 'skip',
    } as const;
    await uploadArtifact(output, ...common);
    if (end.kind !== 'completed' && !stopped) return {};
    const whenEmpty = end.kind === 'completed' ? 'upload' : 'skip';
    const model = { name: 'model', directories: places.map((ml) => join(ml, 'model')), whenEmpty } as const;
    const modelUri = await uploadArtifact(model, ...common);
    return modelUri === undefined ? {} : { modelUri };
  }

  /** Stops watching; the processes run on, and a later endpoint process finds them. */
  close(): void {
    this.#isClosed = true;
    this.#close();
    this.#wake.abort();
  }

  #loadCheckpoints(): Promise<void> {
    this.#loaded ??= this.#checkpoints?.load() ?? Promise.resolve();
    return this.#loaded;
  }

  async #copyCheckpoints(which: 'settled' | 'everything'): Promise<void> {
    await this.#checkpoints
      ?.copyOut(which)
      .catch((error: unknown) => this.#complain('saving checkpoints of', error));
  }

  /** Adds to the run's record; one after the other, so that none overwrites another. */
  #note(news: Partial<RunRecord>): Promise<void> {
    this.#notes = this.#notes.then(async () => {
      const record = await readRunRecord(this.#spec);
      if (record !== undefined) await writeRunRecord(this.#spec, { ...record, ...news });
    });
    return this.#notes;
  }

  #complain(doing: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#settings.log(`${doing} training job ${this.#spec.jobName}: ${why}`);
  }
}
