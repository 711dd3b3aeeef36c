import { join, resolve } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { LiveConfig } from './config/live-config.ts';
import type { LocalAwsConfig, TimelineStep } from './config/schema.ts';
import { Timeline } from './config/timeline.ts';
import { createContainerHost } from './container/index.ts';
import type { ContainerHost } from './container/host.ts';
import { Control } from './control/control.ts';
import { lockDataDir } from './data-lock.ts';
import { Endpoint } from './endpoint.ts';
import { FaultBook } from './faults/fault-book.ts';
import { seededRandom } from './faults/random.ts';
import { Throttles } from './faults/throttles.ts';
import { JobStore } from './sagemaker/job-store.ts';
import { SageMaker } from './sagemaker/sagemaker.ts';
import { TrainingJobs } from './sagemaker/training-jobs.ts';
import { makePrivateDir } from './private-dir.ts';
import { HttpServer } from './server.ts';
import { SimulatedHost } from './simulated-host.ts';
import { createSns } from './sns/index.ts';
import { RequestLog } from './wire/request-log.ts';

export { type LocalAwsConfig } from './config/schema.ts';

/** AWS's documentation account. */
export const LOCAL_ACCOUNT_ID = '111122223333';

export interface LocalAwsOptions {
  /** (Default: 0, any free port) */
  readonly port?: number;
  /** Everything that the endpoint keeps: `state`, `jobs/<name>`, `s3/<bucket>`, `sns/mailbox.jsonl`. */
  readonly dataDir: string;
  /** YAML or JSON, over `config`; watched while the endpoint runs. */
  readonly configFile?: string;
  readonly config?: LocalAwsConfig;
  /** (Default: silent) */
  readonly log?: (line: string) => void;
  /** What runs containers; for tests. (Default: processes of this machine) */
  readonly host?: ContainerHost;
  /** For tests. (Default: the system's) */
  readonly clock?: Clock;
}

export interface LocalAws {
  /** `http://127.0.0.1:<port>`: the endpoint address for AWS clients. */
  readonly url: string;
  readonly port: number;
  /** What is wrong with the config file as it is now; undefined while it is in force. */
  readonly configError: string | undefined;
  /**
   * Stops answering. As after kill -9, training goes on and a later endpoint on the same data finds it again; with
   * `stopJobs` every training job is stopped first, as StopTrainingJob does, grace included.
   */
  close(options?: { readonly stopJobs?: boolean }): Promise<void>;
}

/**
 * Starts the local AWS endpoint: SageMaker training jobs, SNS and STS on one loopback port (docs/local-aws.md).
 * @throws TrainyardError PORT_TAKEN, LOCAL_AWS_IN_USE, LOCAL_AWS_CONFIG, LOCAL_AWS_STATE
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { log = () => undefined, clock = systemClock, port = 0 } = options;
  const dataDir = resolve(options.dataDir);
  const s3Dir = join(dataDir, 's3');
  const undo: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    undo.push(lockDataDir(dataDir));
    const live = await LiveConfig.open({ defaults: options.config ?? {}, file: options.configFile, log });
    undo.push(() => live.close());
    const config = (): LiveConfig['current'] => live.current;
    const store = await JobStore.open(join(dataDir, 'state'));
    undo.push(() => store.close());

    const faults = new FaultBook(seededRandom(live.current.seed));
    const throttles = new Throttles();
    const requests = new RequestLog();
    const real = createContainerHost({ log });
    undo.push(() => real.close());
    const host = options.host ?? new SimulatedHost({ real, clock, images: () => live.current.images });
    const jobsDir = join(dataDir, 'jobs');
    makePrivateDir(jobsDir);
    const jobs = new TrainingJobs({
      store,
      host,
      clock,
      faults,
      config,
      accountId: LOCAL_ACCOUNT_ID,
      jobsDir,
      s3Dir,
      log,
    });
    const timeline = new Timeline(clock, (step) => take(step, { live, faults, jobs, log }));
    undo.push(() => timeline.close());
    const configure = (): void => {
      faults.configure(live.current.faults);
      throttles.configure(live.current.throttling);
      timeline.configure(live.current.timeline);
      jobs.configure();
    };

    let url = '';
    const sns = createSns({
      dataDir,
      region: live.current.region,
      accountId: LOCAL_ACCOUNT_ID,
      endpointUrl: () => url,
      now: () => clock.now(),
      log,
    });
    undo.push(() => sns.close());
    const endpoint = new Endpoint({
      sageMaker: new SageMaker({ store, jobs, clock, config }),
      sns,
      control: new Control({ config: live, faults, jobs, store, requests }),
      faults,
      throttles,
      requests,
      clock,
      accountId: LOCAL_ACCOUNT_ID,
      log,
    });
    const server = await HttpServer.listen(port, (request, id) => endpoint.handle(request, id), log);
    url = server.url;
    undo.push(() => jobs.detach());
    undo.push(() => server.close());

    live.onChange(configure);
    configure();
    jobs.resume();
    return {
      url,
      port: server.port,
      get configError() {
        return live.fileError;
      },
      close: async ({ stopJobs = false } = {}) => {
        if (stopJobs) await jobs.stopAll();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A step that the config refuses is reported and left out; the rest of the timeline goes on. */
function take(
  step: TimelineStep,
  parts: {
    readonly live: LiveConfig;
    readonly faults: FaultBook;
    readonly jobs: TrainingJobs;
    readonly log: (line: string) => void;
  },
): void {
  try {
    if (step.set !== undefined) parts.live.patch(step.set);
    for (const fault of step.faults ?? []) parts.faults.add(fault);
    if (step.interrupt !== undefined) parts.jobs.interruptSpot(step.interrupt);
    parts.log(`timeline: the step at ${step.at} s was taken`);
  } catch (error) {
    parts.log(
      `timeline: the step at ${step.at} s was refused: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
