import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { TrainyardError } from '../../src/client/index.ts';
import { Chaos } from './chaos.ts';
import { Dice } from './dice.ts';
import { ENVIRONMENTS, jobsOf, sumsOf, trainingsOf } from './evidence.ts';
import { CAPACITY, QUEUES } from './queues.ts';
import { Register, type KnownJob } from './register.ts';
import { violations, type QueueSums, type SoakRecord } from './verdict.ts';
import { PERIODS, SoakWorld, until } from './world.ts';

export interface SoakOptions {
  readonly temporalCli: string;
  /** How long there is chaos; the drain comes on top. */
  readonly seconds: number;
  readonly seed: number;
  /** Told now and then how far it is. */
  readonly onProgress: (line: string) => void;
}

export interface SoakOutcome {
  /** Broken invariants, a sentence each. */
  readonly violations: readonly string[];
  readonly jobs: number;
  readonly trainings: number;
  readonly counts: readonly (readonly [string, number])[];
  readonly errors: readonly (readonly [string, number])[];
  /** Where the logs are, when something was violated. */
  readonly directory: string;
}

const LANES = 6;
const DRAIN_MS = 150_000;
/** A worker or endpoint that is down in between, and faults, hold the reconciliation up. */
const OUTAGES_MS = 60_000;

/** Two queues in chaos, then calm, then the verdict. */
export async function soak(options: SoakOptions): Promise<SoakOutcome> {
  const world = await SoakWorld.create(options.temporalCli);
  const register = new Register();
  let broken: string[] = ['the soak itself did not come to its end'];
  try {
    for (const queue of QUEUES) await world.startQueue(queue);
    const samples: QueueSums[] = [];
    await chaosFor(options, world, register, samples);
    const stuck = await drain(options, world, register);
    options.onProgress('replaying all histories');
    const unreplayable = await replayAll(world);
    options.onProgress('checking the record');
    const record = await recordOf(world, register, samples);
    broken = [...stuck, ...unreplayable, ...violations(record)];
    if (broken.length > 0) {
      await keepHistories(world, options.temporalCli);
      await writeFile(join(world.directory, 'record.json'), JSON.stringify(record, undefined, 1));
    }
    return {
      violations: broken,
      jobs: record.jobs.length,
      trainings: record.trainings.length,
      counts: register.counts(),
      errors: register.errors(),
      directory: world.directory,
    };
  } finally {
    await world.destroy(broken.length > 0);
  }
}

async function chaosFor(
  { seconds, seed, onProgress }: SoakOptions,
  world: SoakWorld,
  register: Register,
  samples: QueueSums[],
): Promise<void> {
  const dice = new Dice(seed);
  const chaos = new Chaos(world, dice, register);
  const begin = Date.now();
  const endsAt = begin + seconds * 1_000;
  const running = new Set<Promise<void>>();
  const start = (work: Promise<void>): void => {
    const done = work.finally(() => running.delete(done));
    running.add(done);
  };
  // What must have happened once, whatever the dice say.
  const sure: [number, () => Promise<void>][] = [
    [0.3, () => chaos.attempt('kill worker', () => chaos.kill(world.worker))],
    [0.4, () => chaos.attempt('terminate queue', () => chaos.terminateQueue())],
    [0.6, () => chaos.attempt('kill endpoint', () => chaos.kill(world.endpoint))],
  ];
  let sampledAt = 0;
  for (let now = begin; now < endsAt; now = Date.now()) {
    const next = sure[0];
    if (next !== undefined && now - begin > next[0] * (endsAt - begin)) {
      sure.shift();
      start(next[1]());
    }
    if (running.size < LANES) start(chaos.act());
    if (now - sampledAt > 4_000) {
      sampledAt = now;
      start(sample(world, samples));
      onProgress(progressOf(register, endsAt - now));
    }
    await sleep(dice.between(50, 600));
  }
  onProgress('waiting for the last actions');
  await Promise.all(running);
}

async function sample(world: SoakWorld, samples: QueueSums[]): Promise<void> {
  for (const { name } of QUEUES) {
    const sums = await sumsOf(world, name).catch(() => undefined);
    if (sums !== undefined) samples.push(sums);
  }
}

function progressOf(register: Register, leftMs: number): string {
  const happened = Object.fromEntries(register.counts());
  const of = (what: string): number => happened[what] ?? 0;
  return (
    `${Math.ceil(leftMs / 1_000)} s left · ${register.jobs.length} jobs · ` +
    `${of('kill worker') + of('kill endpoint')} kills · ` +
    `${of('terminate job')}+${of('terminate queue')} terminations · ${of('fault')} faults`
  );
}

const BUNDLE = fileURLToPath(new URL('../../dist/workflow-bundle.cjs', import.meta.url));

/** Every run of every workflow replays: a worker that is killed does not show it when its history is short. */
async function replayAll({ temporal }: SoakWorld): Promise<string[]> {
  const broken: string[] = [];
  const results = Worker.runReplayHistories({ workflowBundle: { codePath: BUNDLE } }, historiesOf(temporal));
  for await (const { workflowId, runId, error } of results) {
    if (error !== undefined)
      broken.push(`5: ${workflowId} (run ${runId}) does not replay: ${error.message.slice(0, 300)}`);
  }
  return broken;
}

async function* historiesOf(temporal: Client): AsyncGenerator<{ workflowId: string; history: unknown }> {
  for await (const { workflowId, runId } of temporal.workflow.list()) {
    yield { workflowId, history: await temporal.workflow.getHandle(workflowId, runId).fetchHistory() };
  }
}

/** Calm: everything is there and nothing fails, so that every job can come to its end. What does not is told. */
async function drain({ onProgress }: SoakOptions, world: SoakWorld, register: Register): Promise<string[]> {
  const problems: string[] = [];
  await until(() => world.isEndpointUp());
  await world.control('DELETE', '/faults');
  const all = Object.entries(CAPACITY).map(([type, capacity]) => [type, { capacity, quota: capacity }]);
  await world.control('PATCH', '/instances', Object.fromEntries(all));
  for (const queue of QUEUES) {
    await world.startQueue(queue);
    await insist(() => world.trainyard.applyQueue(queue.file()), problems);
    await insist(() => world.trainyard.resumeQueue(queue.name), problems);
    for (const { name } of queue.environments) {
      await insist(() => world.trainyard.undrainEnvironment(queue.name, name), problems);
    }
  }
  for (const job of register.open()) {
    if (job.held) await insistOnJob(job, () => world.trainyard.release(job.jobId), problems);
    if (job.image === 'forever') await insistOnJob(job, () => world.trainyard.cancel(job.jobId), problems);
  }
  const open = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const job of register.open()) if (await isOpen(world, job)) found.push(job.jobId);
    return found;
  };
  let left: string[] = [];
  const drained = await until(
    async () => {
      left = await open();
      onProgress(`draining · ${left.length} jobs left`);
      return left.length === 0;
    },
    DRAIN_MS,
    2_000,
  );
  const stuck = drained ? [] : await Promise.all(left.map((jobId) => complaintOf(world, jobId)));
  if (!drained) await keepSnapshots(world);
  onProgress('waiting until the queues and SageMaker are empty');
  await until(() => isCalm(world), 120_000, 3_000);
  return [...problems, ...stuck];
}

async function complaintOf({ trainyard }: SoakWorld, jobId: string): Promise<string> {
  const why = await trainyard.get(jobId).then(
    ({ status, reason }) => `${status}: ${reason.sentence}`,
    (error: unknown) => String(error),
  );
  const explanation = await trainyard.explain(jobId).then(
    ({ sentence }) => sentence,
    (error: unknown) => String(error),
  );
  return `1: ${jobId} does not come to its end; it is ${why} Explanation: ${explanation}`;
}

/** What the queues looked like, beside the logs. */
async function keepSnapshots({ trainyard, directory }: SoakWorld): Promise<void> {
  for (const { name } of QUEUES) {
    const snapshot = await trainyard.queue(name, { limit: 1_000 }).catch((error: unknown) => String(error));
    await writeFile(join(directory, `${name}.snapshot.json`), JSON.stringify(snapshot, undefined, 1));
  }
}

/** The histories of all runs of the queues, and of the jobs, for somebody who looks for the cause. */
async function keepHistories(
  { temporal, directory, address }: SoakWorld,
  temporalCli: string,
): Promise<void> {
  const folder = join(directory, 'histories');
  await mkdir(folder);
  for await (const { workflowId, runId } of temporal.workflow.list()) {
    const file = `${workflowId.replaceAll('/', '-')}.${runId}.json`;
    const which = ['--workflow-id', workflowId, '--run-id', runId];
    const { stdout } = await promisify(execFile)(
      temporalCli,
      ['workflow', 'show', '--address', address, '--output', 'json', ...which],
      { maxBuffer: 256 * 1024 * 1024 },
    );
    await writeFile(join(folder, file), stdout);
  }
}

async function isOpen({ trainyard }: SoakWorld, job: KnownJob): Promise<boolean> {
  try {
    const { endedAt } = await trainyard.get(job.jobId);
    job.over = endedAt !== undefined;
  } catch (error) {
    // A job whose submission was lost on its way.
    if (error instanceof TrainyardError && error.code === 'JOB_NOT_FOUND') {
      if (job.submission !== 'accepted') job.over = true;
      return !job.over;
    }
  }
  return !job.over;
}

async function isCalm(world: SoakWorld): Promise<boolean> {
  try {
    for (const { name } of QUEUES) if ((await sumsOf(world, name)).jobs > 0) return false;
    return (await trainingsOf(world)).every(({ endedAt }) => endedAt !== undefined);
  } catch {
    return false;
  }
}

/** Tries until it gets through; a call that never does is a problem. */
async function insist(call: () => Promise<unknown>, problems: string[]): Promise<void> {
  let last: unknown;
  const done = await until(() =>
    call().then(
      () => true,
      (error: unknown) => {
        last = error;
        return false;
      },
    ),
  );
  if (!done) problems.push(`5: in calm, a call does not get through: ${String(last)}`);
}

async function insistOnJob(job: KnownJob, call: () => Promise<unknown>, problems: string[]): Promise<void> {
  await insist(
    () =>
      call().catch((error: unknown) => {
        const isOver =
          error instanceof TrainyardError && (error.code === 'JOB_ENDED' || error.code === 'JOB_NOT_FOUND');
        if (!isOver) throw error;
        if (error.code === 'JOB_ENDED') job.over = true;
      }),
    problems,
  );
}

async function recordOf(
  world: SoakWorld,
  register: Register,
  samples: readonly QueueSums[],
): Promise<SoakRecord> {
  const final: QueueSums[] = [];
  for (const { name } of QUEUES) {
    const sums = await sumsOf(world, name).catch(() => undefined);
    // A queue that does not answer is told of by the drain.
    if (sums !== undefined) final.push(sums);
  }
  return {
    jobs: await jobsOf(world, register),
    trainings: await trainingsOf(world),
    environments: ENVIRONMENTS,
    samples,
    final,
    orphanMs: (PERIODS.reconcileSeconds + PERIODS.stopGraceSeconds) * 1_000 + OUTAGES_MS,
  };
}
