import { neverFits } from '../scheduling/never-fits.ts';
import type { QueueSetup } from '../scheduling/setup.ts';
import { play, type Run } from './driver.ts';
import { entitlementWeight } from './entitlement.ts';
import { idealBound, type IdealBound } from './ideal.ts';
import { flipsIn, groupedBy, repeatsIn, timesOf, type GroupReport, type Times } from './metrics.ts';
import type { Scenario, SimulatedJob, SimulatedPolicy } from './scenario.ts';
import { timelineOf, type Timeline } from './timeline.ts';
import { byCodeUnits } from '../scheduling/order.ts';

/** What one policy made of the load. Seconds are virtual, except in `speed`. */
export interface PolicyReport extends Times {
  readonly name: string;
  readonly kind: QueueSetup['policy']['kind'];
  /** Until the last job ended, of those that did: no makespan of the load while `jobs.unfinished` is not 0. */
  readonly makespanSeconds: number;
  readonly jobs: {
    readonly ended: number;
    /** Still waiting when nothing could start any more. */
    readonly unfinished: number;
    /** The queue would not accept them: they could never start. */
    readonly refused: number;
    /** The first of the refused, at most five. */
    readonly refusedIds: readonly string[];
  };
  readonly byShare: readonly GroupReport[];
  /** Highest first. */
  readonly byPriority: readonly GroupReport[];
  /** Parts of the capacity until the last job ended: held, and of use in the end (without lost work). */
  readonly utilisation: { readonly held: number; readonly useful: number };
  readonly timeline: Timeline;
  /** Armada's, as a fraction of the capacity: the mean over time, and the worst moment. */
  readonly fairnessError: { readonly mean: number; readonly max: number };
  readonly preemptions: number;
  /** Of the job that was preempted most often. */
  readonly mostPreemptionsOfAJob: number;
  /** Work that no checkpoint kept and that had to be done again, with the time for stopping. */
  readonly lostInstanceSeconds: number;
  /** How often a job preempted one that had preempted it before, and the same one once more. */
  readonly flips: number;
  readonly repeats: number;
  readonly decisions: Run['decisions'];
  /** Wall time on this machine. */
  readonly speed?: { readonly schedulingSeconds: number; readonly decisionsPerSecond: number };
}

export interface SimulationReport {
  readonly scenario: string;
  readonly about?: string;
  readonly seed: number;
  readonly jobs: number;
  readonly shares: number;
  readonly environments: readonly { readonly name: string; readonly limit: number }[];
  /** In the order of the scenario; `fifo` is the last. */
  readonly policies: readonly [PolicyReport, ...PolicyReport[]];
  readonly ideal: IdealBound;
}

export interface Comparing {
  /** Called now and then: which policy plays, and how far it is. */
  readonly onProgress?: (policy: string, done: number) => void;
  readonly stopwatch?: () => number;
}

/** Points in time of a report's timelines. */
const SPANS = 200;
const SHOWN_REFUSED = 5;

/** Plays the load under each policy and under FIFO with the same capacity. */
export function compare(scenario: Scenario, comparing: Comparing = {}): SimulationReport {
  const { onProgress, stopwatch } = comparing;
  const [own] = scenario.policies;
  const [first, ...others] = withFifo(scenario.policies);
  const playOne = (policy: SimulatedPolicy, index: number, all: number): PolicyReport => {
    const run = play(
      {
        setup: policy.setup,
        jobs: scenario.jobs,
        capacity: scenario.capacity,
        stopFor: scenario.stopFor,
        // One yardstick for all: what the queue itself says that the shares are entitled to.
        weight: (share, environment) => entitlementWeight(own.setup.policy, share, environment),
      },
      {
        ...(stopwatch === undefined ? {} : { stopwatch }),
        ...(onProgress === undefined
          ? {}
          : {
              onProgress: (ended, jobs) => onProgress(policy.name, (index + ended / Math.max(1, jobs)) / all),
            }),
      },
    );
    return reportOf(policy, run);
  };
  const all = others.length + 1;
  return {
    scenario: scenario.name,
    ...(scenario.about === undefined ? {} : { about: scenario.about }),
    seed: scenario.seed,
    jobs: scenario.jobs.length,
    shares: new Set(scenario.jobs.map(({ share }) => share)).size,
    environments: own.setup.environments.map(({ name, limit }) => ({ name, limit })),
    policies: [playOne(first, 0, all), ...others.map((policy, index) => playOne(policy, index + 1, all))],
    ideal: idealBound(own.setup.environments, playable(scenario), scenario.capacity, scenario.stopFor),
  };
}

/** The jobs that every policy runs: what one of them refuses, its makespan does not have. */
function playable({ jobs, policies }: Scenario): readonly SimulatedJob[] {
  const all = withFifo(policies);
  // Many thousand jobs ask for a handful of things.
  const known = new Map<string, boolean>();
  return jobs.filter((job) => {
    const asked = JSON.stringify([job.share, job.options]);
    const before = known.get(asked);
    if (before !== undefined) return before;
    const fits = all.every(({ setup }) => neverFits(setup, job) === undefined);
    known.set(asked, fits);
    return fits;
  });
}

/** FIFO with the same environments, unless one of the policies is FIFO already. */
function withFifo(policies: Scenario['policies']): Scenario['policies'] {
  const [own, ...others] = policies;
  if (policies.some(({ setup }) => setup.policy.kind === 'fifo')) return policies;
  return [own, ...others, { name: 'fifo', setup: { ...own.setup, policy: { kind: 'fifo' } } }];
}

function reportOf({ name, setup }: SimulatedPolicy, run: Run): PolicyReport {
  const { jobs, refused, usage, preemptions, decisions, schedulingTime } = run;
  const ended = jobs.filter(({ endedAt }) => endedAt !== undefined);
  const end = ended.reduce((latest, { endedAt = 0 }) => Math.max(latest, endedAt), 0);
  const lost = jobs.reduce((sum, job) => sum + job.lost, 0);
  const part = (amount: number): number => (usage.offered > 0 ? amount / usage.offered : 0);
  const made = decisions.admitted + decisions.preempted + decisions.waits;
  return {
    name,
    kind: setup.policy.kind,
    makespanSeconds: end / 1000,
    jobs: {
      ended: ended.length,
      unfinished: jobs.length - ended.length,
      refused: refused.length,
      refusedIds: refused.slice(0, SHOWN_REFUSED).map(({ id }) => id),
    },
    ...timesOf(jobs),
    byShare: groupedBy(jobs, ({ job }) => job.share, byCodeUnits),
    byPriority: groupedBy(
      jobs,
      ({ job }) => job.priority,
      (a, b) => b - a,
    ),
    utilisation: { held: part(usage.held), useful: part(usage.held - lost) },
    timeline: timelineOf(usage, end, SPANS),
    fairnessError: usage.fairnessError,
    preemptions: preemptions.length,
    mostPreemptionsOfAJob: jobs.reduce((most, job) => Math.max(most, job.preemptions), 0),
    lostInstanceSeconds: lost / 1000,
    flips: flipsIn(preemptions),
    repeats: repeatsIn(preemptions),
    decisions,
    ...(schedulingTime === undefined
      ? {}
      : {
          speed: {
            schedulingSeconds: schedulingTime / 1000,
            decisionsPerSecond: schedulingTime > 0 ? Math.round((made / schedulingTime) * 1000) : 0,
          },
        }),
  };
}
