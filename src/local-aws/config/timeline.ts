import type { Clock } from '../clock.ts';
import type { TimelineStep } from './schema.ts';

/** Carries out the steps of a timeline, each at its time. A changed timeline starts again at the moment of the change. */
export class Timeline {
  readonly #clock: Clock;
  readonly #apply: (step: TimelineStep) => void;
  #steps = '[]';
  #cancels: (() => void)[] = [];

  constructor(clock: Clock, apply: (step: TimelineStep) => void) {
    this.#clock = clock;
    this.#apply = apply;
  }

  configure(steps: readonly TimelineStep[]): void {
    const text = JSON.stringify(steps);
    if (text === this.#steps) return;
    this.close();
    this.#steps = text;
    this.#cancels = steps.map((step) => this.#clock.after(step.at * 1_000, () => this.#apply(step)));
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }
}
