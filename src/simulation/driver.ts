import type { Admission, Outcome, Preemption } from '../scheduling/decision.ts';
import { neverFits, Scheduler } from '../scheduling/scheduler.ts';
import type { QueueSetup } from '../scheduling/setup.ts';
import { type Actor, actorOf, instancesOf, type JobOutcome, outcomeOf } from './actor.ts';
import { coreShare } from './entitlement.ts';
import { EventQueue, type Timed } from './event-queue.ts';
import type { CapacityChange, SimulatedJob } from './scenario.ts';
import { UsageRecorder, type Usage } from './usage-recorder.ts';

export interface World {
  readonly setup: QueueSetup;
  /** In order of arrival. */
  readonly jobs: readonly SimulatedJob[];
  /** In order of time. */
  readonly capacity: readonly CapacityChange[];
  /** Milliseconds between a preemption and the moment at which the instances are free. */
  readonly stopFor: number;
  /** What each share is entitled to, as a weight: what the fairness error is measured by. */
  readonly weight: (share: string, environment: string) => number;
}

export interface Watching {
  /** Called now and then. */
  readonly onProgress?: (ended: number, jobs: number) => void;
  /** Wall milliseconds, to tell how long the scheduler itself takes. Without it, that is not told. */
  readonly stopwatch?: () => number;
}

export interface PreemptionEvent {
  readonly at: number;
  readonly victim: string;
  readonly for: string;
  readonly cause: Preemption['cause'];
}

export interface Run {
  readonly jobs: readonly JobOutcome[];
  /** Jobs that the queue would refuse at submission, because they could never start. */
  readonly refused: readonly SimulatedJob[];
  readonly usage: Usage;
  readonly preemptions: readonly PreemptionEvent[];
  /** How often the core decided what. */
  readonly decisions: { readonly admitted: number; readonly preempted: number; readonly waits: number };
  /** Wall milliseconds inside of the scheduler. */
  readonly schedulingTime?: number;
}

type Happening = Timed &
  (
    | { readonly kind: 'ends' | 'stopped'; readonly actor: Actor; readonly attempt: number }
    | { readonly kind: 'capacity'; readonly change: CapacityChange }
  );

/** Of one moment: instances come back first, then capacity changes, then jobs arrive, then the core decides. */
const RANK = { ends: 0, stopped: 0, capacity: 1 } as const;
const PROGRESS_EVERY = 256;
/** A moment in which jobs preempt each other more often than this would never end. */
const MOST_ROUNDS = 100_000;

/**
 * Plays a load against the scheduling core with a virtual clock, until nothing can happen any more. Deterministic.
 */
export function play(world: World, watching: Watching = {}): Run {
  return new Playing(world, watching).run();
}

class Playing {
  readonly #world: World;
  readonly #watching: Watching;
  readonly #scheduler: Scheduler;
  readonly #recorder: UsageRecorder;
  readonly #events = new EventQueue<Happening>();
  readonly #actors = new Map<string, Actor>();
  readonly #arriving: readonly Actor[];
  readonly #refused: readonly SimulatedJob[];
  readonly #preemptions: PreemptionEvent[] = [];
  readonly #decisions = { admitted: 0, preempted: 0, waits: 0 };
  #setup: QueueSetup;
  #nextArrival = 0;
  #wakeAt: number | undefined;
  #ended = 0;
  #schedulingTime = 0;

  constructor(world: World, watching: Watching) {
    this.#world = world;
    this.#watching = watching;
    this.#setup = world.setup;
    this.#scheduler = new Scheduler(world.setup);
    this.#refused = refusedJobs(world);
    const refused = new Set(this.#refused);
    this.#arriving = world.jobs.filter((job) => !refused.has(job)).map(actorOf);
    const shares = [...new Set(world.jobs.map(({ share }) => share))].sort();
    this.#recorder = new UsageRecorder(world.setup.environments, shares, world.weight);
    for (const change of world.capacity) {
      this.#events.add({ at: change.at, rank: RANK.capacity, kind: 'capacity', change });
    }
  }

  run(): Run {
    for (let now = this.#nextMoment(); now !== undefined; now = this.#nextMoment()) {
      this.#recorder.advance(now);
      this.#happen(now);
      this.#arrive(now);
      this.#decide(now);
    }
    const { onProgress, stopwatch } = this.#watching;
    onProgress?.(this.#ended, this.#arriving.length);
    return {
      jobs: this.#arriving.map(outcomeOf),
      refused: this.#refused,
      usage: this.#recorder.result(),
      preemptions: this.#preemptions,
      decisions: this.#decisions,
      ...(stopwatch === undefined ? {} : { schedulingTime: this.#schedulingTime }),
    };
  }

  /** Undefined once every job has ended, or nothing is left that could let one start. */
  #nextMoment(): number | undefined {
    if (this.#ended === this.#arriving.length) return undefined;
    const moments = [this.#arriving[this.#nextArrival]?.job.arrivesAt, this.#events.nextAt, this.#wakeAt];
    const known = moments.filter((moment) => moment !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  #happen(now: number): void {
    while (this.#events.nextAt === now) {
      const event = this.#events.take();
      if (event === undefined) return;
      switch (event.kind) {
        case 'ends':
          // An attempt that was preempted meanwhile does not end by itself.
          if (event.attempt === event.actor.attempt && event.actor.state === 'running')
            this.#end(event.actor, now);
          break;
        case 'stopped':
          this.#stopped(event.actor, now);
          break;
        case 'capacity':
          this.#changeCapacity(event.change, now);
      }
    }
  }

  #arrive(now: number): void {
    for (;;) {
      const actor = this.#arriving[this.#nextArrival];
      if (actor === undefined || actor.job.arrivesAt > now) return;
      const { job } = actor;
      this.#actors.set(job.id, actor);
      this.#scheduler.enqueue({
        id: job.id,
        share: coreShare(this.#world.setup, job.share),
        priority: job.priority,
        options: job.options,
        queuedAt: job.arrivesAt,
        sequence: this.#nextArrival,
        ...(job.user === undefined ? {} : { user: job.user }),
        ...(job.limitSeconds === undefined ? {} : { limitSeconds: job.limitSeconds }),
        ...(job.checkpointSeconds === undefined ? {} : { checkpointSeconds: job.checkpointSeconds }),
        preemptions: 0,
      });
      this.#ask(actor, 1);
      this.#nextArrival++;
    }
  }

  /** Lets the core decide until it has nothing more to do at this moment. */
  #decide(now: number): void {
    for (let round = 0; ; round++) {
      if (round > MOST_ROUNDS) throw new Error(`the scheduler preempts without end at ${now} ms`);
      const outcome = this.#settle(now);
      let freed = false;
      for (const decision of outcome.decisions) {
        switch (decision.kind) {
          case 'admit':
            this.#start(decision, now);
            break;
          case 'preempt':
            this.#preempt(decision, now);
            freed ||= this.#world.stopFor === 0;
            break;
          case 'wait':
            this.#decisions.waits++;
        }
      }
      this.#wakeAt = outcome.wakeAt !== undefined && outcome.wakeAt > now ? outcome.wakeAt : undefined;
      if (outcome.more === true) continue;
      if (!freed) return;
      this.#happen(now);
    }
  }

  #settle(now: number): Outcome {
    const { stopwatch } = this.#watching;
    if (stopwatch === undefined) return this.#scheduler.settle(now);
    const before = stopwatch();
    const outcome = this.#scheduler.settle(now);
    this.#schedulingTime += stopwatch() - before;
    return outcome;
  }

  #start({ job: id, option }: Admission, now: number): void {
    const actor = this.#actor(id);
    this.#decisions.admitted++;
    this.#ask(actor, -1);
    actor.state = 'running';
    actor.attempt++;
    actor.attemptAt = now;
    actor.option = option;
    actor.firstStart ??= now;
    this.#ask(actor, 1);
    this.#hold(actor, 1);
    const { limitSeconds = Infinity } = actor.job;
    const span = Math.min(actor.remaining, limitSeconds * 1000);
    this.#events.add({ at: now + span, rank: RANK.ends, kind: 'ends', actor, attempt: actor.attempt });
  }

  #preempt({ victim, for: taker, cause }: Preemption, now: number): void {
    const actor = this.#actor(victim);
    const { stopFor } = this.#world;
    this.#decisions.preempted++;
    this.#preemptions.push({ at: now, victim, for: taker, cause });
    const ran = now - actor.attemptAt;
    const { checkpointSeconds } = actor.job;
    const kept =
      checkpointSeconds === undefined
        ? 0
        : Math.floor(ran / (checkpointSeconds * 1000)) * checkpointSeconds * 1000;
    actor.state = 'stopping';
    actor.remaining -= kept;
    actor.preemptions++;
    actor.lost += (ran + stopFor - kept) * instancesOf(actor);
    const { attempt } = actor;
    this.#events.add({ at: now + stopFor, rank: RANK.stopped, kind: 'stopped', actor, attempt });
  }

  #stopped(actor: Actor, now: number): void {
    this.#letGo(actor, now);
    actor.state = 'waiting';
    actor.option = 0;
    this.#ask(actor, 1);
    this.#scheduler.release(actor.job.id, now, {});
  }

  #end(actor: Actor, now: number): void {
    this.#letGo(actor, now);
    actor.state = 'ended';
    actor.endedAt = now;
    this.#scheduler.release(actor.job.id, now);
    this.#ended++;
    if (this.#ended % PROGRESS_EVERY === 0) this.#watching.onProgress?.(this.#ended, this.#arriving.length);
  }

  #letGo(actor: Actor, now: number): void {
    this.#hold(actor, -1);
    this.#ask(actor, -1);
    actor.heldFor += now - actor.attemptAt;
    actor.heldInstances += (now - actor.attemptAt) * instancesOf(actor);
  }

  #changeCapacity(change: CapacityChange, now: number): void {
    switch (change.kind) {
      case 'limit':
        this.#setup = withLimit(this.#setup, change.environment, change.limit);
        this.#scheduler.configure(this.#setup, now);
        this.#recorder.setLimit(change.environment, change.limit);
        return;
      case 'outage':
        this.#scheduler.setEnvironment(change.environment, { kind: 'draining' });
        return;
      case 'restored':
        this.#scheduler.setEnvironment(change.environment, { kind: 'open' });
    }
  }

  /** What the job asks for, of the environment that it holds or would like best. */
  #ask(actor: Actor, sign: 1 | -1): void {
    const option = actor.job.options[actor.option];
    if (option !== undefined)
      this.#recorder.ask(actor.job.share, option.environment, sign * option.instances);
  }

  #hold(actor: Actor, sign: 1 | -1): void {
    const option = actor.job.options[actor.option];
    if (option !== undefined)
      this.#recorder.hold(actor.job.share, option.environment, sign * option.instances);
  }

  #actor(id: string): Actor {
    const actor = this.#actors.get(id);
    if (actor === undefined) throw new RangeError(`the scheduler decided about ${id}, which never arrived`);
    return actor;
  }
}

function withLimit(setup: QueueSetup, environment: string, limit: number): QueueSetup {
  return {
    ...setup,
    environments: setup.environments.map((one) => (one.name === environment ? { ...one, limit } : one)),
  };
}

/** The jobs that could not even start on an empty queue. One answer does for all of the same share and options. */
function refusedJobs(world: World): readonly SimulatedJob[] {
  const setup = largest(world);
  const answers = new Map<string, boolean>();
  return world.jobs.filter(({ share, options }) => {
    const shape = JSON.stringify([share, options]);
    const known = answers.get(shape);
    if (known !== undefined) return known;
    const refused = neverFits(setup, { share: coreShare(setup, share), options }) !== undefined;
    answers.set(shape, refused);
    return refused;
  });
}

/** The queue with each environment at the largest limit that it ever has: what could never fit there never will. */
function largest({ setup, capacity }: World): QueueSetup {
  return {
    ...setup,
    environments: setup.environments.map((environment) => ({
      ...environment,
      limit: Math.max(
        environment.limit,
        ...capacity.flatMap((change) =>
          change.kind === 'limit' && change.environment === environment.name ? [change.limit] : [],
        ),
      ),
    })),
  };
}
