/**
 * The seam between the SageMaker control plane of the local endpoint (which decides) and what runs containers (which
 * does). One run is one incarnation of a training job: a spot restart or a RetryStrategy restart is a new run of the
 * same job. Everything a host needs after a kill -9 of the endpoint is on disk under `runDir`.
 */
export interface InstanceSpec {
  /** `algo-1`, `algo-2`, ... */
  readonly host: string;
  readonly instanceType: string;
  readonly instanceGroupName?: string;
}

export interface RunSpec {
  readonly jobName: string;
  readonly jobArn: string;
  readonly region: string;
  /** From 1; higher after a spot interruption or an internal retry. */
  readonly incarnation: number;
  /** Directory of this job; the host owns everything below `<jobDir>/run-<incarnation>`, and `<jobDir>/logs`. */
  readonly jobDir: string;
  /** The folder that stands for S3: `s3://bucket/key` is `<s3Dir>/bucket/key`. */
  readonly s3Dir: string;
  readonly instances: readonly [InstanceSpec, ...InstanceSpec[]];
  /** The validated CreateTrainingJob request. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Image name to command, for images whose entrypoint is not given by the request. First match of the glob wins. */
  readonly images: readonly { readonly image: string; readonly command: readonly string[] }[];
}

/** How a run ended, in SageMaker's terms. */
export type RunEnd =
  | { readonly kind: 'completed' }
  /** `reason` is the whole FailureReason: `AlgorithmError: ...` or `ClientError: ...`. */
  | { readonly kind: 'failed'; readonly reason: string; readonly exitCode?: number }
  /** The processes are gone and left no exit code: the machine or the endpoint's container died with them. */
  | { readonly kind: 'lost' };

export interface MetricDefinition {
  readonly Name: string;
  readonly Regex: string;
}

export interface FinalMetric {
  readonly MetricName: string;
  readonly Value: number;
  /** Epoch seconds. */
  readonly Timestamp: number;
}

export interface ContainerHost {
  /** "Downloading": lays out /opt/ml of every instance, copies channels and existing checkpoints in. */
  prepare(
    run: RunSpec,
  ): Promise<{ readonly kind: 'ready' } | { readonly kind: 'failed'; readonly reason: string }>;
  /**
   * "Training": starts one process per instance, detached, so that they survive the endpoint. Safe to repeat after a crash
   * of the endpoint, before `wait`: what was started is not started again, what was not is.
   */
  start(run: RunSpec): Promise<void>;
  /**
   * Resolves when the run is over: all instances exited with 0, or one failed and the others were ended. Also works on a
   * run that an earlier endpoint process started. While it waits, checkpoints are synchronised to S3.
   */
  wait(run: RunSpec): Promise<RunEnd>;
  /** SIGTERM to every instance, SIGKILL after the grace; resolves when all are gone and an open `wait` has resolved. */
  stop(run: RunSpec, graceSeconds: number): Promise<void>;
  /** Spot interruption: SIGTERM, then SIGKILL after a short notice, as EC2 does; the last checkpoints are saved. */
  interrupt(run: RunSpec, noticeSeconds: number): Promise<void>;
  /** "Uploading": last checkpoint synchronisation, model.tar.gz, output. Also after a stop or a failure, as SageMaker does. */
  upload(run: RunSpec): Promise<{ readonly modelUri?: string; readonly failure?: string }>;
  /** The last value of each metric, from the logs of all incarnations. */
  metrics(run: RunSpec, definitions: readonly MetricDefinition[]): Promise<readonly FinalMetric[]>;
}
