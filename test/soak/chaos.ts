import { setTimeout as sleep } from 'node:timers/promises';
import type { JobInput } from '../../src/client/index.ts';
import { TrainyardError } from '../../src/client/index.ts';
import { jobWorkflowId } from '../../src/workflows/contract.ts';
import { queueWorkflowId } from '../../src/workflows/queue-contract.ts';
import type { Killable } from '../support/killable.ts';
import type { Dice } from './dice.ts';
import { CAPACITY, QUEUES, type SoakQueue } from './queues.ts';
import type { KnownJob, Register } from './register.ts';
import type { Image, SoakWorld } from './world.ts';

/** More open jobs than this are not wanted: they have to come to an end within the time of the drain. */
const MOST_OPEN = 120;
/** What was accepted so shortly before its queue was terminated may have had no workflow yet. */
const JUST_ACCEPTED_MS = 5_000;

/** Things that users, operators and machines do, at random. Calls may fail: the verdict is on what becomes of the jobs. */
export class Chaos {
  readonly #world: SoakWorld;
  readonly #dice: Dice;
  readonly #register: Register;
  readonly #down = new Set<Killable>();
  readonly #restarting = new Set<string>();
  #made = 0;

  constructor(world: SoakWorld, dice: Dice, register: Register) {
    this.#world = world;
    this.#dice = dice;
    this.#register = register;
  }

  /** One action, as often as it happens; never rejects. */
  async act(): Promise<void> {
    const action = this.#dice.weighted<readonly [string, () => Promise<void>]>([
      [40, ['submit', () => this.submit()]],
      [14, ['priority', () => this.#setPriority()]],
      [7, ['cancel', () => this.#cancel()]],
      [5, ['hold', () => this.#hold()]],
      [8, ['release', () => this.#release()]],
      [4, ['terminate job', () => this.#terminateJob()]],
      [1, ['terminate queue', () => this.terminateQueue()]],
      [2, ['kill worker', () => this.kill(this.#world.worker)]],
      [2, ['kill endpoint', () => this.kill(this.#world.endpoint)]],
      [5, ['fault', () => this.#fault()]],
      [3, ['clear faults', () => this.#clearFaults()]],
      [4, ['capacity', () => this.#changeCapacity()]],
      [2, ['configure', () => this.#configure()]],
      [2, ['pause', () => this.#pause()]],
      [2, ['drain', () => this.#drain()]],
    ]);
    if (action !== undefined) await this.attempt(...action);
  }

  async attempt(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.#register.count(what);
    } catch (error) {
      this.#register.failed(what, error);
    }
  }

  #queue(): SoakQueue {
    const queue = this.#dice.pick(QUEUES);
    if (queue === undefined) throw new Error('there are no queues');
    return queue;
  }

  #job(wanted: (job: KnownJob) => boolean = () => true): KnownJob | undefined {
    return this.#dice.pick(this.#register.open().filter(wanted));
  }

  async submit(): Promise<void> {
    if (this.#register.open().length >= MOST_OPEN) return;
    const queue = this.#queue();
    const jobs = Array.from({ length: this.#dice.whole(1, 6) }, () => this.#newJob(queue));
    try {
      const results = await this.#world.trainyard.submitAll(
        jobs.map(({ input }) => input),
        { patienceMs: 5_000 },
      );
      for (const [index, { known }] of jobs.entries()) {
        const outcome = results[index]?.outcome === 'submitted' ? 'accepted' : 'refused';
        if (known.submission === 'pending') known.submission = outcome;
      }
    } catch (error) {
      for (const { known } of jobs) if (known.submission === 'pending') known.submission = 'unsure';
      throw error;
    }
  }

  #newJob(queue: SoakQueue): { readonly input: JobInput; readonly known: KnownJob } {
    const image =
      this.#dice.weighted<Image>([
        [30, 'quick'],
        [40, 'short'],
        [18, 'long'],
        [8, 'fails'],
        [4, 'forever'],
      ]) ?? 'quick';
    const known: KnownJob = {
      jobId: `soak-${++this.#made}`,
      queue: queue.name,
      image,
      submittedAt: Date.now(),
      submission: 'pending',
      held: false,
      over: false,
    };
    this.#register.jobs.push(known);
    const environments = this.#dice.next() < 0.5 ? queue.environments : queue.environments.slice(0, 1);
    const count = this.#dice.whole(1, 3);
    const soon = { initialSeconds: 1, maxSeconds: 3, factor: 2 };
    const input: JobInput = {
      jobId: known.jobId,
      queue: queue.name,
      share: this.#dice.pick(queue.shares) ?? '',
      priority: this.#dice.whole(0, 9) * 10,
      user: `user-${this.#dice.whole(1, 5)}`,
      placements: environments.map(({ instanceType }) => ({ instanceType, instanceCount: count })),
      retry: { attempts: 2, internalAttempts: 20, backoff: soon, capacityBackoff: soon },
      notify: { topicArn: this.#world.topicArn, on: ['SUCCEEDED', 'FAILED', 'STOPPED'] },
      training: {
        RoleArn: 'arn:aws:iam::111122223333:role/trainer',
        AlgorithmSpecification: { TrainingImage: `soak/${image}:1`, TrainingInputMode: 'File' },
        OutputDataConfig: { S3OutputPath: 's3://models/out' },
        CheckpointConfig: { S3Uri: `s3://checkpoints/${known.jobId}` },
        ResourceConfig: {
          InstanceType: environments[0]?.instanceType ?? '',
          InstanceCount: count,
          VolumeSizeInGB: 30,
        },
        StoppingCondition: { MaxRuntimeInSeconds: 3_600 },
      },
    };
    return { input, known };
  }

  async #setPriority(): Promise<void> {
    const job = this.#job();
    if (job !== undefined)
      await this.#steer(job, (id) => this.#world.trainyard.setPriority(id, this.#dice.whole(0, 9999)));
  }

  async #cancel(): Promise<void> {
    const job = this.#job();
    if (job !== undefined)
      await this.#steer(job, (id) => this.#world.trainyard.cancel(id, { reason: 'chaos' }));
  }

  async #hold(): Promise<void> {
    const job = this.#job(({ held }) => !held);
    if (job === undefined) return;
    job.held = true;
    await this.#steer(job, (id) => this.#world.trainyard.hold(id));
  }

  async #release(): Promise<void> {
    const job = this.#job(({ held }) => held);
    if (job === undefined) return;
    await this.#steer(job, (id) => this.#world.trainyard.release(id));
    job.held = false;
  }

  async #steer(job: KnownJob, steer: (jobId: string) => Promise<unknown>): Promise<void> {
    try {
      await steer(job.jobId);
    } catch (error) {
      if (error instanceof TrainyardError && error.code === 'JOB_ENDED') {
        job.over = true;
        return;
      }
      throw error;
    }
  }

  async #terminateJob(): Promise<void> {
    const job = this.#job();
    if (job === undefined) return;
    job.terminatedAt = Date.now();
    try {
      await this.#world.temporal.workflow.getHandle(jobWorkflowId(job.jobId)).terminate('chaos');
    } catch (error) {
      // It has ended, or has no workflow yet.
      delete job.terminatedAt;
      throw error;
    }
  }

  /** Ends a queue's workflow, and starts it anew from its file after a moment. */
  async terminateQueue(): Promise<void> {
    const queue = this.#queue();
    if (this.#restarting.has(queue.name)) return;
    this.#restarting.add(queue.name);
    try {
      const handle = this.#world.temporal.workflow.getHandle(queueWorkflowId(queue.name));
      const excused = this.#register.jobs.filter(
        (job) =>
          job.queue === queue.name &&
          (job.submission === 'pending' || Date.now() - job.submittedAt < JUST_ACCEPTED_MS),
      );
      await handle.terminate('chaos');
      for (const job of excused) if (job.submission !== 'refused') job.submission = 'withQueue';
      await sleep(this.#dice.between(200, 4_000));
    } finally {
      await this.#world.startQueue(queue);
      this.#restarting.delete(queue.name);
    }
  }

  /** kill -9, and a start after a moment. */
  async kill(victim: Killable): Promise<void> {
    if (this.#down.has(victim)) return;
    this.#down.add(victim);
    await victim.kill();
    await sleep(this.#dice.between(100, 4_000));
    victim.start();
    this.#down.delete(victim);
  }

  async #fault(): Promise<void> {
    const probability = this.#dice.between(0.03, 0.25);
    const times = this.#dice.whole(1, 12);
    const operation = this.#dice.pick([
      '*',
      '*TrainingJob',
      'CreateTrainingJob',
      'ListTrainingJobs',
      'StopTrainingJob',
    ]);
    const fault = this.#dice.pick<object>([
      { kind: 'throttle', operation, probability },
      { kind: 'error', operation, status: 503, probability },
      { kind: 'lostAnswer', operation, probability },
      { kind: 'lostRequest', operation, probability },
      { kind: 'slow', operation, seconds: this.#dice.between(0.2, 3), probability },
      { kind: 'capacityError', job: 'ty-*', probability, times },
      { kind: 'internalError', job: 'ty-*', probability, times, afterSeconds: this.#dice.between(0, 3) },
    ]);
    await this.#world.control('POST', '/faults', fault);
  }

  async #clearFaults(): Promise<void> {
    await this.#world.control('DELETE', '/faults');
  }

  /** Capacity goes away for a while, or the account's quota shrinks. */
  async #changeCapacity(): Promise<void> {
    const type = this.#dice.pick(Object.keys(CAPACITY)) ?? '';
    const most = CAPACITY[type] ?? 0;
    const change = this.#dice.weighted<object>([
      [2, { capacity: 0 }],
      [2, { capacity: Math.floor(most / 2) }],
      [2, { quota: Math.ceil(most / 2) }],
      [4, { capacity: most, quota: most }],
    ]);
    await this.#world.control('PATCH', '/instances', { [type]: change });
  }

  async #configure(): Promise<void> {
    await this.#world.trainyard.applyQueue(this.#queue().file(this.#dice.whole(0, 1)));
  }

  async #pause(): Promise<void> {
    const { name } = this.#queue();
    await this.#world.trainyard.pauseQueue(name);
    await sleep(this.#dice.between(500, 4_000));
    await this.#world.trainyard.resumeQueue(name);
  }

  async #drain(): Promise<void> {
    const { name, environments } = this.#queue();
    const environment = this.#dice.pick(environments)?.name ?? '';
    await this.#world.trainyard.drainEnvironment(name, environment);
    await sleep(this.#dice.between(500, 5_000));
    await this.#world.trainyard.undrainEnvironment(name, environment);
  }
}
