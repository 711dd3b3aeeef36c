import type { WaitingJob } from './job.ts';
import type { QueueState } from './queue-state.ts';
import type { Settling } from './settling.ts';
import type { Following } from './quota/cycle.ts';
import type { QuotaDecision, QuotaHead } from './quota/world.ts';

/** The jobs that the shares offer in one cycle, moved on with every decision. What starts is taken out of the line at once. */
export class OfferedLines implements Following {
  readonly #state: QueueState;
  /** Of all shares together. */
  readonly #mostStarts: number;
  readonly #madeRoom: MadeRoom;
  /** By this and earlier cycles of the moment: settling.ts. */
  readonly #refused: Set<string>;
  readonly #yieldedTo: Set<string>;
  readonly #parkedBehind: Set<string>;
  readonly #started = new Map<string, WaitingJob>();
  readonly #reserved: WaitingJob[] = [];
  /** Those that wait for stops: out of their lines until the cycle is over, so that those behind them are offered. */
  readonly #awaiting: WaitingJob[] = [];
  /** Jobs that wait for victims: what is reserved for them stays so at this moment. */
  readonly #expecting = new Set<string>();
  #heldUp = false;
  #moved = false;
  #unfinished = false;

  constructor(state: QueueState, mostStarts: number, madeRoom: MadeRoom, settling?: Settling) {
    this.#refused = settling?.refused ?? new Set();
    this.#yieldedTo = settling?.yieldedTo ?? new Set();
    this.#parkedBehind = settling?.parkedBehind ?? new Set();
    this.#state = state;
    this.#madeRoom = madeRoom;
    this.#mostStarts = mostStarts;
  }

  /** Whether a share offers something else now than before the cycle. */
  get moved(): boolean {
    return this.#moved;
  }

  /** Whether a share still has to be decided about, once what was decided is done. */
  get unfinished(): boolean {
    return this.#unfinished;
  }

  postponed(): void {
    this.#unfinished = true;
  }

  /** Whether a job was offered that a reservation holds up, if only in one of its environments. */
  get heldUp(): boolean {
    return this.#heldUp;
  }

  /** What the share of the decided job offers next. Undefined: nothing else, as yet. */
  after(decided: QuotaDecision): QuotaHead | undefined {
    switch (decided.kind) {
      case 'preempt':
        return undefined;
      case 'admit':
        return this.#afterStart(decided.job);
      case 'wait':
        return this.#afterWait(decided);
    }
  }

  /** A job that was decided to start. */
  take(id: string): WaitingJob | undefined {
    const job = this.#started.get(id) ?? this.#state.waiting.get(id);
    this.#started.delete(id);
    return job;
  }

  /** One that was taken and may not start after all. */
  giveBack(job: WaitingJob): void {
    if (this.#state.waiting.get(job.id) === undefined) this.#state.waiting.add(job);
  }

  /** Those that were not taken wait as before. */
  restore(): void {
    for (const job of this.#started.values()) this.#state.waiting.add(job);
    this.#started.clear();
  }

  /** The cycle is over: those that wait for stops are back in their lines. */
  close(): void {
    for (const job of this.#awaiting.splice(0)) this.#state.waiting.add(job);
    this.#yieldedTo.clear();
  }

  /** When nobody else makes progress, what a reservation holds up is not offered again before something happens. */
  parkReserved(): boolean {
    for (const job of this.#reserved) this.#state.waiting.park(job);
    return this.#reserved.length > 0;
  }

  #afterStart(id: string): QuotaHead | undefined {
    const { waiting } = this.#state;
    const job = waiting.get(id);
    if (job === undefined) return undefined;
    if (this.#started.size >= this.#mostStarts) {
      this.#unfinished = true;
      return undefined;
    }
    waiting.remove(id);
    this.#started.set(id, job);
    return this.#next(job);
  }

  #next(of: WaitingJob): QuotaHead | undefined {
    const { waiting } = this.#state;
    return headOf(this.#state, waiting.head(waiting.laneOf(of)), this.#madeRoom);
  }

  /** The share goes on, which counts only once between two actions: one that waits in turn for two things would go on for ever. */
  #move(id: string, resumeAt: number): void {
    const refusal = `${resumeAt} ${id}`;
    if (this.#refused.has(refusal)) return;
    this.#refused.add(refusal);
    this.#moved = true;
  }

  #afterWait({
    job: id,
    why,
    reasons,
    resumeAt = 0,
  }: QuotaDecision & { kind: 'wait' }): QuotaHead | undefined {
    const { waiting } = this.#state;
    const job = waiting.get(id);
    if (job === undefined) return undefined;
    switch (why.code) {
      case 'RESERVED':
        if (!this.#expecting.has(why.for)) {
          this.#reserved.push(job);
          this.#heldUp = true;
          return undefined;
        }
        waiting.park(job);
        this.#move(id, 0);
        return this.#next(job);
      case 'PREEMPTING':
      case 'RELEASE_EXPECTED':
        this.#expecting.add(id);
        this.#heldUp ||= reasons.some(({ code }) => code === 'RESERVED');
        waiting.setResumeAt(job, 0);
        // It has, or will have, what it needs. Others of its share may have more stopped meanwhile.
        waiting.remove(id);
        this.#awaiting.push(job);
        if (this.#parkedBehind.has(waiting.shapeOf(job))) waiting.park(job);
        if (job.yieldsTo !== undefined) this.#yieldedTo.add(job.yieldsTo);
        return this.#next(job);
      default:
        if (resumeAt > waiting.resumeAt(job)) waiting.setResumeAt(job, resumeAt);
        else {
          waiting.park(job);
          this.#parkedBehind.add(waiting.shapeOf(job));
          if (!reasons.some(({ code }) => code === 'RESERVED')) waiting.parkLarger(job);
        }
        this.#move(id, resumeAt);
        return this.#next(job);
    }
  }
}

export type MadeRoom = (id: string) => boolean;

/** Whether others were stopped for a job, or taken back at this moment. */
export function madeRoomIn(state: QueueState, settling?: Settling): MadeRoom {
  return (id) =>
    state.madeRoom(id) || settling?.takers.has(id) === true || settling?.yieldedTo.has(id) === true;
}

export function headOf(
  state: QueueState,
  job: WaitingJob | undefined,
  madeRoom: MadeRoom,
): QuotaHead | undefined {
  if (job === undefined) return undefined;
  return { job, resumeAt: state.waiting.resumeAt(job), madeRoom: madeRoom(job.id) };
}

/** What a lane may offer, as far as the given job; one that is not taken is parked. */
export function* lineUpTo(
  state: QueueState,
  lane: string,
  last: WaitingJob,
  madeRoom: MadeRoom,
): Iterable<QuotaHead> {
  const { waiting } = state;
  const seen = new Set<string>();
  for (let job = waiting.head(lane); job !== undefined && !seen.has(job.id); job = waiting.head(lane)) {
    if (waiting.compare(job, last) > 0) return;
    const head = headOf(state, job, madeRoom);
    if (head !== undefined) yield head;
    seen.add(job.id);
    waiting.park(job);
  }
}
