import type { Candidate, Victim } from './candidates.ts';
import type { CycleState, Request } from './cycle-state.ts';

/**
 * A trial: jobs are taken out of the ledger until the request fits. Whatever it finds, the ledger is as before when `restore`
 * was called.
 */
export class VictimSearch {
  readonly state: CycleState;
  readonly request: Request;
  readonly #room: number;
  #freed = 0;
  #taken: Victim[] = [];

  constructor(state: CycleState, request: Request) {
    this.state = state;
    this.request = request;
    this.#room = state.room(request);
  }

  take(candidate: Candidate, cause: Victim['cause']): void {
    this.#out(candidate);
    this.#taken.push({ ...candidate, cause });
  }

  /** Whether the request fits now: by quota, by physical room and, unless it may borrow, inside its share's own guarantee. */
  fits(mayBorrow: boolean): boolean {
    const { ledger } = this.state;
    const { share, environment, instances } = this.request;
    if (!mayBorrow && ledger.borrowsWith(share, environment, instances)) return false;
    return instances <= ledger.availableTo(share, environment) && instances <= this.#room + this.#freed;
  }

  /** Puts back, last taken first, every victim that is not needed (no smaller subset would do). Answers what is left. */
  minimal(mayBorrow: boolean): readonly Victim[] {
    const kept: Victim[] = [];
    const last = this.#taken.at(-1);
    for (const victim of [...this.#taken].reverse()) {
      if (victim !== last) {
        this.#in(victim);
        if (this.fits(mayBorrow)) continue;
        this.#out(victim);
      }
      kept.push(victim);
    }
    this.#taken = kept.reverse();
    return this.#taken;
  }

  restore(): void {
    for (const victim of this.#taken) this.#in(victim);
    this.#taken = [];
  }

  #out({ share, instances }: Candidate): void {
    this.state.ledger.change(share, this.request.environment, -instances);
    this.#freed += instances;
  }

  #in({ share, instances }: Candidate): void {
    this.state.ledger.change(share, this.request.environment, instances);
    this.#freed -= instances;
  }
}
