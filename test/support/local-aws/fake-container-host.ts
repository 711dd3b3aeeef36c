import type { ContainerHost, FinalMetric, RunEnd, RunSpec } from '../../../src/local-aws/container/host.ts';

type Prepared = Awaited<ReturnType<ContainerHost['prepare']>>;
type Uploaded = Awaited<ReturnType<ContainerHost['upload']>>;

/** A host without processes: runs last until a test ends them. Remembers what it was asked, as `start job-1#1`. */
export class FakeContainerHost implements ContainerHost {
  readonly calls: string[] = [];
  prepared: (run: RunSpec) => Promise<Prepared> = () => Promise.resolve({ kind: 'ready' });
  uploaded: (run: RunSpec) => Promise<Uploaded> = (run) =>
    Promise.resolve({ modelUri: `s3://bucket/${run.jobName}/output/model.tar.gz` });
  finalMetrics: readonly FinalMetric[] = [];
  /** How a run ends that gets SIGTERM; undefined stays until SIGKILL. */
  onTerm: RunEnd | undefined = { kind: 'completed' };
  readonly #started = new Set<string>();
  readonly #ends = new Map<string, { promise: Promise<RunEnd>; resolve: (end: RunEnd) => void }>();

  /** Ends the training of a job's present run. */
  finish(run: string, end: RunEnd = { kind: 'completed' }): void {
    this.#end(run).resolve(end);
  }

  prepare(run: RunSpec): Promise<Prepared> {
    this.#called('prepare', run);
    return this.prepared(run);
  }

  start(run: RunSpec): Promise<void> {
    // Starting again changes nothing, as with the real host.
    if (!this.#started.has(keyOf(run))) this.#called('start', run);
    this.#started.add(keyOf(run));
    return Promise.resolve();
  }

  wait(run: RunSpec): Promise<RunEnd> {
    this.#called('wait', run);
    return this.#end(keyOf(run)).promise;
  }

  stop(run: RunSpec, graceSeconds: number): Promise<void> {
    this.#called('stop', run, ` grace ${graceSeconds}`);
    this.finish(keyOf(run), this.onTerm ?? { kind: 'failed', reason: 'AlgorithmError: killed' });
    return Promise.resolve();
  }

  interrupt(run: RunSpec, noticeSeconds: number): Promise<void> {
    this.#called('interrupt', run, ` notice ${noticeSeconds}`);
    this.finish(keyOf(run), { kind: 'failed', reason: 'AlgorithmError: killed' });
    return Promise.resolve();
  }

  upload(run: RunSpec): Promise<Uploaded> {
    this.#called('upload', run);
    return this.uploaded(run);
  }

  metrics(): Promise<readonly FinalMetric[]> {
    return Promise.resolve(this.finalMetrics);
  }

  #called(what: string, run: RunSpec, more = ''): void {
    this.calls.push(`${what} ${keyOf(run)}${more}`);
  }

  #end(key: string): { promise: Promise<RunEnd>; resolve: (end: RunEnd) => void } {
    const known = this.#ends.get(key);
    if (known !== undefined) return known;
    let resolve: (end: RunEnd) => void = () => undefined;
    const promise = new Promise<RunEnd>((done) => (resolve = done));
    const end = { promise, resolve };
    this.#ends.set(key, end);
    return end;
  }
}

const keyOf = (run: RunSpec): string => `${run.jobName}#${run.incarnation}`;
