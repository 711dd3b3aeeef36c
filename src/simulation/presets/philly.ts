import { resolveQueue, type QueueInput } from '../../queues/queue-schema.ts';
import type { Option } from '../../scheduling/job.ts';
import { Random } from '../random.ts';
import { inOrderOfArrival, type Scenario, type SimulatedJob } from '../scenario.ts';
import {
  BURSTS,
  BURSTS_PER_HOUR,
  GAP,
  HOURS,
  IN_SWEEPS,
  QUANTILES,
  RUNNING_TIMES,
  SIZES,
  SPREAD_IN_BURST,
  SWEEP,
  TEAMS,
  WEEKDAYS,
} from './philly-tables.ts';
import { stockOuts } from './stock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DAYS = 14;

/** A job of 8 GPUs and more takes whole instances of these; a smaller one takes one g5 instance. */
const GPUS_PER_INSTANCE = 8;
const LIMITS = { g5: 72, p4d: 24, p5: 12 } as const;
/** What the teams are guaranteed follows their GPU time; the rest is nobody's, and may be borrowed. */
const ENVIRONMENTS = Object.entries(LIMITS);
/** Sweeps are of 1-GPU jobs, so that the others are larger than all jobs taken together. */
const OUTSIDE_SWEEPS = SIZES.map(
  ([gpus, percent]) => [gpus, gpus === 1 ? percent - IN_SWEEPS : percent] as const,
);

/** Two weeks of a cluster like Philly, on pools of capacity that run out of stock now and then. */
export function phillyPreset(seed: number): Scenario {
  const random = new Random(seed).fork('philly');
  const jobs = inOrderOfArrival(phillyJobs(random));
  return {
    name: 'philly',
    about: `${DAYS} days like those of Microsoft's Philly cluster, with bursts, and families out of stock`,
    seed,
    policies: [
      { name: 'quotaShare', setup: phillyQueue({ quotaShare: quotaShares() }) },
      {
        name: 'fairShare',
        setup: phillyQueue({
          fairShare: {
            shareDecaySeconds: 86_400,
            shares: TEAMS.map(({ name, gpuTime }) => ({ name, weightFactor: Math.round(100 / gpuTime) })),
          },
        }),
      },
    ],
    jobs,
    capacity: stockOuts(Object.keys(LIMITS), DAYS * DAY, random.fork('stock')),
    stopFor: 120_000,
  };
}

function phillyQueue(
  policy: Pick<QueueInput, 'quotaShare' | 'fairShare'>,
): Scenario['policies'][number]['setup'] {
  return resolveQueue({
    name: 'philly',
    serviceEnvironments: ENVIRONMENTS.map(([family, limit]) => ({ name: family, family, limit })),
    ...policy,
    preemption: { minimumRuntimeSeconds: 600 },
  });
}

function quotaShares(): NonNullable<QueueInput['quotaShare']> {
  return {
    shares: TEAMS.map(({ name, gpuTime }) => ({
      name,
      guaranteed: Object.fromEntries(
        ENVIRONMENTS.map(([family, limit]) => [family, Math.floor((limit * gpuTime) / 100)]),
      ),
    })),
  };
}

/** Exported for tests: the load without the queue. */
export function phillyJobs(random: Random): readonly SimulatedJob[] {
  const streams = {
    start: random.fork('start'),
    team: random.fork('team'),
    burst: random.fork('burst'),
    gap: random.fork('gap'),
    size: random.fork('size'),
    time: random.fork('time'),
    spread: random.fork('spread'),
    family: random.fork('family'),
    priority: random.fork('priority'),
  };
  const jobs: SimulatedJob[] = [];
  for (const start of burstStarts(streams.start)) {
    const [from, to] = streams.burst.weighted(
      BURSTS.map(([smallest, largest, percent]) => [[smallest, largest] as const, percent]),
    );
    const count = from === to ? from : Math.floor(streams.burst.logUniform(from, to + 1));
    const sweep = count >= SWEEP;
    const gpus = sweep ? 1 : streams.size.weighted(OUTSIDE_SWEEPS);
    const team = streams.team.weighted(TEAMS.map((one) => [one, one.jobs * partOfSize(one.meanGpus, gpus)]));
    const seconds = runningTime(gpus, streams.time.unit() * (sweep ? MOST_OF_A_SWEEP : 1));
    const options = optionsOf(gpus, streams.family);
    // Sweeps give way. The trace has no priorities; these are invented.
    const priority = sweep ? 10 : streams.priority.weighted([[50, 9] as const, [90, 1] as const]);
    let at = start;
    for (let index = 0; index < count; index++) {
      jobs.push({
        id: `${team.name}-${jobs.length + 1}`,
        share: team.name,
        priority,
        options,
        arrivesAt: Math.round(at),
        runsFor: Math.max(1000, Math.round(1000 * streams.spread.logNormal(seconds, SPREAD_IN_BURST))),
        checkpointSeconds: 1800,
      });
      at += 1000 * streams.gap.logNormal(GAP.median, GAP.sigma);
    }
  }
  return jobs;
}

/** Poisson by thinning: the rate follows the hour and the weekday. The first moment is a Monday's midnight. */
function burstStarts(random: Random): readonly number[] {
  const factor = (at: number): number =>
    ((HOURS[Math.floor(at / HOUR) % 24] ?? 0) / 100) *
    24 *
    ((WEEKDAYS[Math.floor(at / DAY) % 7] ?? 0) / 100) *
    7;
  const most = ((Math.max(...HOURS) * 24) / 100) * ((Math.max(...WEEKDAYS) * 7) / 100);
  const gap = HOUR / (BURSTS_PER_HOUR * most);
  const starts: number[] = [];
  for (let at = random.exponential(gap); at < DAYS * DAY; at += random.exponential(gap)) {
    if (random.unit() * most < factor(at)) starts.push(at);
  }
  return starts;
}

/**
 * Sweeps run no longer than 95 % of the jobs do, a guess: the jobs of a sweep take equally long, so that one sweep at the end of
 * the table would be more work than everything else.
 */
const MOST_OF_A_SWEEP = 0.95;

type SizeMix = readonly (readonly [gpus: number, weight: number])[];

/** Which part of a team's jobs is of that size, if the mean size of its jobs is this. */
function partOfSize(meanGpus: number, gpus: number): number {
  const mix = sizesWithMean(meanGpus);
  const total = mix.reduce((sum, [, weight]) => sum + weight, 0);
  return (mix.find(([size]) => size === gpus)?.[1] ?? 0) / total;
}

const tilted = new Map<number, SizeMix>();

/** The sizes of all jobs, tilted by a power of the size so that their mean is the team's. */
function sizesWithMean(mean: number): SizeMix {
  const known = tilted.get(mean);
  if (known !== undefined) return known;
  const tilt = (power: number): SizeMix => SIZES.map(([gpus, percent]) => [gpus, percent * gpus ** power]);
  let [low, high] = [-20, 20];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (meanOf(tilt(middle)) < mean) low = middle;
    else high = middle;
  }
  const sizes = tilt((low + high) / 2);
  tilted.set(mean, sizes);
  return sizes;
}

function meanOf(entries: SizeMix): number {
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  return entries.reduce((sum, [value, weight]) => sum + value * weight, 0) / total;
}

/** Linear in the logarithm between the published quantiles; below and above them by a guess. Seconds. */
export function runningTime(gpus: number, part: number): number {
  const { quantiles, longest } =
    RUNNING_TIMES.findLast(({ fromGpus }) => gpus >= fromGpus) ?? RUNNING_TIMES[0];
  const seconds = [quantiles[0] / 5, ...quantiles, longest];
  const parts = [0, ...QUANTILES, 1];
  const index = Math.max(
    1,
    parts.findIndex((one) => part < one),
  );
  const [from, to] = [parts[index - 1] ?? 0, parts[index] ?? 1];
  const [a, b] = [Math.log(seconds[index - 1] ?? 1), Math.log(seconds[index] ?? 1)];
  return Math.exp(a + ((b - a) * (part - from)) / (to - from));
}

/** A third of the larger jobs may run on either family; of the others most are made for p4d. */
function optionsOf(gpus: number, random: Random): readonly Option[] {
  if (gpus < GPUS_PER_INSTANCE) return [{ environment: 'g5', instances: 1 }];
  const instances = Math.ceil(gpus / GPUS_PER_INSTANCE);
  const [p4d, p5] = ['p4d', 'p5'].map((environment) => ({ environment, instances }));
  if (p4d === undefined || p5 === undefined || instances > LIMITS.p5)
    return [{ environment: 'p4d', instances }];
  return random.weighted<readonly Option[]>([
    [[p4d, p5], 2],
    [[p4d], 3],
    [[p5], 1],
  ]);
}
