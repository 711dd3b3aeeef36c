import { distribution, type Distribution } from './metrics.ts';
import type { CapacityChange, SimulatedJob } from './scenario.ts';

/** What no scheduler can beat. */
export interface IdealBound {
  /** Seconds until the last job ends, at least. */
  readonly makespanSeconds: number;
  /** Which constraint gives it. */
  readonly because: 'work' | 'longest';
  /** From arrival to end if every job started at once; all of it at the same time is rarely possible. */
  readonly completion: Distribution;
  /** Instance-seconds that the jobs need. */
  readonly workInstanceSeconds: number;
}

interface Pool {
  readonly name: string;
  readonly limit: number;
}

/**
 * A lower bound on the makespan. Each job takes its running time from its arrival on; and for every moment the work that
 * arrives from then on, divided by the capacity that there is from then on, has to come after it: once for each environment
 * with the jobs that can use no other, once for all of them. Outages do not count against the capacity, and a lowered limit
 * only counts when everything started before it can be over, since what runs goes on: the bound stays true.
 */
export function idealBound(
  environments: readonly Pool[],
  jobs: readonly SimulatedJob[],
  capacity: readonly CapacityChange[],
  stopFor: number,
): IdealBound {
  const spans = jobs.map(spanOf);
  const longest = jobs.reduce((most, job, index) => Math.max(most, job.arrivesAt + at(spans, index)), 0);
  const overrun = spans.reduce((most, span) => Math.max(most, span), 0) + stopFor;
  const byWork = Math.max(
    0,
    boundByWork(jobs, capacityOver(environments, capacity, overrun)),
    ...environments.map((environment) =>
      boundByWork(
        jobs.filter(({ options }) => options.every((option) => option.environment === environment.name)),
        capacityOver([environment], capacity, overrun),
      ),
    ),
  );
  const work = jobs.reduce((sum, job) => sum + workOf(job), 0);
  return {
    makespanSeconds: Math.max(longest, byWork) / 1000,
    because: byWork > longest ? 'work' : 'longest',
    completion: distribution(spans),
    workInstanceSeconds: work / 1000,
  };
}

/** How long a job runs at most: its limit ends it. */
function spanOf({ runsFor, limitSeconds = Infinity }: SimulatedJob): number {
  return Math.min(runsFor, limitSeconds * 1000);
}

function workOf(job: SimulatedJob): number {
  const least = job.options.reduce((fewest, { instances }) => Math.min(fewest, instances), Infinity);
  return Number.isFinite(least) ? least * spanOf(job) : 0;
}

/** From `at` on so many instances. */
interface Level {
  readonly at: number;
  readonly instances: number;
}

/** Earliest end of the work, whichever arrival is taken as the beginning. */
function boundByWork(jobs: readonly SimulatedJob[], levels: readonly Level[]): number {
  let bound = 0;
  let work = 0;
  for (let index = jobs.length - 1; index >= 0; index--) {
    const job = jobs[index];
    if (job === undefined) continue;
    work += workOf(job);
    // Only the first arrival of a moment has all the work that arrives from then on.
    if (jobs[index - 1]?.arrivesAt !== job.arrivesAt)
      bound = Math.max(bound, doneAt(levels, job.arrivesAt, work));
  }
  return bound;
}

function doneAt(levels: readonly Level[], from: number, work: number): number {
  let left = work;
  for (const [index, { at: start, instances }] of levels.entries()) {
    const end = levels[index + 1]?.at ?? Infinity;
    if (end <= from || instances === 0) continue;
    const begin = Math.max(start, from);
    if (instances * (end - begin) >= left) return begin + left / instances;
    left -= instances * (end - begin);
  }
  // The capacity is gone for good: whatever is done by then bounds nothing.
  return from;
}

/** The most that may be in use: a limit that falls still counts for as long as what was started before may run. */
function capacityOver(
  environments: readonly Pool[],
  changes: readonly CapacityChange[],
  overrun: number,
): readonly Level[] {
  const moments = new Set([0]);
  const limits = environments.map(({ name, limit }) => {
    const steps: Level[] = [{ at: 0, instances: limit }];
    for (const change of changes) {
      if (change.kind !== 'limit' || change.environment !== name) continue;
      steps.push({ at: change.at, instances: change.limit });
      moments.add(change.at).add(change.at + overrun);
    }
    return steps;
  });
  return [...moments]
    .sort((a, b) => a - b)
    .map((moment) => ({
      at: moment,
      instances: limits.reduce((sum, steps) => sum + mostWithin(steps, moment - overrun, moment), 0),
    }));
}

function mostWithin(steps: readonly Level[], from: number, to: number): number {
  return steps.reduce((most, { at: start, instances }, index) => {
    const end = steps[index + 1]?.at ?? Infinity;
    return start <= to && end > from ? Math.max(most, instances) : most;
  }, 0);
}

const at = (values: readonly number[], index: number): number => values[index] ?? 0;
