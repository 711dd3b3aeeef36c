import type { Random } from './random.ts';
import { drawLength, type Length, type Weighted } from './sampling.ts';
import type { SimulatedJob } from './scenario.ts';

/** How jobs are drawn. Milliseconds. */
export interface Generator {
  /** Ids are `<name>-1`, `<name>-2`, ... */
  readonly name: string;
  readonly jobs: number;
  /** When the first one may arrive. */
  readonly start: number;
  readonly arrivals:
    | { readonly every: number }
    /** Poisson arrivals of bursts; the jobs of a burst arrive together, are of one user and have the same size. */
    | { readonly perHour: number; readonly burst?: Weighted<number> };
  readonly share: Weighted<string>;
  readonly priority: Weighted<number>;
  readonly users?: readonly string[];
  readonly instances: Weighted<number>;
  /** Acceptable ones, best first. */
  readonly environments: readonly string[];
  readonly runs: Length;
  readonly limit?: number;
  readonly checkpoint?: number;
}

/** The jobs that a generator draws; each property from a stream of its own. */
export function generate(generator: Generator, random: Random): readonly SimulatedJob[] {
  const { name, jobs: wanted, share, priority, users, instances, environments, runs } = generator;
  const streams = {
    arrival: random.fork('arrival'),
    burst: random.fork('burst'),
    share: random.fork('share'),
    priority: random.fork('priority'),
    user: random.fork('user'),
    size: random.fork('size'),
    length: random.fork('length'),
  };
  const jobs: SimulatedJob[] = [];
  let at = generator.start;
  while (jobs.length < wanted) {
    const { arrivals } = generator;
    let size = 1;
    if ('perHour' in arrivals) {
      at += streams.arrival.exponential(3_600_000 / arrivals.perHour);
      size = arrivals.burst === undefined ? 1 : streams.burst.weighted(arrivals.burst);
    } else if (jobs.length > 0) {
      at += arrivals.every;
    }
    const count = streams.size.weighted(instances);
    const alike = {
      share: streams.share.weighted(share),
      priority: streams.priority.weighted(priority),
      ...(users === undefined ? {} : { user: streams.user.weighted(users.map((user) => [user, 1])) }),
      options: environments.map((environment) => ({ environment, instances: count })),
      arrivesAt: Math.round(at),
      ...(generator.limit === undefined ? {} : { limitSeconds: generator.limit / 1000 }),
      ...(generator.checkpoint === undefined ? {} : { checkpointSeconds: generator.checkpoint / 1000 }),
    };
    for (let index = 0; index < size && jobs.length < wanted; index++) {
      jobs.push({ id: `${name}-${jobs.length + 1}`, ...alike, runsFor: drawLength(runs, streams.length) });
    }
  }
  return jobs;
}
