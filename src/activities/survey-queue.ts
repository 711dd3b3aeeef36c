import { log } from '@temporalio/activity';
import { parseAttemptName } from '../jobs/attempt-name.ts';
import { isTrainingOver } from '../jobs/training-description.ts';
import type { JobDirectory } from '../ports/job-directory.ts';
import { TrainingServiceError, type TrainingService } from '../ports/training-service.ts';
import { CallPace } from './call-pace.ts';
import { withHeartbeats } from './heartbeats.ts';
import { fateOf } from './orphan.ts';
import { oldestAlive } from './training-age.ts';
import type { HeldLease, SurveyedLease, SurveyInput, SurveyResult } from './types.ts';

export interface SurveyPorts {
  readonly training: TrainingService;
  readonly directory: JobDirectory;
  /** Milliseconds between two lists of SageMaker. */
  readonly pageMs: number;
  /** Milliseconds after the end of a workflow in which a launch that was under way may still get through. */
  readonly settleMs: number;
  /** Workflow id of the account's monitor; undefined while AWS does not say who we are. */
  readonly monitorId: () => Promise<string | undefined>;
  now(): number;
}

/** Beyond this, listing the open jobs is cheaper than asking for each of them. */
const ASKED_ONE_BY_ONE = 20;
/** Questions to Temporal at a time. */
const ASKED_AT_ONCE = 8;
/** Lists of SageMaker in one survey; at two a second it stays well inside the activity's time. */
const MOST_LISTS = 200;
/** Training jobs of one job: 20 attempts are remembered, so that more than so many pages are other jobs' names. */
const MOST_PAGES = 5;
const MOST_ENROLLED = 20_000;

/**
 * Looks for what nobody will ever tell a queue: leases of jobs whose workflow was terminated, waiting jobs likewise (which hold
 * nothing, so that SageMaker need not be asked), and (`full`) jobs that it has forgotten.
 *
 *   workflow open                        the lease is in use
 *   workflow over, training job alive    it is asked to stop; the lease stays until SageMaker says that it is over
 *   workflow over, none alive            gone, once no launch can be under way any more
 *   no certain answer                    the lease stays: "cannot tell" changes nothing
 */
export function surveyQueue(ports: SurveyPorts, input: SurveyInput): Promise<SurveyResult> {
  return withHeartbeats(() => new Survey(ports, input).run());
}

class Survey {
  readonly #ports: SurveyPorts;
  readonly #input: SurveyInput;
  readonly #pace: CallPace;
  readonly #gone: HeldLease[] = [];
  readonly #stopped: string[] = [];
  #cannotTell = 0;
  #lists = 0;

  constructor(ports: SurveyPorts, input: SurveyInput) {
    this.#ports = ports;
    this.#input = input;
    this.#pace = new CallPace(ports.pageMs, () => ports.now());
  }

  async run(): Promise<SurveyResult> {
    const open = await this.#openJobs();
    const { leases, waiting = [] } = this.#input;
    const suspects = leases.filter(({ jobId }) => open?.has(jobId) !== true);
    await someAtOnce(suspects, (lease) => this.#examine(lease));
    const closed: string[] = [];
    await someAtOnce(
      waiting.filter((jobId) => open?.has(jobId) !== true),
      async (jobId) => {
        const { kind } = await this.#ports.directory.stateOf(jobId);
        if (kind === 'closed' || kind === 'absent') closed.push(jobId);
      },
    );
    const monitor = await this.#ports.monitorId();
    const forgotten = this.#forgotten(open);
    const enrol = forgotten.slice(0, MOST_ENROLLED);
    this.#cannotTell += forgotten.length - enrol.length;
    return {
      gone: this.#gone,
      ...(closed.length === 0 ? {} : { closed }),
      enrol,
      ...(this.#input.full ? { listed: open !== undefined && enrol.length === forgotten.length } : {}),
      cannotTell: this.#cannotTell,
      stopped: this.#stopped,
      ...(monitor === undefined ? {} : { monitor }),
    };
  }

  /** The open jobs of the queue, where that is worth a list or asked for; undefined when they are not known. */
  async #openJobs(): Promise<ReadonlySet<string> | undefined> {
    const { queue, leases, waiting = [], full } = this.#input;
    if (!full && leases.length + waiting.length <= ASKED_ONE_BY_ONE) return undefined;
    const found = new Set<string>();
    try {
      for await (const { jobId } of this.#ports.directory.openJobs({ queue })) found.add(jobId);
      return found;
    } catch (error) {
      log.warn('the open jobs of a queue cannot be listed', { queue, error });
      if (full) this.#cannotTell += 1;
      return undefined;
    }
  }

  #forgotten(open: ReadonlySet<string> | undefined): string[] {
    const { leases, full } = this.#input;
    if (!full || open === undefined) return [];
    const held = new Set(leases.map(({ jobId }) => jobId));
    return [...open].filter((jobId) => !held.has(jobId));
  }

  async #examine({ jobId, lease, since }: SurveyedLease): Promise<void> {
    const { directory, settleMs } = this.#ports;
    const workflow = await directory.stateOf(jobId);
    if (workflow.kind === 'open') return;
    if (workflow.kind === 'unknown') {
      this.#cannotTell += 1;
      return;
    }
    // Taken before SageMaker is asked: what is launched later than that is launched by nobody.
    const settled = workflow.kind === 'absent' || this.#ports.now() - workflow.closedAt >= settleMs;
    try {
      const alive = await this.#alive(jobId, since);
      if (alive === 0 && settled) this.#gone.push({ jobId, lease });
      else this.#cannotTell += 1;
    } catch (error) {
      if (!(error instanceof TrainingServiceError)) throw error;
      log.warn('a lease cannot be examined', { jobId, lease, error });
      this.#cannotTell += 1;
    }
  }

  /** How many training jobs of the job may hold instances; those without a workflow are asked to stop. */
  async #alive(jobId: string, since: number | undefined): Promise<number> {
    const { training } = this.#ports;
    const names = await this.#liveNames(jobId, oldestAlive(this.#ports.now(), since));
    if (names === undefined) return Infinity;
    let alive = 0;
    for (const name of names) {
      const fate = await fateOf(this.#ports, name);
      if (fate === 'foreign' || fate === 'over') continue;
      alive += 1;
      if (fate !== 'orphan') continue;
      await training.stop(name);
      this.#stopped.push(name);
    }
    return alive;
  }

  /** Names of attempts of the job that are not over; undefined when too much stands in the way of finding all. */
  async #liveNames(jobId: string, createdAfter: number): Promise<string[] | undefined> {
    const names: string[] = [];
    let nextToken: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      if (this.#lists >= MOST_LISTS) return undefined;
      this.#lists += 1;
      await this.#pace.turn();
      const page = await this.#ports.training.listNamed({
        contains: attemptsOf(jobId),
        createdAfter,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      for (const { name, status } of page.summaries) {
        if (parseAttemptName(name)?.jobId === jobId && !isTrainingOver(status)) names.push(name);
      }
      nextToken = page.nextToken;
      if (nextToken === undefined) return names;
    }
    return undefined;
  }
}

async function someAtOnce<T>(all: readonly T[], ask: (one: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < all.length; from += ASKED_AT_ONCE)
    await Promise.all(all.slice(from, from + ASKED_AT_ONCE).map(ask));
}

/** What the names of all attempts of a job contain; those of some other jobs too. SageMaker allows 63 characters. */
const attemptsOf = (jobId: string): string => `ty-${jobId}-`;
