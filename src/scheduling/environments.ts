import type { WaitReason } from './decision.ts';
import type { EnvironmentState } from './job.ts';
import type { EnvironmentSetup } from './setup.ts';
import { byCodeUnits } from './order.ts';

const OPEN: EnvironmentState = { kind: 'open' };
const DRAINING: EnvironmentState = { kind: 'draining' };

/**
 * The environments of a queue, apart from who uses them.
 *
 *   open -> draining -> open                                an operator's word
 *   open -> cooling -> probing -> open | cooling            AWS had no capacity
 *
 * A cooling environment whose time is over admits one job, the probe; the word that it got its instances opens the environment.
 * When the probe is gone without that word, the next job may probe. An environment that the queue does not have (any more) takes
 * no new jobs; those that run there finish.
 */
export class Environments {
  #limits = new Map<string, number>();
  readonly #states: Map<string, EnvironmentState>;

  constructor(
    setups: readonly EnvironmentSetup[],
    states: Iterable<readonly [string, EnvironmentState]> = [],
  ) {
    this.#states = new Map(states);
    this.configure(setups);
  }

  configure(setups: readonly EnvironmentSetup[]): void {
    this.#limits = new Map(setups.map(({ name, limit }) => [name, limit]));
    for (const name of this.#states.keys()) if (!this.#limits.has(name)) this.#states.delete(name);
  }

  /** Sorted. */
  names(): readonly string[] {
    return [...this.#limits.keys()].sort(byCodeUnits);
  }

  /** Most instances in use; 0 for one that the queue does not have. */
  limit(name: string): number {
    return this.#limits.get(name) ?? 0;
  }

  state(name: string): EnvironmentState {
    return this.#limits.has(name) ? (this.#states.get(name) ?? OPEN) : DRAINING;
  }

  set(name: string, state: EnvironmentState): void {
    if (!this.#limits.has(name)) return;
    if (state.kind === 'open') this.#states.delete(name);
    else this.#states.set(name, state);
  }

  /** Why nobody may start there now. Undefined: the environment is open, or its turn to be probed has come. */
  closed(
    name: string,
    now: number,
  ): Extract<WaitReason, { code: 'DRAINING' | 'COOLING' | 'PROBING' }> | undefined {
    const state = this.state(name);
    switch (state.kind) {
      case 'open':
        return undefined;
      case 'draining':
        return { code: 'DRAINING', environment: name };
      case 'cooling':
        return now < state.until ? { code: 'COOLING', environment: name, until: state.until } : undefined;
      case 'probing':
        return { code: 'PROBING', environment: name, job: state.job };
    }
  }

  /** A job starts there. */
  admitted(name: string, job: string): void {
    if (this.state(name).kind === 'cooling') this.#states.set(name, { kind: 'probing', job });
  }

  /** A job is gone from there. */
  released(name: string, job: string, now: number): void {
    const state = this.state(name);
    if (state.kind === 'probing' && state.job === job)
      this.#states.set(name, { kind: 'cooling', until: now });
  }

  /** When the next environment's cooling ends, if any is cooling. */
  nextOpening(now: number): number | undefined {
    let next: number | undefined;
    for (const state of this.#states.values()) {
      if (state.kind === 'cooling' && state.until > now && (next === undefined || state.until < next))
        next = state.until;
    }
    return next;
  }

  clone(): Environments {
    const setups = [...this.#limits].map(([name, limit]) => ({ name, limit }));
    return new Environments(setups, this.#states);
  }
}
