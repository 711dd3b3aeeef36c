import { cancellationSignal, heartbeat, activityInfo, log, sleep } from '@temporalio/activity';
import { parseAttemptName } from '../jobs/attempt-name.ts';
import type { TrainingChanged } from '../jobs/training-change.ts';
import { isTrainingOver } from '../jobs/training-description.ts';
import type { JobMessenger } from '../ports/job-messenger.ts';
import type { TrainingService, TrainingSummary } from '../ports/training-service.ts';
import { newsOf } from './attempt-end.ts';
import { failureOf } from './service-errors.ts';
import type { SweepInput, SweepReport } from './types.ts';

export interface SweepPorts {
  readonly training: TrainingService;
  readonly jobs: JobMessenger;
  /** Milliseconds between two sweeps. */
  readonly sweepMs: number;
  /** Milliseconds between two pages: ListTrainingJobs allows 2 requests a second for the whole account. */
  readonly pageMs: number;
  /** Milliseconds that one session lasts. */
  readonly sessionMs: number;
  now(): number;
}

/** Each sweep looks this far back behind the newest change seen: changes become visible in no strict order. */
const OVERLAP_MS = 10_000;
/** Remembered so that the overlap tells nobody the same twice. */
const REMEMBERED = 20_000;
const ORPHANS_SHOWN = 10;

/**
 * Sweeps for one session. Two layers find changes: this one is fast and may miss or repeat some, the safety check of
 * each job is slow and sure.
 */
export async function sweepTrainings(ports: SweepPorts, input: SweepInput): Promise<SweepReport> {
  const carried: unknown = activityInfo().heartbeatDetails;
  const session = new SweepSession(ports, typeof carried === 'number' ? carried : input.watermark);
  const endsAt = ports.now() + ports.sessionMs;
  do {
    try {
      await session.sweep();
    } catch (error) {
      // Throttled or cut off: the watermark stays, so the next sweep sees what this one missed.
      const failure = failureOf(error);
      log.warn('sweep failed', { class: failure.class, message: failure.message });
    }
    heartbeat(session.watermark);
    await sleep(ports.sweepMs).catch(() => undefined);
  } while (ports.now() < endsAt && !cancellationSignal().aborted);
  return session.report();
}

class SweepSession {
  readonly #ports: SweepPorts;
  /** What each training job looked like when its job was last told. */
  readonly #told = new Map<string, string>();
  readonly #orphans = new Set<string>();
  #sweeps = 0;
  #changesSeen = 0;
  #signalsSent = 0;
  watermark: number;

  constructor(ports: SweepPorts, watermark: number) {
    this.#ports = ports;
    this.watermark = watermark;
  }

  async sweep(): Promise<void> {
    const after = this.watermark - OVERLAP_MS;
    let newest = this.watermark;
    let nextToken: string | undefined;
    do {
      if (nextToken !== undefined) await sleep(this.#ports.pageMs);
      const query = nextToken === undefined ? { after } : { after, nextToken };
      const page = await this.#ports.training.listModified(query);
      heartbeat(this.watermark);
      for (const summary of page.summaries) {
        await this.#tell(summary);
        newest = Math.max(newest, summary.lastModifiedAt);
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    this.watermark = newest;
    this.#sweeps += 1;
  }

  async #tell(summary: TrainingSummary): Promise<void> {
    const key = parseAttemptName(summary.name);
    const look = `${summary.status} ${summary.secondaryStatus ?? ''}`;
    if (key === undefined || this.#told.get(summary.name) === look) return;
    this.#changesSeen += 1;
    const outcome = await this.#ports.jobs.trainingChanged(
      key.jobId,
      await this.#newsOf(key.attempt, summary),
    );
    if (outcome === 'delivered') this.#signalsSent += 1;
    else if (!isTrainingOver(summary.status)) this.#orphans.add(summary.name);
    this.#remember(summary.name, look);
  }

  async #newsOf(attempt: number, summary: TrainingSummary): Promise<TrainingChanged> {
    const { status, secondaryStatus } = summary;
    if (isTrainingOver(status)) {
      const description = await this.#ports.training.describe(summary.name);
      const known = { stopRequested: false, now: this.#ports.now() };
      if (description !== undefined) return newsOf(attempt, description, known);
    }
    return { attempt, status, ...(secondaryStatus === undefined ? {} : { secondaryStatus }) };
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
      withoutWorkflow: [...this.#orphans].slice(-ORPHANS_SHOWN),
    };
  }
}
