import type { Image } from './world.ts';

/** What is remembered of a job from the outside. */
export interface KnownJob {
  readonly jobId: string;
  readonly queue: string;
  readonly image: Image;
  readonly submittedAt: number;
  submission: 'pending' | 'accepted' | 'unsure' | 'refused' | 'withQueue';
  held: boolean;
  terminatedAt?: number;
  /** Seen with a terminal status, so that it is not picked again. */
  over: boolean;
}

/** All that a soak did and saw. */
export class Register {
  readonly jobs: KnownJob[] = [];
  readonly #counts = new Map<string, number>();
  /** What calls failed with, by code; chaos makes many of them. */
  readonly #errors = new Map<string, number>();

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  counts(): readonly (readonly [string, number])[] {
    return [...this.#counts];
  }

  failed(what: string, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error).slice(0, 80);
    const key = `${what}: ${code}`;
    this.#errors.set(key, (this.#errors.get(key) ?? 0) + 1);
  }

  errors(): readonly (readonly [string, number])[] {
    return [...this.#errors];
  }

  /** Jobs that may still be open. */
  open(): KnownJob[] {
    return this.jobs.filter(
      ({ submission, over, terminatedAt }) =>
        !over && terminatedAt === undefined && submission !== 'pending' && submission !== 'refused',
    );
  }
}
