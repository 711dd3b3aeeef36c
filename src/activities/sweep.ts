import { cancellationSignal, activityInfo, log, sleep } from '@temporalio/activity';
import { parseAttemptName } from '../jobs/attempt-name.ts';
import type { TrainingChanged } from '../jobs/training-change.ts';
import { isTrainingOver } from '../jobs/training-description.ts';
import type { JobDirectory } from '../ports/job-directory.ts';
import type { JobMessenger } from '../ports/job-messenger.ts';
import type { TrainingService, TrainingSummary } from '../ports/training-service.ts';
import { newsOf } from './attempt-end.ts';
import { CallPace } from './call-pace.ts';
import { withHeartbeats } from './heartbeats.ts';
import { OrphanWatch } from './orphan-watch.ts';
import { failureOf } from './service-errors.ts';
import type { SweepInput, SweepReport } from './types.ts';

export interface SweepPorts {
  readonly training: TrainingService;
  readonly jobs: JobMessenger;
  readonly directory: JobDirectory;
  /** Milliseconds between two sweeps. */
  readonly sweepMs: number;
  /** Milliseconds within which a training job without a workflow is asked to stop. */
  readonly reconcileMs: number;
  /** Milliseconds between two pages: ListTrainingJobs allows 2 requests a second for the whole account. */
  readonly pageMs: number;
  /** Milliseconds that one session lasts. */
  readonly sessionMs: number;
  /** Whether the worker is ending: the session then ends early, and another worker takes over. */
  readonly isStopping: () => boolean;
  now(): number;
}

/** Each sweep looks this far back behind the newest change seen: changes become visible in no strict order. */
const OVERLAP_MS = 10_000;
/** Remembered so that the overlap tells nobody the same twice. */
const REMEMBERED = 20_000;
/** How soon the end of the worker is noticed. */
const STEP_MS = 500;
/** Sweeps that wait for a job that cannot be told; then the others go on without it. */
const PATIENCE = 3;
const ORPHANS_SHOWN = 10;
/** Between two questions about one training job. */
const CALL_GAP_MS = 200;

/**
 * Sweeps for one session. Two layers find changes: this one is fast and may miss or repeat some, the safety check of
 * each job is slow and sure.
 */
export async function sweepTrainings(ports: SweepPorts, input: SweepInput): Promise<SweepReport> {
  const carried: unknown = activityInfo().heartbeatDetails;
  const lists = new CallPace(ports.pageMs, () => ports.now());
  const calls = new CallPace(CALL_GAP_MS, () => ports.now());
  const orphans = new OrphanWatch(ports, { lists, calls }, input.orphans);
  const toldUntil = typeof carried === 'number' ? carried : input.watermark;
  const session = new SweepSession(ports, lists, orphans, { toldUntil, seenUntil: input.watermark });
  const endsAt = ports.now() + ports.sessionMs;
  return withHeartbeats(
    async () => {
      await Promise.all([sweepUntil(endsAt, ports, session), findOrphansUntil(endsAt, ports, orphans)]);
      return { ...session.report(), orphans: orphans.notes() };
    },
    () => session.watermark,
  );
}

async function sweepUntil(endsAt: number, ports: SweepPorts, session: SweepSession): Promise<void> {
  do {
    try {
      await session.sweep();
    } catch (error) {
      // Throttled or cut off: the watermark stays, so the next sweep sees what this one missed.
      const failure = failureOf(error);
      log.warn('sweep failed', { class: failure.class, message: failure.message });
    }
    const nextAt = Math.min(ports.now() + ports.sweepMs, endsAt);
    while (ports.now() < nextAt && !isOver(ports)) await pause(Math.min(STEP_MS, nextAt - ports.now()));
  } while (ports.now() < endsAt && !isOver(ports));
}

/** Beside the sweeps, so that a long search keeps no news waiting. */
async function findOrphansUntil(endsAt: number, ports: SweepPorts, orphans: OrphanWatch): Promise<void> {
  const isEnding = (): boolean => ports.now() >= endsAt || isOver(ports);
  do {
    await orphans.turn(() => isOver(ports));
    if (!isEnding()) await pause(STEP_MS);
  } while (!isEnding());
}

/** Ends early, and not with an error, when the session is cancelled: its report is wanted. */
async function pause(ms: number): Promise<void> {
  await sleep(ms).catch(() => undefined);
}

function isOver(ports: SweepPorts): boolean {
  return ports.isStopping() || cancellationSignal().aborted;
}

class SweepSession {
  readonly #ports: SweepPorts;
  /** What each training job looked like when its job was last told. */
  readonly #told = new Map<string, string>();
  readonly #lists: CallPace;
  readonly #orphans: OrphanWatch;
  /** Training jobs whose job had no open workflow when it should be told. */
  readonly #untold = new Set<string>();
  /** How often each job could not be told in a row. */
  readonly #failures = new Map<string, number>();
  #sweeps = 0;
  #changesSeen = 0;
  #signalsSent = 0;
  /** Jobs were told of what changed before this. */
  watermark: number;
  /** A session that was cut off had seen more than it left behind: what it saw is looked at again, but not told again. */
  #seenUntil: number;

  constructor(
    ports: SweepPorts,
    lists: CallPace,
    orphans: OrphanWatch,
    from: { readonly toldUntil: number; readonly seenUntil: number },
  ) {
    this.#ports = ports;
    this.#lists = lists;
    this.#orphans = orphans;
    this.watermark = from.toldUntil;
    this.#seenUntil = from.seenUntil;
  }

  async sweep(): Promise<void> {
    const newsAfter = this.watermark - OVERLAP_MS;
    const after = Math.min(newsAfter, this.#seenUntil - OVERLAP_MS);
    let newest = this.watermark;
    let complete = true;
    let nextToken: string | undefined;
    do {
      await this.#lists.turn();
      const query = nextToken === undefined ? { after } : { after, nextToken };
      const page = await this.#ports.training.listModified(query);
      for (const summary of page.summaries) {
        this.#orphans.saw(summary);
        if (summary.lastModifiedAt > newsAfter && !(await this.#tell(summary))) complete = false;
        newest = Math.max(newest, summary.lastModifiedAt);
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    this.#seenUntil = Infinity;
    if (complete) this.watermark = newest;
    this.#sweeps += 1;
  }

  /**
   * Tells one job. What goes wrong with it must not stop the others: false while the next sweep should come back to it,
   * then its safety check makes up for it.
   */
  async #tell(summary: TrainingSummary): Promise<boolean> {
    const key = parseAttemptName(summary.name);
    const look = `${summary.status} ${summary.secondaryStatus ?? ''}`;
    if (key === undefined || this.#told.get(summary.name) === look) return true;
    this.#changesSeen += 1;
    try {
      const news = await this.#newsOf(key.attempt, summary);
      const outcome = await this.#ports.jobs.trainingChanged(key.jobId, news);
      if (outcome === 'delivered') this.#signalsSent += 1;
      else if (!isTrainingOver(summary.status)) this.#untold.add(summary.name);
      this.#remember(summary.name, look);
      this.#failures.delete(summary.name);
      return true;
    } catch (error) {
      const failures = (this.#failures.get(summary.name) ?? 0) + 1;
      this.#failures.set(summary.name, failures);
      log.warn('a job could not be told of its training job', { name: summary.name, failures, error });
      return failures >= PATIENCE;
    }
  }

  async #newsOf(attempt: number, summary: TrainingSummary): Promise<TrainingChanged> {
    const { name, status, secondaryStatus, lastModifiedAt } = summary;
    const known = { stopRequested: false, now: this.#ports.now() };
    const seen = { status, ...(secondaryStatus === undefined ? {} : { secondaryStatus }) };
    if (!isTrainingOver(status)) return { attempt, ...seen };
    // Deleted since: the summary is all that is left to know of it.
    const description = (await this.#ports.training.describe(name)) ?? {
      ...seen,
      name,
      arn: '',
      createdAt: lastModifiedAt,
      metrics: [],
      interruptions: 0,
    };
    return newsOf(attempt, description, known);
  }

  #remember(name: string, look: string): void {
    this.#told.delete(name);
    this.#told.set(name, look);
    const oldest = this.#told.keys().next();
    if (this.#told.size > REMEMBERED && oldest.done !== true) this.#told.delete(oldest.value);
  }

  report(): SweepReport {
    return {
      watermark: this.watermark,
      sweeps: this.#sweeps,
      changesSeen: this.#changesSeen,
      signalsSent: this.#signalsSent,
      withoutWorkflow: [...new Set([...this.#untold, ...this.#orphans.suspects()])].slice(-ORPHANS_SHOWN),
      orphansStopped: this.#orphans.stopped(),
    };
  }
}
