import type { Decision } from './decision.ts';
import type { Consequence } from './explanation.ts';
import type { Scheduler } from './scheduler.ts';

/** How a trial ended for the job; `waits`: nothing comes of it. */
export type Verdict = Consequence | 'waits';

/** Admissions that one trial may take: a job that has more before it than that is not helped by the change alone. */
const MOST_ADMISSIONS = 100;
/** Decisions after which a trial ends: what has not helped by then does not count as help. */
const MOST_DECISIONS = 60;

/**
 * Tries changes on copies of the live queue, so that everything `explain` promises is what the core itself would do. The work is
 * bounded by the number of decisions that the core makes in them, not by the clock: the same question gets the same answer.
 */
export class Trials {
  readonly #settled: Scheduler;
  readonly #now: number;
  #left = 0;

  /** `settled`: a copy of the queue in which nothing more happens without an event. It is not changed. */
  constructor(settled: Scheduler, now: number) {
    this.#settled = settled;
    this.#now = now;
  }

  /** So many decisions from now on; a trial that has begun is finished. */
  allow(decisions: number): void {
    this.#left = decisions;
  }

  /** No trial may be made any more. */
  get spent(): boolean {
    return this.#left <= 0;
  }

  /** What becomes of the job when `change` is made. Undefined: no trial is left. */
  of(id: string, change: (copy: Scheduler) => void, at = this.#now): Verdict | undefined {
    if (this.spent) return undefined;
    let verdict: Verdict = 'waits';
    this.#play(change, at, (copy, decisions) => {
      verdict = verdictOf(id, copy, decisions);
      return verdict !== 'waits';
    });
    return verdict;
  }

  /** The first decision of this kind that the core makes when `change` is made. */
  find<D extends Decision>(
    wanted: (decision: Decision) => decision is D,
    change: (copy: Scheduler) => void,
    at = this.#now,
  ): D | undefined {
    if (this.spent) return undefined;
    let found: D | undefined;
    this.#play(change, at, (_, decisions) => {
      found = decisions.find(wanted);
      return found !== undefined;
    });
    return found;
  }

  /** What becomes of it when the core decides to the end, as it does in the live queue: what a trial found may be taken back later. */
  inTheEnd(id: string, change: (copy: Scheduler) => void, at = this.#now): Verdict {
    const copy = this.#settled.clone();
    change(copy);
    return verdictOf(id, copy, copy.settle(at, MOST_ADMISSIONS).decisions);
  }

  /** All that the core decides when `change` is made. */
  decisions(change: (copy: Scheduler) => void, at = this.#now): readonly Decision[] {
    const copy = this.#settled.clone();
    change(copy);
    return copy.settle(at, MOST_ADMISSIONS).decisions;
  }

  #play(
    change: (copy: Scheduler) => void,
    at: number,
    done: (copy: Scheduler, decisions: readonly Decision[]) => boolean,
  ): void {
    const copy = this.#settled.clone();
    change(copy);
    let acted = false;
    for (let made = 0; made < MOST_DECISIONS;) {
      const { decisions } =
        copy.setup.policy.kind === 'quotaShare' ? copy.cycle(at) : copy.settle(at, MOST_ADMISSIONS);
      made += 1 + decisions.length;
      this.#left -= 1 + decisions.length;
      if (done(copy, decisions)) return;
      acted ||= decisions.some(({ kind }) => kind !== 'wait');
      if (offersNothingNew(decisions)) {
        if (acted) done(copy, copy.settle(at, MOST_ADMISSIONS).decisions);
        return;
      }
    }
  }
}

/** Jobs that wait for others to stop are offered in every cycle; all others are offered once. */
export function offersNothingNew(decisions: readonly Decision[]): boolean {
  return decisions.every(
    (decision) =>
      decision.kind === 'wait' &&
      (decision.why.code === 'PREEMPTING' || decision.why.code === 'RELEASE_EXPECTED'),
  );
}

/** What became of the job with these decisions of the core, the last about it. */
export function verdictOf(id: string, copy: Scheduler, decisions: readonly Decision[]): Verdict {
  if (copy.running(id) !== undefined) return 'starts';
  let verdict: Verdict = 'waits';
  for (const decision of decisions) {
    if (decision.kind === 'preempt' && decision.for === id) return 'preempts';
    if (decision.kind !== 'wait' || decision.job !== id) continue;
    const { code } = decision.why;
    if (code === 'PREEMPTING' || code === 'RELEASE_EXPECTED') verdict = 'awaits';
  }
  return verdict;
}
