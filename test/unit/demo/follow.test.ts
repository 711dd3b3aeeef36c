import { describe, expect, it } from 'vitest';
import type { Board } from '../../../src/cli/demo/board.ts';
import { followExamples, type FollowOptions } from '../../../src/cli/demo/follow.ts';
import { TrainyardError } from '../../../src/jobs/error-catalogue.ts';
import { reason } from '../../../src/jobs/reason.ts';
import type { JobSpec } from '../../../src/jobs/spec.ts';
import type { JobStatus } from '../../../src/jobs/status.ts';
import type { JobEvent } from '../../../src/jobs/view.ts';
import { attempt, evidence, on } from './evidence-builder.ts';

const spec = (jobId: string): JobSpec => ({
  specVersion: 1,
  jobId,
  priority: 0,
  training: { RoleArn: '', OutputDataConfig: { S3OutputPath: '' }, ResourceConfig: {} },
  placements: [on('ml.g5.xlarge')],
  retry: {
    attempts: 1,
    internalAttempts: 1,
    backoff: { initialSeconds: 1, maxSeconds: 1, factor: 1 },
    capacityBackoff: { initialSeconds: 1, maxSeconds: 1, factor: 1 },
  },
  timeLimits: {},
});

/** Jobs that take one step of their lives at each look. A look beyond the last step finds the last one. */
type Life = readonly (JobStatus | 'REFUSED' | 'NO WORKER')[];

class World {
  /** What was done, in order. */
  readonly log: string[] = [];
  readonly told: string[] = [];
  now = 0;
  readonly #lives: Readonly<Record<string, Life>>;
  readonly #looks = new Map<string, number>();
  readonly #cancelled = new Set<string>();

  constructor(lives: Readonly<Record<string, Life>>) {
    this.#lives = lives;
  }

  async follow(deadline = Infinity, signal = new AbortController().signal): Promise<readonly string[]> {
    return followExamples(Object.keys(this.#lives).map(spec), {
      client: this.#client(),
      board: this.#board(),
      signal,
      deadline,
      now: () => this.now++,
      pollMs: 0,
    });
  }

  #step(jobId: string): Life[number] {
    if (this.#cancelled.has(jobId)) return 'STOPPED';
    const life = this.#lives[jobId] ?? [];
    return life[Math.min(this.#looks.get(jobId) ?? 0, life.length) - 1] ?? 'SUBMITTED';
  }

  #client(): FollowOptions['client'] {
    const event = (status: JobStatus): JobEvent => ({
      at: 1,
      lastAt: 1,
      count: 1,
      status,
      reason: reason('READY'),
    });
    return {
      submit: (job) => {
        const { jobId } = job as JobSpec;
        this.log.push(`submit ${jobId}`);
        return Promise.resolve({ jobId, workflowId: `job/${jobId}`, alreadySubmitted: false });
      },
      cancel: (jobId) => {
        this.log.push(`cancel ${jobId}`);
        if (['SUCCEEDED', 'FAILED'].includes(this.#step(jobId)))
          throw new TrainyardError('JOB_ENDED', 'It has ended.');
        this.#cancelled.add(jobId);
        return Promise.resolve({ jobId, answered: false });
      },
      events: (jobId) => {
        this.#looks.set(jobId, (this.#looks.get(jobId) ?? 0) + 1);
        const step = this.#step(jobId);
        if (step === 'NO WORKER') throw new TrainyardError('WORKER_NOT_ANSWERING', 'No worker answers.');
        return Promise.resolve([event('SUBMITTED'), event(step === 'REFUSED' ? 'RUNNABLE' : step)]);
      },
      get: (jobId) => {
        const step = this.#step(jobId);
        const status = step === 'REFUSED' || step === 'NO WORKER' ? 'RUNNABLE' : step;
        const attempts = step === 'REFUSED' ? [attempt(1, { trainingStatus: 'Refused' })] : [];
        return Promise.resolve(evidence({ job: { jobId, status, attempts } }).job);
      },
    };
  }

  #board(): Board {
    return {
      tell: (jobId, { status }) => {
        this.told.push(`${jobId} ${status}`);
        this.log.push(`${jobId} ${status}`);
      },
      show: () => {},
    };
  }
}

describe('following the examples', () => {
  it('submits all at once and tells each event once', async () => {
    const world = new World({ a: ['RUNNING', 'RUNNING', 'SUCCEEDED'], b: ['RUNNING', 'FAILED'] });
    expect(await world.follow()).toEqual(['a', 'b']);
    expect(world.log.slice(0, 2)).toEqual(['submit a', 'submit b']);
    expect(world.told).toEqual([
      'a SUBMITTED',
      'a RUNNING',
      'b SUBMITTED',
      'b RUNNING',
      'b FAILED',
      'a SUCCEEDED',
    ]);
  });

  it('submits `quota` when `cancel` runs, and cancels `cancel` when `quota` was refused', async () => {
    const world = new World({
      cancel: ['SCHEDULED', 'RUNNING'],
      quota: ['SCHEDULED', 'REFUSED', 'RUNNING', 'SUCCEEDED'],
    });
    expect(await world.follow()).toEqual(['cancel', 'quota']);
    expect(world.log).toEqual([
      'submit cancel',
      'cancel SUBMITTED',
      'cancel SCHEDULED',
      'cancel RUNNING',
      'submit quota',
      'quota SUBMITTED',
      'quota SCHEDULED',
      'quota RUNNABLE',
      'cancel cancel',
      'cancel STOPPED',
      'quota RUNNING',
      'quota SUCCEEDED',
    ]);
  });

  it('comes to an end when `cancel` ends by itself and `quota` is never refused', async () => {
    const world = new World({ cancel: ['FAILED'], quota: ['RUNNING', 'SUCCEEDED'] });
    expect(await world.follow()).toEqual(['cancel', 'quota']);
  });

  it('waits through a time without a worker', async () => {
    const world = new World({ a: ['RUNNING', 'NO WORKER', 'NO WORKER', 'SUCCEEDED'] });
    await world.follow();
    expect(world.told).toEqual(['a SUBMITTED', 'a RUNNING', 'a SUCCEEDED']);
  });

  it('gives up at the deadline, with what was submitted by then', async () => {
    const world = new World({ a: ['RUNNING'], cancel: ['SCHEDULED'], quota: ['SUCCEEDED'] });
    expect(await world.follow(20)).toEqual(['a', 'cancel']);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(new World({ a: ['RUNNING'] }).follow(Infinity, controller.signal)).rejects.toThrow(
      'aborted',
    );
  });
});
