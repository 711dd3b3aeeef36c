import { LoopbackAddresses } from './addresses.ts';
import { clientErrorReason } from './failure-reason.ts';
import type { ContainerHost, RunSpec } from './host.ts';
import { instanceDirectory, runDirectory } from './layout.ts';
import { finalMetrics } from './metrics.ts';
import { type NamespaceKind, probeMountNamespace } from './namespace.ts';
import { Run, type RunSettings } from './run.ts';
import { ClientError, readTrainingRequest } from './training-request.ts';

export { type ContainerHost } from './host.ts';
export { type MountNamespaceSupport, probeMountNamespace } from './namespace.ts';

export interface ContainerHostOptions {
  /** How often new checkpoints are looked for. Default 1000 ms. */
  readonly checkpointIntervalMs?: number;
  /** How often instances that an earlier endpoint process started are looked at. Default 500 ms. */
  readonly pollMs?: number;
  /** `never` leaves out the mount namespaces, as on a system that has none. Default `auto`. */
  readonly mountNamespaces?: 'auto' | 'never';
  /** What goes wrong without ending a job. Default: nowhere. */
  readonly log?: (line: string) => void;
}

export interface LocalContainerHost extends ContainerHost {
  /** Stops watching. Training goes on; a host that is made later finds it again. Open `wait`s never resolve. */
  close(): void;
}

/** Runs training jobs as processes of this machine; docs/training-container.md says what they find there. */
export function createContainerHost(options: ContainerHostOptions = {}): LocalContainerHost {
  const {
    checkpointIntervalMs = 1000,
    pollMs = 500,
    mountNamespaces = 'auto',
    log = () => undefined,
  } = options;
  let probed: Promise<NamespaceKind> | undefined;
  const probe = async (): Promise<NamespaceKind> => {
    const { how, why } = await probeMountNamespace();
    if (why !== undefined) log(`training processes get no /opt/ml of their own: ${why}`);
    return how;
  };
  const settings: RunSettings = {
    namespaces: () => (probed ??= mountNamespaces === 'never' ? Promise.resolve('none') : probe()),
    addresses: new LoopbackAddresses(),
    checkpointIntervalMs,
    pollMs,
    log,
  };
  const runs = new Map<string, Run>();
  const runOf = (spec: RunSpec): Run => {
    const key = runDirectory(spec);
    const run = runs.get(key) ?? new Run(spec, settings);
    runs.set(key, run);
    return run;
  };

  return {
    async prepare(spec) {
      try {
        return await runOf(spec).prepare();
      } catch (error) {
        if (error instanceof ClientError) return { kind: 'failed', reason: clientErrorReason(error.message) };
        throw error;
      }
    },
    start: (spec) => runOf(spec).start(),
    wait: (spec) =>
      runOf(spec)
        .wait()
        .finally(() => runs.delete(runDirectory(spec))),
    stop: (spec, graceSeconds) => runOf(spec).stop(graceSeconds * 1000),
    interrupt: (spec, noticeSeconds) => runOf(spec).stop(noticeSeconds * 1000),
    upload: (spec) =>
      runOf(spec)
        .upload()
        .finally(() => runs.delete(runDirectory(spec))),
    metrics(spec, definitions) {
      const request = readTrainingRequest(spec.request);
      return finalMetrics(
        spec.instances.map(({ host }) => instanceDirectory(spec, request, host).log),
        definitions,
      );
    },
    close() {
      for (const run of runs.values()) run.close();
    },
  };
}
