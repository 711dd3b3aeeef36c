import { log } from '@temporalio/activity';
import { parseAttemptName } from '../jobs/attempt-name.ts';
import { isTrainingOver } from '../jobs/training-description.ts';
import { CannotTell, type JobDirectory } from '../ports/job-directory.ts';
import {
  TrainingServiceError,
  type TrainingService,
  type TrainingSummary,
} from '../ports/training-service.ts';
import type { CallPace } from './call-pace.ts';
import { fateOf } from './orphan.ts';
import { oldestAlive } from './training-age.ts';
import type { OrphanNotes } from './types.ts';

export interface OrphanWatchPorts {
  readonly training: TrainingService;
  readonly directory: JobDirectory;
  /** Milliseconds within which a training job without a workflow is asked to stop. */
  readonly reconcileMs: number;
  now(): number;
}

/** All names are looked at again so often, in case a sweep missed the creation of one. */
const RECOUNT_MS = 24 * 3_600_000;
const ALL_ATTEMPTS = 'ty-';
/** Names that are carried from session to session: well below the 2 MB that Temporal allows. */
const MOST_CARRIED = 15_000;
const SHOWN = 10;

/**
 * Finds training jobs whose workflow is over: terminated, deleted, timed out. Which training jobs are alive is known from
 * the sweeps, and from one count of all names in the beginning, because a filter by status does not shorten SageMaker's
 * list (it is applied to each page of the whole history). A pass then costs one list of Temporal's open jobs and, as long
 * as nothing is wrong, no call of AWS.
 *
 * An orphan that two passes in a row have seen is asked to stop. Passes come so often that this is within `reconcileMs` of
 * its workflow's end: at most reconcileMs / 2 until the first sees it, reconcileMs / 4 until the second does.
 */
export class OrphanWatch {
  readonly #ports: OrphanWatchPorts;
  /** Of ListTrainingJobs. */
  readonly #lists: CallPace;
  /** Of the other calls. */
  readonly #calls: CallPace;
  /** Names and times of creation. */
  readonly #live: Map<string, number>;
  /** Open jobs whose current run is younger than the training job, and launched it all the same. */
  readonly #held = new Set<string>();
  readonly #stopped = new Set<string>();
  #suspects: Set<string>;
  #uncounted: number | undefined;
  #countedAt: number;
  #lastPassAt: number;
  /** Where the count goes on, with the bounds that it was begun with. */
  #page:
    { readonly createdAfter: number; readonly createdBefore: number; readonly nextToken: string } | undefined;

  constructor(
    ports: OrphanWatchPorts,
    paces: { readonly lists: CallPace; readonly calls: CallPace },
    notes: OrphanNotes | undefined,
  ) {
    this.#ports = ports;
    this.#lists = paces.lists;
    this.#calls = paces.calls;
    this.#live = new Map(notes?.live);
    this.#suspects = new Set(notes?.suspects);
    this.#uncounted = notes === undefined ? ports.now() : notes.uncountedBefore;
    this.#countedAt = notes?.countedAt ?? ports.now();
    this.#lastPassAt = notes?.lastPassAt ?? ports.now();
  }

  /** Takes note of a training job that a list has shown. */
  saw({ name, status, createdAt }: TrainingSummary): void {
    if (parseAttemptName(name) === undefined) return;
    if (isTrainingOver(status)) this.#live.delete(name);
    else this.#live.set(name, createdAt);
  }

  /** Does what is due, a page or a pass at a time. What fails changes nothing and is tried again. */
  async turn(isOver: () => boolean): Promise<void> {
    const now = this.#ports.now();
    if (this.#uncounted === undefined && now - this.#countedAt >= RECOUNT_MS) this.#uncounted = now;
    try {
      if (this.#uncounted !== undefined) await this.#count(this.#uncounted);
      else if (now >= this.#nextPassAt()) await this.#pass(isOver);
    } catch (error) {
      if (!(error instanceof TrainingServiceError)) throw error;
      log.warn('the search for training jobs without a workflow was cut off', { error });
    }
  }

  #nextPassAt(): number {
    return this.#lastPassAt + this.#ports.reconcileMs / (this.#suspects.size > 0 ? 4 : 2);
  }

  async #count(before: number): Promise<void> {
    await this.#lists.turn();
    const now = this.#ports.now();
    const range = this.#page ?? { createdAfter: oldestAlive(now), createdBefore: before + 1_000 };
    const { summaries, nextToken } = await this.#ports.training.listNamed({
      contains: ALL_ATTEMPTS,
      ...range,
    });
    for (const summary of summaries) this.saw(summary);
    if (nextToken === undefined) {
      this.#page = undefined;
      this.#uncounted = undefined;
      this.#countedAt = now;
      return;
    }
    this.#page = { ...range, nextToken };
    // The token ends with this session; another one goes on from this time.
    this.#uncounted = Math.min(before, ...summaries.map(({ createdAt }) => createdAt));
  }

  async #pass(isOver: () => boolean): Promise<void> {
    const open = await this.#openJobs();
    const before = this.#suspects;
    const seen = new Set<string>();
    for (const [name, createdAt] of [...this.#live]) {
      if (isOver()) {
        // Another session begins with a pass, and knows who was suspected so far.
        this.#suspects = new Set([...before, ...seen]);
        return;
      }
      if (!(await this.#isSuspect(name, createdAt, open))) continue;
      try {
        if (await this.#isOrphan(name, before.has(name))) seen.add(name);
      } catch (error) {
        if (!(error instanceof TrainingServiceError)) throw error;
        log.warn('a training job without a workflow cannot be examined', { name, error });
        if (before.has(name)) seen.add(name);
      }
    }
    this.#suspects = seen;
    this.#lastPassAt = this.#ports.now();
  }

  /** When the current run of each open job started; undefined when they cannot be listed. */
  async #openJobs(): Promise<ReadonlyMap<string, number> | undefined> {
    const open = new Map<string, number>();
    try {
      for await (const { jobId, startedAt } of this.#ports.directory.openJobs({})) open.set(jobId, startedAt);
      return open;
    } catch (error) {
      if (!(error instanceof CannotTell)) throw error;
      return undefined;
    }
  }

  /** Whether SageMaker should be asked whose the training job is. */
  async #isSuspect(
    name: string,
    createdAt: number,
    open: ReadonlyMap<string, number> | undefined,
  ): Promise<boolean> {
    const jobId = parseAttemptName(name)?.jobId;
    if (jobId === undefined || this.#held.has(name)) return false;
    const startedAt = open?.get(jobId);
    // A run that is younger than the training job: continued as new, or another job under the same id.
    if (startedAt !== undefined) return startedAt > createdAt;
    // The list is some seconds behind; this answer is exact.
    const { kind } = await this.#ports.directory.stateOf(jobId);
    return kind === 'closed' || kind === 'absent';
  }

  async #isOrphan(name: string, seenBefore: boolean): Promise<boolean> {
    await this.#calls.turn();
    const fate = await fateOf(this.#ports, name);
    switch (fate) {
      case 'held':
        this.#held.add(name);
        return false;
      case 'over':
      case 'foreign':
        this.#live.delete(name);
        return false;
      case 'unknown':
        return false;
      case 'orphan':
        if (seenBefore) {
          await this.#calls.turn();
          await this.#ports.training.stop(name);
          this.#stopped.add(name);
          log.warn('a training job without a workflow was asked to stop', { name });
        }
        return true;
    }
  }

  notes(): OrphanNotes {
    const live = [...this.#live];
    // Those that are left behind are found again by the next session's count.
    const uncounted = live.length > MOST_CARRIED ? this.#ports.now() : this.#uncounted;
    return {
      live: live.slice(-MOST_CARRIED),
      suspects: [...this.#suspects].slice(-MOST_CARRIED),
      countedAt: this.#countedAt,
      lastPassAt: this.#lastPassAt,
      ...(uncounted === undefined ? {} : { uncountedBefore: uncounted }),
    };
  }

  /** Newest few. */
  stopped(): string[] {
    return [...this.#stopped].slice(-SHOWN);
  }

  suspects(): readonly string[] {
    return [...this.#suspects].slice(-SHOWN);
  }
}
