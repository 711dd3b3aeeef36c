/** What holds in every queue, played on random worlds. A failure prints the seed and the last events of its world. */
import { describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../../../src/scheduling/decision.ts';
import { neverFits, Scheduler } from '../../../src/scheduling/scheduler.ts';
import { actions, aJob, aQueue, aShare, FIFO, HOUR, MINUTE, quotaShares } from './queues.ts';
import { randomWorld } from './random-world.ts';
import { Dice, inWorlds, KINDS, type World, type WorldOptions } from './worlds.ts';

// Nothing here waits; a busy machine is slow all the same.
vi.setConfig({ testTimeout: 120_000 });

const acts = ({ decisions }: Outcome): unknown[] => decisions.filter(({ kind }) => kind !== 'wait');

const everyKind = KINDS.flatMap((kind): { name: string; options: WorldOptions }[] => [
  { name: kind, options: { kind } },
  { name: `${kind} with reservations`, options: { kind, reservation: 300 } },
]);

describe.each(everyKind)('$name', ({ options }) => {
  it('never uses more than an environment has, nor more than a share may', () => {
    inWorlds(40, options, (world) => {
      for (let step = 0; step < 40; step++) {
        const before = new Map(world.scheduler.environments().map(({ name, used }) => [name, used]));
        world.step();
        for (const { name, used, limit } of world.scheduler.environments())
          expect(used, name).toBeLessThanOrEqual(Math.max(limit, before.get(name) ?? 0));
        if (!world.reconfigured) {
          for (const { share, borrowed, borrowLimit } of world.scheduler.usage())
            expect(borrowed, share).toBeLessThanOrEqual(borrowLimit ?? Infinity);
        }
      }
    });
  });

  it('reaches a fixed point: without an event nothing changes, not even for a queue built anew', () => {
    inWorlds(40, options, (world) => {
      for (let step = 0; step < 40; step++) {
        world.step();
        expect(acts(world.scheduler.settle(world.now))).toEqual([]);
        expect(acts(world.restored().settle(world.now))).toEqual([]);
      }
    });
  });

  it('decides the same whatever the order in which it was told of the jobs', () => {
    inWorlds(40, options, (world) => {
      for (let step = 0; step < 30; step++) world.step();
      world.endOne();
      for (let more = 0; more < 4; more++) world.submit();
      const [one, other] = [world.restored(), world.restored()];
      expect(other.settle(world.now)).toEqual(one.settle(world.now));
      expect(other.fairShareUsage()).toEqual(one.fairShareUsage());
    });
  });

  it('a copy lives a life of its own', () => {
    inWorlds(25, options, (world) => {
      for (let step = 0; step < 20; step++) world.step();
      const original = snapshot(world.scheduler);
      const copy = world.scheduler.clone();
      for (const { id } of world.running()) copy.release(id, world.now);
      copy.settle(world.now);
      for (const { id } of world.waiting()) copy.withdraw(id);
      expect(snapshot(world.scheduler)).toEqual(original);
      const twin = world.scheduler.clone();
      world.submit();
      for (const job of world.waiting()) if (twin.waiting(job.id) === undefined) twin.enqueue(job);
      expect(twin.settle(world.now)).toEqual(world.settle());
    });
  });

  it('every job that fits at all starts in the end', () => {
    inWorlds(40, options, (world) => {
      for (let step = 0; step < 30; step++) world.step();
      world.openAll();
      world.settle();
      for (let round = 0; round < 2000 && world.scheduler.waitingCount > 0; round++) {
        world.now += 60_000;
        world.releaseVictims();
        world.endOne();
        world.settle();
        if (world.running().length === 0) break;
      }
      const left = world.waiting().filter((job) => neverFits(world.setup, job) === undefined);
      expect(left.map(({ id }) => id)).toEqual([]);
    });
  });

  it('stops victims a bounded number of times when nothing else happens, and never each other', () => {
    inWorlds(40, options, (world) => {
      for (let step = 0; step < 30; step++) world.step();
      const taken = new Set<string>();
      for (let round = 0; ; round++) {
        expect(round).toBeLessThan(100);
        const released = world.releaseVictims();
        for (const decision of world.settle().decisions) {
          if (decision.kind !== 'preempt') continue;
          expect(taken, 'the pair the other way round').not.toContain(`${decision.for} ${decision.victim}`);
          taken.add(`${decision.victim} ${decision.for}`);
        }
        if (released === 0) break;
      }
    });
  });
});

it('does nothing new when everybody is offered again', () => {
  // 158: behind jobs that fit nowhere waits one for a victim, and what it counts on would suit a job of another share.
  for (let seed = 100; seed < 180; seed++) {
    const { scheduler, now } = randomWorld(seed);
    scheduler.configure(scheduler.setup, now);
    expect(actions(scheduler.settle(now)), `seed ${seed}`).toEqual([]);
  }
});

describe.each(['fifo', 'fairShare'] as const)('%s', (kind) => {
  it('never preempts', () => {
    inWorlds(25, { kind }, (world) => {
      for (let step = 0; step < 40; step++)
        expect(world.step().decisions.filter((decision) => decision.kind === 'preempt')).toEqual([]);
    });
  });
});

describe('quotaShare', () => {
  it.each([{ reservation: undefined }, { reservation: 300 }])(
    'starts a job at most once at one moment, and never one that it also stops (reservation: $reservation)',
    ({ reservation }) => {
      const more = reservation === undefined ? {} : { reservation };
      inWorlds(100, { kind: 'quotaShare', ...more }, (world) => {
        for (let step = 0; step < 60; step++) {
          const acted = world.step().decisions.flatMap((decision) => {
            if (decision.kind === 'wait') return [];
            return [decision.kind === 'admit' ? decision.job : decision.victim];
          });
          expect(acted).toEqual([...new Set(acted)]);
        }
      });
    },
  );
});

describe('quotaShare with full rights to reclaim', () => {
  it.each([{ reservation: undefined }, { reservation: 300 }])(
    'a share whose first job fits its guarantee starts it or takes the instances back (reservation: $reservation)',
    ({ reservation }) => {
      const more = reservation === undefined ? {} : { reservation };
      inWorlds(50, { kind: 'quotaShare', fullReclaim: true, steady: true, ...more }, (world) => {
        for (let step = 0; step < 40; step++) {
          world.step();
          expectGuarantees(world);
        }
      });
    },
  );

  it('what victims give up goes to the job they were stopped for, before reservations of jobs that come after it', () => {
    const setup = aQueue(quotaShares(aShare('mid', 4), aShare('low', 0)), undefined, {
      reservation: { afterSeconds: 3600 },
    });
    const mid = { share: 'mid', priority: 50 };
    const victims = [aJob('v1', 2, mid), aJob('v2', 1, mid), aJob('v3', 1, mid)];
    const holders = [aJob('small', 1, mid), aJob('big', 8, { share: 'low', queuedAt: 1 })];
    const now = 2 * HOUR;
    const queue = new Scheduler(setup, {
      running: [
        ...victims,
        aJob('safe', 3, { share: 'mid', priority: 90 }),
        aJob('other', 3, { share: 'low' }),
      ].map((job) => ({
        ...job,
        option: 0,
        startedAt: HOUR,
      })),
      waiting: [...holders, aJob('urgent', 4, { share: 'mid', priority: 80, queuedAt: now })],
    });
    expect(actions(queue.settle(now)).sort()).toEqual(['-v1 for urgent', '-v2 for urgent', '-v3 for urgent']);
    // Now `small` would fit, so that `big` is the one for whom instances are kept.
    for (const { id } of victims) queue.release(id, now + MINUTE, {});
    expect(actions(queue.settle(now + MINUTE))).toEqual(['urgent']);
  });

  it('what is not lent stays free for its owner', () => {
    inWorlds(40, { kind: 'quotaShare', flat: true, steady: true }, (world) => {
      for (let step = 0; step < 40; step++) {
        world.step();
        const { policy } = world.setup;
        if (policy.kind !== 'quotaShare') continue;
        for (const { name, limit } of world.setup.environments) {
          let taken = 0;
          for (const { share, environment, used, guaranteed } of world.scheduler.usage()) {
            if (environment !== name) continue;
            const lendLimit = policy.shares.find((setup) => setup.name === share)?.quota[name]?.lendLimit;
            taken += Math.max(used, guaranteed - (lendLimit ?? guaranteed));
          }
          expect(taken).toBeLessThanOrEqual(limit);
        }
      }
    });
  });
});

describe('fifo', () => {
  it('more capacity never makes the first job wait longer, if it holds a reservation from the start', () => {
    for (let seed = 0; seed < 100; seed++) {
      const dice = new Dice(seed);
      const jobs = Array.from({ length: 25 }, (_, index) =>
        aJob(`j${index}`, dice.between(1, 8), { limitSeconds: dice.between(1, 40) * 60 }),
      );
      const limit = 10;
      const [first, ...others] = jobs;
      const starts = [limit, limit + 1, limit + dice.between(2, 12)].map((size) => {
        const queue = new Scheduler(aQueue(FIFO, { gpu: size }, { reservation: { afterSeconds: 0 } }), {
          // Whoever ran before runs on the larger queue as well.
          running: others.slice(0, 2).map((job) => ({ ...job, option: 0, startedAt: -dice.below(1) })),
          waiting: [first!, ...others.slice(2)],
        });
        return startOf(first!.id, queue);
      });
      expect(starts, `seed ${seed}`).toEqual([...starts].sort((a, b) => b - a));
    }
  });
});

/** When a job starts, if every job runs to its limit. */
function startOf(id: string, queue: Scheduler): number {
  for (let now = 0; ;) {
    queue.settle(now);
    const started = queue.running(id);
    if (started !== undefined) return started.startedAt;
    const ends = [...queue.runningJobs()].map((job) => ({
      id: job.id,
      at: job.startedAt + (job.limitSeconds ?? 0) * 1000,
    }));
    now = Math.min(...ends.map(({ at }) => at));
    for (const end of ends) if (end.at === now) queue.release(end.id, now);
  }
}

function expectGuarantees(world: World): void {
  const { scheduler, setup } = world;
  const usage = scheduler.usage();
  const open = scheduler.environments(world.now).filter(({ blocked }) => blocked === undefined);
  for (const share of scheduler.shares()) {
    const [first] = scheduler.inOrder(share);
    const fits = first?.options.some(({ environment, instances }) => {
      const own = usage.find((entry) => entry.share === share && entry.environment === environment);
      const limit = setup.environments.find(({ name }) => name === environment)?.limit ?? 0;
      if (own === undefined || !open.some(({ name }) => name === environment)) return false;
      return own.used + instances <= own.guaranteed && own.guaranteed <= limit;
    });
    if (first === undefined || fits !== true) continue;
    const codes = scheduler.whyWaiting(first.id, world.now).map(({ code }) => code);
    const taking = codes.some((code) => code === 'PREEMPTING' || code === 'RELEASE_EXPECTED');
    expect(taking, `${first.id} of ${share} waits: ${codes.join(', ')}`).toBe(true);
  }
}

function snapshot(scheduler: Scheduler): unknown {
  return {
    waiting: [...scheduler.inOrder()],
    running: [...scheduler.runningJobs()],
    usage: scheduler.usage(),
    environments: scheduler.environments(),
    past: scheduler.fairShareUsage(),
  };
}
