/** Random queues in random states, for comparing what is said about them with what they then do. Seeded. */
import { seededRandom } from '../../../src/local-aws/faults/random.ts';
import type { RunningJob, WaitingJob } from '../../../src/scheduling/job.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import type { GroupSetup, PolicySetup, QueueSetup, QuotaShareSetup } from '../../../src/scheduling/setup.ts';
import { MINUTE } from './queues.ts';

export type Random = () => number;

export const upTo = (random: Random, most: number): number => Math.floor(random() * (most + 1));
export const oneOf = <T>(random: Random, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)]!;

export interface WorldWishes {
  readonly policy?: PolicySetup['kind'];
  /** One environment, jobs of one instance, nobody preempts, no reservations; and 25 jobs that only hold instances: `fillers`. */
  readonly plain?: boolean;
  /** Jobs of one option each. */
  readonly oneOption?: boolean;
  /** The last jobs are submitted, but the queue has not decided about them. */
  readonly undecided?: boolean;
}

export interface World {
  readonly scheduler: Scheduler;
  readonly now: number;
  readonly random: Random;
  /** One that the queue does not have yet. */
  readonly newJob: (now: number) => WaitingJob;
}

export const ENVIRONMENTS = ['p4', 'p5'] as const;
const FILLERS = 'zoe';
const FILLER_COUNT = 25;
const SHARES = ['ana', 'ben', 'cleo', 'dan'] as const;

export function randomWorld(seed: number, wishes: WorldWishes = {}): World {
  const random = seededRandom(seed);
  const setup = randomSetup(random, wishes);
  const scheduler = new Scheduler(setup, { running: wishes.plain === true ? fillers(1_000_000) : [] });
  let made = 0;
  const newJob = (now: number): WaitingJob => {
    const id = `j${String(++made).padStart(3, '0')}`;
    return randomJob(random, id, made, now, wishes);
  };
  let now = 1_000_000;
  const steps = 3 + upTo(random, 5);
  for (let step = 0; step < steps; step++) {
    for (let n = upTo(random, 8); n > 0; n--) scheduler.enqueue(newJob(now));
    if (step === steps - 1 && wishes.undecided === true) break;
    scheduler.settle(now);
    if (step === steps - 1) break;
    now += upTo(random, 20) * MINUTE;
    for (const job of [...scheduler.runningJobs()]) {
      if (job.share !== FILLERS && random() < 0.2)
        scheduler.release(job.id, now, job.evictedFor === undefined ? undefined : {});
    }
    const jobs = [...scheduler.inOrder(), ...scheduler.runningJobs()];
    if (wishes.plain !== true && jobs.length > 0 && random() < 0.3)
      scheduler.setPriority(oneOf(random, jobs).id, upTo(random, 5));
    scheduler.settle(now);
  }
  return { scheduler, now, random, newJob };
}

function randomSetup(random: Random, wishes: WorldWishes): QueueSetup {
  const plain = wishes.plain === true;
  const environments = (plain ? ['p4'] : ENVIRONMENTS).map((name) => ({
    name,
    limit: 3 + upTo(random, 9) + (plain ? FILLER_COUNT : 0),
  }));
  const limited = !plain && random() < 0.3;
  return {
    environments,
    policy: randomPolicy(random, wishes, environments),
    ...(!plain && random() < 0.2 ? { reservation: { afterSeconds: 600 } } : {}),
    preemptionLimits: {
      minimumRuntimeSeconds: limited ? oneOf(random, [0, 900]) : 0,
      ...(limited ? { perJob: 2 } : {}),
    },
  };
}

function randomPolicy(
  random: Random,
  { policy, plain = false }: WorldWishes,
  environments: readonly { readonly name: string; readonly limit: number }[],
): PolicySetup {
  switch (policy ?? oneOf(random, ['fifo', 'fairShare', 'quotaShare', 'quotaShare'] as const)) {
    case 'fifo':
      return { kind: 'fifo' };
    case 'fairShare':
      return {
        kind: 'fairShare',
        shareDecaySeconds: oneOf(random, [0, 3600]),
        computeReservation: plain ? 0 : oneOf(random, [0, 0, 50]),
        shares: SHARES.map((name) => ({ name, weightFactor: oneOf(random, [10_000, 30_000, 50_000]) })),
      };
    case 'quotaShare': {
      const left = new Map(environments.map(({ name, limit }) => [name, limit]));
      const groups: GroupSetup[] = random() < 0.4 ? [{ name: 'lab', weight: 10_000, quota: {} }] : [];
      return {
        kind: 'quotaShare',
        order: oneOf(random, ['priority', 'priority', 'fairShare']),
        fairRules: ['final', 'initial'],
        groups,
        shares: [
          ...SHARES.map((name) => randomShare(random, name, left, plain, groups)),
          { ...randomShare(random, FILLERS, new Map(), true, []), quota: {} },
        ],
      };
    }
  }
}

function randomShare(
  random: Random,
  name: string,
  left: Map<string, number>,
  plain: boolean,
  groups: readonly GroupSetup[],
): QuotaShareSetup {
  const quota = Object.fromEntries(
    [...left].map(([environment, room]) => {
      const guaranteed = upTo(random, Math.min(room, 4));
      left.set(environment, room - guaranteed);
      const borrowLimit = random() < 0.25 ? { borrowLimit: upTo(random, 3) } : {};
      const lendLimit = !plain && random() < 0.25 ? { lendLimit: upTo(random, guaranteed) } : {};
      return [environment, { guaranteed, ...borrowLimit, ...lendLimit }];
    }),
  );
  const [group] = groups;
  return {
    name,
    ...(group !== undefined && random() < 0.5 ? { parent: group.name } : {}),
    weight: oneOf(random, [10_000, 20_000]),
    quota,
    preemption: plain
      ? { inShare: 'never', reclaim: 'never' }
      : {
          inShare: oneOf(random, ['never', 'lower', 'lower', 'lowerOrNewerEqual'] as const),
          reclaim: oneOf(random, ['never', 'lower', 'any', 'any'] as const),
          ...(random() < 0.2 ? { whileBorrowing: { maxPriority: 3 } } : {}),
        },
    fallback: {
      ifBorrowing: oneOf(random, ['stop', 'next'] as const),
      ifPreempting: oneOf(random, ['stop', 'next'] as const),
      prefer: oneOf(random, ['borrow', 'preempt'] as const),
    },
  };
}

function randomJob(
  random: Random,
  id: string,
  sequence: number,
  now: number,
  { plain = false, oneOption = false }: WorldWishes,
): WaitingJob {
  const size = plain ? 1 : oneOf(random, [1, 1, 2, 3, 5]);
  const first = plain ? 'p4' : oneOf(random, ENVIRONMENTS);
  const second = ENVIRONMENTS.find((name) => name !== first)!;
  const two = !plain && !oneOption && random() < 0.3;
  return {
    id,
    share: oneOf(random, SHARES),
    priority: upTo(random, 5),
    options: [
      { environment: first, instances: size },
      ...(two ? [{ environment: second, instances: size + upTo(random, 1) }] : []),
    ],
    queuedAt: now,
    sequence,
    preemptions: 0,
    limitSeconds: 60 * (1 + upTo(random, 60)),
    ...(random() < 0.5 ? { checkpointSeconds: 300 } : {}),
  };
}

/** Jobs that hold an instance each, of a share that is guaranteed nothing. */
export function fillers(startedAt: number): RunningJob[] {
  return Array.from({ length: FILLER_COUNT }, (_, index) => ({
    id: `filler${index}`,
    share: FILLERS,
    priority: 9,
    options: [{ environment: 'p4', instances: 1 }],
    option: 0,
    queuedAt: startedAt,
    sequence: -1 - index,
    preemptions: 0,
    startedAt,
  }));
}

/** What people could see of a queue: it must be the same after a question. */
export function visible(scheduler: Scheduler): unknown {
  return {
    waiting: [...scheduler.inOrder()],
    running: [...scheduler.runningJobs()] satisfies RunningJob[],
    usage: scheduler.usage(),
    environments: scheduler.environments(),
  };
}
