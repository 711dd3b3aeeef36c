import { globMatches } from '../glob.ts';
import { type Fault, isRequestFault, type JobFault, type RequestFault } from './fault.ts';

export interface FaultView {
  readonly id: string;
  readonly origin: 'config' | 'control';
  readonly fault: Fault;
  /** Matches so far, and how many of them it struck. */
  readonly matched: number;
  readonly struck: number;
}

interface Entry {
  readonly id: string;
  readonly origin: 'config' | 'control';
  readonly fault: Fault;
  matched: number;
  struck: number;
}

/** The faults that wait to happen. Faults of the config come first, then those of the control path, each in its order. */
export class FaultBook {
  readonly #random: () => number;
  #entries: Entry[] = [];
  #next = 1;

  /** `random` in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Replaces the faults of the config; those that stay the same keep their counts. */
  configure(faults: readonly Fault[]): void {
    const old = this.#entries.filter((entry) => entry.origin === 'config');
    const kept = faults.map((fault) => {
      const text = JSON.stringify(fault);
      const index = old.findIndex((entry) => JSON.stringify(entry.fault) === text);
      return old.splice(index, index < 0 ? 0 : 1)[0] ?? this.#entry('config', fault);
    });
    this.#entries = [...kept, ...this.#entries.filter((entry) => entry.origin === 'control')];
  }

  add(fault: Fault): FaultView {
    const entry = this.#entry('control', fault);
    this.#entries.push(entry);
    return entry;
  }

  /** False when there is none of that id. */
  remove(id: string): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
    return this.#entries.length < before;
  }

  clear(): void {
    this.#entries = [];
  }

  list(): readonly FaultView[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  /**
   * The faults that strike this request, each counted: every slow one, and the first of the others, since a request can
   * only go wrong once.
   */
  strikeRequest(operation: string, job: string | undefined): readonly RequestFault[] {
    return this.#strike<RequestFault>((fault, struck) =>
      isRequestFault(fault) &&
      (fault.kind === 'slow' || struck.every(({ kind }) => kind === 'slow')) &&
      globMatches(fault.operation, operation) &&
      (job === undefined ? fault.job === '*' : globMatches(fault.job, job))
        ? fault
        : undefined,
    );
  }

  /** The fault of a kind that strikes this training job; only the first is counted. */
  strikeJob(kind: JobFault['kind'], job: string): JobFault | undefined {
    return this.#strike<JobFault>((fault, struck) =>
      struck.length === 0 && !isRequestFault(fault) && fault.kind === kind && globMatches(fault.job, job)
        ? fault
        : undefined,
    )[0];
  }

  #strike<F extends Fault>(select: (fault: Fault, struck: readonly F[]) => F | undefined): readonly F[] {
    const struck: F[] = [];
    for (const entry of this.#entries) {
      const fault = select(entry.fault, struck);
      if (fault === undefined || entry.struck >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
      entry.matched++;
      if (entry.matched <= fault.skip || this.#random() >= fault.probability) continue;
      entry.struck++;
      struck.push(fault);
    }
    return struck;
  }

  #entry(origin: Entry['origin'], fault: Fault): Entry {
    return { id: fault.id ?? `fault-${this.#next++}`, origin, fault, matched: 0, struck: 0 };
  }
}
