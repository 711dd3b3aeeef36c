import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/**
 * One timer for a workflow that always wants to be woken at some time. A timer costs two events of history, so one that is set
 * already and rings earlier is left alone: waking for nothing is cheaper.
 */
export class Alarm {
  readonly #ring: () => void;
  readonly #summary: string;
  #set: { readonly at: number; readonly scope: CancellationScope } | undefined;

  constructor(summary: string, ring: () => void) {
    this.#summary = summary;
    this.#ring = ring;
  }

  /** Rings at this time (epoch ms) or earlier. Undefined: an alarm that is set stays set. */
  ringBy(at: number | undefined, now: number): void {
    if (at === undefined || (this.#set !== undefined && this.#set.at <= at)) return;
    this.#set?.scope.cancel();
    const set = { at, scope: new CancellationScope({ cancellable: true }) };
    this.#set = set;
    set.scope
      .run(() => sleep(Math.max(1, at - now), { summary: this.#summary }))
      .then(
        () => {
          if (this.#set === set) this.#set = undefined;
          this.#ring();
        },
        (error: unknown) => {
          if (!isCancellation(error)) throw error;
        },
      );
  }
}
