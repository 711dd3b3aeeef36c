import type { RunningJob } from '../job.ts';
import type { QueueSetup } from '../setup.ts';
import { byLoss, type Candidate, isProtected, lostInstanceSeconds } from './candidates.ts';

/**
 * Jobs of one share that a taker may stop, in candidate order. Whether it may is asked only of those that are looked at: most
 * searches need few of many.
 */
export class CandidateLine {
  readonly share: number;
  readonly #all: readonly Candidate[];
  readonly #mayTake: ((candidate: Candidate) => boolean) | undefined;
  #at = 0;

  /** `all` in candidate order. Without `mayTake`: each of them. */
  constructor(share: number, all: readonly Candidate[] = [], mayTake?: (candidate: Candidate) => boolean) {
    this.share = share;
    this.#all = all;
    this.#mayTake = mayTake;
  }

  first(): Candidate | undefined {
    for (let next = this.#all[this.#at]; next !== undefined; next = this.#all[++this.#at])
      if (this.#mayTake === undefined || this.#mayTake(next)) return next;
    return undefined;
  }

  pop(): Candidate | undefined {
    const first = this.first();
    if (first !== undefined) this.#at++;
    return first;
  }

  /** The next `first` is the very first one again. */
  rewind(): void {
    this.#at = 0;
  }

  /** All of them, popped or not. */
  all(): readonly Candidate[] {
    return this.#mayTake === undefined ? this.#all : this.#all.filter(this.#mayTake);
  }
}

type Limits = QueueSetup['preemptionLimits'];

interface Sorted {
  readonly share: number;
  readonly now: number;
  readonly limits: Limits;
  readonly byEnvironment: ReadonlyMap<string, readonly Candidate[]>;
}

/**
 * By the list of a share's running jobs, which is the same object until they change. Shares have many jobs and are looked at by
 * every other share that wants something back, in every cycle of the same moment.
 */
const sorted = new WeakMap<readonly RunningJob[], Sorted>();

/** The share's jobs that the queue's limits do not protect, by environment, in candidate order. */
export function inCandidateOrder(
  running: readonly RunningJob[],
  share: number,
  now: number,
  limits: Limits,
): ReadonlyMap<string, readonly Candidate[]> {
  let known = sorted.get(running);
  if (known?.share !== share || known.now !== now || known.limits !== limits) {
    known = { share, now, limits, byEnvironment: byEnvironment(running, share, now, limits) };
    sorted.set(running, known);
  }
  return known.byEnvironment;
}

function byEnvironment(
  running: readonly RunningJob[],
  share: number,
  now: number,
  limits: Limits,
): ReadonlyMap<string, readonly Candidate[]> {
  const lists = new Map<string, Candidate[]>();
  for (const job of running) {
    const held = job.options[job.option];
    if (held === undefined || isProtected(job, limits, now)) continue;
    const candidate: Candidate = {
      job,
      share,
      instances: held.instances,
      evicting: job.evictedFor !== undefined,
      lost: lostInstanceSeconds(job, now),
    };
    const list = lists.get(held.environment);
    if (list === undefined) lists.set(held.environment, [candidate]);
    else list.push(candidate);
  }
  for (const list of lists.values())
    list.sort((a, b) => Number(b.evicting) - Number(a.evicting) || byLoss(a, b));
  return lists;
}
