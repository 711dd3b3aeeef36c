import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalAwsConfig } from '../../../src/local-aws/config/schema.ts';
import { configSchema } from '../../../src/local-aws/config/schema.ts';
import { type Fault, faultSchema } from '../../../src/local-aws/faults/fault.ts';
import { FaultBook } from '../../../src/local-aws/faults/fault-book.ts';
import { describeTrainingJob } from '../../../src/local-aws/sagemaker/describe.ts';
import { type Job, secondaryStatus } from '../../../src/local-aws/sagemaker/job.ts';
import { JobStore } from '../../../src/local-aws/sagemaker/job-store.ts';
import type { CreateTrainingJobRequest } from '../../../src/local-aws/sagemaker/requests.ts';
import { TrainingJobs } from '../../../src/local-aws/sagemaker/training-jobs.ts';
import { aTrainingRequest } from './a-training-request.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FakeContainerHost } from './fake-container-host.ts';

/** Training jobs with a clock and a host that the test moves, and nothing on disk. */
export class TrainingJobWorld {
  readonly clock = new FakeClock();
  readonly host = new FakeContainerHost();
  readonly faults = new FaultBook(() => 0);
  readonly store = new JobStore();
  readonly logged: string[] = [];
  jobs: TrainingJobs;
  #config;

  constructor(config: LocalAwsConfig = {}) {
    this.#config = configSchema.parse({ timing: { startingSeconds: 2 }, ...config });
    this.jobs = this.#endpoint();
  }

  /** Creates a job and lets everything happen that needs no time. */
  async create(changes: Partial<CreateTrainingJobRequest> = {}): Promise<Job> {
    const job = await this.jobs.create(aTrainingRequest(changes));
    await settle();
    return job;
  }

  /** Creates a job that has begun to train. */
  async createTraining(changes: Partial<CreateTrainingJobRequest> = {}): Promise<Job> {
    const job = await this.create(changes);
    await this.advance(2);
    return job;
  }

  async advance(seconds: number): Promise<void> {
    await this.clock.advance(seconds);
  }

  async configure(config: LocalAwsConfig): Promise<void> {
    this.#config = configSchema.parse({ timing: { startingSeconds: 2 }, ...config });
    this.jobs.configure();
    await settle();
  }

  addFault(fault: { readonly kind: Fault['kind']; readonly [key: string]: unknown }): void {
    this.faults.add(faultSchema.parse(fault));
  }

  async stop(name = 'job-1'): Promise<void> {
    this.jobs.stop(name);
    await settle();
  }

  async finish(run = 'job-1#1', end?: Parameters<FakeContainerHost['finish']>[1]): Promise<void> {
    this.host.finish(run, end);
    await settle();
  }

  /** As after kill -9: another endpoint takes up what the store says. */
  async restart(): Promise<void> {
    this.jobs.detach();
    await settle();
    this.host.calls.length = 0;
    this.jobs = this.#endpoint();
    await settle();
  }

  /** `InProgress/Training` */
  status(name = 'job-1'): string {
    const { state } = this.jobs.find(name);
    return `${state.status}/${secondaryStatus(state)}`;
  }

  /** `Starting > Downloading > ...` */
  history(name = 'job-1'): string {
    return this.jobs
      .find(name)
      .state.transitions.map(({ status }) => status)
      .join(' > ');
  }

  lastMessage(name = 'job-1'): string | undefined {
    return this.jobs.find(name).state.transitions.at(-1)?.message;
  }

  describe(name = 'job-1'): Record<string, unknown> {
    const { timeScale, spotDiscount } = this.#config;
    return describeTrainingJob(this.jobs.find(name), { now: this.clock.now(), timeScale, spotDiscount });
  }

  #endpoint(): TrainingJobs {
    const { store, host, clock, faults } = this;
    const folder = join(tmpdir(), 'trainyard-no-such-folder');
    const jobs = new TrainingJobs({
      store,
      host,
      clock,
      faults,
      config: () => this.#config,
      accountId: '111122223333',
      jobsDir: join(folder, 'jobs'),
      s3Dir: join(folder, 's3'),
      log: (line) => this.logged.push(line),
    });
    jobs.resume();
    return jobs;
  }
}
